/**
 * Drive on: what a settled slot sets in motion (docs/protocol.md#drive-on).
 *
 * Arrivals up to the top, the decision, its successors; or the failure to its target. Every step is a conditional write
 * that can be repeated, and a loser goes on from the image it met: the winner may be dead (S7, S13). Nothing here
 * acknowledges anything.
 */
import { StoreError } from "../errors.ts";
import type { JoinId, NodeId } from "../model/ids.ts";
import { taskIdOf } from "../model/ids.ts";
import type { Skip, StoredError } from "../model/outcome.ts";
import { startMs } from "../model/start-time.ts";
import type { Failure, Next, PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { chosenSkip, type Decision, isHeld } from "../protocol/decision.ts";
import { decodeHead, endHeadWrite, type Head, type RunEnd } from "../protocol/head.ts";
import { memberPlace } from "../protocol/keys.ts";
import { isBounded, unitOf } from "../protocol/lanes.ts";
import { type ListName, listOf } from "../protocol/release.ts";
import { decodeError, decodeSlot, isBad, type SettledSlot, skipIn } from "../protocol/slot.ts";
import {
  hasGoodMarks,
  isCounting,
  isDecidedByCount,
  isNews,
  isTop,
  leafAt,
  markFor,
  parentOf,
  remainingOf,
  slotsOf,
  type TallyPlace,
  tallyKey,
  topOf,
} from "../protocol/tally.ts";
import {
  decideErrorWrite,
  decideQuorumWrite,
  decideSkippedWrite,
  generationOf,
  holdWrite,
  settleWrite,
} from "../protocol/writes.ts";
import { acceptedMembers } from "../records/accepted.ts";
import { acceptedFailures, type Cause, firstFailure, memberPath } from "../records/failures.ts";
import { firstSkip, unmetCondition } from "../records/skips.ts";
import { arrive } from "./arrivals.ts";
import {
  askerOf,
  type Delivery,
  lostWins,
  returnUntil,
  sendsAtOnce,
  timeRemains,
  type Wins,
  wonAll,
} from "./delivery.ts";
import { memberSettled, type Step, taskSettled, tell } from "./events.ts";
import { askForCopies } from "./hedge.ts";
import { isInTurn, isReleased, nextInLane } from "./lanes.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { release, resendMs, startAll } from "./release.ts";
import { firstSend, lowerDue, sendFollow, sendMap, sendNodes, visitSoon } from "./sending.ts";
import { lookAt, takenOver, unlessKept } from "./taken-over.ts";

/** A settled node, with the place of its slot. */
export interface Settled extends Located {
  readonly slot: SettledSlot;
}

/**
 * Drives on from settled nodes of one item, given that item: its leaf arrives once, then each node does what is its own.
 */
export async function driveNodes(
  delivery: Delivery,
  nodes: readonly Settled[],
  image: Image,
  wins: Wins,
): Promise<void> {
  const [first] = nodes;
  if (first?.join && first.place.leaf) {
    const failing = nodes.some(({ slot }) => isBad(slot));
    await climb(delivery, first.join, leafAt(first.place.leaf.number), image, wins, { failing });
  }
  for (const { node, slot } of nodes) {
    await once(delivery, node.id, wins, () => {
      const skip = skipIn(slot);
      if (isBad(slot)) return fail(delivery, node.failure, causeOf(delivery, node, slot), node);
      if (skip) return skipAll(delivery, node.next, chosen(delivery, node.id, skip));
      return advanceAll(delivery, node.id, node.next, wins);
    });
  }
  if (first?.join)
    for (const index of onePerUnit(first.join, nodes)) await goOnInLane(delivery, first.join, { index, image, wins });
}

/** Members of one item, one of each unit: a pack in a lane is followed by one message, not by one a member. */
function onePerUnit(join: PlanJoin, nodes: readonly Settled[]): Iterable<number> {
  if (!isBounded(join)) return [];
  const indexes = nodes.flatMap(({ place }) => (place.leaf ? [place.leaf.index] : []));
  return new Map(indexes.map((index) => [unitOf(join, index), index])).values();
}

/**
 * Drives on from a unit, unless this delivery has done so: who looks along recorded outcomes comes to a unit by every path
 * that leads there, and in a graph these are many more than its units.
 */
async function once(delivery: Delivery, unit: NodeId | JoinId, wins: Wins, drive: () => Promise<void>): Promise<void> {
  const { driven } = delivery;
  if (driven.has(unit) && !sendsAtOnce(wins)) return;
  driven.add(unit);
  try {
    await drive();
  } catch (error) {
    driven.delete(unit);
    throw error;
  }
}

/** A settled member lets the next of its lane begin. After its failure, which may end the wait for all of them. */
async function goOnInLane(
  delivery: Delivery,
  join: PlanJoin,
  settled: Parameters<typeof nextInLane>[2],
): Promise<void> {
  const next = await nextInLane(delivery, join, settled);
  if (next === undefined) return;
  const fresh = delivery.run.generation === 1 && next.untouched && sendsAtOnce(settled.wins);
  const wins = fresh ? wonAll : lostWins;
  await goOn(delivery, await startAll(delivery, next.starts, wins), wins);
}

/** The cause that a failed node is to those who take it over. */
export function causeOf(delivery: Delivery, node: PlanNode, slot: SettledSlot): Cause {
  const taskId = taskIdOf(delivery.run.id, node.id);
  const error = slot.error ?? { name: slot.status, message: `the task ended ${slot.status}` };
  return { node: node.id, status: slot.status, error: { taskId, ...error } };
}

/** How a leaf is climbed from. */
interface Climbing {
  /** A member of it drives its own failure next. */
  readonly failing: boolean;
  /** Takes up what is not worth an arrival of its own too. @default false */
  readonly all?: boolean;
}

/** Arrives upwards from an item as far as items are full, or have news, then acts on the decision (G13). A loser does so too. */
async function climb(
  delivery: Delivery,
  join: PlanJoin,
  from: TallyPlace,
  seen: Image,
  wins: Wins,
  { failing, all = false }: Climbing,
): Promise<void> {
  let place = from;
  let image = seen;
  let won = wins;
  while (!isTop(join, place)) {
    const full = remainingOf(join, place, image) === 0;
    if (!full && !(isCounting(join) && (all || isNews(join, place, image)))) return;
    const author = { by: delivery.owner, atMs: delivery.deps.clock.now() };
    const value = markFor(join, place, image);
    const above = parentOf(join, place);
    const come = () => arrive(delivery, join, { child: place, value }, author);
    const result = await unlessKept(delivery, tallyKey(delivery.run.id, join, above), come, {
      isOver: (kept) => remainingOf(join, above, kept) === 0,
      isGood: (kept) => hasGoodMarks(join, above, kept),
    });
    // Another message of the batch has arrived after it, and goes on from here.
    if (result.applied && !result.last) return;
    if (!result.applied) won = { ...won, arrivals: false };
    if (!result.image) throw new StoreError(`join ${join.id}: an arrival was refused by an item that is not there`);
    image = result.image;
    place = above;
  }
  await askForCopies(delivery, join, image);
  if (isDecidedByCount(join)) return actOnCounts(delivery, join, image, won);
  if (remainingOf(join, place, image) > 0) return;
  const decision = delivery.deps.protocol.decisionOf(join, image);
  if (won.commit && won.arrivals) tellJoined(delivery, join, image.decision === undefined ? decision : undefined);
  if (decision === "callback") await once(delivery, join.id, won, () => advanceAll(delivery, join.id, join.next, won));
  if (decision === "skipped") await once(delivery, join.id, won, () => driveSkipped(delivery, join, image));
  // A failing member drives its own failure next, which meets this decision there.
  if (decision === "error" && (!failing || goesOn(join))) await driveError(delivery, join);
}

/** @param decision - What the last member has decided by its arrival alone, without a write that says so. */
function tellJoined({ deps, run }: Delivery, join: PlanJoin, decision: Decision | undefined): void {
  const steps: Step[] = [{ event: "joined", join: join.id, size: join.size }];
  if (decision !== undefined) steps.push({ event: "decided", join: join.id, decision });
  tell(deps, run, "tally.arrive", steps);
}

/** Whether the run goes on after a failure of that join's member: then the join waits for all the others. */
function goesOn(join: PlanJoin): boolean {
  return join.failure.then.kind === "skip";
}

/** The top of a counting join as it was met: what its counts call for is decided, what is decided is driven on from. */
async function actOnCounts(delivery: Delivery, join: PlanJoin, top: Image | undefined, wins: Wins): Promise<void> {
  const { protocol } = delivery.deps;
  const owed = protocol.owedDecision(join, top);
  if (owed === "callback") return decideQuorum(delivery, join, wins);
  const decision = owed ?? protocol.decisionOf(join, top);
  // Decided by an earlier arrival, perhaps: only the last of all arrivals is the decision itself.
  const last = top?.decision === undefined && remainingOf(join, topOf(join), top) === 0;
  await followDecision(delivery, join, top, decision, last ? wins : lostWins);
}

/** What a join has been decided to, set in motion. */
async function followDecision(
  delivery: Delivery,
  join: PlanJoin,
  top: Image | undefined,
  decision: Decision | undefined,
  wins: Wins,
): Promise<void> {
  if (decision === "callback") await advanceAll(delivery, join.id, join.next, wins);
  if (decision === "error") await driveError(delivery, join);
  if (decision === "skipped") await driveSkipped(delivery, join, top);
}

/** Decides a quorum, with what is settled by now. Whoever is refused goes on from the decision it met. */
async function decideQuorum(delivery: Delivery, join: PlanJoin, wins: Wins): Promise<void> {
  const { run, deps } = delivery;
  const accepted = await acceptedMembers(delivery, join);
  const author = { by: delivery.owner, atMs: deps.clock.now() };
  const result = await run.write(decideQuorumWrite(run.generation, run.id, join, accepted, author), "join.accept", {
    event: "decided",
    join: join.id,
    decision: "callback",
  });
  noteDecided(delivery, join, result.image);
  const decision = deps.protocol.decisionOf(join, result.image);
  // Carried, the callback would wait for the members of this delivery that still run.
  const full = remainingOf(join, topOf(join), result.image) === 0;
  const won = result.applied ? { ...wins, alone: wins.alone && full } : lostWins;
  await followDecision(delivery, join, result.image, decision, won);
}

/** Whoever wrote a decision ends the members that it was made without, also when the answer to its write was lost. */
function noteDecided(delivery: Delivery, join: PlanJoin, top: Image | undefined): void {
  if (join.cancelRest && top?.decidedBy === delivery.owner) delivery.decidedEarly.add(join.id);
}

/** Drives a join that was decided *error* by its last arrival. */
async function driveError(delivery: Delivery, join: PlanJoin): Promise<void> {
  await fail(delivery, errorOf(join), await firstFailure(delivery, join), { slot: null, next: join.next });
}

/** Where the failure of a member of that join goes that no slot of its own absorbs. */
function errorOf(join: PlanJoin): Failure {
  const decide = join.kind === "dag" ? join.failure.decide : [join.id, ...join.failure.decide];
  return { decide, then: join.failure.then };
}

/** Drives on from a join, whatever state it is in. For repairs. */
export async function driveJoin(delivery: Delivery, join: PlanJoin): Promise<void> {
  const top = await delivery.deps.store.get(tallyKey(delivery.run.id, join, topOf(join)), "join.look");
  if (isDecidedByCount(join)) return actOnCounts(delivery, join, top, lostWins);
  await followDecision(delivery, join, top, delivery.deps.protocol.decisionOf(join, top), lostWins);
}

/** Drives on from a join that was decided *skipped*: by choice, or after a failure. */
async function driveSkipped(delivery: Delivery, join: PlanJoin, top: Image | undefined): Promise<void> {
  const skip = chosenSkip(join, top);
  if (skip === undefined)
    return skipAll(delivery, join.next, { kind: "failed", cause: skippedCause(delivery, join, top) });
  const first = top?.decision === undefined ? await firstSkip(delivery, join) : skip;
  await skipAll(delivery, join.next, chosen(delivery, join.id, first));
}

/** Makes a leaf arrive, and what is above it as far as that goes, and drives on from there. For repairs. */
export async function driveTally(delivery: Delivery, join: PlanJoin, place: TallyPlace, image: Image): Promise<void> {
  await climb(delivery, join, place, image, lostWins, { failing: false, all: true });
}

/** What follows a unit. A single successor may be carried; several are released together. */
async function advanceAll(
  delivery: Delivery,
  unit: NodeId | JoinId,
  nexts: readonly Next[],
  wins: Wins,
): Promise<void> {
  const [only] = nexts;
  if (only === undefined || !(await isReleased(delivery, unit))) return;
  const started = nexts.filter(({ kind }) => kind === "node" || kind === "join");
  if (started.length > 0 && !(await isInTurn(delivery, unit))) {
    const rest = nexts.filter((next) => !started.includes(next));
    return goOn(delivery, rest, wins);
  }
  if (nexts.length === 1) return advance(delivery, only, wins);
  const head = await delivery.run.head();
  if (!head) return;
  const may = delivery.deps.protocol.mayStart(head, false);
  const rest = may
    ? await release(delivery, `next:${unit}`, nexts, wins)
    : nexts.filter((next) => next.kind !== "node");
  await goOn(delivery, rest, wins);
}

/** Goes on with what a release has not sent. */
export async function goOn(delivery: Delivery, rest: readonly Next[], wins: Wins): Promise<void> {
  for (const next of rest) await advance(delivery, next, { ...wins, alone: false });
}

async function advance(delivery: Delivery, next: Next, wins: Wins): Promise<void> {
  switch (next.kind) {
    case "node":
      return startNode(delivery, await delivery.run.plan.node(next.node), wins);
    case "join":
      return releaseJoin(delivery, await delivery.run.plan.join(next.join), wins);
    case "slot":
      return settleMember(delivery, next.join, next.index, byReference(delivery), wins);
    case "end":
      return endRun(delivery, { status: "SUCCEEDED" });
  }
}

/** A ready node: carried, sent at once by the winner, or looked at and then sent. */
async function startNode(delivery: Delivery, node: PlanNode, wins: Wins): Promise<void> {
  const { deps, run } = delivery;
  const head = await run.head();
  if (!head) return;
  // After the end nothing new starts, but what an earlier delivery has carried is still driven on.
  if (!deps.protocol.mayStart(head, node.afterEnd)) return lookOnly(delivery, node);
  const nowMs = deps.clock.now();
  if (head.status !== "RUNNING") await visitSoon(delivery, head);
  const carried =
    wins.alone &&
    deps.protocol.mayCarry({
      ownCommit: wins.commit,
      ownArrivals: wins.arrivals,
      sameQueue: sharesDelivery(delivery, node) && deps.registry.get(node.task)?.body !== undefined,
      timeRemains: timeRemains(delivery, node),
      delayed: node.sleep === true || startMs(node, nowMs) > nowMs,
    });
  if (carried && delivery.carry === undefined) {
    delivery.carry = node;
    return;
  }
  if (sendsAtOnce(wins)) return sendNodes(delivery, [firstSend([node], nowMs)], "node.send");
  await lookThenSend(delivery, node);
}

/** Whether the queue counts the node as it counts the message in hand. */
function sharesDelivery({ queue, fairnessKey }: Delivery, node: PlanNode): boolean {
  return node.queue === queue && node.fairnessKey === fairnessKey;
}

/** The driver's row of the table, for a node this delivery has not started itself. */
export async function lookThenSend(delivery: Delivery, node: PlanNode): Promise<void> {
  const located = await locate(delivery, node);
  const image = await lookAt(delivery, located.place);
  const slot = slotIn(located.place, image);
  const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), resendMs(delivery, slot));
  switch (row.kind) {
    case "drive":
      return driveNodes(delivery, [{ ...located, slot: slot as SettledSlot }], image as Image, lostWins);
    case "return":
      return returnUntil(delivery, row.untilMs);
    case "send": {
      const { dispatch, atMs } = row;
      const send = slot.state === "absent" ? firstSend([node], atMs) : { nodes: [node], dispatch, atMs };
      return sendNodes(delivery, [send], "node.send");
    }
    case "discharged":
      return;
  }
}

