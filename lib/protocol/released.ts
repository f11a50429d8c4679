/**
 * What has been released so far, and since when: a walk over the plan along recorded outcomes.
 *
 * Nothing stores "released": it follows from the predecessors, which are stable once settled or decided.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Pack, Start } from "../plan/types.ts";
import { type ListName, rangeOf, rangesOf } from "./release.ts";
import { isBelow } from "./reopen.ts";
import { decided, fired, isKept, joinOf, nodeOf, rangeSlot, type Snapshot, slotOf } from "./snapshot.ts";

export interface Released {
  /** Nodes that should be on their way, with the time they became so. */
  readonly nodes: ReadonlyMap<NodeId, number>;
  /** Joins whose header was released, with the time their deadline counts from. Dag joins have no header and are not in it. */
  readonly joins: ReadonlyMap<JoinId, number>;
  /** Ranges of long lists that should be on their way or sent. */
  readonly ranges: readonly ReleasedRange[];
  /** Set when the plan's end was reached. */
  readonly end: boolean;
}

export interface ReleasedRange {
  readonly list: ListName;
  readonly range: number;
  readonly sinceMs: number;
}

/** Walks the plan from its start. Linear in the number of units. */
export function releasedOf(snapshot: Snapshot): Released {
  const nodes = new Map<NodeId, number>();
  const joins = new Map<JoinId, number>();
  const ranges: ReleasedRange[] = [];
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
      if (slot.state === "settled") push(rangeOf(snapshot.plan, starts, range), slot.settledAtMs);
    }
  };
  const walkNode = (id: NodeId, sinceMs: number) => {
    if (nodes.has(id)) return;
    nodes.set(id, sinceMs);
    const node = nodeOf(snapshot, id);
    const slot = slotOf(snapshot, node);
    if (slot.state === "settled" && slot.status === "SUCCEEDED") pushList(`next:${id}`, node.next, slot.settledAtMs);
  };
  const walkJoin = (id: JoinId, sinceMs: number) => {
    if (joins.has(id)) return;
    joins.set(id, sinceMs);
    const join = joinOf(snapshot, id);
    if (isKept(snapshot, join)) return;
    pushList(`header:${id}`, snapshot.plan.releases[id] ?? [], sinceMs);
    if (join.size === 0) pushList(`next:${id}`, join.next, sinceMs);
  };
  const walkPack = ({ join, members }: Pack, sinceMs: number) => {
    for (const index of members) {
      const source = snapshot.plan.members[join]?.[index];
      if (source?.kind === "node") walkNode(source.node, sinceMs);
    }
  };
  pushList("start", snapshot.plan.start, snapshot.head.submittedAtMs);
  const kept = new Set(Object.values(snapshot.plan.joins).flatMap((join) => (isKept(snapshot, join) ? [join.id] : [])));
  // Decisions are read from the joins themselves: slots that lead there need no edge here.
  for (const join of Object.values(snapshot.plan.joins)) {
    if (join.size === 0) continue;
    const decision = decided(snapshot, join);
    const atMs = fired(snapshot, join)?.atMs ?? snapshot.head.submittedAtMs;
    // Nothing more starts below a join that was taken over: it would arrive at a top of the older generation, for ever.
    if (decision === "callback" && !isBelow(kept, join.id)) pushList(`next:${join.id}`, join.next, atMs);
    if (decision === "error" && join.onError !== null) push([{ kind: "node", node: join.onError }], atMs);
  }
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (step.start.kind === "node") walkNode(step.start.node, step.sinceMs);
    if (step.start.kind === "pack") walkPack(step.start, step.sinceMs);
    if (step.start.kind === "join") walkJoin(step.start.join, step.sinceMs);
    if (step.start.kind === "end") end = true;
  }
  return { nodes, joins, ranges, end };
}
