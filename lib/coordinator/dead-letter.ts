/**
 * Dead letters: what a queue gave up delivering.
 *
 * A task's letter does what a delivery does except running code (docs/protocol.md#dead-letters): so a healthy node is never
 * failed, and a node that is done is driven on. Only a node nobody holds is dispatched anew, or settled when that has
 * happened too often. A request's letter goes back once, then it is reported.
 */

import { StoreError } from "../errors.ts";
import { isOutsideMessage, parseOutsideMessage } from "../plan/parse-report.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image, ReceivedMessage } from "../ports/index.ts";
import { isTombstone } from "../protocol/head.ts";
import { outsideOwner } from "../protocol/outside.ts";
import { lostError, lostTooOften } from "../protocol/retry.ts";
import { countsAfterLoss, isAtWork, leaseOfCopy, leaseOver } from "../protocol/rows.ts";
import { countsOf, type LeasedSlot, type OpenSlot, type Slot } from "../protocol/slot.ts";
import { giveWayForWrite, promoteWrite, settleWrite } from "../protocol/writes.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import { chargeAttempt } from "./budget.ts";
import { askerOf, asRepair, createDelivery, type Delivery, returnUntil } from "./delivery.ts";
import type { CoordinatorDeps, Disposition } from "./deps.ts";
import { driveNodes } from "./drive.ts";
import { endRests } from "./end-rest.ts";
import { taskSettled } from "./events.ts";
import { lostOutcome } from "./outcomes.ts";
import { isTaskMessage } from "./outside.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { reissue } from "./reissue.ts";
import { recordRejected, requestIdIn } from "./rejected.ts";
import { openRun } from "./run.ts";
import { keyed, sendAll, sendNodes } from "./sending.ts";
import { afterError, deliveryOf, namedNodes, parseTaskMessage, returnAt } from "./work.ts";

/** Message attribute of a request that was put back once. */
export const returnedAttribute = "tutti-returned";

/** Rounds of looking and writing against other writers before the letter is returned. */
const rounds = 20;

export type Letter = { readonly from: "request" } | { readonly from: "task"; readonly queue: string };

/** Handles one dead letter. Never throws. */
export async function deadLetter(
  deps: CoordinatorDeps,
  plans: PlanCache,
  letter: Letter,
  message: ReceivedMessage,
): Promise<Disposition> {
  try {
    deps.metrics.count("dead-letters", 1);
    if (isOutsideMessage(message.body)) return await outsideLetter(deps, plans, message);
    if (letter.from === "task") return await taskLetter(deps, plans, { queue: letter.queue }, message);
    if (isTaskMessage(message.body)) return await taskLetter(deps, plans, {}, message);
    await requestLetter(deps, message);
    return { kind: "acknowledge" };
  } catch (error) {
    return afterError(deps, message, error);
  }
}

async function requestLetter(deps: CoordinatorDeps, message: ReceivedMessage): Promise<void> {
  if (message.attributes[returnedAttribute] === undefined) {
    const attributes = { [returnedAttribute]: "1" };
    const again = { body: message.body, delaySeconds: 0, attributes, ...keyed(message.fairnessKey) };
    return sendAll(deps, "request", [again], "letter.return");
  }
  const error = new Error("the request could not be handled and was given up by its queue twice");
  await recordRejected(deps, { kind: "dead-letter", error, ...requestIdIn(message) });
}

async function taskLetter(
  deps: CoordinatorDeps,
  plans: PlanCache,
  from: { readonly queue?: string },
  message: ReceivedMessage,
): Promise<Disposition> {
  const task = parseTaskMessage(message.body);
  const started = from.queue === undefined ? {} : { queue: from.queue, startedAtMs: 0, deadlineAtMs: 0 };
  const delivery = deliveryOf(deps, plans, new Map(), started, task);
  const copyOf = task.type === "task" ? task.copyOf : undefined;
  return openLetters(delivery, message, await namedNodes(delivery, task), { dispatch: task.dispatch, copyOf });
}

/** What a queue of programs elsewhere gave up. It may still be in the hands of one: then its lease is waited for. */
async function outsideLetter(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const { run: id, generation, dispatch, node } = parseOutsideMessage(message.body);
  const head = await readHead(deps.store, id);
  if (head === undefined || isTombstone(head) || head.generation !== generation) return { kind: "acknowledge" };
  const run = openRun(deps, plans, new Map(), { id, generation, plan: { hash: head.planHash, pages: head.planPages } });
  const token = { run: id, generation, node: `letter ${node}`, dispatch };
  const delivery = createDelivery(deps, run, { token, ofUnit: true });
  return openLetters(delivery, message, [await run.plan.node(node)], { dispatch });
}

/** What the letter was to start. */
interface GivenUp {
  readonly dispatch: number;
  /** Of a second copy: the attempt beside which it was to run. */
  readonly copyOf?: number | undefined;
}

async function openLetters(
  delivery: Delivery,
  message: ReceivedMessage,
  nodes: readonly PlanNode[],
  given: GivenUp,
): Promise<Disposition> {
  const { deps, run } = delivery;
  const head = await run.head();
  if (!head) return { kind: "acknowledge" };
  for (const node of nodes) {
    await openLetter(delivery, await locate(delivery, node), deps.protocol.mayStart(head, node.afterEnd), given);
  }
  await endRests(delivery);
  return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
}

