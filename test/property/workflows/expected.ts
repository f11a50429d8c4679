/**
 * JSON that leaves open what the contract leaves open.
 */
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type Json } from "../../../lib/model/json.ts";

/** One of several: which failure came first, for example. */
export class Choice {
  constructor(readonly of: readonly Expected[]) {}
}

/** Anything that keeps a rule. */
export class Rule {
  constructor(
    readonly rule: string,
    readonly holds: (actual: Json) => boolean,
  ) {}
}

export type Expected = Json | Choice | Rule | readonly Expected[] | { readonly [key: string]: Expected };

export function matches(expected: Expected, actual: Json | undefined): boolean {
  if (actual === undefined) return false;
  if (expected instanceof Choice) return expected.of.some((one) => matches(one, actual));
  if (expected instanceof Rule) return expected.holds(actual);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return expected.every((item: Expected, i) => matches(item, actual[i] as Json));
  }
  if (typeof expected !== "object" || expected === null) return isDeepStrictEqual(expected, actual);
  if (!isJsonObject(actual)) return false;
  const keys = Object.keys(expected).sort();
  if (!isDeepStrictEqual(keys, Object.keys(actual).sort())) return false;
  return keys.every((key) => matches((expected as Record<string, Expected>)[key] as Expected, actual[key]));
}

/** In words, for a report. */
export function shown(expected: Expected | undefined): string {
  return JSON.stringify(expected, (_key, value: unknown) => {
    if (value instanceof Choice) return { "one of": value.of };
    return value instanceof Rule ? `<${value.rule}>` : value;
  });
}

/** True for the same JSON, whatever the order of keys. */
export const same: (a: unknown, b: unknown) => boolean = isDeepStrictEqual;