/** Drives on from a node that is settled, and starts nothing. */
async function lookOnly(delivery: Delivery, node: PlanNode): Promise<void> {
  const located = await locate(delivery, node);
  const image = await lookAt(delivery, located.place);
  const slot = slotIn(located.place, image);
  if (slot.state === "settled" && image) return driveNodes(delivery, [{ ...located, slot }], image, lostWins);
  const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), resendMs(delivery, slot));
  if (row.kind === "return") returnUntil(delivery, row.untilMs);
}

/** Looks at the condition of a header: what comes of it is recorded before anything is sent. */
async function holds(delivery: Delivery, join: PlanJoin): Promise<boolean> {
  if (join.if === undefined) return true;
  const { run, deps } = delivery;
  const top = await deps.store.get(tallyKey(run.id, join, topOf(join)), "join.look");
  if (isHeld(join, top)) return true;
  if (deps.protocol.decisionOf(join, top) === "skipped") {
    await driveSkipped(delivery, join, top);
    return false;
  }
  const unmet = await unmetCondition(delivery, join.if);
  if (unmet) await skipJoin(delivery, join, { kind: "chosen", skip: unmet });
  else await run.write(holdWrite(run.generation, run.id, join), "join.hold");
  return unmet === undefined;
}

/** Releases the header of a join: its deadline, then its members. An empty one is decided here (L5). */
export async function releaseJoin(delivery: Delivery, join: PlanJoin, wins: Wins): Promise<void> {
  const head = await delivery.run.head();
  if (!head || !delivery.deps.protocol.mayStart(head, join.afterEnd)) return;
  if (!(await holds(delivery, join))) return;
  if (join.size === 0) return advanceAll(delivery, join.id, join.next, { ...wins, alone: false });
  if (await isDecidedBefore(delivery, join, wins)) return driveJoin(delivery, join);
  const nowMs = delivery.deps.clock.now();
  if (join.deadlineSeconds !== undefined) await lowerDue(delivery, nowMs + join.deadlineSeconds * 1000);
  const list: ListName = `header:${join.id}`;
  const members = listOf(await delivery.run.plan.whole(), list);
  await goOn(delivery, await release(delivery, list, members, wins), wins);
  tell(delivery.deps, delivery.run, "join released", [{ event: "armed", join: join.id, size: join.size }]);
}

