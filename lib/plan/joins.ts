/**
 * Joins, and what they are to those around them.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import { mayWait } from "../model/start-time.ts";
import { laneOf } from "./lane.ts";
import type { Compilation } from "./place.ts";
import type { Failure, Lanes, Next, PlanJoin, PlanNode, Start } from "./types.ts";
import type { Draft, Unit } from "./units.ts";

/** A join that waits for all its members to succeed, and that nothing follows yet. */
export function joinOf(
  context: Compilation,
  id: JoinId,
  given: Pick<PlanJoin, "kind" | "size" | "failure" | "releasedBy">,
): PlanJoin {
  const { leafSize, fan } = context;
  const buckets = context.buckets(given.size);
  return { id, ...given, leafSize, fan, buckets, when: "all-succeeded", next: [], onError: null, afterEnd: false };
}

/** Shape of a header: its leaves, and the lanes that its members go in. */
export function shapeOf(
  context: Compilation,
  members: readonly Unit[],
  maxConcurrency: number | undefined,
): Pick<PlanJoin, "leafSize" | "maxConcurrency" | "lanes"> {
  const leafSize = leafSizeOf(context, members);
  if (maxConcurrency === undefined) return { leafSize };
  const isIdle = members.every(({ starts }) => !runsTask(context.draft, starts));
  if (maxConcurrency >= members.length || isIdle) return { leafSize, maxConcurrency };
  const unitSize = Math.min(...members.map((unit) => unitSizeOf(context, unit)), maxConcurrency);
  const lanes: Lanes = { unitSize, count: Math.floor(maxConcurrency / unitSize) };
  // All slots of a unit are in one leaf.
  return { leafSize: unitSize > 1 ? unitSize : Math.min(leafSize, context.leafSize), maxConcurrency, lanes };
}

/** Whether anything is run before all that starts there has ended: what runs nothing needs no bound. */
function runsTask(draft: Draft, starts: readonly (Start | Next)[]): boolean {
  return starts.some((start) => {
    if (start.kind === "node" || start.kind === "pack") return true;
    if (start.kind === "end") return false;
    // A slot is one of several that what follows waits for: they end without a task, too.
    const members = start.kind === "join" ? (draft.releases[start.join] ?? []) : [];
    return runsTask(draft, [...members, ...(draft.joins[start.join]?.next ?? [])]);
  });
}

/** Members that may go together: those that are one task each. Anything else is a unit of its own. */
function unitSizeOf(context: Compilation, unit: Unit): number {
  return unit.exit.kind === "node" && isTask(unit, unit.exit.node) ? packOf(context, unit.exit.node) : 1;
}

/** Slots per leaf of a header: a leaf is a pack, so that its claims and commits are one write each. */
function leafSizeOf(context: Compilation, members: readonly Unit[]): number {
  let size = 1;
  for (const { exit } of members) size = Math.max(size, exit.kind === "node" ? packOf(context, exit.node) : 1);
  return size > 1 ? size : context.leafSize;
}

function packOf({ draft, packOf: ofQueue }: Compilation, id: NodeId): number {
  const node = draft.nodes[id] as PlanNode;
  return mayWait(node) || node.outside || node.map ? 1 : ofQueue(node.queue);
}

/**
 * What the release of a header starts: members that are tasks of their own go together with those of the same tenant, as
 * many of one leaf as its queue packs; the others start by themselves.
 */
export function packed(context: Compilation, join: PlanJoin, members: readonly Unit[]): readonly Start[] {
  const starts: Start[] = [];
  const open = new Map<string, number[]>();
  for (const [index, unit] of members.entries()) {
    if (index % join.leafSize === 0) open.clear();
    const node = unit.exit.kind === "node" ? (context.draft.nodes[unit.exit.node] as PlanNode) : undefined;
    const fit = node?.slot?.join === join.id && isStart(unit, node.id) ? packOf(context, node.id) : 1;
    const most = Math.min(fit, join.lanes?.unitSize ?? fit);
    if (node === undefined || most === 1) {
      starts.push(...unit.starts);
      continue;
    }
    const lane = laneOf(node);
    const pack = open.get(lane);
    if (pack !== undefined && pack.length < most) pack.push(index);
    else {
      const started = [index];
      open.set(lane, started);
      starts.push({ kind: "pack", join: join.id, members: started });
    }
  }
  return starts.map((start) => alone(join, start, members));
}

/** The task alone is the unit: its value too. A dag of one task has another. */
function isTask(unit: Unit, node: NodeId): boolean {
  return isStart(unit, node) && unit.value.kind === "node" && unit.value.node === node;
}

function isStart({ starts }: Unit, node: NodeId): boolean {
  const [only] = starts;
  return starts.length === 1 && only?.kind === "node" && only.node === node;
}

/** A pack of one is a task like any other. */
function alone(join: PlanJoin, start: Start, members: readonly Unit[]): Start {
  if (start.kind !== "pack" || start.members.length > 1) return start;
  const [only] = (members[start.members[0] as number] as Unit).starts;
  if (only === undefined) throw new TypeError(`member ${start.members[0]} of join ${join.id} starts nothing`);
  return only;
}

/** A join as a unit: its value is the list of its members. */
export function joinUnit(join: JoinId): Unit {
  const exit = { kind: "join", join } as const;
  return { starts: [exit], exit, value: exit, gives: exit };
}

/**
 * The way of a failure inside a join that is lost with its first member, and then of what encloses it. In a run that goes on
 * to its end, a join waits for all its members.
 */
export function decideFirst(join: JoinId, outer: Failure): Failure {
  if (outer.then.kind === "skip") return outer;
  return { decide: [join, ...outer.decide], then: outer.then };
}
