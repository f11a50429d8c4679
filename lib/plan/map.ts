/**
 * A map whose list is known at run time: one node of the plan, which expands into a run of its own (docs/maps.md).
 *
 * The node is the map itself, or the whole chord whose header it is. What it is made of is compiled here once and thrown
 * away, so that whatever is wrong with it is said at submit.
 */
import { InvalidRequestError } from "../errors.ts";
import type { Json } from "../model/json.ts";
import { defaults } from "../model/limits.ts";
import type { Chord, DagNode, MapWorkflow, Workflow } from "../model/workflow.ts";
import { freeNames } from "./free-names.ts";
import { dynamicMapOf } from "./map-list.ts";
import type { Compilation, Place } from "./place.ts";
import { sourcesOf } from "./task-node.ts";
import type { PlanNode, Source } from "./types.ts";
import { addNode, type Mutable, newDraft, type Unit } from "./units.ts";

/** Compiles what is inside; handed in, since that is any workflow. */
export type CompileInside = (context: Compilation, workflow: Workflow | DagNode, place: Place) => Unit;

/** What stands for the task and the queue of such a node: no task and no queue can be called so. */
export const mapTask = "(map)";
export const mapQueue = "(request)";

/** Compiles a map, or a chord with a map as its header, to one node. */
export function compileMap(
  context: Compilation,
  workflow: MapWorkflow | Chord,
  place: Place,
  compileInside: CompileInside,
): Unit {
  const { over, ...map } = dynamicMapOf(workflow) as MapWorkflow["map"];
  const doc = "map" in workflow ? `${place.doc}.map` : `${place.doc}.chord.header.map`;
  if (over === undefined && place.input === null)
    throw new InvalidRequestError(`${doc}.over`, undefined, "is required where no result comes before");
  // First, since it knows where a name is that no dag around has.
  tryInside(context, workflow, { ...place, doc }, compileInside);
  const node: Mutable<PlanNode> = {
    id: place.path || "map",
    task: mapTask,
    args: over === undefined ? [] : [over as Json],
    input: over === undefined ? place.input : null,
    queue: mapQueue,
    retry: defaults.retry,
    timeoutSeconds: 0,
    slot: null,
    next: [],
    failure: place.failure,
    afterEnd: false,
    map: {
      map,
      ...("map" in workflow ? {} : { chord: around(workflow) }),
      ...(context.headers === undefined ? {} : { headers: context.headers }),
      ...(place.failure.then.kind === "skip" ? { onFailure: "finish" } : {}),
    },
  };
  const names = freeNames(workflow, place.doc, context.names);
  const results = sourcesOf(
    [...names].map((name) => ({ name, at: `${doc}.over.$result` })),
    place,
  );
  if (results !== undefined) node.results = results;
  if (context.fairnessKey !== undefined) node.fairnessKey = context.fairnessKey;
  addNode(context.draft, node, place.doc);
  const exit = { kind: "node", node: node.id } as const;
  return { starts: [exit], exit, value: exit, gives: exit };
}

/** Any result: what is compiled with it is thrown away. */
const someResult: Source = { kind: "node", node: mapTask };

function tryInside(
  context: Compilation,
  workflow: MapWorkflow | Chord,
  place: Place,
  compileInside: CompileInside,
): void {
  const map = dynamicMapOf(workflow) as MapWorkflow["map"];
  const trial: Compilation = { ...context, draft: newDraft(), waitingAt: new Map(), deadlineAt: new Map() };
  const inside = { ...place, input: someResult, level: place.level + 1 };
  compileInside(trial, map.each, { ...inside, path: "[0]", doc: `${place.doc}.each` });
  if ("map" in workflow) return;
  // How many members there are is not known: what the chord says of that is checked when it is.
  const { when: _when, deadlineSeconds: _deadlineSeconds, ...rest } = around(workflow);
  const doc = place.doc.slice(0, -".chord.header.map".length);
  compileInside(trial, { chord: { header: [], ...rest } }, { ...inside, path: "chord", doc });
}

function around({ chord: { header: _header, ...chord } }: Chord): Omit<Chord["chord"], "header"> {
  return chord;
}