/**
 * Whether a join was decided for what follows it before its header is released: by an older generation, whose members have
 * no messages any more; or by requests that settled its members before their turn, which leave what follows to the release.
 */
async function isDecidedBefore({ run, deps }: Delivery, join: PlanJoin, wins: Wins): Promise<boolean> {
  // Whoever sends at once has the members' own messages drive on from what they find.
  if (run.generation === 1 && sendsAtOnce(wins)) return false;
  const top = await deps.store.get(tallyKey(run.id, join, topOf(join)), "join.look");
  if (deps.protocol.decisionOf(join, top) !== "callback") return false;
  const generation = generationOf(top);
  return !sendsAtOnce(wins) || (generation !== undefined && generation < run.generation);
}

/** Releases the roots of a run. */
export async function releaseRoots(delivery: Delivery, wins: Wins): Promise<void> {
  const plan = await delivery.run.plan.whole();
  await goOn(delivery, await release(delivery, "start", plan.start, wins), wins);
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
  const place = memberPlace(delivery.run.id, join, index);
  const write = settleWrite(delivery.run.generation, place, join, { state: "absent" }, outcome);
  const settle = () => delivery.run.write(write, "slot.settle", memberSettled(join.id, index, outcome));
  const result = await unlessKept(delivery, place.key, settle, takenOver([place]));
  const image = result.image;
  const slot = slotIn(place, image);
  if (!image || slot.state !== "settled")
    throw new StoreError(`join ${joinId}: slot ${index} is ${slot.state} though nobody runs there`);
  await driveMember(delivery, join, index, slot, image, result.applied ? wins : lostWins);
}

