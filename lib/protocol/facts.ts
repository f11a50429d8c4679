/**
 * What queue depths and the deployed code say of a task that nobody has taken.
 */
import type { PlanNode } from "../plan/types.ts";
import type { DeployedTask, Facts, QueueFacts } from "../ports/facts.ts";
import type { QueueDepth, QueueRef } from "../ports/queue.ts";

/** What became of a message, as far as its queue tells. */
export type QueueState =
  /** The queues cannot be asked. */
  | "unknown"
  /** The deployment has no such queue, or nothing answers at its URL. */
  | "missing"
  /** Messages wait, and none is in anybody's hands. */
  | "unread"
  /** It holds nothing, and its dead-letter queue does. */
  | "dead"
  /** It holds nothing, and its dead-letter queue holds nothing either. */
  | "empty"
  /** It holds nothing, and what its dead-letter queue holds is not known. */
  | "gone"
  /** No message waits, and some are in workers' hands, or kept back. */
  | "in-hands"
  /** Messages wait, and others are in workers' hands. */
  | "read";

/** Where the message of a node goes: maps, sleeps and tasks of programs elsewhere are control's. */
export function queueOf(node: PlanNode): QueueRef {
  return node.map !== undefined || node.sleep || node.outside ? "request" : `task:${node.queue}`;
}

export function queueState(facts: Facts, queue: QueueRef): QueueState {
  if (facts.queues === undefined) return "unknown";
  const found = facts.queues.get(queue);
  if (found === undefined) return facts.allQueues === true ? "missing" : "unknown";
  if (!found.exists) return "missing";
  if (found.depth === undefined) return "unknown";
  const { visible, inFlight, delayed } = found.depth;
  if (visible > 0) return inFlight === 0 ? "unread" : "read";
  if (inFlight + delayed > 0) return "in-hands";
  if (found.dead === undefined) return "gone";
  return lettersOf(found) > 0 ? "dead" : "empty";
}

/** Messages wait, and none is in anybody's hands. */
export function isUnread(depth: QueueDepth | undefined): boolean {
  return depth !== undefined && depth.visible > 0 && depth.inFlight === 0;
}

/** Messages that a queue has given up and nobody has handled. */
export function lettersOf({ dead }: QueueFacts): number {
  return dead === undefined ? 0 : dead.visible + dead.inFlight;
}

/** The deployed task of a node; null when the code has none, undefined when that is not known. */
export function deployedTask({ tasks }: Facts, node: PlanNode): DeployedTask | null | undefined {
  if (tasks === undefined || node.map !== undefined || node.sleep) return undefined;
  return tasks.get(node.task) ?? null;
}

/** How long its queue is, in words. */
export function depthText(facts: Facts, queue: QueueRef): string {
  const depth = facts.queues?.get(queue)?.depth;
  if (depth === undefined) return "how long the queue is, is unknown";
  const { visible, inFlight, delayed } = depth;
  const kept = delayed > 0 ? `, ${delayed} kept back` : "";
  return `about ${visible} message${visible === 1 ? "" : "s"} waiting, ${inFlight} in workers' hands${kept}`;
}
