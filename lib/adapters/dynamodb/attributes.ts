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
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return { M: Object.fromEntries(entries.map(([name, entry]) => [name.toWellFormed(), toAttribute(entry)])) };
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
  if (attribute.M !== undefined) return fromEntries(attribute.M);
  throw new TypeError(`attribute of type ${Object.keys(attribute).join()}, which Tutti does not write`);
}

function fromEntries(entries: WireItem): { readonly [name: string]: Value } {
  return Object.fromEntries(Object.entries(entries).map(([name, attribute]) => [name, fromAttribute(attribute)]));
}

export function toKey(key: Key): WireItem {
  return { [partitionKey.name]: { S: key.pk }, [sortKey.name]: { S: key.sk } };
}

/** An item without its key. */
export function toImage(item: WireItem): Image {
  const { [partitionKey.name]: _pk, [sortKey.name]: _sk, ...attributes } = item;
  return fromEntries(attributes);
}

export function toItem(item: WireItem): Item {
  return { key: keyOf(item), image: toImage(item) };
}

export function keyOf(item: WireItem): Key {
  return { pk: item[partitionKey.name]?.S ?? "", sk: item[sortKey.name]?.S ?? "" };
}
