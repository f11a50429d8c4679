/**
 * Drive on: what a settled slot sets in motion (PROTOCOL.md, 5).
 *
 * Arrivals up to the top, the decision, its successors; or the failure to its target. Every step is a conditional write
 * that can be repeated, and a loser goes on from the image it met: the winner may be dead (S7, S13). Nothing here
 * acknowledges anything.
 */
import { StoreError } from "../errors.ts";
import type { JoinId } from "../model/ids.ts";
import { taskIdOf } from "../model/ids.ts";
import type { Failure, Next, PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { decodeHead, endHeadWrite, type RunEnd } from "../protocol/head.ts";
import { memberPlace } from "../protocol/keys.ts";
import { resendIntervalMs } from "../protocol/retry.ts";
import { decodeSlot, isBad, type SettledSlot } from "../protocol/slot.ts";
import { badIn, isTop, parentOf, remainingOf, type TallyPlace, tallyKey, topOf } from "../protocol/tally.ts";
import { arriveWrite, decideErrorWrite, settleWrite } from "../protocol/writes.ts";
import { acceptedFailures, type Cause, firstFailure, memberPath } from "../records/failures.ts";
import { askerOf, type Delivery, returnUntil } from "./delivery.ts";
import { locate, slotIn } from "./places.ts";
import { lowerDue, type NodeSend, sendNodes } from "./sending.ts";

/** How this delivery came to where it drives from: only the writer of everything below may carry (SPIN-RESULTS F1). */
export interface Wins {
  /** Its own commit settled the slot. */
  readonly commit: boolean;
  /** Its own arrivals filled everything above. */
  readonly arrivals: boolean;
}

const lost: Wins = { commit: false, arrivals: false };
/** Whoever drives from a recorded outcome without having committed it: it may win arrivals, but it looks before it sends. */
export const asRepair: Wins = { commit: false, arrivals: true };

/** Drives on from a settled node, given the item its slot is in. */
export async function driveNode(
  delivery: Delivery,
  node: PlanNode,
  slot: SettledSlot,
  image: Image,
  wins: Wins,
): Promise<void> {
  if (node.slot !== null) {
    const { place, join } = await locate(delivery, node);
    if (join && place.leaf) await climb(delivery, join, place.leaf.number, image, wins, isBad(slot));
  }
  if (isBad(slot)) await fail(delivery, node.failure, causeOf(delivery, node, slot), node.slot);
  else await advanceAll(delivery, node.next, wins);
}

/** The cause that a failed node is to those who take it over. */
export function causeOf(delivery: Delivery, node: PlanNode, slot: SettledSlot): Cause {
  const taskId = taskIdOf(delivery.run.id, node.id);
  const error = slot.error ?? { name: slot.status, message: `the task ended ${slot.status}` };
  return { node: node.id, status: slot.status, error: { taskId, ...error } };
}

/** Arrives upwards from a leaf as far as items are full, then acts on the decision. */
async function climb(
  delivery: Delivery,
  join: PlanJoin,
  leaf: number,
  leafImage: Image,
  wins: Wins,
  failing: boolean,
): Promise<void> {
  let place: TallyPlace = { level: 0, number: leaf };
  let image = leafImage;
  let won = wins;
  while (remainingOf(join, place, image) === 0 && !isTop(join, place)) {
    const author = { by: delivery.owner, atMs: delivery.deps.clock.now() };
    const write = arriveWrite(delivery.run.generation, delivery.run.id, join, place, badIn(join, place, image), author);
    const result = await delivery.run.write(write, "tally.arrive");
    if (!result.applied) won = { ...won, arrivals: false };
    if (!result.image) throw new StoreError(`join ${join.id}: an arrival was refused by an item that is not there`);
    image = result.image;
    place = parentOf(join, place);
  }
  if (remainingOf(join, place, image) > 0) return;
  const decision = delivery.deps.protocol.decisionOf(join, image);
  if (decision === "callback") await advanceAll(delivery, join.next, won);
  // A failing member drives its own failure next, which meets this decision there.
  if (decision === "error" && !failing) await driveError(delivery, join);
}

/** Drives a join that was decided *error* by its last arrival. */
async function driveError(delivery: Delivery, join: PlanJoin): Promise<void> {
  await fail(delivery, errorOf(join), await firstFailure(delivery, join), null);
}

/** Where the failure of a member of that join goes that no slot of its own absorbs. */
function errorOf(join: PlanJoin): Failure {
  const decide = join.kind === "dag" ? join.failure.decide : [join.id, ...join.failure.decide];
  return { decide, then: join.failure.then };
}

/** Drives on from a join, whatever state it is in. For repairs. */
export async function driveJoin(delivery: Delivery, join: PlanJoin): Promise<void> {
  const top = await delivery.deps.store.get(tallyKey(delivery.run.id, join.id, topOf(join)), "join.look");
  const decision = delivery.deps.protocol.decisionOf(join, top);
  if (decision === "callback") await advanceAll(delivery, join.next, lost);
  if (decision === "error") await driveError(delivery, join);
}

/** Makes a full leaf or inner item arrive, and drives on from there. For repairs. */
export async function driveLeaf(delivery: Delivery, join: PlanJoin, leaf: number, image: Image): Promise<void> {
  await climb(delivery, join, leaf, image, lost, false);
}

async function advanceAll(delivery: Delivery, nexts: readonly Next[], wins: Wins): Promise<void> {
  // Carrying runs after everything else is handed on, so only a single successor is carried.
  const share = nexts.length === 1 ? wins : { ...wins, arrivals: false };
  for (const next of nexts) await advance(delivery, next, share, wins);
}

/** One successor. `share` decides about carrying, `wins` about looking first. */
async function advance(delivery: Delivery, next: Next, share: Wins, wins: Wins): Promise<void> {
  switch (next.kind) {
    case "node":
      return startNode(delivery, await delivery.run.plan.node(next.node), share, wins);
    case "join":
      return releaseJoin(delivery, await delivery.run.plan.join(next.join), wins);
    case "slot":
      return settleMember(delivery, next.join, next.index, byReference(delivery), share);
    case "end":
      return endRun(delivery, { status: "SUCCEEDED" });
  }
}

/** A ready node: carried, sent at once by the winner, or looked at and then sent. */
async function startNode(delivery: Delivery, node: PlanNode, share: Wins, wins: Wins): Promise<void> {
  const { deps, run } = delivery;
  const head = await run.head();
  if (!head) return;
  // After the end nothing new starts, but what an earlier delivery has carried is still driven on.
  if (!deps.protocol.mayStart(head.status, node.afterEnd)) return lookOnly(delivery, node);
  const nowMs = deps.clock.now();
  const carried = deps.protocol.mayCarry({
    ownCommit: share.commit,
    ownArrivals: share.arrivals,
    sameQueue: node.queue === delivery.queue && deps.registry.get(node.task)?.body !== undefined,
    timeRemains: nowMs + node.timeoutSeconds * 1000 <= delivery.deadlineAtMs,
    delayed: (node.delaySeconds ?? 0) > 0,
  });
  if (carried && delivery.carry === undefined) {
    delivery.carry = node;
    return;
  }
  const atMs = nowMs + (node.delaySeconds ?? 0) * 1000;
  if (wins.commit && wins.arrivals) return sendNodes(delivery, [{ node, dispatch: 1, atMs }], "node.send");
  await lookThenSend(delivery, node);
}

/** The driver's row of the table, for a node this delivery has not started itself. */
export async function lookThenSend(delivery: Delivery, node: PlanNode): Promise<void> {
  const { place } = await locate(delivery, node);
  const image = await delivery.deps.store.get(place.key, "slot.look");
  const slot = slotIn(place, image);
  const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), resendMs(delivery, slot));
  switch (row.kind) {
    case "drive":
      return driveNode(delivery, node, slot as SettledSlot, image as Image, lost);
    case "return":
      return returnUntil(delivery, row.untilMs);
    case "send":
      return sendNodes(delivery, [nodeSend(node, row)], "node.send");
    case "discharged":
      return;
  }
}

