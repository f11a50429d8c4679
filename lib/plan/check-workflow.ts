/**
 * Checks a workflow from the outside in: which canvas it is, its limits, its own keys, then what is inside.
 *
 * Each part is looked at once, and only after what is around it has been found good. Recursion ends at the limit of nesting.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText, segmentText } from "../model/document-path.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import {
  type CanvasKey,
  canvasKeys,
  chordOverMapNodeOutlineSchema,
  chordOverMapOutlineSchema,
  type DagNode,
  nodeOutlineSchemas,
  outlineSchemas,
  type Workflow,
} from "../model/workflow.ts";
import { checkSchema } from "./check-schema.ts";
import { unsupported } from "./unsupported.ts";

/** A part of a workflow that is still to be checked. */
interface Part {
  readonly value: unknown;
  /** Path in the document. */
  readonly at: string;
  /** A node of a dag may come after others. */
  readonly isNode: boolean;
}

/**
 * Checks that JSON is a workflow.
 *
 * @param at - Its path in the document.
 * @throws InvalidRequestError for the first problem.
 */
export function checkWorkflow(value: unknown, at: string): Workflow {
  check({ value, at, isNode: false }, 0, { tasks: 0 });
  return value as Workflow;
}

function check(part: Part, level: number, count: { tasks: number }): void {
  const { value, at, isNode } = part;
  const key = canvasOf(value, at);
  if (key !== "task" && level >= limits.nestingLevels) {
    throw new InvalidRequestError(at, undefined, `must not be nested more than ${limits.nestingLevels} canvases deep`);
  }
  checkSchema(outlineOf(key, value, isNode), value, at);
  const canvas = value as DagNode;
  count.tasks += ownTasks(canvas);
  if (count.tasks > limits.tasksPerRun) {
    throw new InvalidRequestError(at, undefined, `must not be there: a run has at most ${limits.tasksPerRun} tasks`);
  }
  for (const inside of partsOf(canvas, at)) check(inside, level + 1, count);
}

/** A header that is a map is told from a list before anything is checked, so that what is wrong is said of the right one. */
function outlineOf(key: CanvasKey, value: unknown, isNode: boolean) {
  const chord = key === "chord" ? (value as JsonObject).chord : undefined;
  const overMap = isJsonObject(chord) && isJsonObject(chord.header) && Object.hasOwn(chord.header, "map");
  if (overMap) return isNode ? chordOverMapNodeOutlineSchema : chordOverMapOutlineSchema;
  return (isNode ? nodeOutlineSchemas : outlineSchemas)[key];
}

/** Tells which canvas a value is. @throws InvalidRequestError when it is none, several, or one of a later version. */
function canvasOf(value: unknown, at: string): CanvasKey {
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

/** Tasks that are not in one of the parts. */
function ownTasks(canvas: DagNode): number {
  return "task" in canvas || ("chord" in canvas && canvas.chord.onError !== undefined) ? 1 : 0;
}

/** The workflows directly inside a canvas. */
function partsOf(canvas: DagNode, at: string): readonly Part[] {
  const listed = (list: readonly unknown[], key: string): readonly Part[] =>
    list.map((value, i) => ({ value, at: `${at}.${key}[${i}]`, isNode: false }));
  if ("task" in canvas) return [];
  if ("chain" in canvas) return listed(canvas.chain, "chain");
  if ("group" in canvas) return listed(canvas.group, "group");
  if ("dag" in canvas) {
    return Object.entries(canvas.dag.nodes).map(([name, value]) => ({
      value,
      at: `${at}.dag.nodes${segmentText(name)}`,
      isNode: true,
    }));
  }
  if ("map" in canvas) return [{ value: canvas.map.each, at: `${at}.map.each`, isNode: false }];
  const { header, callback } = canvas.chord;
  const last = callback === undefined ? [] : [{ value: callback, at: `${at}.chord.callback`, isNode: false }];
  const first = Array.isArray(header)
    ? listed(header, "chord.header")
    : [{ value: header, at: `${at}.chord.header`, isNode: false }];
  return [...first, ...last];
}
