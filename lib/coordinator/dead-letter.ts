/**
 * Dead letters: what a queue gave up delivering.
 *
 * A task's letter does what a delivery does except running code: so a healthy node is never failed, and a node that is
 * done is driven on (PROTOCOL-REVIEW, 7). Only a node nobody holds is dispatched anew, or settled when that has happened
 * too often. A request's letter goes back once, then it is reported.
 */
import { StoreError } from "../errors.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image, ReceivedMessage } from "../ports/index.ts";
import { lostTooOften } from "../protocol/retry.ts";
import { leaseOver } from "../protocol/rows.ts";
import { countsOf, type OpenSlot, type Slot } from "../protocol/slot.ts";
import { settleWrite } from "../protocol/writes.ts";
import type { PlanCache } from "../records/plans.ts";
import { lostOutcome } from "./attempt.ts";
import { askerOf, type Delivery, returnUntil } from "./delivery.ts";
import type { CoordinatorDeps, Disposition } from "./deps.ts";
import { asRepair, driveNode } from "./drive.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { recordRejected } from "./rejected.ts";
import { reissue } from "./repair.ts";
import { sendAll, sendNodes } from "./sending.ts";
import { afterError, deliveryOf, parseTaskMessage, returnAt } from "./work.ts";

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
    if (letter.from === "request") await requestLetter(deps, message);
    else return await taskLetter(deps, plans, letter.queue, message);
    return { kind: "acknowledge" };
  } catch (error) {
    return afterError(deps, message, error);
  }
}

async function requestLetter(deps: CoordinatorDeps, message: ReceivedMessage): Promise<void> {
  if (message.attributes[returnedAttribute] === undefined) {
    const again = { body: message.body, delaySeconds: 0, attributes: { [returnedAttribute]: "1" } };
    return sendAll(deps, "request", [again], "letter.return");
  }
  const error = new Error("the request could not be handled and was given up by its queue twice");
  await recordRejected(deps, { requestId: `message-${message.messageId}`, error, kind: "dead-letter" });
}

async function taskLetter(
  deps: CoordinatorDeps,
  plans: PlanCache,
  queue: string,
  message: ReceivedMessage,
): Promise<Disposition> {
  const task = parseTaskMessage(message.body);
  const delivery = deliveryOf(deps, plans, new Map(), { queue, deadlineAtMs: 0 }, task);
  const head = await delivery.run.head();
  if (!head) return { kind: "acknowledge" };
  const node = await delivery.run.plan.node(task.node);
  const located = await locate(delivery, node);
  const may = deps.protocol.mayStart(head.status, node.afterEnd);
  let image = await deps.store.get(located.place.key, "letter.look");
  for (let round = 0; round < rounds; round++) {
    const met = await openLetter(
      delivery,
      node,
      located,
      { slot: slotIn(located.place, image), image, may },
      task.dispatch,
    );
    if (met === "done")
      return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
    image = met.image;
  }
  throw new StoreError(`run ${task.run}: ${task.node} kept changing during ${rounds} rounds`);
}

interface Found {
  readonly slot: Slot;
  readonly image: Image | undefined;
  readonly may: boolean;
}

type Met = "done" | { readonly image: Image | undefined };

/** What the letter of a task still owes, by its slot. A refused write hands back the image it met. */
async function openLetter(
  delivery: Delivery,
  node: PlanNode,
  located: Located,
  found: Found,
  dispatch: number,
): Promise<Met> {
  const { slot, image } = found;
  if (slot.state === "settled") {
    await driveNode(delivery, node, slot, image as Image, asRepair);
    return "done";
  }
  if (!found.may) return "done";
  // A later dispatch is on its way by itself, or was never sent. The letter's own one was sent, and nobody could take it:
  // to send that again would go round for ever.
  if (slot.state === "waiting" && slot.dispatch > dispatch) {
    await sendNodes(delivery, [{ node, dispatch: slot.dispatch, atMs: slot.atMs }], "letter.send");
    return "done";
  }
  if (slot.state !== "absent" && slot.dispatch > dispatch) return "done";
  if (slot.state === "leased" && !leaseOver(slot, askerOf(delivery))) {
    returnUntil(delivery, slot.untilMs + delivery.deps.settings.clockSkewSeconds * 1000);
    return "done";
  }
  return dispatchAnew(delivery, node, located, slot);
}

/** Nobody holds the node: a new dispatch while lost attempts remain, else its end, with the history. */
async function dispatchAnew(
  delivery: Delivery,
  node: PlanNode,
  { place, join }: Located,
  seen: OpenSlot,
): Promise<Met> {
  // An attempt that never started counts as lost too, or a node whose message kills its reader would be sent for ever.
  const { attempt, lost } = countsOf(seen);
  const counts = { attempt: seen.state === "leased" ? attempt : attempt + 1, lost: lost + 1 };
  if (!lostTooOften(node.retry, counts.lost)) {
    const { result, waiting } = await reissue(delivery, place, seen, counts);
    if (!result.applied) return { image: result.image };
    await sendNodes(delivery, [{ node, dispatch: waiting.dispatch, atMs: waiting.atMs }], "letter.send");
    return "done";
  }
  const message = `queue ${node.queue} gave the task up ${counts.lost} times; last seen ${seen.state}`;
  const outcome = lostOutcome(delivery, seen, counts.lost, { name: "dead-letter", message });
  const write = settleWrite(delivery.run.generation, place, join, seen, outcome);
  const result = await delivery.run.write(write, "slot.dead-letter");
  if (!result.applied) return { image: result.image };
  await driveNode(delivery, node, outcome, result.image, asRepair);
  return "done";
}