/** Drives on from a node that is settled, and starts nothing. */
async function lookOnly(delivery: Delivery, node: PlanNode): Promise<void> {
  const { place } = await locate(delivery, node);
  const image = await delivery.deps.store.get(place.key, "slot.look");
  const slot = slotIn(place, image);
  if (slot.state === "settled" && image) return driveNode(delivery, node, slot, image, lost);
  const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), resendMs(delivery, slot));
  if (row.kind === "return") returnUntil(delivery, row.untilMs);
}

/** A first dispatch keeps the delay its author asked for. */
function nodeSend(node: PlanNode, row: { readonly dispatch: number; readonly atMs: number }): NodeSend {
  const delayMs = row.dispatch === 1 ? (node.delaySeconds ?? 0) * 1000 : 0;
  return { node, dispatch: row.dispatch, atMs: row.atMs + delayMs };
}

function resendMs(delivery: Delivery, slot: ReturnType<typeof decodeSlot>): number {
  const resends = slot.state === "queued" ? slot.resends : 0;
  return resendIntervalMs(delivery.deps.settings.visibilitySeconds * 1000, resends);
}

/** Releases the header of a join: its deadline, then its members. An empty one is decided here (L5). */
export async function releaseJoin(delivery: Delivery, join: PlanJoin, wins: Wins): Promise<void> {
  const head = await delivery.run.head();
  if (!head || !delivery.deps.protocol.mayStart(head.status, join.afterEnd)) return;
  if (join.size === 0) return advanceAll(delivery, join.next, { ...wins, arrivals: false });
  const nowMs = delivery.deps.clock.now();
  if (join.deadlineSeconds !== undefined) await lowerDue(delivery, nowMs + join.deadlineSeconds * 1000);
  const plan = await delivery.run.plan.whole();
  await releaseAll(delivery, plan.releases[join.id] ?? [], wins);
}