/** What the letter still owes one of its nodes, tried against other writers until it holds. */
async function openLetter(delivery: Delivery, located: Located, may: boolean, given: GivenUp): Promise<void> {
  let image = await delivery.deps.store.get(located.place.key, "letter.look");
  for (let round = 0; round < rounds; round++) {
    const met = await openOnce(delivery, located, { slot: slotIn(located.place, image), image, may }, given);
    if (met === "done") return;
    image = met.image;
  }
  throw new StoreError(`run ${delivery.run.id}: ${located.node.id} kept changing during ${rounds} rounds`);
}

interface Found {
  readonly slot: Slot;
  readonly image: Image | undefined;
  readonly may: boolean;
}

type Met = "done" | { readonly image: Image | undefined };

/** One look at a node's slot. A refused write hands back the image it met. */
async function openOnce(
  delivery: Delivery,
  located: Located,
  found: Found,
  { dispatch, copyOf }: GivenUp,
): Promise<Met> {
  const { slot, image } = found;
  // G80.
  if (slot.state === "settled") {
    await driveNodes(delivery, [{ ...located, slot }], image as Image, asRepair);
    return "done";
  }
  if (!found.may) return "done";
  const live = slot.state === "leased" && !leaseOver(slot, askerOf(delivery));
  if (live && slot.owner === outsideOwner && slot.carrier === delivery.carrier) {
    // Claimed under this very token for a program elsewhere, whatever its dispatch, and perhaps never sent to it.
    await sendNodes(delivery, [{ nodes: [located.node], dispatch, atMs: slot.startedAtMs }], "letter.send");
    return "done";
  }
  // A later dispatch is on its way by itself, or was never sent (G81). The letter's own one was sent, and nobody could take it:
  // to send that again would go round for ever.
  if (slot.state === "waiting" && slot.dispatch > dispatch) {
    const { node } = located;
    await sendNodes(delivery, [{ nodes: [node], dispatch: slot.dispatch, atMs: slot.atMs }], "letter.send");
    return "done";
  }
  if (slot.state !== "absent" && slot.dispatch > dispatch) return "done";
  if (live && slot.attempt === copyOf) return copyGone(delivery, located, slot);
  if (slot.state === "leased" && !live && isAtWork(slot.second, askerOf(delivery)))
    return promote(delivery, located, slot);
  // G82.
  if (live) {
    returnUntil(delivery, slot.untilMs + delivery.deps.settings.clockSkewSeconds * 1000);
    return "done";
  }
  return dispatchAnew(delivery, located, slot);
}

/**
 * The attempt that a copy was to help is at work, and carries the slot. A copy that is at work too is waited for, since it may take
 * that one's place; one that has vanished gives way first (G82, G93).
 */
async function copyGone(delivery: Delivery, { place }: Located, seen: LeasedSlot): Promise<Met> {
  const { second } = seen;
  if (second === undefined || second.owner === "") return "done";
  if (isAtWork(second, askerOf(delivery))) {
    returnUntil(delivery, second.untilMs + delivery.deps.settings.clockSkewSeconds * 1000);
    return "done";
  }
  const write = giveWayForWrite(delivery.run.generation, place, seen);
  return { image: (await delivery.run.write(write, "slot.give-way")).image };
}

/** The first lease is over, and its copy is at work: that goes on in its place, and is waited for. */
async function promote(delivery: Delivery, { place }: Located, seen: LeasedSlot): Promise<Met> {
  const copy = leaseOfCopy(seen, seen.lost + 1) as LeasedSlot;
  const result = await delivery.run.write(promoteWrite(delivery.run.generation, place, seen, copy), "slot.promote");
  return { image: result.image };
}

/** Nobody holds the node: a new dispatch while lost attempts and the budget remain, else its end, with the history (G83). */
async function dispatchAnew(delivery: Delivery, located: Located, seen: OpenSlot): Promise<Met> {
  const { node, place, join } = located;
  // An attempt that never started counts as lost too, or a node whose message kills its reader would be sent for ever.
  const { attempt, lost } = countsOf(seen);
  const counts = seen.state === "leased" ? countsAfterLoss(seen) : { attempt: attempt + 1, lost: lost + 1 };
  const used = lostTooOften(node.retry, counts.lost);
  const refused = used ? undefined : await chargeAttempt(delivery, node, counts, lostError(counts.lost));
  if (!used && refused === undefined) {
    const { result, waiting } = await reissue(delivery, place, seen, counts);
    if (!result.applied) return { image: result.image };
    await sendNodes(delivery, [{ nodes: [node], dispatch: waiting.dispatch, atMs: waiting.atMs }], "letter.send");
    return "done";
  }
  const message = `queue ${node.queue} gave the task up ${counts.lost} times; last seen ${seen.state}`;
  const outcome = lostOutcome(delivery, seen, counts.lost, refused ?? { name: "dead-letter", message });
  const write = settleWrite(delivery.run.generation, place, join, seen, outcome);
  const result = await delivery.run.write(write, "slot.dead-letter", taskSettled(node, outcome));
  if (!result.applied) return { image: result.image };
  await driveNodes(delivery, [{ ...located, slot: outcome }], result.image, asRepair);
  return "done";
}
