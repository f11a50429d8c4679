/**
 * What has been released so far, and since when: a walk over the plan along recorded outcomes.
 *
 * Nothing stores "released": it follows from the predecessors, which are stable once settled or decided.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Lane, Pack, PlanJoin } from "../plan/types.ts";
import {
  type BoundedJoin,
  isBounded,
  isSettledUnit,
  isUntouchedUnit,
  leafOfUnit,
  outOfTurn,
  slotsOfUnit,
  startsOfUnit,
  unitsOf,
  waitingJoins,
} from "./lanes.ts";
import { type ListName, listOf, rangeOf, rangesOf, type Released as Start } from "./release.ts";
import { isBelow } from "./reopen.ts";
import { hasSucceeded } from "./slot.ts";
import { decided, fired, held, isKept, joinOf, nodeOf, rangeSlot, type Snapshot, slotOf, tallyOf } from "./snapshot.ts";
import { beforeTurn } from "./turn.ts";

export interface Released {
  /** Nodes that should be on their way, with the time they became so. */
  readonly nodes: ReadonlyMap<NodeId, number>;
  /** Joins whose header was released, with the time their deadline counts from. Dag joins have no header and are not in it. */
  readonly joins: ReadonlyMap<JoinId, number>;
  /** Joins whose header is to be released once somebody has looked at its condition, with the time they became so. */
  readonly conditional: ReadonlyMap<JoinId, number>;
  /** Ranges of long lists that should be on their way or sent. */
  readonly ranges: readonly ReleasedRange[];
  /** The first open unit of each lane, where that was released. */
  readonly fronts: readonly Front[];
  /** Set when the plan's end was reached. */
  readonly end: boolean;
}

/** The unit that a lane has come to. */
export interface Front {
  readonly join: JoinId;
  readonly unit: number;
}

export interface ReleasedRange {
  readonly list: ListName;
  readonly range: number;
  readonly sinceMs: number;
}

/**
 * Walks the plan from its start. Linear in the number of units.
 *
 * @param also - Counts as released what is in ranges that somebody has begun; else only those that are recorded as sent do.
 */
export function releasedOf(snapshot: Snapshot, also?: "begun"): Released {
  const nodes = new Map<NodeId, number>();
  const joins = new Map<JoinId, number>();
  const conditional = new Map<JoinId, number>();
  const ranges: ReleasedRange[] = [];
  const fronts: Front[] = [];
  let end = false;
  const open: { readonly start: Start; readonly sinceMs: number }[] = [];
  const push = (starts: readonly Start[], sinceMs: number) => {
    for (const start of starts) open.push({ start, sinceMs });
  };
  /** What a range starts is released when the range is done. */
  const pushList = (list: ListName, starts: readonly Start[], sinceMs: number) => {
    const count = rangesOf(snapshot.plan, starts);
    if (count === 0) return push(starts, sinceMs);
    for (let range = 0; range < count; range++) {
      ranges.push({ list, range, sinceMs });
      const slot = rangeSlot(snapshot, list, range);
      const parts = rangeOf(snapshot.plan, starts, range);
      if (slot.state === "settled") push(parts, slot.settledAtMs);
      else if (slot.state !== "absent" && also === "begun") push(parts, sinceMs);
    }
  };
  const walkNode = (id: NodeId, sinceMs: number) => {
    if (nodes.has(id)) return;
    nodes.set(id, sinceMs);
    const node = nodeOf(snapshot, id);
    const slot = slotOf(snapshot, node);
    if (hasSucceeded(slot)) pushList(`next:${id}`, node.next, slot.settledAtMs);
  };
  const walkJoin = (id: JoinId, sinceMs: number) => {
    if (joins.has(id)) return;
    const join = joinOf(snapshot, id);
    if (!held(snapshot, join)) {
      // What nobody has looked at is not released, and nothing below it may be sent.
      if (decided(snapshot, join) === undefined) conditional.set(id, sinceMs);
      return;
    }
    joins.set(id, sinceMs);
    if (isKept(snapshot, join)) return;
    pushList(`header:${id}`, listOf(snapshot.plan, `header:${id}`), sinceMs);
    if (join.size === 0) pushList(`next:${id}`, join.next, sinceMs);
  };
  const walkPack = ({ join, members }: Pack, sinceMs: number) => {
    for (const index of members) {
      const source = snapshot.plan.members[join]?.[index];
      if (source?.kind === "node") walkNode(source.node, sinceMs);
    }
  };
  /** Units before the first open one were released in their time, and that one when the unit before it was settled (G54). */
  const walkLane = ({ join: id, lane }: Lane, releasedMs: number) => {
    const join = joinOf(snapshot, id);
    if (!isBounded(join)) return;
    let sinceMs = releasedMs;
    for (let unit = lane; unit < unitsOf(join); unit += join.lanes.count) {
      const leaf = leafOf(snapshot, join, unit);
      const open = !isSettledUnit(join, unit, leaf);
      if (open && isUntouchedUnit(join, unit, leaf) && !isAwaited(snapshot, join)) return;
      push(startsOfUnit(snapshot.plan, join, unit), sinceMs);
      if (open) return void fronts.push({ join: id, unit });
      for (const slot of slotsOfUnit(join, unit, leaf))
        if (slot.state === "settled") sinceMs = Math.max(sinceMs, slot.settledAtMs);
    }
  };
  pushList("start", snapshot.plan.start, snapshot.head.submittedAtMs);
  const kept = new Set(Object.values(snapshot.plan.joins).flatMap((join) => (isKept(snapshot, join) ? [join.id] : [])));
  const isOutOfLane = outOfTurn(snapshot.plan, (join, number) => tallyOf(snapshot, join, { level: 0, number }));
  const isEarly = beforeTurn(snapshot);
  // Decisions are read from the joins themselves: slots that lead there need no edge here.
  for (const join of Object.values(snapshot.plan.joins)) {
    if (join.size === 0) continue;
    const decision = decided(snapshot, join);
    const atMs = fired(snapshot, join)?.atMs ?? snapshot.head.submittedAtMs;
    // Nothing more starts below a join that was taken over: it would arrive at a top of the older generation, for ever.
    // Nor where a lane has not come to, or what comes before has not come about: whoever releases it meets the decision there.
    const waits = isBelow(kept, join.id) || isOutOfLane(join.id) || isEarly(join);
    if (decision === "callback" && !waits) pushList(`next:${join.id}`, join.next, atMs);
    if (decision === "error" && join.onError !== null) push([{ kind: "node", node: join.onError }], atMs);
  }
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (step.start.kind === "node") walkNode(step.start.node, step.sinceMs);
    if (step.start.kind === "pack") walkPack(step.start, step.sinceMs);
    if (step.start.kind === "join") walkJoin(step.start.join, step.sinceMs);
    if (step.start.kind === "lane") walkLane(step.start, step.sinceMs);
    if (step.start.kind === "end") end = true;
  }
  return { nodes, joins, conditional, ranges, fronts, end };
}

function leafOf(snapshot: Snapshot, join: BoundedJoin, unit: number) {
  return tallyOf(snapshot, join, { level: 0, number: leafOfUnit(join, unit) });
}

/** Whether somebody still waits for the members of a join. */
function isAwaited(snapshot: Snapshot, join: PlanJoin): boolean {
  return waitingJoins(join).every((id) => decided(snapshot, joinOf(snapshot, id)) === undefined);
}
