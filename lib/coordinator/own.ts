/**
 * A message and the nodes it names: judge each slot by the table, and do what its row says until all are discharged or the
 * message has to come back.
 *
 * The nodes of a pack lie in one item, so that one write claims them all. Whoever loses a write goes on from the image it
 * met: what is open to it there is tried again, member by member.
 */
import { StoreError } from "../errors.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image, WriteResult } from "../ports/index.ts";
import { lostError } from "../protocol/retry.ts";
import { leaseOfCopy, type OwnCase, type OwnRow } from "../protocol/rows.ts";
import { countsOf, type LeasedSlot, type OwnLease, type SettledSlot } from "../protocol/slot.ts";
import {
  type Claim,
  claimBesideWrite,
  claimWrite,
  giveWayForWrite,
  promoteWrite,
  settleWrite,
  slotsPerWrite,
} from "../protocol/writes.ts";
import { type Attempts, createAttempts } from "./attempt.ts";
import { UnknownTaskError } from "./body.ts";
import { chargeAttempt } from "./budget.ts";
import { askerOf, asRepair, type Delivery, returnUntil, timeRemains } from "./delivery.ts";
import { driveNodes } from "./drive.ts";
import { taskClaimed, taskSettled } from "./events.ts";
import { leaseFor, lostOutcome } from "./outcomes.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { reissue, sameIssue } from "./reissue.ts";
import { type NodeSend, sendNodes } from "./sending.ts";
import { takenOver, unlessKept } from "./taken-over.ts";
import type { Turns } from "./turns.ts";

/** Rounds of judging and writing against other writers before the delivery is returned. */
const rounds = 20;

/** Who claims so soon after its process took the batch has not waited for others, as a suspect does. */
const atOnceMs = 1000;

/** What the message in hand asks for. */
export interface Own {
  readonly nodes: readonly PlanNode[];
  readonly dispatch: number;
  /** Of the message of a copy: the attempt beside which it runs. */
  readonly copyOf?: number | undefined;
  readonly turns: Turns;
}

/** Handles the nodes that a message names. */
export async function handleOwn(delivery: Delivery, { nodes, dispatch, copyOf, turns }: Own): Promise<void> {
  const head = await delivery.run.head();
  if (!head) return;
  const members = await Promise.all(nodes.map((node) => locate(delivery, node)));
  const [first] = members;
  if (first === undefined) return;
  const mayStart = members.every(({ node }) => delivery.deps.protocol.mayStart(head, node.afterEnd));
  const judging: Judging = {
    delivery,
    turns,
    attempts: createAttempts(delivery),
    found: { dispatch, mayStart, packed: members.length > 1, copyOf },
    open: members,
    unknown: [],
    // The first look is the claim itself: on the common path nobody has been here, but where a copy is sent for somebody is.
    image: mayStart && copyOf === undefined ? undefined : await delivery.deps.store.get(first.place.key, "slot.read"),
    later: [],
  };
  for (let round = 0; judging.open.length > 0; round++) {
    if (round === rounds) throw new StoreError(`run ${delivery.run.id}: ${first.node.id} kept changing`);
    await judge(judging);
    if (delivery.deferred) return;
  }
  const [unknown] = judging.unknown;
  if (unknown !== undefined) throw new UnknownTaskError(unknown.node.task);
  // Just before acknowledging, not at each receive: else every return of a pack would send its waiting members again.
  if (delivery.returnAtMs === undefined) await sendNodes(delivery, judging.later, "node.resend");
}

/** One delivery's view of its members. */
interface Judging {
  readonly delivery: Delivery;
  readonly turns: Turns;
  readonly attempts: Attempts;
  readonly found: Omit<OwnCase, "retry">;
  /** Members that are not discharged yet. */
  open: readonly Located[];
  /** Members whose task the code of this worker does not know. */
  readonly unknown: Located[];
  /** Their item as last seen. */
  image: Image | undefined;
  /** Members whose own message is to be made sure of. */
  readonly later: NodeSend[];
}

interface Judged<Row extends OwnRow = OwnRow> extends Located {
  readonly row: Row;
}
type Rowed<Kind extends OwnRow["kind"]> = Judged<Extract<OwnRow, { kind: Kind }>>;

/** One round: every open member gets its row of the table, all on the same image. */
async function judge(judging: Judging): Promise<void> {
  const { delivery } = judging;
  const asker = askerOf(delivery);
  const judged = judging.open.map((member): Judged => {
    const found = { ...judging.found, retry: member.node.retry };
    return { ...member, row: delivery.deps.protocol.ownRow(slotIn(member.place, judging.image), found, asker) };
  });
  if (isSuspect(judged) && delivery.suspects === "defer") {
    delivery.deferred = true;
    return;
  }
  judging.open = [];
  await perform(judging, await withinBudget(judging, judged));
}

