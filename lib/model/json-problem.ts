/**
 * Finds what is not JSON, or must not be in a document, in a value from outside.
 *
 * Walks without recursion: a document of 256 KiB can be nested 100,000 deep, and must be refused, not overflow the stack.
 */
import type { Segment } from "./document-path.ts";

/** The first thing wrong, in the order as written. */
export interface JsonProblem {
  readonly path: readonly Segment[];
  readonly value: unknown;
  /** A phrase that reads after the path. */
  readonly rule: string;
}

/** Levels of lists and objects in a document. Deeper ones are a mistake, and would overflow whoever walks by recursion. */
export const maxJsonDepth = 1000;

/** A list or object on the way, and how far it has been looked through. */
interface Frame {
  readonly holder: Readonly<Record<Segment, unknown>>;
  /** Keys of an object; null for a list. */
  readonly keys: readonly string[] | null;
  readonly size: number;
  at: number;
}

/** The first problem of a value, or null when all of it is JSON. */
export function findJsonProblem(value: unknown): JsonProblem | null {
  const frames: Frame[] = [frameOf([value])];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (++frame.at >= frame.size) {
      frames.pop();
      continue;
    }
    const key = keyOf(frame);
    const child = frame.holder[key];
    const rule =
      key === "__proto__" ? "must not be there: the key __proto__ is refused everywhere" : ruleOf(child, frames.length);
    if (rule !== null)
      return {
        path: frames.slice(1).map(keyOf),
        value: frames.length > maxJsonDepth ? undefined : shown(key, child),
        rule,
      };
    if (typeof child === "object" && child !== null) frames.push(frameOf(child));
  }
  return null;
}

function frameOf(holder: object): Frame {
  const keys = Array.isArray(holder) ? null : Object.keys(holder);
  return {
    holder: holder as Frame["holder"],
    keys,
    size: keys?.length ?? (holder as readonly unknown[]).length,
    at: -1,
  };
}

function keyOf(frame: Frame): Segment {
  return frame.keys === null ? frame.at : (frame.keys[frame.at] as string);
}

/** What is wrong with a value itself, not with what is inside. */
function ruleOf(value: unknown, depth: number): string | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : "must be a finite number: JSON has no other";
    case "object":
      if (value === null) return null;
      if (depth > maxJsonDepth) return `must not be nested more than ${maxJsonDepth} deep`;
      return Array.isArray(value) || isPlain(value)
        ? null
        : `must be JSON: an object of class ${className(value)} is not`;
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
function shown(key: Segment, value: unknown): unknown {
  if (key === "__proto__" || typeof value === "object") return undefined;
  return typeof value === "string" || typeof value === "boolean" || value === undefined ? value : String(value);
}