/** Drives on from a leaf some of whose members were settled for it: it arrives once, and one failure speaks for all. */
export async function driveMembers(
  delivery: Delivery,
  join: PlanJoin,
  leaf: number,
  image: Image,
  wins: Wins,
): Promise<void> {
  const bad = slotsOf(join, leaf, image).find(({ slot }) => isBad(slot));
  await climb(delivery, join, leafAt(leaf), image, wins, { failing: bad !== undefined });
  if (bad !== undefined) await failMember(delivery, join, bad.index, bad.slot as SettledSlot);
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
  await climb(delivery, join, leafAt(Math.floor(index / join.leafSize)), image, wins, { failing: isBad(slot) });
  if (isBad(slot)) await failMember(delivery, join, index, slot);
  await goOnInLane(delivery, join, { index, image, wins });
}

async function failMember(delivery: Delivery, join: PlanJoin, index: number, slot: SettledSlot): Promise<void> {
  if (join.when !== "all-succeeded" || goesOn(join)) return;
  const error = slot.error ?? { name: slot.status, message: `member ${index} ended ${slot.status}` };
  const cause = { node: memberPath(join, index), status: slot.status, error };
  await fail(delivery, errorOf(join), cause, { slot: null, next: join.next });
}

/**
 * Takes a failure to its target: error decisions inner to outer, then the slot that absorbs it (G60) or the head, then the
 * error callbacks. Every loser goes on with that list (G31).
 *
 * @param failed - The failed unit: its own slot, where that is the target, has been reached by the commit already.
 */
