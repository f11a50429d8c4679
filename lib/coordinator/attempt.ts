/**
 * One attempt: run the body under its lease, record what came of it, drive on.
 *
 * Order of effects (S13): claim → body → value item → commit → drive on. A retry is recorded before its message is sent.
 */
import { limits } from "../model/limits.ts";
import { traceOf } from "../model/traceparent.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import type { LeasedSlot } from "../protocol/slot.ts";
import { claimWrite, lateWrite, waitWrite } from "../protocol/writes.ts";
import { type AttemptResult, mayStillStart, runTask } from "./body.ts";
import { createCommitter, type Outcome } from "./committing.ts";
import { asRepair, type Delivery, timeRemains } from "./delivery.ts";
import { driveNodes, lookThenSend } from "./drive.ts";
import { callbackSent, type Step, taskClaimed } from "./events.ts";
import { keepLeases } from "./lease.ts";
import { leaseFor } from "./outcomes.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { sendNodes } from "./sending.ts";

/** What became of an attempt: recorded and driven on from, or its lease was lost before that. */
export type Attempted = { readonly kind: "done" } | { readonly kind: "lost"; readonly image: Image | undefined };

/** Attempts of one item in one delivery: they share heartbeats and commits. */
export interface Attempts {
  /** @param ended - Called when its body runs no more: what follows is records. Not called when that is an error. */
  run(member: Located, lease: LeasedSlot, ended?: () => void): Promise<Attempted>;
}

const done: Attempted = { kind: "done" };

export function createAttempts(delivery: Delivery): Attempts {
  const keepers = keepLeases(delivery);
  const commit = createCommitter(delivery);
  return {
    run: (member, lease, ended) => inTrace(delivery, member.node, () => run(member, lease, ended)),
  };

  async function run(member: Located, lease: LeasedSlot, ended = () => {}): Promise<Attempted> {
    if (!(await mayStillStart(delivery, member.node))) return done;
    const result = await runTask(delivery, member, lease, keepers);
    ended();
    if (result.kind === "not-started") return done;
    if (result.kind === "retry") return waitForRetry(delivery, member, lease, result);
    const { node, place, join } = member;
    const outcome: Outcome = { node, place, join, lease, outcome: result.outcome };
    const committed = await commit(outcome);
    return committed.applied ? done : afterLosing(delivery, outcome, committed.image);
  }
}

/** What an attempt leads to is in the trace of its run too: its join, and what follows. */
async function inTrace<T>({ deps, run }: Delivery, node: PlanNode, attempt: () => Promise<T>): Promise<T> {
  if (deps.tracing === undefined) return attempt();
  const parent = (await run.head())?.parent;
  return deps.tracing.within(traceOf(parent?.run ?? run.id, node.headers), attempt);
}

/** A refused commit: settled already, by an earlier copy of this write or by others, who may be dead; or taken over. */
async function afterLosing(
  delivery: Delivery,
  { node, place, join, lease, outcome }: Outcome,
  image: Image | undefined,
): Promise<Attempted> {
  const slot = slotIn(place, image);
  if (slot.state !== "settled" || image === undefined) return { kind: "lost", image };
  // This delivery may have ended the task itself, for a chord that needs it no more.
  const mine = slot.owner === lease.owner && slot.status === outcome.status;
  if (!mine && slot.attempt === lease.attempt && slot.late === undefined) {
    const { attempt } = lease;
    const { status } = outcome;
    const write = lateWrite(delivery.run.generation, place, attempt, status);
    await delivery.run.write(write, "slot.late", { event: "late", node: node.id, attempt, status });
  }
  await driveNodes(delivery, [{ node, place, join, slot }], image, asRepair);
  return done;
}

/** Another attempt. Recorded first, then sent: a death between the two is found by the redelivered message, and by the sweeper. */
export async function waitForRetry(
  delivery: Delivery,
  { node, place }: Located,
  lease: LeasedSlot,
  retry: Extract<AttemptResult, { kind: "retry" }>,
): Promise<Attempted> {
  const dispatch = lease.dispatch + 1;
  const atMs = delivery.deps.clock.now() + retry.delayMs;
  const timer = retry.delayMs > limits.messageDelaySeconds * 1000;
  const { attempt, lost } = lease;
  const waiting = { state: "waiting", dispatch, attempt, lost, atMs, timer, error: retry.error } as const;
  const step: Step = { event: "retried", node: node.id, attempt, startsAtMs: atMs, error: retry.error.name };
  const result = await delivery.run.write(waitWrite(delivery.run.generation, place, lease, waiting), "slot.wait", step);
  if (!result.applied) return { kind: "lost", image: result.image };
  delivery.deps.metrics.count("tasks.retried", 1);
  await sendNodes(delivery, [{ nodes: [node], dispatch, atMs }], "retry.send");
  return done;
}

/** A ready successor, run under the token in hand. Who loses it looks and sends like any driver. */
export async function handleCarried(delivery: Delivery, node: PlanNode): Promise<void> {
  const head = await delivery.run.head();
  if (!head || !delivery.deps.protocol.mayStart(head, node.afterEnd)) return;
  // It may have waited for its turn since: another process has the time.
  if (!timeRemains(delivery, node)) return lookThenSend(delivery, node);
  const member = await locate(delivery, node);
  const { place } = member;
  const lease = leaseFor(delivery, { dispatch: 1, attempt: 1, lost: 0 });
  const claim = claimWrite(delivery.run.generation, [{ place, seen: { state: "absent" }, lease }]);
  const result = await delivery.run.write(claim, "slot.carry", taskClaimed(node, lease), ...callbackSent(node));
  const slot = slotIn(place, result.image);
  const mine = slot.state === "leased" && slot.owner === delivery.owner;
  const attempted = mine ? await createAttempts(delivery).run(member, slot) : undefined;
  if (attempted?.kind !== "done") await lookThenSend(delivery, node);
}
