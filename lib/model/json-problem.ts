/**
 * Finds what is not JSON, or must not be in a document, in a value from outside.
 *
 * Goes no deeper than is allowed: a document of 256 KiB can be nested 100,000 deep, and must be refused, not overflow the
 * stack.
 */
import type { Segment } from "./document-path.ts";
import { limits } from "./limits.ts";
import { textOfThrown } from "./thrown.ts";

/** The first thing wrong, in the order as written. */
export interface JsonProblem {
  readonly path: readonly Segment[];
  readonly value: unknown;
  /** A phrase that reads after the path. */
  readonly rule: string;
  /** True when nothing else is known to be wrong than its size. */
  readonly tooLarge?: true;
}

/** Levels of lists and objects in a document. Deeper ones are a mistake, and would overflow whoever walks by recursion. */
export const maxJsonDepth = 1000;

/** A walk through a value. */
interface Walk {
  /** Whether a value may say what it is as JSON (`toJSON`), and leave out what is undefined. */
  readonly returned: boolean;
  /** The most that its JSON may have, if it is returned. */
  readonly maxBytes: number;
  /** Bytes that its JSON has at least, by what was seen so far. */
  bytes: number;
}

/** A problem on its way out: each level adds its key, and itself where a cycle is looked for. */
interface Found extends JsonProblem {
  readonly path: Segment[];
  readonly holders?: object[];
}

/** The first problem of a value, or null when all of it is JSON. */
export function findJsonProblem(value: unknown): JsonProblem | null {
  return firstProblem(value, false);
}

/**
 * The first problem of what a body returned, or null when JSON.stringify writes all of it down.
 *
 * JSON.stringify alone will not do: it makes null of NaN and `{}` of a Map, and leaves functions out, without a word. And it
 * has no limit: a list of 2³² holes keeps it busy for ever.
 */
export function findResultProblem(value: unknown, maxBytes: number = limits.valueBytes): JsonProblem | null {
  return firstProblem(value, true, maxBytes);
}

function firstProblem(value: unknown, returned: boolean, maxBytes: number = limits.valueBytes): JsonProblem | null {
  const found = insideOf({ returned, maxBytes, bytes: 0 }, [value], 0);
  if (found === null) return null;
  const { holders, path, ...problem } = found;
  return cycleIn(holders ?? [], path) ?? { path: found.tooLarge ? [] : path.slice(1), ...problem };
}

/** The first problem inside a list or object. A getter, a toJSON or a proxy may throw at any of it. */
function insideOf(walk: Walk, holder: object, depth: number): Found | null {
  let at: Segment | undefined;
  try {
    const keys = Array.isArray(holder) ? null : Object.keys(holder);
    const size = keys === null ? (holder as readonly unknown[]).length : keys.length;
    for (let i = 0; i < size; i++) {
      const key = keys === null ? i : (keys[i] as string);
      at = key;
      const found = key === "__proto__" ? refusedKey() : problemOf(walk, (holder as Holder)[key], key, depth + 1);
      if (found !== null) return outOf(found, key, holder);
    }
    return null;
  } catch (error) {
    const rule = `must be JSON: reading it threw ${JSON.stringify(textOfThrown(error))}`;
    return { path: at === undefined ? [] : [at], value: undefined, rule };
  }
}

type Holder = Readonly<Record<Segment, unknown>>;

function refusedKey(): Found {
  return { path: [], value: undefined, rule: "must not be there: the key __proto__ is refused everywhere" };
}

function outOf(found: Found, key: Segment, holder: object): Found {
  found.path.unshift(key);
  found.holders?.unshift(holder);
  return found;
}

/** What is wrong with one entry, or inside it. */
function problemOf(walk: Walk, entry: unknown, key: Segment, depth: number): Found | null {
  const value = walk.returned ? asJson(entry, key) : entry;
  const leftOut = value === undefined && walk.returned;
  const rule = leftOut ? null : ruleOf(value);
  if (rule !== null) return { path: [], value: shown(value), rule };
  walk.bytes += leastBytes(value, key);
  if (walk.returned && walk.bytes > walk.maxBytes)
    return { path: [], value: undefined, rule: `must have at most ${walk.maxBytes} bytes as JSON`, tooLarge: true };
  if (typeof value !== "object" || value === null) return null;
  if (depth > maxJsonDepth)
    return { path: [], value: undefined, rule: `must not be nested more than ${maxJsonDepth} deep`, holders: [value] };
  return insideOf(walk, value, depth);
}

/** What JSON.stringify takes a value for. */
function asJson(value: unknown, key: Segment): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "bigint"))
    return value;
  if (value instanceof Date && Number.isNaN(value.getTime())) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, String(key)) : value;
}

/** The least that an entry adds to the text, without what is inside. */
function leastBytes(value: unknown, key: Segment): number {
  if (value === undefined) return typeof key === "number" ? "null".length : 0;
  const named = typeof key === "string" ? key.length + '"":'.length : 0;
  if (typeof value === "string") return named + value.length + '""'.length;
  // Brackets, and commas between: so a list that is far too long is known before it is gone through.
  return named + (Array.isArray(value) ? value.length + 1 : 1);
}

/** Says where a value holds itself, when that is why it is too deep. */
function cycleIn(holders: readonly object[], path: readonly Segment[]): JsonProblem | null {
  const seen = new Set<object>();
  for (const [at, holder] of holders.entries()) {
    if (seen.has(holder))
      return { path: path.slice(1, at), value: undefined, rule: "must not be a value that holds it: a cycle" };
    seen.add(holder);
  }
  return null;
}

/** What is wrong with a value itself, not with what is inside. */
function ruleOf(value: unknown): string | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : "must be a finite number: JSON has no other";
    case "object":
      if (value === null || Array.isArray(value) || isPlain(value)) return null;
      if (value instanceof Date && Number.isNaN(value.getTime())) return "must be JSON: a Date that is no time is not";
      return `must be JSON: an object of class ${className(value)} is not`;
    case "undefined":
      return "must be JSON: undefined is not; write null";
    default:
      return `must be JSON: a ${typeof value} is not`;
  }
}

/** True for objects as literals and JSON.parse make them, of any realm. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function className(value: object): string {
  return value.constructor?.name || "unknown";
}

/** What an error may show of it: nothing that cannot be turned into text safely. */
function shown(value: unknown): unknown {
  if (typeof value === "object") return undefined;
  return typeof value === "string" || typeof value === "boolean" || value === undefined ? value : String(value);
}