/** One more attempt after a lost one is counted before it can begin. Without budget for it, the task ends. */
async function withinBudget({ delivery }: Judging, judged: readonly Judged[]): Promise<readonly Judged[]> {
  const allowed: Judged[] = [];
  for (const member of judged) {
    const { row, node } = member;
    const isTaken = row.kind === "split" || (row.kind === "claim" && row.seen.state === "leased");
    const error = isTaken ? await chargeAttempt(delivery, node, countsOf(row.seen), lostError(row.lost)) : undefined;
    const ended: OwnRow | undefined =
      isTaken && error ? { kind: "give-up", seen: row.seen, lost: row.lost, error } : undefined;
    allowed.push(ended === undefined ? member : { ...member, row: ended });
  }
  return allowed;
}

async function perform(judging: Judging, judged: readonly Judged[]): Promise<void> {
  const { delivery } = judging;
  await driveSettled(judging, ofKind(judged, "drive"));
  for (const { row } of ofKind(judged, "return")) returnUntil(delivery, row.untilMs);
  for (const { row, node } of ofKind(judged, "send")) {
    judging.later.push({ nodes: [node], dispatch: row.dispatch, atMs: row.atMs });
  }
  for (const member of ofKind(judged, "split")) await split(judging, member);
  for (const member of ofKind(judged, "give-up")) await giveUp(judging, member);
  for (const member of ofKind(judged, "promote")) await promote(judging, member);
  for (const member of ofKind(judged, "give-way")) await giveWay(judging, member);
  for (const member of ofKind(judged, "claim-beside")) if (isKnown(judging, member)) await claimBeside(judging, member);
  const mine = ofKind(judged, "run").map((member) => ({ ...member, lease: member.row.lease }));
  const claims = ofKind(judged, "claim").filter((member) => isKnown(judging, member));
  if (claims.length > 0) await claim(judging, claims, mine);
  else if (mine.length > 0) await attemptAll(judging, mine);
}

function ofKind<Kind extends OwnRow["kind"]>(judged: readonly Judged[], kind: Kind): Rowed<Kind>[] {
  return judged.filter((member): member is Rowed<Kind> => member.row.kind === kind);
}

/** A task with a lost attempt may kill its process: it is claimed last and alone (docs/protocol.md#packs). */
function isSuspect(judged: readonly Judged[]): boolean {
  return judged.some(({ row }) => row.kind === "claim" && row.lost > 0);
}

/** A refused write: the member is judged again on the image that was met. */
function reopen(judging: Judging, image: Image | undefined, ...members: readonly Located[]): void {
  judging.image = image;
  judging.open = [...judging.open, ...members.map(({ node, place, join }) => ({ node, place, join }))];
}

async function driveSettled({ delivery, image }: Judging, members: readonly Judged[]): Promise<void> {
  if (members.length === 0 || image === undefined) return;
  const settled = members.map((member) => ({ ...member, slot: slotIn(member.place, image) as SettledSlot }));
  await driveNodes(delivery, settled, image, asRepair);
}

/** A member that lost its worker leaves the pack: recorded first, then sent alone. */
async function split(judging: Judging, member: Rowed<"split">): Promise<void> {
  const { delivery } = judging;
  const { result, waiting } = await reissue(delivery, member.place, member.row.seen, member.row);
  if (!result.applied && !sameIssue(slotIn(member.place, result.image), waiting)) {
    return reopen(judging, result.image, member);
  }
  judging.image = result.image;
  await sendNodes(delivery, [{ nodes: [member.node], dispatch: waiting.dispatch, atMs: waiting.atMs }], "split.send");
}

/** The worker vanished too often, or the budget is used up: the node fails, with its history. */
async function giveUp(judging: Judging, member: Rowed<"give-up">): Promise<void> {
  const { delivery } = judging;
  const { node, place, join, row } = member;
  const outcome = lostOutcome(delivery, row.seen, row.lost, row.error ?? lostError(row.lost));
  const write = settleWrite(delivery.run.generation, place, join, row.seen, outcome);
  const result = await delivery.run.write(write, "slot.give-up", taskSettled(node, outcome));
  if (!result.applied) return reopen(judging, result.image, member);
  judging.image = result.image;
  await driveNodes(delivery, [{ node, place, join, slot: outcome }], result.image, asRepair);
}

/** The worker of the first lease vanished while its copy is at work: that goes on in its place. Whose message it is finds out. */
async function promote(judging: Judging, member: Rowed<"promote">): Promise<void> {
  const { run } = judging.delivery;
  const { seen } = member.row;
  const copy = leaseOfCopy(seen, seen.lost + 1) as LeasedSlot;
  const result = await run.write(promoteWrite(run.generation, member.place, seen, copy), "slot.promote");
  reopen(judging, result.image, member);
}

