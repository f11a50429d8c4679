/**
 * Which tasks a queue cannot tell apart: those on one queue for one tenant. Only they share a message, or a delivery, since
 * SQS counts a message for the tenant whose key it has.
 */
import type { PlanNode } from "./types.ts";

/** A name for queue and fairness key together. Neither holds a space. */
export function laneOf({ queue, fairnessKey }: Pick<PlanNode, "queue" | "fairnessKey">): string {
  return fairnessKey === undefined ? queue : `${queue} ${fairnessKey}`;
}
