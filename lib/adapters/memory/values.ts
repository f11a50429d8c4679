/**
 * What DynamoDB makes of a value: what it takes, how large it counts, how it sorts.
 *
 * Copies are deep in both directions, so that nobody shares an object with the store.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
import type { Image, Value } from "../../ports/store.ts";

/** Maps and lists inside each other: AWS allows 32 levels, and engines differ in whether the value within counts. */
const maxNesting = 31;
/** Smallest magnitude but zero (AWS, Constraints). */
const minMagnitude = 1e-130;

export type ValueMap = { readonly [key: string]: Value };

/** True for a map: not a list, not bytes, not null. */
export function isMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** An own entry of a map, never one of its prototype's: attributes may be named `constructor`. */
export function entryOf(map: ValueMap, name: string): Value | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** A string as UTF-8 holds it: a lone surrogate becomes U+FFFD. */
export function storedText(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** A map with the same names. */
function mapEntries(map: ValueMap, change: (value: Value) => Value): ValueMap {
  const changed: { [name: string]: Value } = {};
  for (const name of Object.keys(map)) {
    const value = map[name] as Value;
    if (value !== undefined) setEntry(changed, storedText(name), change(value));
  }
  return changed;
}

/** Sets an own entry whatever its name: `__proto__` is one like any other. */
export function setEntry(map: { [name: string]: Value }, name: string, value: Value): void {
  if (name !== "__proto__") map[name] = value;
  else Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * The value as it is stored.
 *
 * @throws RangeError when DynamoDB, or a JavaScript number read back from it, could not hold it.
 */
export function storedValue(value: Value, nesting = 0): Value {
  if (typeof value === "string") return storedText(value);
  if (typeof value === "number") return storedNumber(value);
  if (typeof value === "boolean" || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (typeof value !== "object") throw new RangeError(`a ${typeof value} cannot be stored`);
  if (nesting === maxNesting) throw new RangeError(`nested deeper than ${maxNesting} levels`);
  if (Array.isArray(value)) return value.map((item: Value) => storedValue(item, nesting + 1));
  return mapEntries(value as ValueMap, (entry) => storedValue(entry, nesting + 1));
}

function storedNumber(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`number ${value}, allowed is a magnitude of up to ${Number.MAX_SAFE_INTEGER}`);
  }
  if (value !== 0 && Math.abs(value) < minMagnitude)
    throw new RangeError(`number ${value}, smaller than ${minMagnitude}`);
  return value === 0 ? 0 : value;
}

/** A deep copy of what is stored already. */
export function copyImage(image: Image): Image {
  return copyValue(image as ValueMap) as Image;
}

function copyValue(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copyValue);
  return mapEntries(value as ValueMap, copyValue);
}

/** Bytes of a text in UTF-8. */
export function textBytes(text: string): number {
  return Buffer.byteLength(text);
}

/** Order of texts by their UTF-8 bytes, which is not that of JavaScript's code units above U+D7FF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above every single code unit. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
