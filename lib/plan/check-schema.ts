/**
 * Checks a value by a schema, and says what is wrong: path, value and rule of the first problem.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText, type Segment } from "../model/document-path.ts";
import { ruleOfIssue, type Schema } from "../model/issue-rule.ts";

/**
 * @param at - Path of the value in the document.
 * @throws InvalidRequestError for the first problem.
 */
export function checkSchema(schema: Schema, value: unknown, at: string): void {
  const result = schema.safeParse(value);
  if (result.success) return;
  const { issues } = result.error;
  const [issue] = issues;
  if (issue === undefined) throw new InvalidRequestError(at, value, "must follow the grammar of requests");
  const path = issue.path as readonly Segment[];
  const { at: more, value: found, rule } = ruleOfIssue(issue, valueAt(value, path), schema);
  throw new InvalidRequestError(pathText(at, [...path, ...more]), found, rule);
}

function valueAt(value: unknown, path: readonly Segment[]): unknown {
  return path.reduce<unknown>(
    (holder, key) =>
      typeof holder === "object" && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Record<Segment, unknown>)[key]
        : undefined,
    value,
  );
}
