/**
 * Says what is wrong with a document that its schema refused: path, value and rule of the first problem.
 *
 * A union of schemas can only say that none fits. So a workflow is looked at by the canvas key it has, and the search goes
 * down into the part that the schema of that canvas complains about.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText, type Segment } from "../model/document-path.ts";
import { type Issue, ruleOfIssue, type Schema } from "../model/issue-rule.ts";
import { dagNodeSchema, workflowSchema } from "../model/workflow.ts";
import { unsupported } from "./unsupported.ts";
import { canvasKeys, canvasOf } from "./workflow-shape.ts";

/** What is wrong with a value that a schema without workflows refused. */
export function diagnose(value: unknown, at: string, schema: Schema): InvalidRequestError {
  const { issues, later } = issuesOf(schema, value);
  return later ? errorAt(value, at, later) : describe(issues, value, at, schema);
}

/** What is wrong with a workflow that its schema refused. Its outline has been checked. */
export function diagnoseWorkflow(value: unknown, at: string, isNode = false): InvalidRequestError {
  const options = isNode ? dagNodeSchema.options : workflowSchema.options;
  const schema = options[canvasKeys.indexOf(canvasOf(value, at))] as Schema;
  const { issues, later } = issuesOf(schema, value);
  if (later) return errorAt(value, at, later);
  const inner = workflowOn(issues[0]);
  if (inner === null) return describe(issues, value, at, schema);
  return diagnoseWorkflow(valueAt(value, inner), pathText(at, inner), inner[0] === "dag");
}

/** What a schema complains about, and the first of it that a later version supports. */
function issuesOf(schema: Schema, value: unknown) {
  const issues = schema.safeParse(value).error?.issues ?? [];
  let later: ReturnType<typeof unsupported> = null;
  for (const { path } of issues) later ??= unsupported(path as readonly Segment[], valueAt(value, path));
  return { issues, later };
}

function errorAt(
  value: unknown,
  at: string,
  { path, rule }: { readonly path: readonly Segment[]; readonly rule: string },
): InvalidRequestError {
  return new InvalidRequestError(pathText(at, path), valueAt(value, path), rule);
}

function describe([issue]: readonly Issue[], value: unknown, at: string, schema: Schema): InvalidRequestError {
  if (issue === undefined) return new InvalidRequestError(at, value, "must follow the grammar of requests");
  const path = issue.path as readonly Segment[];
  const { at: more, value: found, rule } = ruleOfIssue(issue, valueAt(value, path), schema);
  return new InvalidRequestError(pathText(at, [...path, ...more]), found, rule);
}

/** Steps from a canvas to the workflow inside it that an issue is about, or null. */
function workflowOn(issue: Issue | undefined): readonly Segment[] | null {
  const path = (issue?.path ?? []) as readonly Segment[];
  const [canvas, part, item] = path;
  if ((canvas === "chain" || canvas === "group") && typeof part === "number") return path.slice(0, 2);
  if (canvas === "chord" && part === "callback") return path.slice(0, 2);
  if (canvas === "chord" && part === "header" && item !== undefined) return path.slice(0, 3);
  // A name that may not be one says nothing of what is under it.
  return canvas === "dag" && part === "nodes" && item !== undefined && issue?.code !== "invalid_key"
    ? path.slice(0, 3)
    : null;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (holder, key) =>
      typeof holder === "object" && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}
