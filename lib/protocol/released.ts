/**
 * What has been released so far, and since when: a walk over the plan along recorded outcomes.
 *
 * Nothing stores "released": it follows from the predecessors, which are stable once settled or decided.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Next } from "../plan/types.ts";
import { decided, fired, joinOf, nodeOf, type Snapshot, slotOf } from "./snapshot.ts";

export interface Released {
  /** Nodes that should be on their way, with the time they became so. */
  readonly nodes: ReadonlyMap<NodeId, number>;
  /** Joins whose header was released, with the time their deadline counts from. Dag joins have no header and are not in it. */
  readonly joins: ReadonlyMap<JoinId, number>;
  /** Set when the plan's end was reached. */
  readonly end: boolean;
}

/** Walks the plan from its start. Linear in the number of units. */
export function releasedOf(snapshot: Snapshot): Released {
  const nodes = new Map<NodeId, number>();
  const joins = new Map<JoinId, number>();
  let end = false;
  const open: { readonly next: Next; readonly sinceMs: number }[] = snapshot.plan.start.map((next) => ({
    next,
    sinceMs: snapshot.head.submittedAtMs,
  }));
  const push = (nexts: readonly Next[], sinceMs: number) => {
    for (const next of nexts) open.push({ next, sinceMs });
  };
  const walkNode = (id: NodeId, sinceMs: number) => {
    if (nodes.has(id)) return;
    nodes.set(id, sinceMs);
    const node = nodeOf(snapshot, id);
    const slot = slotOf(snapshot, node);
    if (slot.state === "settled" && slot.status === "SUCCEEDED") push(node.next, slot.settledAtMs);
  };
  const walkJoin = (id: JoinId, sinceMs: number) => {
    if (joins.has(id)) return;
    joins.set(id, sinceMs);
    push(snapshot.plan.releases[id] ?? [], sinceMs);
    if (joinOf(snapshot, id).size === 0) push(joinOf(snapshot, id).next, sinceMs);
  };
  // Decisions are read from the joins themselves: slots that lead there need no edge here.
  for (const join of Object.values(snapshot.plan.joins)) {
    if (join.size === 0) continue;
    const decision = decided(snapshot, join);
    const atMs = fired(snapshot, join)?.atMs ?? snapshot.head.submittedAtMs;
    if (decision === "callback") push(join.next, atMs);
    if (decision === "error" && join.onError !== null) push([{ kind: "node", node: join.onError }], atMs);
  }
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (step.next.kind === "node") walkNode(step.next.node, step.sinceMs);
    if (step.next.kind === "join") walkJoin(step.next.join, step.sinceMs);
    if (step.next.kind === "end") end = true;
  }
  return { nodes, joins, end };
}
