/**
 * Turns an issue of zod into a rule that reads after a path: `workflow.args: must be a list, found "x"`.
 */
import { z } from "zod";
import type { Segment } from "./document-path.ts";
import { limits } from "./limits.ts";

/** Any schema, for rooms that do not know zod. */
export type Schema<Value = unknown> = z.ZodType<Value>;
export type Issue = z.core.$ZodIssue;

/** What may stand at keys that take values of several forms. */
const formsOf: Readonly<Record<string, string>> = {
  over: 'must be a list of items or {"$result": …}',
  deadlineSeconds: 'must be a whole number of seconds, "auto" or {"auto": …}',
  when: 'must be "all-succeeded", "all-settled", {"tolerate": {"count": n}}, {"tolerate": {"percent": p}} or {"quorum": n}',
  sleep: `must be a whole number of seconds from 1 to ${limits.delaySeconds}, or {"until": …} with an ISO-8601 time and its zone, such as 2026-12-01T08:00:00Z`,
};

/** The rule, what to show, and where it is below the issue's own path. */
export interface IssueRule {
  readonly at: readonly Segment[];
  readonly value: unknown;
  readonly rule: string;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/**
 * The rule that an issue stands for.
 *
 * @param value - What is at the issue's path; undefined when nothing is.
 * @param schema - The schema that raised it, to name the keys it knows.
 */
export function ruleOfIssue(issue: Issue, value: unknown, schema: Schema): IssueRule {
  switch (issue.code) {
    case "unrecognized_keys":
      return unknownKey(issue.keys[0] as string, value, schemaAt(schema, issue.path));
    case "invalid_key":
      return {
        at: [],
        value: issue.path.at(-1),
        rule: `must not be a key: it ${issue.issues[0]?.message ?? "does not fit"}`,
      };
    default:
      if (value === undefined)
        return { at: [], value, rule: isErrorTask(issue.path) ? "is required: onError is one task" : "is required" };
      return { at: [], value: sizeOr(issue, value), rule: plainRule(issue) };
  }
}

function isErrorTask(path: readonly PropertyKey[]): boolean {
  return path.at(-2) === "onError" && path.at(-1) === "task";
}

function plainRule(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case "too_big":
      return `must ${bound(issue.origin, issue.inclusive === false ? "below" : "at most", Number(issue.maximum))}`;
    case "too_small":
      return `must ${bound(issue.origin, issue.inclusive === false ? "above" : "at least", Number(issue.minimum))}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return formsOf[String(issue.path.at(-1))] ?? "must have one of the allowed forms";
    default:
      return issue.message;
  }
}

function bound(origin: string, how: string, limit: number): string {
  if (origin === "array") return `have ${how} ${limit} element${limit === 1 ? "" : "s"}`;
  if (origin === "string") return `have ${how} ${limit} character${limit === 1 ? "" : "s"}`;
  return `be ${how} ${limit}`;
}

/** Of a list that is too long, its length says more than its beginning. */
function sizeOr(issue: Issue, value: unknown): unknown {
  return issue.code === "too_big" && Array.isArray(value) ? value.length : value;
}

function unknownKey(key: string, holder: unknown, schema: Schema | undefined): IssueRule {
  const value = (holder as Readonly<Record<string, unknown>> | undefined)?.[key];
  if (key === "after") return { at: [key], value, rule: "must not be there: only a node of a dag comes after others" };
  const known = schema instanceof z.ZodObject ? `; known here are ${Object.keys(schema.shape).join(", ")}` : "";
  return { at: [key], value, rule: `must not be there: the key is unknown${known}` };
}

/** The schema at a path below another, through what wraps it; undefined across a union. */
function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let at: Schema | undefined = schema;
  for (const key of path) at = inside(at, key);
  return unwrapped(at);
}

function inside(schema: Schema | undefined, key: PropertyKey): Schema | undefined {
  const holder = unwrapped(schema);
  if (holder instanceof z.ZodObject) return (holder.shape as Record<PropertyKey, Schema>)[key];
  if (holder instanceof z.ZodArray) return holder.element as Schema;
  if (holder instanceof z.ZodRecord) return holder.valueType as Schema;
  return undefined;
}

function unwrapped(schema: Schema | undefined): Schema | undefined {
  return schema instanceof z.ZodOptional ? unwrapped(schema.unwrap() as Schema) : schema;
}
