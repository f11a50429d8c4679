/**
 * Sending task messages. A send is done when the service has accepted every entry; only then may anything be acknowledged.
 */
import { QueueError, StoreError } from "../errors.ts";
import type { JoinId, RunId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { FollowMessage, HedgeMessage, MapMessage, TaskMessage, WakeMessage } from "../model/message.ts";
import { startMs } from "../model/start-time.ts";
import type { PlanNode } from "../plan/types.ts";
import type { OutgoingMessage, QueueRef } from "../ports/index.ts";
import { type Head, lowerDueWrite } from "../protocol/head.ts";
import type { WaitingSlot } from "../protocol/slot.ts";
import { reissueWrite } from "../protocol/writes.ts";
import { fitTogether, fragmentOf } from "../records/plans.ts";
import type { Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { dispatched, type Step, tell } from "./events.ts";
import { locate, slotIn } from "./places.ts";

/** Entries of one SendMessageBatch (AWS limit). */
const batchSize = 10;
/** How often refused entries are sent again before the delivery is returned. */
const sendAttempts = 3;
/** Writes of a due time against visits of the sweeper before the delivery is returned. */
const dueRounds = 10;

/** What one message starts: a node, or members of one leaf that travel together, so on one queue for one tenant; that dispatch, not before that time. */
export interface NodeSend {
  readonly nodes: readonly PlanNode[];
  readonly dispatch: number;
  readonly atMs: number;
  /** True when nothing of it is recorded: a time that no message keeps has to be. */
  readonly first?: true;
  /** Set for a second copy: the attempt beside which it is to run. */
  readonly copyOf?: number;
}

/** Nodes that are released now: each starts in its time. Those that wait travel alone. */
export function firstSend(nodes: readonly PlanNode[], nowMs: number): NodeSend {
  return { nodes, dispatch: 1, atMs: startMs(nodes[0] ?? {}, nowMs), first: true };
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
 * Sends nodes to their queues, and ends of sleeps to control. A time further away than a message can be delayed is kept by
 * the run's head instead: the sweeper releases the node then.
 *
 * Order of effects (S13): a wait of its own is recorded, then it is sent or the head made due by then. A death in between
 * is found by the redelivered message, or by the sweeper, which knows the time from the slot or else from the plan.
 */
export async function sendNodes(delivery: Delivery, sends: readonly NodeSend[], site: string): Promise<void> {
  const byQueue = new Map<QueueRef, { readonly messages: OutgoingMessage[]; readonly steps: Step[] }>();
  const timersMs: number[] = [];
  for (const send of sends.flatMap(fitting)) {
    const [node] = send.nodes;
    if (node?.map !== undefined) {
      // A map is no task: control expands it.
      const { id: run, generation } = delivery.run;
      await sendMap(delivery.deps, { run, generation, node: node.id }, node.fairnessKey, site);
      continue;
    }
    const atMs = node && (await timeOf(delivery, node, send));
    if (node === undefined || atMs === undefined) continue;
    const delaySeconds = delayUntil(delivery, atMs);
    if (delaySeconds > limits.messageDelaySeconds) {
      timersMs.push(atMs);
      continue;
    }
    // Control hands out what programs elsewhere run (outside.ts), and ends sleeps (sleep.ts).
    const queue: QueueRef = byControl(node) ? "request" : `task:${node.queue}`;
    const { messages, steps } = byQueue.get(queue) ?? { messages: [], steps: [] };
    messages.push({
      body: JSON.stringify(await messageOf(delivery, send)),
      delaySeconds,
      ...keyed(node.fairnessKey),
    });
    const how = { dispatch: send.dispatch, queue, ...(delaySeconds > 0 ? { startsAtMs: atMs } : {}) };
    steps.push(...send.nodes.flatMap((sent) => dispatched(sent, how)));
    byQueue.set(queue, { messages, steps });
  }
  if (timersMs.length > 0)
    await lowerDue(
      delivery,
      timersMs.reduce((first, atMs) => Math.min(first, atMs)),
    );
  for (const [queue, { messages, steps }] of byQueue) {
    await sendAll(delivery.deps, queue, messages, site);
    tell(delivery.deps, delivery.run, site, steps);
  }
}

/** Whether the request queue takes a node's message: no worker here runs it. */
function byControl(node: PlanNode): boolean {
  return node.sleep === true || node.outside === true;
}

/** A message's fairness key, where there is one. */
export function keyed(fairnessKey: string | undefined): Pick<OutgoingMessage, "fairnessKey"> {
  return fairnessKey === undefined ? {} : { fairnessKey };
}

function delayUntil({ deps }: Delivery, atMs: number): number {
  return Math.max(0, Math.ceil((atMs - deps.clock.now()) / 1000));
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

/** Has the members of a hedged join looked at that are late. */
export async function sendHedge({ deps, run }: Delivery, join: JoinId): Promise<void> {
  const { fairnessKey } = await run.plan.whole();
  const message: HedgeMessage = { tutti: 1, type: "hedge", run: run.id, generation: run.generation, join };
  await sendAll(
    deps,
    "request",
    [{ body: JSON.stringify(message), delaySeconds: 0, ...keyed(fairnessKey) }],
    "hedge.send",
  );
}

/** Nodes whose arguments do not fit into one message travel alone. */
function fitting(send: NodeSend): readonly NodeSend[] {
  if (send.nodes.length <= 1 || fitTogether(send.nodes)) return [send];
  return send.nodes.map((node) => ({ ...send, nodes: [node] }));
}

async function messageOf(
  delivery: Delivery,
  { nodes, dispatch, copyOf }: NodeSend,
): Promise<TaskMessage | WakeMessage> {
  const { run } = delivery;
  const [first] = nodes;
  // The request queue is open to every producer: control believes the stored plan alone.
  const fragment = first && byControl(first) ? undefined : await fragmentOf(run.plan, nodes);
  return {
    tutti: 1,
    ...(nodes.length === 1
      ? { type: first?.sleep ? "wake" : "task", node: (first as PlanNode).id }
      : { type: "pack", nodes: nodes.map((node) => node.id) }),
    run: run.id,
    generation: run.generation,
    dispatch,
    plan: run.plan.ref,
    ...(copyOf === undefined ? {} : { copyOf }),
    ...(fragment === undefined ? {} : { fragment: { nodes: { ...fragment.nodes }, joins: { ...fragment.joins } } }),
  };
}

/**
 * When a node is to start. A sleep, and a first start that no message can carry, is recorded before anything else: who comes
 * later finds that time, and counts it no second time.
 *
 * @returns Undefined when somebody else was here: the node has an outcome, or is held, or was sent again, and so it is the
 *   business of another message or of the sweeper.
 */
async function timeOf(delivery: Delivery, node: PlanNode, send: NodeSend): Promise<number | undefined> {
  const timer = delayUntil(delivery, send.atMs) > limits.messageDelaySeconds;
  if (!send.first || !(node.sleep || timer)) return send.atMs;
  const { place } = await locate(delivery, node);
  const { dispatch, atMs } = send;
  const waiting: WaitingSlot = { state: "waiting", dispatch, attempt: 0, lost: 0, atMs, timer };
  const write = reissueWrite(delivery.run.generation, place, { state: "absent" }, waiting);
  const { image } = await delivery.run.write(write, "slot.timer");
  const slot = slotIn(place, image);
  return slot.state === "waiting" && slot.dispatch === dispatch ? slot.atMs : undefined;
}

/**
 * Makes sure that the sweeper visits the run by then. Written whatever the head said when it was read: a visit under way
 * may be choosing a later time right now (docs/protocol.md#sweep-and-diagnose). Such a visit is for a time that has come, so
 * that this is not later: it is moved to now.
 */
export async function lowerDue({ deps, run }: Pick<Delivery, "deps" | "run">, dueMs: number): Promise<void> {
  let write = lowerDueWrite(run.id, dueMs);
  for (let round = 0; round < dueRounds; round++) {
    const { applied, image } = await deps.store.write(write, "head.due");
    const dueNowMs = image?.due;
    // Nothing of a removed run is started any more.
    if (applied || typeof dueNowMs !== "number" || image?.removedAt !== undefined) return;
    const nowMs = deps.clock.now();
    // Not passed: it is soon enough, unless a visit that came in between has made it later.
    if (dueNowMs > nowMs && dueNowMs <= dueMs) return;
    write =
      dueNowMs > nowMs ? lowerDueWrite(run.id, dueMs) : lowerDueWrite(run.id, Math.max(nowMs, dueNowMs + 1), dueNowMs);
  }
  throw new StoreError(`run ${run.id}: its due time kept changing`);
}

/**
 * An error callback may be called when the sweeper has seen that nothing of the ended run is open, by somebody who stood still:
 * it has to come once more. A visit that is ahead, and soon, sees it.
 */
export async function visitSoon(delivery: Pick<Delivery, "deps" | "run">, { dueMs }: Head): Promise<void> {
  const { clock, settings } = delivery.deps;
  const soonMs = clock.now() + settings.sweepSeconds * 1000;
  if (dueMs === undefined || dueMs < clock.now() || dueMs > soonMs) await lowerDue(delivery, soonMs);
}