/** Starts several units at once: those of a header, or of a submit. */
export async function releaseAll(delivery: Delivery, starts: readonly Next[], wins: Wins): Promise<void> {
  const nodes: PlanNode[] = [];
  for (const start of starts) {
    if (start.kind === "node") nodes.push(await delivery.run.plan.node(start.node));
    else await advance(delivery, start, lost, wins);
  }
  const nowMs = delivery.deps.clock.now();
  const unseen =
    wins.commit && wins.arrivals
      ? nodes.map((node) => nodeSend(node, { dispatch: 1, atMs: nowMs }))
      : await unsent(delivery, nodes);
  await sendNodes(delivery, unseen, "release.send");
}

/** Members that nobody has seen yet. One that has been delivered is the business of its own message. */
async function unsent(delivery: Delivery, nodes: readonly PlanNode[]): Promise<NodeSend[]> {
  const places = await Promise.all(nodes.map((node) => locate(delivery, node)));
  const keys = [...new Map(places.map(({ place }) => [`${place.key.pk}\n${place.key.sk}`, place.key])).values()];
  const images = await delivery.deps.store.getMany(keys, "release.look");
  const imageOf = new Map(keys.map((key, i) => [key.sk, images[i]]));
  return nodes.flatMap((node, i) => {
    const place = (places[i] as { place: { key: { sk: string }; attribute: string } }).place;
    const slot = decodeSlot(imageOf.get(place.key.sk)?.[place.attribute]);
    const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), resendMs(delivery, slot));
    return row.kind === "send" ? [nodeSend(node, row)] : [];
  });
}

function byReference(delivery: Delivery): SettledSlot {
  const settledAtMs = delivery.deps.clock.now();
  return {
    state: "settled",
    status: "SUCCEEDED",
    attempt: 0,
    lost: 0,
    owner: delivery.owner,
    settledAtMs,
    value: { kind: "reference" },
  };
}

/** Settles a member's slot for the unit that feeds it, and drives on from there. */
export async function settleMember(
  delivery: Delivery,
  joinId: JoinId,
  index: number,
  outcome: SettledSlot,
  wins: Wins,
): Promise<void> {
  const join = await delivery.run.plan.join(joinId);
  const place = memberPlace(delivery.run.id, joinId, index, join.leafSize);
  const write = settleWrite(delivery.run.generation, place, join, { state: "absent" }, outcome);
  const result = await delivery.run.write(write, "slot.settle");
  const image = result.image;
  const slot = slotIn(place, image);
  if (!image || slot.state !== "settled")
    throw new StoreError(`join ${joinId}: slot ${index} is ${slot.state} though nobody runs there`);
  await driveMember(delivery, join, index, slot, image, result.applied ? wins : lost);
}

