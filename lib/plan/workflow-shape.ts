/**
 * The outline of a workflow, checked before its schema: which canvas each part is, how deep they nest, how many tasks.
 *
 * It goes first since the schema is recursive, and since a union of schemas that all fail is slow and says nothing.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText, segmentText } from "../model/document-path.ts";
import { isJsonObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { unsupported } from "./unsupported.ts";

/** The keys that say what a workflow is. */
export const canvasKeys = ["task", "chain", "group", "chord", "dag"] as const;
export type CanvasKey = (typeof canvasKeys)[number];

/** What may be a workflow, and its path in the document. */
type Part = readonly [value: unknown, at: string];

/**
 * Checks the outline of a workflow and of all inside it. What is inside a canvas in the wrong form is passed over here.
 *
 * @throws InvalidRequestError
 */
export function checkShape(workflow: unknown, at: string): void {
  visit([workflow, at], 0, { tasks: 0 });
}

function visit([value, at]: Part, level: number, count: { tasks: number }): void {
  const key = canvasOf(value, at);
  const canvas = value as Readonly<Record<string, unknown>>;
  count.tasks += tasksIn(key, canvas);
  if (count.tasks > limits.tasksPerRun) {
    throw new InvalidRequestError(at, undefined, `must not be there: a run has at most ${limits.tasksPerRun} tasks`);
  }
  if (key === "task") return;
  if (level >= limits.nestingLevels) {
    throw new InvalidRequestError(at, undefined, `must not be nested more than ${limits.nestingLevels} canvases deep`);
  }
  for (const part of partsOf(key, canvas[key], `${at}.${key}`)) visit(part, level + 1, count);
}

/** Tells which canvas a value is. @throws InvalidRequestError when it is none, several, or one of a later version. */
export function canvasOf(value: unknown, at: string): CanvasKey {
  const kinds = canvasKeys.join(", ");
  if (value === undefined) throw new InvalidRequestError(at, undefined, "is required");
  if (!isJsonObject(value)) {
    throw new InvalidRequestError(at, value, `must be a workflow: an object with one of ${kinds}`);
  }
  const later = unsupported([], value);
  if (later) throw new InvalidRequestError(pathText(at, later.path), value[later.path[0] as string], later.rule);
  const [key, second] = canvasKeys.filter((candidate) => Object.hasOwn(value, candidate));
  if (key === undefined) throw new InvalidRequestError(at, value, `must have one of ${kinds}`);
  if (second !== undefined) {
    throw new InvalidRequestError(at, value, `must have exactly one of ${kinds}, and has ${key} and ${second}`);
  }
  return key;
}

function tasksIn(key: CanvasKey, canvas: Readonly<Record<string, unknown>>): number {
  if (key === "task") return 1;
  return key === "chord" && isJsonObject(canvas.chord) && canvas.chord.onError !== undefined ? 1 : 0;
}

/** The workflows directly inside a canvas. */
function partsOf(key: Exclude<CanvasKey, "task">, body: unknown, at: string): readonly Part[] {
  if (key === "chain" || key === "group") return listed(body, at);
  if (!isJsonObject(body)) return [];
  if (key === "dag")
    return isJsonObject(body.nodes)
      ? Object.entries(body.nodes).map(([name, part]): Part => [part, `${at}.nodes${segmentText(name)}`])
      : [];
  return [
    ...listed(body.header, `${at}.header`),
    ...(body.callback === undefined ? [] : [[body.callback, `${at}.callback`] as const]),
  ];
}

/** A list that is too long is left to the schema, which refuses it as a whole. */
function listed(value: unknown, at: string): readonly Part[] {
  if (!Array.isArray(value) || value.length > limits.tasksPerRun) return [];
  return value.map((part, i): Part => [part, `${at}[${i}]`]);
}
