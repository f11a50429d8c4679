/**
 * Performs the repairs that `diagnose` asks for: each one of the protocol's writes on exactly the state seen, then
 * driving on from there. Whoever loses such a write leaves the rest to the winner and to the next sweep.
 */
import type { NodeId } from "../model/ids.ts";
import type { StoredError } from "../model/outcome.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { WriteResult } from "../ports/index.ts";
import { expires, type Repair } from "../protocol/diagnose.ts";
import { memberPlace, type SlotPlace } from "../protocol/keys.ts";
import { lostError } from "../protocol/retry.ts";
import {
  countsOf,
  decodeSlot,
  type LeasedSlot,
  type OpenSlot,
  type QueuedSlot,
  type SettledSlot,
  type Slot,
  type WaitingSlot,
} from "../protocol/slot.ts";
import { leafKey } from "../protocol/tally.ts";
import { reissueWrite, settleWrite } from "../protocol/writes.ts";
import { lostOutcome } from "./attempt.ts";
import type { Delivery } from "./delivery.ts";
import { asRepair, driveJoin, driveLeaf, driveMember, driveNode, endRun } from "./drive.ts";
import { locate, slotIn } from "./places.ts";
import { sendNodes } from "./sending.ts";

export async function applyRepair(delivery: Delivery, repair: Repair): Promise<void> {
  switch (repair.do) {
    case "resend":
      return resend(delivery, repair.node, repair.seen);
    case "expire":
      return expire(delivery, repair.node, repair.seen);
    case "drive-node":
      return driveSettled(delivery, repair.node);
    case "drive-leaf":
      return driveFullLeaf(delivery, await delivery.run.plan.join(repair.join), repair.leaf);
    case "drive-join":
      return driveJoin(delivery, await delivery.run.plan.join(repair.join));
    case "join-deadline":
      return joinDeadline(delivery, await delivery.run.plan.join(repair.join));
    case "run-deadline":
      return endRun(delivery, {
        status: "TIMED_OUT",
        error: { name: "run-timed-out", message: "the run's deadline passed" },
      });
  }
}

/** Counted in the slot before it is sent, so that two sweeps send once and the interval grows (S16). */
async function resend(delivery: Delivery, id: NodeId, seen: OpenSlot): Promise<void> {
  const node = await delivery.run.plan.node(id);
  const { place } = await locate(delivery, node);
  const { attempt, lost, dispatch } = countsOf(seen);
  const atMs = delivery.deps.clock.now();
  const queued: QueuedSlot = {
    state: "queued",
    dispatch,
    attempt,
    lost,
    resends: (seen.state === "queued" ? seen.resends : 0) + 1,
    atMs,
  };
  const result = await delivery.run.write(reissueWrite(delivery.run.generation, place, seen, queued), "slot.resend");
  if (result.applied || sameIssue(slotIn(place, result.image), queued)) {
    await sendNodes(delivery, [{ node, dispatch, atMs }], "sweep.send");
  }
}

/** A refused write that met its own effect: the answer was lost, the send is still mine to do (FAILURES J7). */
function sameIssue(slot: Slot, mine: QueuedSlot | WaitingSlot): boolean {
  return slot.state === mine.state && slot.dispatch === mine.dispatch && slot.atMs === mine.atMs;
}

/** Lease over: a new dispatch of its own, or the end when its workers vanished too often. */
async function expire(delivery: Delivery, id: NodeId, seen: LeasedSlot): Promise<void> {
  const node = await delivery.run.plan.node(id);
  const { place, join } = await locate(delivery, node);
  const lost = seen.lost + 1;
  if (expires(node, seen)) {
    const outcome = lostOutcome(delivery, seen, lost, lostError(lost));
    const result = await delivery.run.write(
      settleWrite(delivery.run.generation, place, join, seen, outcome),
      "slot.expire",
    );
    if (result.applied) await driveNode(delivery, node, outcome, result.image, asRepair);
    return;
  }
  const { result, waiting } = await reissue(delivery, place, seen, { attempt: seen.attempt, lost });
  if (result.applied || sameIssue(slotIn(place, result.image), waiting)) {
    await sendNodes(delivery, [{ node, dispatch: waiting.dispatch, atMs: waiting.atMs }], "sweep.send");
  }
}

/** Any open state → waiting, due now, as the next dispatch; the caller then sends that. */
export async function reissue(
  delivery: Delivery,
  place: SlotPlace,
  seen: OpenSlot,
  counts: { readonly attempt: number; readonly lost: number },
): Promise<{ readonly result: WriteResult; readonly waiting: WaitingSlot }> {
  const waiting: WaitingSlot = {
    state: "waiting",
    dispatch: countsOf(seen).dispatch + 1,
    ...counts,
    atMs: delivery.deps.clock.now(),
    timer: false,
    error: lostError(counts.lost),
  };
  const write = reissueWrite(delivery.run.generation, place, seen, waiting);
  return { result: await delivery.run.write(write, "slot.reissue"), waiting };
}

async function driveSettled(delivery: Delivery, id: NodeId): Promise<void> {
  const node = await delivery.run.plan.node(id);
  const { place } = await locate(delivery, node);
  const image = await delivery.deps.store.get(place.key, "slot.look");
  const slot = slotIn(place, image);
  if (image && slot.state === "settled") await driveNode(delivery, node, slot, image, asRepair);
}

async function driveFullLeaf(delivery: Delivery, join: PlanJoin, leaf: number): Promise<void> {
  const image = await delivery.deps.store.get(leafKey(delivery.run.id, join.id, leaf), "join.look");
  if (image) await driveLeaf(delivery, join, leaf, image);
}

/** A chord's deadline: every member without an outcome is TIMED_OUT, a live lease included. */
async function joinDeadline(delivery: Delivery, join: PlanJoin): Promise<void> {
  const error: StoredError = {
    name: "chord-timed-out",
    message: `the chord's deadline of ${join.deadlineSeconds} s passed`,
  };
  for (let index = 0; index < join.size; index++) await timeOutMember(delivery, join, index, error);
}

async function timeOutMember(delivery: Delivery, join: PlanJoin, index: number, error: StoredError): Promise<void> {
  const place = memberPlace(delivery.run.id, join.id, index, join.leafSize);
  const image = await delivery.deps.store.get(place.key, "join.look");
  const seen = decodeSlot(image?.[place.attribute]);
  if (seen.state === "settled") return;
  const outcome: SettledSlot = lostOutcome(delivery, seen, countsOf(seen).lost, error, "TIMED_OUT");
  const result = await delivery.run.write(
    settleWrite(delivery.run.generation, place, join, seen, outcome),
    "slot.time-out",
  );
  if (result.applied) await driveMember(delivery, join, index, outcome, result.image, asRepair);
}
