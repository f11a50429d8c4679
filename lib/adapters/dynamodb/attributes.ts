/**
 * Values as DynamoDB writes them down, and back. `Value` is a closed type, so this is the whole of it.
 *
 * Choices: a number must be one that JavaScript reads back as it was; a string is UTF-8, so a lone surrogate becomes
 * U+FFFD; an entry that is `undefined` is left out; bytes come back as plain `Uint8Array`.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Image, Item, Key, Value } from "../../ports/store.ts";
import { partitionKey, sortKey } from "./keys.ts";

/** An item on the wire. */
export type WireItem = Record<string, AttributeValue>;

/** @throws RangeError for what the table cannot hold. */
export function toAttribute(value: Value): AttributeValue {
  if (typeof value === "string") return { S: value.toWellFormed() };
  if (typeof value === "number") return { N: toNumber(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (value === null) return { NULL: true };
  if (value instanceof Uint8Array) return { B: value };
  if (typeof value !== "object") throw new RangeError(`a ${typeof value} cannot be stored`);
  if (Array.isArray(value)) return { L: value.map((item: Value) => toAttribute(item)) };
  return { M: mapped(value as WireMap<Value>, (entry) => toAttribute(entry), wellFormed) };
}

function wellFormed(name: string): string {
  return name.toWellFormed();
}

function toNumber(value: number): string {
  if (Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return String(value);
  throw new RangeError(`number ${value}, allowed is a magnitude of up to ${Number.MAX_SAFE_INTEGER}`);
}

/** @throws TypeError for a type that Tutti never writes. */
export function fromAttribute(attribute: AttributeValue): Value {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  if (attribute.B !== undefined) return Uint8Array.from(attribute.B);
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute);
  if (attribute.M !== undefined) return mapped(attribute.M, fromAttribute);
  throw new TypeError(`attribute of type ${Object.keys(attribute).join()}, which Tutti does not write`);
}

type WireMap<T> = { readonly [name: string]: T | undefined };

/**
 * The same entries with other values; those that are undefined are left out. Every item passes through here entry by entry, and
 * a list of pairs in between takes several times as long.
 */
function mapped<From, To>(entries: WireMap<From>, value: (entry: From) => To, named = unchanged): Record<string, To> {
  const values: Record<string, To> = {};
  for (const name of Object.keys(entries)) {
    const entry = entries[name];
    if (entry !== undefined) put(values, named(name), value(entry));
  }
  return values;
}

function unchanged(name: string): string {
  return name;
}

/** An assignment to `__proto__` would make no entry. */
function put<T>(values: Record<string, T>, name: string, value: T): void {
  if (name === "__proto__")
    Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
  else values[name] = value;
}

export function toKey(key: Key): WireItem {
  return { [partitionKey.name]: { S: key.pk }, [sortKey.name]: { S: key.sk } };
}

/** An item without its key. */
export function toImage(item: WireItem): Image {
  const image: Record<string, Value> = {};
  for (const name of Object.keys(item))
    if (name !== partitionKey.name && name !== sortKey.name)
      put(image, name, fromAttribute(item[name] as AttributeValue));
  return image;
}

export function toItem(item: WireItem): Item {
  return { key: keyOf(item), image: toImage(item) };
}

export function keyOf(item: WireItem): Key {
  return { pk: item[partitionKey.name]?.S ?? "", sk: item[sortKey.name]?.S ?? "" };
}
