/**
 * Sending task messages. A send is done when the service has accepted every entry; only then may anything be acknowledged.
 */
import { QueueError } from "../errors.ts";
import type { RunId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { FollowMessage, MapMessage, TaskMessage } from "../model/message.ts";
import type { PlanNode } from "../plan/types.ts";
import type { OutgoingMessage, QueueRef } from "../ports/index.ts";
import { lowerDueWrite } from "../protocol/head.ts";
import type { WaitingSlot } from "../protocol/slot.ts";
import { reissueWrite } from "../protocol/writes.ts";
import { fitTogether, fragmentOf } from "../records/plans.ts";
import type { Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { locate } from "./places.ts";

/** Entries of one SendMessageBatch (AWS limit). */
const batchSize = 10;
/** How often refused entries are sent again before the delivery is returned. */
const sendAttempts = 3;

/** What one message starts: a node, or members of one leaf that travel together, so on one queue for one tenant; that dispatch, not before that time. */
export interface NodeSend {
  readonly nodes: readonly PlanNode[];
  readonly dispatch: number;
  readonly atMs: number;
}

/** Sends messages in batches, refused entries again; throws when the service keeps refusing some. */
export async function sendAll(
  deps: Pick<CoordinatorDeps, "queue">,
  queue: QueueRef,
  messages: readonly OutgoingMessage[],
  site: string,
): Promise<void> {
  for (let at = 0; at < messages.length; at += batchSize) {
    let open = messages.slice(at, at + batchSize);
    for (let attempt = 0; open.length > 0; attempt++) {
      if (attempt === sendAttempts)
        throw new QueueError(`${queue} refused ${open.length} of ${messages.length} messages ${sendAttempts} times`);
      const { failed } = await deps.queue.send(queue, open, site);
      open = open.filter((_, position) => failed.includes(position));
    }
  }
}

/**
 * Sends nodes to their queues. A time further away than a message can be delayed is kept by the run's head instead: the
 * sweeper releases the node then.
 */
export async function sendNodes(delivery: Delivery, sends: readonly NodeSend[], site: string): Promise<void> {
  const nowMs = delivery.deps.clock.now();
  const byQueue = new Map<QueueRef, OutgoingMessage[]>();
  for (const send of sends.flatMap(fitting)) {
    const [node] = send.nodes;
    if (node === undefined) continue;
    if (node.map !== undefined) {
      // A map is no task: control expands it.
      const { id: run, generation } = delivery.run;
      await sendMap(delivery.deps, { run, generation, node: node.id }, node.fairnessKey, site);
      continue;
    }
    const delaySeconds = Math.max(0, Math.ceil((send.atMs - nowMs) / 1000));
    if (delaySeconds > limits.messageDelaySeconds) {
      await startTimer(delivery, node, send);
      continue;
    }
    const queue: QueueRef = `task:${node.queue}`;
    const messages = byQueue.get(queue) ?? [];
    messages.push({
      body: JSON.stringify(await taskMessage(delivery, send)),
      delaySeconds,
      ...keyed(node.fairnessKey),
    });
    byQueue.set(queue, messages);
  }
  for (const [queue, messages] of byQueue) await sendAll(delivery.deps, queue, messages, site);
}

/** A message's fairness key, where there is one. */
export function keyed(fairnessKey: string | undefined): Pick<OutgoingMessage, "fairnessKey"> {
  return fairnessKey === undefined ? {} : { fairnessKey };
}

/** Has a map looked at: it is expanded, or what its child has come to is taken over. */
export async function sendMap(
  deps: Pick<CoordinatorDeps, "queue">,
  { run, generation, node }: Pick<MapMessage, "run" | "generation" | "node">,
  fairnessKey: string | undefined,
  site: string,
): Promise<void> {
  const message: MapMessage = { tutti: 1, type: "map", run, generation, node };
  await sendAll(deps, "request", [{ body: JSON.stringify(message), delaySeconds: 0, ...keyed(fairnessKey) }], site);
}

/** Has a run do as its parent does, and then its children as it does itself. */
export async function sendFollow(
  deps: Pick<CoordinatorDeps, "queue">,
  run: RunId,
  fairnessKey: string | undefined,
): Promise<void> {
  const message: FollowMessage = { tutti: 1, type: "follow", run };
  const entry = { body: JSON.stringify(message), delaySeconds: 0, ...keyed(fairnessKey) };
  await sendAll(deps, "request", [entry], "follow.send");
}

/** Nodes whose arguments do not fit into one message travel alone. */
function fitting(send: NodeSend): readonly NodeSend[] {
  if (send.nodes.length <= 1 || fitTogether(send.nodes)) return [send];
  return send.nodes.map((node) => ({ ...send, nodes: [node] }));
}

async function taskMessage(delivery: Delivery, { nodes, dispatch }: NodeSend): Promise<TaskMessage> {
  const { run } = delivery;
  const fragment = await fragmentOf(run.plan, nodes);
  const [first] = nodes;
  return {
    tutti: 1,
    ...(nodes.length === 1
      ? { type: "task", node: (first as PlanNode).id }
      : { type: "pack", nodes: nodes.map((node) => node.id) }),
    run: run.id,
    generation: run.generation,
    dispatch,
    plan: run.plan.ref,
    ...(fragment === undefined ? {} : { fragment: { nodes: { ...fragment.nodes }, joins: { ...fragment.joins } } }),
  };
}

/** A wait that no message carries: recorded in the slot, then in the head's due time. Both can be repeated. */
async function startTimer(delivery: Delivery, node: PlanNode, send: NodeSend): Promise<void> {
  if (send.dispatch === 1) {
    const { place } = await locate(delivery, node);
    const waiting: WaitingSlot = { state: "waiting", dispatch: 1, attempt: 0, lost: 0, atMs: send.atMs, timer: true };
    await delivery.run.write(reissueWrite(delivery.run.generation, place, { state: "absent" }, waiting), "slot.timer");
  }
  await lowerDue(delivery, send.atMs);
}

/**
 * Makes sure that the sweeper visits the run by then. Written whatever the head said when it was read: a visit under way
 * may be choosing a later time right now (docs/protocol.md#sweep-and-diagnose).
 */
export async function lowerDue(delivery: Delivery, dueMs: number): Promise<void> {
  await delivery.deps.store.write(lowerDueWrite(delivery.run.id, dueMs), "head.due");
}
