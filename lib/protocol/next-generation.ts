/**
 * The next generation of a run, before it is raised: whether there can be one, with which plan, and what it would run.
 *
 * Pure: control asks before it raises, and whoever only wants to know asks the same.
 */
import { InvalidRequestError } from "../errors.ts";
import type { NodeId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { Plan, PlanNode } from "../plan/types.ts";
import type { Image, Value, Write } from "../ports/store.ts";
import { keptParts, type ReopenTime, reopenWrites } from "./reopen.ts";
import { leaseOver } from "./rows.ts";
import { type Snapshot, slotOf } from "./snapshot.ts";

/** What a retry names. */
export interface Named {
  /** Tasks, or chords and groups for all tasks in them, that run again though they succeeded or their failure was tolerated. */
  readonly tasks?: readonly string[] | undefined;
  /** New bound arguments, by task. */
  readonly args?: Readonly<Record<NodeId, readonly Json[]>> | undefined;
}

/**
 * The plan of the next generation: the same, but for what the retry names.
 *
 * @throws InvalidRequestError when there is nothing to run again, or not yet.
 */
export function nextPlan(snapshot: Snapshot, named: Named, time: ReopenTime): Plan {
  const { head, plan } = snapshot;
  if (head.endedAtMs === undefined)
    throw new InvalidRequestError("id", head.runId, "must have ended: revoke it first, or wait for its end");
  const { tasks = [], args = {} } = named;
  const again = [...new Set([...tasks.flatMap((path) => tasksAt(plan, path)), ...Object.keys(args)])];
  if (head.status === "SUCCEEDED" && again.length === 0)
    throw new InvalidRequestError("id", head.runId, "has SUCCEEDED: name the tasks that are to run again");
  // G29: what it would open may still be at work.
  const busy = Object.values(plan.nodes).find((node) => {
    const slot = slotOf(snapshot, node);
    return node.afterEnd && slot.state === "leased" && !leaseOver(slot, time);
  });
  if (busy) throw new InvalidRequestError("id", head.runId, `must have come to rest: ${busy.id} is still running`);
  const { again: _again, ...same } = plan;
  if (again.length === 0) return same;
  const edited = Object.entries(args).map(([path, list]): [string, PlanNode] => [
    path,
    { ...nodeAt(plan, path), args: list },
  ]);
  return { ...same, nodes: { ...plan.nodes, ...Object.fromEntries(edited) }, again };
}

/** The task of that path, or all tasks below it. */
function tasksAt(plan: Plan, path: string): readonly NodeId[] {
  if (Object.hasOwn(plan.nodes, path)) return [path];
  const below = Object.values(plan.nodes).filter(({ id, afterEnd }) => id.startsWith(`${path}/`) && !afterEnd);
  if (below.length === 0) throw new InvalidRequestError("tasks", path, "must be the path of a task of the run");
  return below.map(({ id }) => id);
}

function nodeAt(plan: Plan, path: string): PlanNode {
  const node = Object.hasOwn(plan.nodes, path) ? plan.nodes[path] : undefined;
  if (!node) throw new InvalidRequestError(`args.${path}`, path, "must be the path of a task of the run");
  return node;
}

/** What a generation would run and what it would keep, in the order of the plan. */
export interface Foreseen {
  /** Without error callbacks: whether one is called is decided anew. */
  readonly runs: readonly NodeId[];
  /** Also tolerated failures, and tasks that will not be needed any more. */
  readonly kept: readonly NodeId[];
}

/** Foresees the next generation under a plan that {@link nextPlan} gave. Writes nothing. */
export function foresee(snapshot: Snapshot, plan: Plan, time: ReopenTime): Foreseen {
  const head = { ...snapshot.head, generation: snapshot.head.generation + 1 };
  const next = { ...snapshot, head, plan };
  const isKept = keptParts(next);
  const opened = { ...next, images: withWrites(snapshot.images, reopenWrites(next, time)) };
  const runs: NodeId[] = [];
  const kept: NodeId[] = [];
  for (const node of Object.values(plan.nodes)) {
    if (isKept(node.id) || slotOf(opened, node).state === "settled") kept.push(node.id);
    else if (!node.afterEnd) runs.push(node.id);
  }
  return { runs, kept };
}

/** How many tasks that have begun run again in the next generation, error callbacks included. The others have begun in none. */
export function begunAgain(snapshot: Snapshot, plan: Plan, time: ReopenTime): number {
  const kept = new Set(foresee(snapshot, plan, time).kept);
  return Object.values(plan.nodes).filter((node) => {
    const slot = slotOf(snapshot, node);
    return !kept.has(node.id) && slot.state !== "absent" && slot.attempt > 0;
  }).length;
}

/** Images as they would be after some writes that set and remove whole attributes. */
function withWrites(images: ReadonlyMap<string, Image>, writes: readonly Write[]): ReadonlyMap<string, Image> {
  const after = new Map(images);
  for (const { key, set, remove = [] } of writes) {
    const image: Record<string, Value> = { ...after.get(key.sk) };
    for (const action of set) if ("value" in action) image[action.path[0]] = action.value;
    for (const attribute of remove) delete image[attribute];
    after.set(key.sk, image);
  }
  return after;
}