export async function fail(
  delivery: Delivery,
  failure: Failure,
  cause: Cause,
  failed: Pick<PlanNode, "slot" | "next">,
): Promise<void> {
  const erring: PlanJoin[] = [];
  for (const id of failure.decide) {
    const join = await delivery.run.plan.join(id);
    if (await decideError(delivery, join, cause)) erring.push(join);
  }
  const { then } = failure;
  if (then.kind === "slot" && !(failed.slot?.join === then.join && failed.slot.index === then.index)) {
    const outcome = outcomeFor(delivery, "FAILED", cause.error);
    await settleMember(delivery, then.join, then.index, outcome, lostWins);
  }
  if (then.kind === "skip") await skipAll(delivery, failed.next, { kind: "failed", cause });
  if (then.kind === "head") await endRun(delivery, { status: "FAILED", error: cause.error });
  for (const join of erring) {
    if (join.onError === null) continue;
    const node = await delivery.run.plan.node(join.onError);
    await startNode(delivery, node, lostWins);
  }
}

/** Why something never starts: what it comes after has failed, or was skipped by choice. */
type Omission = { readonly kind: "failed"; readonly cause: Cause } | { readonly kind: "chosen"; readonly skip: Skip };

/** What a unit that was skipped by choice is to those that come after it. */
function chosen({ run }: Delivery, unit: NodeId | JoinId, skip: Skip): Omission {
  return { kind: "chosen", skip: { taskId: taskIdOf(run.id, unit), ...skip } };
}

