/**
 * Checks a workflow from the outside in: which canvas it is, its limits, its own keys, then what is inside.
 *
 * Each part is looked at once, and only after what is around it has been found good. Recursion ends at the limit of nesting.
 */
import { InvalidRequestError } from "../errors.ts";
import { segmentText } from "../model/document-path.ts";
import { isJsonObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import {
  type CanvasKey,
  canvasKeys,
  chordOverMapSchemas,
  type DagNode,
  type MapWorkflow,
  nodeOutlineSchemas,
  outlineSchemas,
  type Workflow,
} from "../model/workflow.ts";
import { checkSchema } from "./check-schema.ts";

/** A part of a workflow that is still to be checked. */
interface Part {
  readonly value: unknown;
  /** Path in the document. */
  readonly at: string;
  /** A node of a dag may come after others. */
  readonly isNode: boolean;
  /** How many of it there will be: members of maps around it. */
  readonly times: number;
}

/**
 * Checks that JSON is a workflow.
 *
 * @param at - Its path in the document.
 * @throws InvalidRequestError for the first problem.
 */
export function checkWorkflow(value: unknown, at: string): Workflow {
  check({ value, at, isNode: false, times: 1 }, 0, { tasks: 0 });
  return value as Workflow;
}

function check(part: Part, level: number, count: { tasks: number }): void {
  const { value, at } = part;
  const key = canvasOf(value, at);
  if (key !== "task" && key !== "sleep" && level >= limits.nestingLevels) {
    throw new InvalidRequestError(at, undefined, `must not be nested more than ${limits.nestingLevels} canvases deep`);
  }
  checkOutline(part, key);
  const canvas = value as DagNode;
  checkHedge(canvas, at);
  count.tasks += ownTasks(canvas) * part.times;
  if (count.tasks > limits.tasksPerRun) {
    throw new InvalidRequestError(at, undefined, `must not be there: a run has at most ${limits.tasksPerRun} tasks`);
  }
  for (const inside of partsOf(canvas, part)) check(inside, level + 1, count);
}

/** Checks a canvas without what is inside; the header of a chord may be a map, which is part of its outline. */
function checkOutline({ value, at, isNode }: Part, key: CanvasKey): void {
  const header = key === "chord" ? headerOf(value) : undefined;
  if (isJsonObject(header)) {
    checkSchema(chordOverMapSchemas[isNode ? "node" : "plain"], value, at);
  } else checkSchema((isNode ? nodeOutlineSchemas : outlineSchemas)[key], value, at);
}

/** A copy would take a place beside its member, and a header is hedged once. */
function checkHedge(canvas: DagNode, at: string): void {
  const chord = "chord" in canvas ? canvas.chord : undefined;
  const header = chord !== undefined && !Array.isArray(chord.header) ? chord.header.map : undefined;
  const map = "map" in canvas ? canvas.map : header;
  const mapAt = `${at}${header === undefined ? "" : ".chord.header"}.map.hedge`;
  const own = chord?.hedge === undefined ? undefined : { hedge: chord.hedge, at: `${at}.chord.hedge` };
  const ofMap = map?.hedge === undefined ? undefined : { hedge: map.hedge, at: mapAt };
  if (own && ofMap)
    throw new InvalidRequestError(own.at, own.hedge, "must not be there: the map that is the header has one");
  const hedged = own ?? ofMap;
  if (hedged === undefined || map?.maxConcurrency === undefined) return;
  const rule = "must not be beside maxConcurrency: a second copy would take a place of another member";
  throw new InvalidRequestError(hedged.at, hedged.hedge, rule);
}

function headerOf(value: unknown): unknown {
  const chord = isJsonObject(value) ? value.chord : undefined;
  return isJsonObject(chord) ? chord.header : undefined;
}

/** Tells which canvas a value is. @throws InvalidRequestError when it is none, several, or one of a later version. */
function canvasOf(value: unknown, at: string): CanvasKey {
  const kinds = canvasKeys.join(", ");
  if (value === undefined) throw new InvalidRequestError(at, undefined, "is required");
  if (!isJsonObject(value)) {
    throw new InvalidRequestError(at, value, `must be a workflow: an object with one of ${kinds}`);
  }
  const [key, second] = canvasKeys.filter((candidate) => Object.hasOwn(value, candidate));
  if (key === undefined) throw new InvalidRequestError(at, value, `must have one of ${kinds}`);
  if (second !== undefined) {
    throw new InvalidRequestError(at, value, `must have exactly one of ${kinds}, and has ${key} and ${second}`);
  }
  return key;
}

/** Tasks that are not in one of the parts. A sleep counts as one. */
function ownTasks(canvas: DagNode): number {
  return "task" in canvas || "sleep" in canvas || ("chord" in canvas && canvas.chord.onError !== undefined) ? 1 : 0;
}

/** The workflows directly inside a canvas. */
function partsOf(canvas: DagNode, { at, times }: Part): readonly Part[] {
  const listed = (list: readonly unknown[], key: string): readonly Part[] =>
    list.map((value, i) => ({ value, at: `${at}.${key}[${i}]`, isNode: false, times }));
  const template = ({ map }: MapWorkflow, mapAt: string): readonly Part[] => {
    const members = Array.isArray(map.over) ? map.over.length : 1;
    return [{ value: map.each, at: `${mapAt}.map.each`, isNode: false, times: times * members }];
  };
  if ("task" in canvas || "sleep" in canvas) return [];
  if ("chain" in canvas) return listed(canvas.chain, "chain");
  if ("group" in canvas) return listed(canvas.group, "group");
  if ("map" in canvas) return template(canvas, at);
  if ("dag" in canvas) {
    return Object.entries(canvas.dag.nodes).map(([name, value]) => ({
      value,
      at: `${at}.dag.nodes${segmentText(name)}`,
      isNode: true,
      times,
    }));
  }
  const { header, callback } = canvas.chord;
  const last = callback === undefined ? [] : [{ value: callback, at: `${at}.chord.callback`, isNode: false, times }];
  const members = Array.isArray(header) ? listed(header, "chord.header") : template(header, `${at}.chord.header`);
  return [...members, ...last];
}
