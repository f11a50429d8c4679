/**
 * What an attribute may hold. An attribute that holds something else is told before anything is concluded from it.
 */
import type { Value } from "../../ports/store.ts";

type Entries = Readonly<Record<string, Value | undefined>>;

/** A rule for one attribute: what it must be, in words, and whether it is. */
export interface Rule {
  readonly must: string;
  readonly holds: (value: Value) => boolean;
}

export const count: Rule = { must: "be a whole number from 0", holds: (value) => isWhole(value) && value >= 0 };
export const positive: Rule = { must: "be a whole number from 1", holds: (value) => isWhole(value) && value >= 1 };
export const time: Rule = {
  must: "be a time in milliseconds",
  holds: (value) => Number.isFinite(value) && Number(value) >= 0,
};
export const text: Rule = { must: "be a text", holds: (value) => typeof value === "string" && value !== "" };
export const anyText: Rule = { must: "be a text", holds: (value) => typeof value === "string" };
export const flag: Rule = { must: "be true or false", holds: (value) => typeof value === "boolean" };
export const hash: Rule = matching(/^[0-9a-f]{32}$/, "be 32 hexadecimal digits");

export function only(expected: string | number | boolean): Rule {
  return { must: `be ${JSON.stringify(expected)}`, holds: (value) => value === expected };
}

export function oneOf(values: readonly string[]): Rule {
  return { must: `be one of ${values.join(", ")}`, holds: (value) => values.includes(value as string) };
}

export function matching(pattern: RegExp, must: string): Rule {
  return { must, holds: (value) => typeof value === "string" && pattern.test(value) };
}

function isWhole(value: Value): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

export function isMap(value: Value | undefined): value is Readonly<Record<string, Value>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** What attributes must and may be there. Others are left alone: a later version may have more. */
export interface Shape {
  readonly required: Readonly<Record<string, Rule>>;
  readonly optional?: Readonly<Record<string, Rule>>;
  /** Attributes that must not be there, and why. */
  readonly absent?: Readonly<Record<string, string>>;
}

/** Sentences about what is not as it must be. */
export function shapeFaults(what: string, entries: Entries, { required, optional = {}, absent = {} }: Shape): string[] {
  const faults: string[] = [];
  for (const [name, rule] of Object.entries({ ...optional, ...required })) {
    const value = entries[name];
    if (value === undefined) {
      if (Object.hasOwn(required, name)) faults.push(`${what} lacks "${name}", which must ${rule.must}`);
    } else if (!rule.holds(value)) faults.push(`"${name}" of ${what} is ${shown(value)}, and must ${rule.must}`);
  }
  for (const [name, why] of Object.entries(absent))
    if (entries[name] !== undefined) faults.push(`${what} has "${name}", and ${why}`);
  return faults;
}

const shownLength = 80;

/** A value as a sentence names it. */
export function shown(value: Value | undefined): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const json = JSON.stringify(value) ?? "nothing";
  return json.length > shownLength ? `${json.slice(0, shownLength)}…` : json;
}
