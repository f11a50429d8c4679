/**
 * Joins that were decided before their turn: a request may settle all members of a chord before what it comes after has come
 * about. What follows such a join waits: whoever releases it meets the decision (docs/protocol.md#pause-revoke-retry).
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Plan, PlanJoin } from "../plan/types.ts";
import { hasSucceeded } from "./slot.ts";
import { decided, joinOf, nodeOf, type Snapshot, slotOf } from "./snapshot.ts";

/** What must have come about before a join is released: joins decided *callback*, nearest first, and before those a task, if any. */
export interface Before {
  readonly joins: readonly JoinId[];
  readonly node: NodeId | null;
}

/** Walks back from a join along what released it. A dag's join ends the walk: its members are filled in their turn. */
export function beforeJoin({ joins }: Plan, { releasedBy }: PlanJoin): Before {
  const before: JoinId[] = [];
  let at = releasedBy;
  while (at?.kind === "join") {
    before.push(at.join);
    at = joins[at.join]?.releasedBy ?? null;
  }
  return { joins: before, node: at?.kind === "node" ? at.node : null };
}

/** Tells the joins whose turn has not come. Linear in the plan for all of them together. */
export function beforeTurn(snapshot: Snapshot): (join: PlanJoin) => boolean {
  const known = new Map<JoinId, boolean>();
  return (join) => {
    const walked: JoinId[] = [];
    let at = join;
    let early = known.get(at.id);
    while (early === undefined) {
      walked.push(at.id);
      const { releasedBy } = at;
      if (releasedBy?.kind === "join") {
        at = joinOf(snapshot, releasedBy.join);
        early = decided(snapshot, at) === "callback" ? known.get(at.id) : true;
      } else early = releasedBy?.kind === "node" && !hasSucceeded(slotOf(snapshot, nodeOf(snapshot, releasedBy.node)));
    }
    for (const id of walked) known.set(id, early);
    return early;
  };
}
