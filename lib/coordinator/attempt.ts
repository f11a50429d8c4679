/**
 * One node in hand: judge its slot by the table, claim it, run it, record what came of it, drive on.
 *
 * Order of effects (S13): claim → body → value item → commit → drive on. A retry is recorded before its message is sent.
 * Whoever loses a write goes on from the image it met.
 */
import { StoreError } from "../errors.ts";
import { limits } from "../model/limits.ts";
import type { StoredError } from "../model/outcome.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { lostError } from "../protocol/retry.ts";
import type { OwnRow } from "../protocol/rows.ts";
import type { LeasedSlot, OpenSlot, SettledSlot, Slot } from "../protocol/slot.ts";
import { claimWrite, commitWrite, lateWrite, settleWrite, waitWrite } from "../protocol/writes.ts";
import { type AttemptResult, runTask, UnknownTaskError } from "./body.ts";
import { askerOf, type Delivery, returnUntil } from "./delivery.ts";
import { asRepair, driveNode, lookThenSend } from "./drive.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { sendNodes } from "./sending.ts";

/** Rounds of judging and writing against other writers before the delivery is returned. */
const rounds = 20;

/** A node's own message: claims the node, or does whatever else its slot asks for. */
export async function handleOwn(delivery: Delivery, node: PlanNode, dispatch: number): Promise<void> {
  const head = await delivery.run.head();
  if (!head) return;
  const may = delivery.deps.protocol.mayStart(head.status, node.afterEnd);
  const located = await locate(delivery, node);
  // The first look is the claim itself: on the common path nobody has been here.
  let image: Image | undefined = may ? undefined : await delivery.deps.store.get(located.place.key, "slot.read");
  let slot: Slot = slotIn(located.place, image);
  for (let round = 0; round < rounds; round++) {
    const row = delivery.deps.protocol.ownRow(slot, dispatch, may, node.retry, askerOf(delivery));
    if (isSuspect(row) && delivery.suspects === "defer") {
      delivery.deferred = true;
      return;
    }
    const met = await perform(delivery, node, located, row, slot, image);
    if (met === "done") return;
    image = met.image;
    slot = slotIn(located.place, image);
  }
  throw new StoreError(`run ${delivery.run.id}: ${node.id} kept changing during ${rounds} rounds`);
}

/** A member with a lost attempt may kill its process: it is claimed last and alone (PROTOCOL-REVIEW, 10). */
function isSuspect(row: OwnRow): boolean {
  return row.kind === "claim" && row.lost > 0;
}

type Met = "done" | { readonly image: Image | undefined };

/** Performs one row of the table; a refused write hands back the image it met. */
async function perform(
  delivery: Delivery,
  node: PlanNode,
  located: Located,
  row: OwnRow,
  slot: Slot,
  image: Image | undefined,
): Promise<Met> {
  switch (row.kind) {
    case "drive":
      await driveNode(delivery, node, slot as SettledSlot, image as Image, asRepair);
      return "done";
    case "claim":
      return claim(delivery, node, located, row);
    case "give-up":
      return giveUp(delivery, node, located, row.seen, row.lost);
    case "run":
      await attempt(delivery, node, located, row.lease);
      return "done";
    case "send":
      await sendNodes(delivery, [{ node, dispatch: row.dispatch, atMs: row.atMs }], "node.resend");
      return "done";
    case "return":
      returnUntil(delivery, row.untilMs);
      return "done";
    case "discharged":
      return "done";
  }
}

async function claim(
  delivery: Delivery,
  node: PlanNode,
  located: Located,
  row: Extract<OwnRow, { kind: "claim" }>,
): Promise<Met> {
  if (!delivery.deps.registry.get(node.task)?.body) throw new UnknownTaskError(node.task);
  const lease = leaseFor(delivery, row);
  const result = await delivery.run.write(
    claimWrite(delivery.run.generation, located.place, row.seen, lease),
    "slot.claim",
  );
  if (!result.applied) return { image: result.image };
  await attempt(delivery, node, located, lease);
  return "done";
}

/** A claim that took long may rest on a head that has ended meanwhile: it is looked at again before any code starts (S9). */
async function mayStillStart(delivery: Delivery, node: PlanNode): Promise<boolean> {
  const head = await delivery.run.head();
  return head !== undefined && delivery.deps.protocol.mayStart(head.status, node.afterEnd);
}

function leaseFor(
  delivery: Delivery,
  row: { readonly dispatch: number; readonly attempt: number; readonly lost: number },
): LeasedSlot {
  const nowMs = delivery.deps.clock.now();
  const { dispatch, attempt: number, lost } = row;
  const untilMs = nowMs + delivery.deps.settings.leaseSeconds * 1000;
  return {
    state: "leased",
    dispatch,
    attempt: number,
    lost,
    owner: delivery.owner,
    carrier: delivery.carrier,
    untilMs,
    startedAtMs: nowMs,
  };
}