/** What would have followed never starts: that is recorded, and goes on to what follows from it. */
async function skipAll(delivery: Delivery, nexts: readonly Next[], omission: Omission): Promise<void> {
  for (const next of nexts) await skip(delivery, next, omission);
}

async function skip(delivery: Delivery, next: Next, omission: Omission): Promise<void> {
  switch (next.kind) {
    case "node":
      return skipNode(delivery, await delivery.run.plan.node(next.node), omission);
    case "join":
      return skipJoin(delivery, await delivery.run.plan.join(next.join), omission);
    case "slot": {
      const outcome =
        omission.kind === "chosen"
          ? skippedOutcome(delivery, omission.skip)
          : outcomeFor(delivery, "FAILED", omission.cause.error);
      return settleMember(delivery, next.join, next.index, outcome, lostWins);
    }
    case "end":
      if (omission.kind === "chosen") return endRun(delivery, { status: "SUCCEEDED" });
      return endRun(delivery, { status: "FAILED", error: omission.cause.error });
  }
}

async function skipNode(delivery: Delivery, node: PlanNode, omission: Omission): Promise<void> {
  const { run } = delivery;
  const located = await locate(delivery, node);
  const { place, join } = located;
  const outcome =
    omission.kind === "chosen"
      ? skippedOutcome(delivery, omission.skip)
      : outcomeFor(delivery, "SKIPPED", skippedError(delivery, omission.cause));
  const write = settleWrite(run.generation, place, join, { state: "absent" }, outcome);
  const settle = () => run.write(write, "slot.skip", taskSettled(node, outcome));
  const { image } = await unlessKept(delivery, place.key, settle, takenOver([place]));
  const slot = slotIn(place, image);
  if (!image || slot.state !== "settled")
    throw new StoreError(`run ${run.id}: ${node.id} is ${slot.state} though nothing has started it`);
  await driveNodes(delivery, [{ ...located, slot }], image, lostWins);
}

/** The failure that it comes after, and whose that was. */
function skippedError({ run }: Delivery, { node, error }: Cause): StoredError {
  return { ...error, taskId: error.taskId ?? taskIdOf(run.id, node) };
}

/** Its members have no outcome of their own: they are SKIPPED by the end of the run (S10). */
async function skipJoin(delivery: Delivery, join: PlanJoin, omission: Omission): Promise<void> {
  const { run, deps } = delivery;
  const skip = omission.kind === "chosen" ? omission.skip : undefined;
  const cause = omission.kind === "failed" ? skippedError(delivery, omission.cause) : undefined;
  const author = { by: delivery.owner, atMs: deps.clock.now(), skip, cause };
  const step: Step = { event: "decided", join: join.id, decision: "skipped" };
  await run.write(decideSkippedWrite(run.generation, run.id, join, author), "join.skip", step);
  await skipAll(delivery, join.next, omission.kind === "chosen" ? chosen(delivery, join.id, omission.skip) : omission);
}

