/**
 * Hedging: when most members of a join have ended, a second copy of each that is still at work is started, and the first
 * outcome counts (docs/protocol.md#second-copies).
 *
 *   H1  A slot has at most two leases, of different attempts, and no attempt is given twice.
 *   H2  The first success settles the slot, from whichever lease; it ends both.
 *   H3  A failure counts only where it is that of the last one at work.
 *
 * So there are two bodies of a member at most, and what they do is fenced as ever: by owner and attempt.
 */
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/store.ts";
import { decisionOf, owedDecision } from "./decision.ts";
import { outsideOwner } from "./outside.ts";
import { lostTooOften } from "./retry.ts";
import { type Asker, isAtWork, leaseOver, lostOf } from "./rows.ts";
import { endlessMs, type LeasedSlot, type OwnLease, type Slot } from "./slot.ts";
import { countsIn, topOf } from "./tally.ts";

/** How many members must have ended before the others are copied; undefined where there will never be any left by then. */
export function hedgeAfter({ hedgePercentile, size }: PlanJoin): number | undefined {
  if (hedgePercentile === undefined) return undefined;
  const enough = Math.ceil((size * hedgePercentile) / 100);
  return enough < size ? enough : undefined;
}

/** Whether whoever meets this top has the rest looked at. Once: the top says when that was. */
export function owesHedge(join: PlanJoin, top: Image | undefined): boolean {
  const enough = hedgeAfter(join);
  if (enough === undefined || top === undefined || top.hedgedAt !== undefined) return false;
  if (decisionOf(join, top) !== undefined || owedDecision(join, top) !== undefined) return false;
  const { settled, bad } = countsIn(join, topOf(join), top);
  // Lost with its first failure, which is about to be recorded.
  if (join.when === "all-succeeded" && bad > 0) return false;
  return settled >= enough;
}

/**
 * Whether a member gets a second copy: it is at work here, alone, and may fail, or lose a worker, once more. What may run only
 * once is never copied, nor what programs elsewhere or runs of their own do.
 */
export function mayCopy(slot: Slot, node: PlanNode, asker: Pick<Asker, "nowMs" | "skewMs">): slot is LeasedSlot {
  if (slot.state !== "leased" || slot.second !== undefined || leaseOver(slot, asker)) return false;
  if (slot.owner === outsideOwner || slot.untilMs === endlessMs || node.outside || node.map || node.sleep) return false;
  return slot.attempt - slot.lost < node.retry.maxAttempts && !lostTooOften(node.retry, slot.lost + 1);
}

/** What an attempt that has failed leads to. */
export type FailedRow =
  /** Its lease is gone: others have settled the slot, or hold it. */
  | { readonly kind: "gone" }
  /**
   * Nobody else is at work: it is tried again, or settled, by these counts.
   *
   * `seen`: only on exactly this state, with the lease of a copy that is over. Absent: only where there is none.
   */
  | { readonly kind: "last"; readonly counts: Pick<LeasedSlot, "attempt" | "lost">; readonly seen?: LeasedSlot }
  /** Its copy goes on in its place. */
  | { readonly kind: "promote"; readonly seen: LeasedSlot }
  /** It was the copy. The first goes on; where that is dead, whoever takes its place finds that this has failed. */
  | { readonly kind: "give-way" };

/** An attempt has failed, and this is its slot (H3). */
export function failedRow(
  slot: Slot,
  lease: Pick<OwnLease, "owner" | "attempt">,
  asker: Pick<Asker, "nowMs" | "skewMs">,
): FailedRow {
  if (slot.state !== "leased") return { kind: "gone" };
  const { second, lost } = slot;
  if (second?.owner === lease.owner && second.attempt === lease.attempt) return { kind: "give-way" };
  if (slot.owner !== lease.owner || slot.attempt !== lease.attempt) return { kind: "gone" };
  if (second === undefined) return { kind: "last", counts: { attempt: slot.attempt, lost } };
  if (isAtWork(second, asker)) return { kind: "promote", seen: slot };
  return { kind: "last", counts: { attempt: second.attempt, lost: lost + lostOf(second) }, seen: slot };
}