/** The worker of the copy vanished while the first is at work. */
async function giveWay(judging: Judging, member: Rowed<"give-way">): Promise<void> {
  const { run } = judging.delivery;
  const write = giveWayForWrite(run.generation, member.place, member.row.seen);
  reopen(judging, (await run.write(write, "slot.give-way")).image, member);
}

/** A rolling deploy may bring a task that this worker does not know yet: its neighbours run, and the message comes back. */
function isKnown({ delivery, unknown }: Judging, member: Located): boolean {
  const known = delivery.deps.registry.get(member.node.task)?.body !== undefined;
  if (!known) unknown.push(member);
  return known;
}

interface Leased extends Located {
  readonly lease: OwnLease;
}

/**
 * Claims members in one write, as many as have a turn, and runs them.
 *
 * @param mine - Members that this delivery holds already, by a claim whose answer was lost.
 */
async function claim(judging: Judging, members: readonly Rowed<"claim">[], mine: readonly Leased[]): Promise<void> {
  const { delivery } = judging;
  const untouched = members.every(({ row }) => row.seen.state === "absent");
  const wanted = untouched ? members.length : Math.min(members.length, slotsPerWrite.seen);
  await inTurns(judging, members, wanted, async (now, free) => {
    const claims = now.map((member) => ({ ...member, seen: member.row.seen, lease: leaseFor(delivery, member.row) }));
    const result = await claimAll(delivery, claims);
    if (result.applied) {
      judging.image = result.image;
      await attemptAll(judging, [...mine, ...claims], free);
    } else {
      reopen(judging, result.image, ...now, ...mine);
    }
  });
}

/** Claims a second lease, and runs the copy: it is alone in its message. */
async function claimBeside(judging: Judging, member: Rowed<"claim-beside">): Promise<void> {
  const { delivery } = judging;
  const { node, place, row } = member;
  await inTurns(judging, [member], 1, async (_, free) => {
    const { dispatch, attempt, lost } = row.seen;
    const lease = leaseFor(delivery, { dispatch, attempt: attempt + 1, lost });
    const { state: _state, dispatch: _dispatch, lost: _lost, ...second } = lease;
    const write = claimBesideWrite(delivery.run.generation, place, row.seen, second);
    const result = await delivery.run.write(write, "slot.claim-beside", taskClaimed(node, lease));
    if (!result.applied) return reopen(judging, result.image, member);
    judging.image = result.image;
    await attemptAll(judging, [{ ...member, lease: { ...lease, isCopy: true } }], free);
  });
}

/**
 * Claims as many members as have a turn, by `claim`; the others are judged again.
 *
 * @param claim - Is given what ends its turns: they are for bodies. What is written after those needs none, and the arrivals of
 *   the next packs may go with it.
 */
async function inTurns<Member extends Located>(
  judging: Judging,
  members: readonly Member[],
  wanted: number,
  claim: (now: readonly Member[], free: () => void) => Promise<void>,
): Promise<void> {
  const { delivery, turns } = judging;
  const { given, waited } = await turns.take(wanted);
  const free = once(() => turns.free(given));
  try {
    const now = members.slice(0, given);
    reopen(judging, judging.image, ...members.slice(given));
    if ((waited || hasWaited(delivery)) && now.some((member) => !timeRemains(delivery, member.node))) {
      // Waited too long for its turn: another process has the time.
      judging.open = [];
      return returnUntil(delivery, delivery.deps.clock.now());
    }
    await claim(now, free);
  } finally {
    free();
  }
}

/** Whether others of its batch came first, and took their time. What takes all that a process has could else never begin. */
function hasWaited({ deps, startedAtMs }: Delivery): boolean {
  return deps.clock.now() - startedAtMs >= atOnceMs;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** What has come to its end in an older generation, and is kept, stays in its item as it is; it is only driven on from. */
async function claimAll(delivery: Delivery, claims: readonly (Claim & Located)[]): Promise<WriteResult> {
  const steps = claims.map(({ node, lease }) => taskClaimed(node, lease));
  const places = claims.map(({ place }) => place);
  const write = claimWrite(delivery.run.generation, claims);
  const claim = () => delivery.run.write(write, "slot.claim", ...steps);
  return unlessKept(delivery, write.key, claim, takenOver(places));
}

/**
 * Runs what this delivery holds, side by side. One that lost its lease on the way is judged again.
 *
 * @param ended - Called when every body has ended, before the last of their outcomes is recorded.
 */
async function attemptAll(judging: Judging, members: readonly Leased[], ended = () => {}): Promise<void> {
  let running = members.length;
  const bodyEnded = () => {
    running--;
    if (running === 0) ended();
  };
  const results = await Promise.allSettled(
    members.map((member) => judging.attempts.run(member, member.lease, bodyEnded)),
  );
  for (const [i, result] of results.entries()) {
    if (result.status === "rejected") throw result.reason;
    if (result.value.kind === "lost") reopen(judging, result.value.image, members[i] as Leased);
  }
}