/** Drives on from a member's slot that was settled for it. */
export async function driveMember(
  delivery: Delivery,
  join: PlanJoin,
  index: number,
  slot: SettledSlot,
  image: Image,
  wins: Wins,
): Promise<void> {
  await climb(delivery, join, Math.floor(index / join.leafSize), image, wins, isBad(slot));
  if (!isBad(slot) || join.when === "all-settled") return;
  const error = slot.error ?? { name: slot.status, message: `member ${index} ended ${slot.status}` };
  await fail(delivery, errorOf(join), { node: memberPath(join, index), status: slot.status, error }, null);
}

/**
 * Takes a failure to its target: error decisions inner to outer, then the slot that absorbs it or the head, then the error
 * callbacks. Every loser goes on with that list.
 *
 * @param ownSlot - The failed node's own slot: where that is the target, the commit has already reached it.
 */
export async function fail(
  delivery: Delivery,
  failure: Failure,
  cause: Cause,
  ownSlot: { readonly join: JoinId; readonly index: number } | null,
): Promise<void> {
  const erring: PlanJoin[] = [];
  for (const id of failure.decide) {
    const join = await delivery.run.plan.join(id);
    await decideError(delivery, join, cause);
    erring.push(join);
  }
  const { then } = failure;
  if (then.kind === "slot" && !(ownSlot?.join === then.join && ownSlot.index === then.index)) {
    const settledAtMs = delivery.deps.clock.now();
    const outcome: SettledSlot = {
      state: "settled",
      status: "FAILED",
      attempt: 0,
      lost: 0,
      owner: delivery.owner,
      settledAtMs,
      error: cause.error,
    };
    await settleMember(delivery, then.join, then.index, outcome, lost);
  }
  if (then.kind === "head") await endRun(delivery, { status: "FAILED", error: cause.error });
  for (const join of erring) {
    if (join.onError === null) continue;
    const node = await delivery.run.plan.node(join.onError);
    await startNode(delivery, node, lost, lost);
  }
}

/** Decides *error*. Refused by a join that is decided or full already: then it is *error* by that. */
async function decideError(delivery: Delivery, join: PlanJoin, cause: Cause): Promise<void> {
  const { run, deps } = delivery;
  const accepted = join.onError === null ? { failed: 1 } : await acceptedFailures(delivery, join, cause);
  const author = { by: delivery.owner, atMs: deps.clock.now() };
  const result = await run.write(decideErrorWrite(run.generation, run.id, join, accepted, author), "join.decide");
  const decision = deps.protocol.decisionOf(join, result.image);
  if (decision !== "error")
    throw new StoreError(`run ${run.id}: join ${join.id} has a failed member and is ${decision ?? "open"}`);
}

/** Ends the run unless it has ended: END, FAILED, TIMED_OUT and REVOKED race on this one condition. */
export async function endRun(delivery: Delivery, end: Pick<RunEnd, "status" | "error">): Promise<void> {
  const { run, deps } = delivery;
  const head = await run.head();
  if (head?.status !== "RUNNING") return;
  const atMs = deps.clock.now();
  const waitMs = (head.errorBranches ? deps.settings.sweepSeconds : deps.settings.retentionSeconds) * 1000;
  const write = endHeadWrite(run.id, run.generation, { ...end, atMs, by: delivery.owner, dueMs: atMs + waitMs });
  const result = await deps.store.write(write, "head.end");
  if (result.image) run.noteHead(decodeHead(run.id, result.image));
  if (!result.applied) return;
  deps.metrics.count(`runs.${end.status.toLowerCase()}`, 1);
  deps.log.write("info", "run ended", { run: run.id, status: end.status, ...(end.error ? { error: end.error } : {}) });
}