/** The failure that a join was skipped after, for a sweeper that has not seen it; older code has not recorded it. */
function skippedCause({ run }: Delivery, join: PlanJoin, top: Image | undefined): Cause {
  const untold = { name: "skipped", message: "what it comes after has failed", taskId: taskIdOf(run.id, join.id) };
  return { node: join.id, status: "SKIPPED", error: top?.cause === undefined ? untold : decodeError(top.cause) };
}

function outcomeFor(delivery: Delivery, status: "FAILED" | "SKIPPED", error: StoredError): SettledSlot {
  const { owner, deps } = delivery;
  return { state: "settled", status, attempt: 0, lost: 0, owner, settledAtMs: deps.clock.now(), error };
}

/** Skipped by choice: settled without an error. */
function skippedOutcome({ owner, deps }: Delivery, skip: Skip): SettledSlot {
  const settledAtMs = deps.clock.now();
  return { state: "settled", status: "SKIPPED", attempt: 0, lost: 0, owner, settledAtMs, skip };
}

/**
 * Decides *error*. Refused by a join that is decided or full already: then it is *error* by that; or it was skipped, with
 * the member around it, and calls nobody.
 */
async function decideError(delivery: Delivery, join: PlanJoin, cause: Cause): Promise<boolean> {
  const { run, deps } = delivery;
  // Only the first failure of a large join reads what else has failed: the others find it decided.
  if (join.onError !== null) {
    const top = await deps.store.get(tallyKey(run.id, join, topOf(join)), "join.look");
    if (deps.protocol.decisionOf(join, top) === "error") return true;
  }
  const accepted = join.onError === null ? { failed: 1 } : await acceptedFailures(delivery, join, cause);
  const author = { by: delivery.owner, atMs: deps.clock.now() };
  const step: Step = { event: "decided", join: join.id, decision: "error" };
  const result = await run.write(decideErrorWrite(run.generation, run.id, join, accepted, author), "join.decide", step);
  noteDecided(delivery, join, result.image);
  const decision = deps.protocol.decisionOf(join, result.image);
  if (decision !== "error" && decision !== "skipped")
    throw new StoreError(`run ${run.id}: join ${join.id} has a failed member and is ${decision ?? "open"}`);
  return decision === "error";
}

/**
 * Ends the run unless it has ended: END, FAILED, TIMED_OUT and REVOKED race on this one condition. Whoever comes later goes
 * on telling the run's parent, since the winner may be dead.
 */
export async function endRun(delivery: Delivery, end: Pick<RunEnd, "status" | "error">): Promise<void> {
  const { run, deps } = delivery;
  const head = await run.head();
  if (head === undefined) return;
  if (head.status !== "RUNNING") return tellParent(delivery, head, "looks");
  const atMs = deps.clock.now();
  const owes = head.errorBranches || head.parent !== undefined;
  const waitMs = (owes ? deps.settings.sweepSeconds : deps.settings.retentionSeconds) * 1000;
  const write = endHeadWrite(run.id, run.generation, { ...end, atMs, by: delivery.owner, dueMs: atMs + waitMs });
  const result = await deps.store.write(write, "head.end");
  const ended = result.image && decodeHead(run.id, result.image);
  if (ended) run.noteHead(ended);
  if (!result.applied) return ended && tellParent(delivery, ended, "looks");
  deps.metrics.count(`runs.${end.status.toLowerCase()}`, 1);
  tell(deps, run, "head.end", [
    { event: "ended", status: end.status, ...(end.error === undefined ? {} : { error: end.error.name }) },
  ]);
  if (head.maps) await sendFollow(deps, run.id, (await run.plan.whole()).fairnessKey);
  await tellParent(delivery, head, "sends");
}

/** A child run that has ended says so to its parent. Only the winner of the end sends without a look. */
async function tellParent({ deps }: Delivery, { parent }: Head, how: "sends" | "looks"): Promise<void> {
  if (parent === undefined) return;
  if (how === "looks") {
    const image = await deps.store.get(parent.key, "parent.look");
    if (decodeSlot(image?.[parent.attribute]).state === "settled") return;
  }
  await sendMap(deps, parent, parent.fairnessKey, "parent.send");
}
