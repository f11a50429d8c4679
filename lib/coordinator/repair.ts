/**
 * Performs the repairs that `diagnose` asks for: each one of the protocol's writes on exactly the state seen, then
 * driving on from there. Whoever loses such a write leaves the rest to the winner and to the next sweep.
 */

import type { NodeId } from "../model/ids.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import { expires } from "../protocol/diagnose.ts";
import type { RangeName, Repair } from "../protocol/findings.ts";
import { rangePlace, type SlotPlace } from "../protocol/keys.ts";
import { lostError } from "../protocol/retry.ts";
import { countsAfterLoss, isAtWork, leaseOfCopy } from "../protocol/rows.ts";
import { countsOf, type LeasedSlot, type OpenSlot, type QueuedSlot } from "../protocol/slot.ts";
import { type TallyPlace, tallyKey } from "../protocol/tally.ts";
import { promoteWrite, reissueWrite, settleWrite } from "../protocol/writes.ts";
import { chargeAttempt } from "./budget.ts";
import { askerOf, asRepair, type Delivery, lostWins } from "./delivery.ts";
import { driveJoin, driveNodes, driveTally, endRun, releaseJoin } from "./drive.ts";
import { endRest, endRests } from "./end-rest.ts";
import { endMembers } from "./ending.ts";
import { taskSettled } from "./events.ts";
import { lostOutcome } from "./outcomes.ts";
import { locate, slotIn } from "./places.ts";
import { reissue, sameIssue } from "./reissue.ts";
import { sendRanges } from "./release.ts";
import { reopenRun } from "./reopen.ts";
import { sendFollow, sendNodes } from "./sending.ts";
import { wake } from "./sleep.ts";

export async function applyRepair(delivery: Delivery, repair: Repair): Promise<void> {
  await perform(delivery, repair);
  await endRests(delivery);
}

async function perform(delivery: Delivery, repair: Repair): Promise<void> {
  switch (repair.do) {
    case "resend":
      return resend(delivery, await missingNode(delivery, repair.node), repair.seen);
    case "expire":
      return expire(delivery, repair.node, repair.seen);
    case "resend-range":
      return resend(delivery, missingRange(delivery, repair.range), repair.seen);
    case "expire-range":
      return sendAnew(delivery, missingRange(delivery, repair.range), repair.seen);
    case "wake":
      return wake(delivery, repair.node, repair.seen);
    case "drive-node":
      return driveSettled(delivery, repair.node);
    case "drive-tally":
      return driveUnmarked(delivery, await delivery.run.plan.join(repair.join), repair.place);
    case "drive-join":
      return driveJoin(delivery, await delivery.run.plan.join(repair.join));
    case "release-join":
      return releaseJoin(delivery, await delivery.run.plan.join(repair.join), lostWins);
    case "end-rest":
      return endRest(delivery, await delivery.run.plan.join(repair.join));
    case "join-deadline":
      return joinDeadline(delivery, await delivery.run.plan.join(repair.join));
    case "run-deadline":
      return endRun(delivery, {
        status: "TIMED_OUT",
        error: { name: "run-timed-out", message: "the run's deadline passed" },
      });
    case "reopen":
      return reopenRun(delivery);
    case "follow-parent":
      return sendFollow(delivery.deps, delivery.run.id, (await delivery.run.plan.whole()).fairnessKey);
  }
}

/** A slot whose owner is missing, and how it is brought to somebody again. */
interface Missing {
  readonly place: SlotPlace;
  readonly send: (dispatch: number, atMs: number) => Promise<void>;
}

async function missingNode(delivery: Delivery, id: NodeId): Promise<Missing> {
  const node = await delivery.run.plan.node(id);
  const { place } = await locate(delivery, node);
  return {
    place,
    send: (dispatch, atMs) => sendNodes(delivery, [{ nodes: [node], dispatch, atMs }], "sweep.send"),
  };
}

function missingRange(delivery: Delivery, { list, range }: RangeName): Missing {
  return {
    place: rangePlace(delivery.run.id, list, range),
    send: (dispatch, atMs) => sendRanges(delivery, list, [{ range, dispatch, atMs }]),
  };
}

/** Counted in the slot before it is sent, so that two sweeps send once and the interval grows (S16). */
async function resend(delivery: Delivery, { place, send }: Missing, seen: OpenSlot): Promise<void> {
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
  if (result.applied || sameIssue(slotIn(place, result.image), queued)) await send(dispatch, atMs);
}

/** A new dispatch of what a dead owner held. */
async function sendAnew(delivery: Delivery, { place, send }: Missing, seen: LeasedSlot): Promise<void> {
  const { result, waiting } = await reissue(delivery, place, seen, countsAfterLoss(seen));
  if (result.applied || sameIssue(slotIn(place, result.image), waiting)) await send(waiting.dispatch, waiting.atMs);
}

/** Lease over: a new dispatch of its own, or the end when its workers vanished too often, or the budget is used up. */
async function expire(delivery: Delivery, id: NodeId, seen: LeasedSlot): Promise<void> {
  const node = await delivery.run.plan.node(id);
  if (isAtWork(seen.second, askerOf(delivery))) return promote(delivery, node, seen);
  const counts = countsAfterLoss(seen);
  const { lost } = counts;
  const error = expires(node, seen) ? lostError(lost) : await chargeAttempt(delivery, node, counts, lostError(lost));
  if (error === undefined) return sendAnew(delivery, await missingNode(delivery, id), seen);
  const located = await locate(delivery, node);
  const { place, join } = located;
  const outcome = lostOutcome(delivery, seen, lost, error);
  const write = settleWrite(delivery.run.generation, place, join, seen, outcome);
  const result = await delivery.run.write(write, "slot.expire", taskSettled(located.node, outcome));
  if (result.applied) await driveNodes(delivery, [{ ...located, slot: outcome }], result.image, asRepair);
}

/** Its copy is at work: that goes on in its place, and its message carries the task from now on. */
async function promote(delivery: Delivery, node: PlanNode, seen: LeasedSlot): Promise<void> {
  const { place } = await locate(delivery, node);
  const copy = leaseOfCopy(seen, seen.lost + 1) as LeasedSlot;
  await delivery.run.write(promoteWrite(delivery.run.generation, place, seen, copy), "slot.promote");
}

async function driveSettled(delivery: Delivery, id: NodeId): Promise<void> {
  const node = await delivery.run.plan.node(id);
  const located = await locate(delivery, node);
  const image = await delivery.deps.store.get(located.place.key, "slot.look");
  const slot = slotIn(located.place, image);
  if (image && slot.state === "settled") await driveNodes(delivery, [{ ...located, slot }], image, asRepair);
}

async function driveUnmarked(delivery: Delivery, join: PlanJoin, place: TallyPlace): Promise<void> {
  const image = await delivery.deps.store.get(tallyKey(delivery.run.id, join, place), "join.look");
  if (image) await driveTally(delivery, join, place, image);
}

/** A chord's deadline: every member without an outcome is TIMED_OUT, a live lease included. */
async function joinDeadline(delivery: Delivery, join: PlanJoin): Promise<void> {
  const message = `the chord's deadline of ${join.deadlineSeconds} s passed`;
  const ending = { status: "TIMED_OUT", error: { name: "chord-timed-out", message } } as const;
  await endMembers(delivery, join, ending);
}