/** A ready successor, run under the token in hand. Who loses it looks and sends like any driver. */
export async function handleCarried(delivery: Delivery, node: PlanNode): Promise<void> {
  const head = await delivery.run.head();
  if (!head || !delivery.deps.protocol.mayStart(head.status, node.afterEnd)) return;
  const located = await locate(delivery, node);
  const lease = leaseFor(delivery, { dispatch: 1, attempt: 1, lost: 0 });
  const result = await delivery.run.write(
    claimWrite(delivery.run.generation, located.place, { state: "absent" }, lease),
    "slot.carry",
  );
  const slot = slotIn(located.place, result.image);
  const mine = slot.state === "leased" && slot.owner === delivery.owner;
  if (mine) await attempt(delivery, node, located, slot);
  else await lookThenSend(delivery, node);
}

/** Runs the body under the lease and records what came of it. */
async function attempt(delivery: Delivery, node: PlanNode, located: Located, lease: LeasedSlot): Promise<void> {
  if (!(await mayStillStart(delivery, node))) return;
  const result = await runTask(delivery, node, located, lease);
  if (result.kind === "settled") return commit(delivery, node, located, lease, result.outcome);
  return waitForRetry(delivery, node, located, lease, result);
}

async function commit(
  delivery: Delivery,
  node: PlanNode,
  { place, join }: Located,
  lease: LeasedSlot,
  outcome: SettledSlot,
): Promise<void> {
  const result = await delivery.run.write(
    commitWrite(delivery.run.generation, place, join, lease, outcome),
    "slot.commit",
  );
  if (result.applied) return driveNode(delivery, node, outcome, result.image, { commit: true, arrivals: true });
  const slot = slotIn(place, result.image);
  if (slot.state !== "settled") return afterLosing(delivery, node, lease);
  if (slot.owner !== lease.owner && slot.attempt === lease.attempt && slot.late === undefined) {
    await delivery.run.write(lateWrite(delivery.run.generation, place, lease.attempt, outcome.status), "slot.late");
  }
  return driveNode(delivery, node, slot, result.image as Image, asRepair);
}

/** Recorded first, then sent: a death between the two is found by the redelivered message, and by the sweeper. */
async function waitForRetry(
  delivery: Delivery,
  node: PlanNode,
  { place }: Located,
  lease: LeasedSlot,
  retry: Extract<AttemptResult, { kind: "retry" }>,
): Promise<void> {
  const dispatch = lease.dispatch + 1;
  const atMs = delivery.deps.clock.now() + retry.delayMs;
  const timer = retry.delayMs > limits.messageDelaySeconds * 1000;
  const waiting = {
    state: "waiting",
    dispatch,
    attempt: lease.attempt,
    lost: lease.lost,
    atMs,
    timer,
    error: retry.error,
  } as const;
  const result = await delivery.run.write(waitWrite(delivery.run.generation, place, lease, waiting), "slot.wait");
  if (!result.applied) return afterLosing(delivery, node, lease);
  delivery.deps.metrics.count("tasks.retried", 1);
  await sendNodes(delivery, [{ node, dispatch, atMs }], "retry.send");
}

/** The lease is not mine any more, or my write was applied before: the table says what my message still owes. */
function afterLosing(delivery: Delivery, node: PlanNode, lease: LeasedSlot): Promise<void> {
  return lease.carrier === delivery.carrier && delivery.ownNode === node.id
    ? handleOwn(delivery, node, delivery.ownDispatch)
    : lookThenSend(delivery, node);
}

/** The worker vanished too often: the node fails, with its history. */
async function giveUp(
  delivery: Delivery,
  node: PlanNode,
  { place, join }: Located,
  seen: OpenSlot,
  lost: number,
): Promise<Met> {
  const outcome = lostOutcome(delivery, seen, lost, lostError(lost));
  const result = await delivery.run.write(
    settleWrite(delivery.run.generation, place, join, seen, outcome),
    "slot.give-up",
  );
  if (!result.applied) return { image: result.image };
  await driveNode(delivery, node, outcome, result.image, asRepair);
  return "done";
}

/** The outcome of a node that others settle. */
export function lostOutcome(
  delivery: Delivery,
  seen: OpenSlot,
  lost: number,
  error: StoredError,
  status: SettledSlot["status"] = "FAILED",
): SettledSlot {
  const attempt = seen.state === "absent" ? 0 : seen.attempt;
  const startedAt = seen.state === "leased" ? { startedAtMs: seen.startedAtMs } : {};
  return {
    state: "settled",
    status,
    attempt,
    lost,
    owner: delivery.owner,
    ...startedAt,
    settledAtMs: delivery.deps.clock.now(),
    error,
  };
}
