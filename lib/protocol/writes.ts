/**
 * Every write of a slot or a tally, row by row as in docs/protocol.md#slot-states-and-conditions. Each condition is stated
 * here and nowhere else.
 *
 * Guard G stands in all of them: an item belongs to one generation, and a writer of an older or newer one is refused
 * (S15, S20). Writes of the head are in head.ts. The numbers G1, G2 … name the guards of the models that stand for these
 * conditions (verification/spin/README.md).
 */
import type { RunId } from "../model/ids.ts";
import type { OutcomeStatus, Skip, StoredError } from "../model/outcome.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { Condition, SetAction, Value, Write } from "../ports/store.ts";
import type { SlotPlace } from "./keys.ts";
import {
  asSeen,
  beatEntries,
  encodeError,
  encodeSecond,
  encodeSkip,
  encodeSlot,
  type LeasedSlot,
  leasedAlone,
  leasedBy,
  leasedInEither,
  type OpenSlot,
  type OwnLease,
  type QueuedSlot,
  type SecondLease,
  type SettledSlot,
  secondBy,
  secondEntries,
  type WaitingSlot,
} from "./slot.ts";
import { isCounting, isFullMark, markOf, parentOf, sizeOf, type TallyPlace, tallyKey, topOf } from "./tally.ts";

/** Guard G: no item of another generation (G21). */
function guardG(generation: number): Condition {
  return {
    is: "any",
    of: [
      { is: "absent", path: ["g"] },
      { is: "equal", path: ["g"], value: generation },
    ],
  };
}

function guarded(key: Write["key"], generation: number, set: readonly SetAction[], condition: Condition): Write {
  return {
    key,
    set: [{ path: ["g"], value: generation }, ...set],
    condition: { is: "all", of: [guardG(generation), condition] },
  };
}

function setSlot(place: SlotPlace, slot: QueuedSlot | LeasedSlot | WaitingSlot | SettledSlot): SetAction {
  return { path: [place.attribute], value: encodeSlot(slot) };
}

/** The arrivals that settled slots of a leaf are: the counter moves only with the first recording of each (S8). */
function countDown(place: SlotPlace, join: PlanJoin | undefined, count: number): readonly SetAction[] {
  if (!place.leaf || !join) return [];
  const initial = sizeOf(join, { level: 0, number: place.leaf.number });
  return [{ path: ["remaining"], minus: count, initial }];
}

/** Who settles or decides, and when: the last one to touch a top fired it (`firedBy`, `firedAt`). */
export interface Author {
  readonly by: string;
  readonly atMs: number;
}

/** Stamps the top of a join with its last arrival. Of a leaf only where the leaf is the top. */
function lastArrival(join: PlanJoin | undefined, place: TallyPlace, author: Author): readonly SetAction[] {
  if (!join) return [];
  const top = topOf(join);
  if (top.level !== place.level || top.number !== place.number) return [];
  return [
    { path: ["lastBy"], value: author.by },
    { path: ["lastAt"], value: author.atMs },
  ];
}

/**
 * Slots that one write may concern. DynamoDB takes 300 operators in a condition: what was seen of a slot that is not absent
 * takes up to twelve, with the ANDs between them, or fourteen with a second lease; a lease and its end eight. A leaf has more,
 * so its writes come in slices.
 */
export const slotsPerWrite = { seen: 24, hedged: 21, held: 32 } as const;

/** One slot of a write that concerns several of one item. */
export interface Claim {
  readonly place: SlotPlace;
  readonly seen: OpenSlot;
  readonly lease: LeasedSlot;
}

/** Claim: absent → leased, or exactly what an image showed → leased (G1, G2, G3). All of a pack in one write, or none. */
export function claimWrite(generation: number, claims: readonly Claim[]): Write {
  return guarded(
    keyOf(claims),
    generation,
    claims.map(({ place, lease }) => setSlot(place, lease)),
    allOf(claims.map(({ place, seen }) => asSeen(place.attribute, seen))),
  );
}

/**
 * Claim beside: a second lease on a slot that exactly that attempt holds and that has none (G90). Its end may have moved since
 * it was looked at; its owner neither knows nor minds.
 */
export function claimBesideWrite(
  generation: number,
  place: SlotPlace,
  seen: Pick<LeasedSlot, "owner" | "attempt">,
  second: SecondLease,
): Write {
  const entries = Object.entries(encodeSecond(second));
  return guarded(
    place.key,
    generation,
    entries.map(([entry, value]) => ({ path: [place.attribute, entry], value })),
    leasedAlone(place.attribute, seen),
  );
}

/** Promote: the first has failed or was lost, and the copy takes its place, on exactly the state seen (G92). Nothing arrives. */
export function promoteWrite(generation: number, place: SlotPlace, seen: LeasedSlot, copy: LeasedSlot): Write {
  return guarded(place.key, generation, [setSlot(place, copy)], asSeen(place.attribute, seen));
}

/** Give way: a copy has failed while the first is at work. Its attempt stays, so that it is not given again (G93). */
export function giveWayWrite(generation: number, place: SlotPlace, lease: OwnLease): Write {
  return guarded(place.key, generation, givenWay(place), secondBy(place.attribute, lease));
}

/**
 * The same for a copy whose worker vanished beside the first, on exactly the state seen: its message sees to that before it goes (G93).
 * Else the first, which has seen it at work, might fail and promote what nobody comes back for.
 */
export function giveWayForWrite(generation: number, place: SlotPlace, seen: LeasedSlot): Write {
  return guarded(place.key, generation, givenWay(place), asSeen(place.attribute, seen));
}

/** No owner: no heartbeat that comes late brings it back. */
function givenWay({ attribute }: SlotPlace): readonly SetAction[] {
  return [
    { path: [attribute, secondEntries.owner], value: "" },
    { path: [attribute, secondEntries.untilMs], value: 0 },
  ];
}

/** A lease that its owner holds, and where. */
export interface Held {
  readonly place: SlotPlace;
  readonly lease: OwnLease;
}

/** A lease that is extended. */
export interface Beat extends Held {
  /** What its body says of itself, as JSON; absent: what was said before stays. */
  readonly details?: string | undefined;
}

/** Heartbeat of all leases of an item: their ends only move later, so a slow older heartbeat cannot shorten one. */
export function heartbeatWrite(
  generation: number,
  held: readonly Beat[],
  { atMs, untilMs }: { readonly atMs: number; readonly untilMs: number },
): Write {
  return guarded(
    keyOf(held),
    generation,
    held.flatMap(({ place, lease, details }): SetAction[] => {
      const entries = leaseEntries(lease);
      return [
        { path: [place.attribute, entries.untilMs], value: untilMs },
        { path: [place.attribute, entries.atMs], value: atMs },
        ...(details === undefined ? [] : [{ path: [place.attribute, entries.details] as const, value: details }]),
      ];
    }),
    allOf(
      held.flatMap(({ place, lease }): Condition[] => [
        lease.isCopy ? secondBy(place.attribute, lease) : leasedBy(place.attribute, lease),
        { is: "below", path: [place.attribute, leaseEntries(lease).untilMs], value: untilMs },
      ]),
    ),
  );
}

/** What a heartbeat writes of a lease: the first, or the one beside it. */
function leaseEntries({ isCopy }: OwnLease): Readonly<Record<"untilMs" | "atMs" | "details", string>> {
  return isCopy ? { ...secondEntries, atMs: secondEntries.beatAtMs } : { untilMs: "u", ...beatEntries };
}

function keyOf(slots: readonly { readonly place: SlotPlace }[]): Write["key"] {
  const [first] = slots;
  if (first === undefined) throw new TypeError("a write needs a slot");
  return first.place.key;
}

function allOf(of: readonly Condition[]): Condition {
  return of.length === 1 ? (of[0] as Condition) : { is: "all", of };
}

/** What settling slots of one item sets, whoever does it. */
function settling(
  join: PlanJoin | undefined,
  settled: readonly { readonly place: SlotPlace; readonly outcome: SettledSlot }[],
): readonly SetAction[] {
  const last = settled.at(-1);
  if (last === undefined) throw new TypeError("a write needs a slot");
  const leaf = { level: 0, number: last.place.leaf?.number ?? 0 };
  const author = { by: last.outcome.owner, atMs: last.outcome.settledAtMs };
  return [
    ...settled.map(({ place, outcome }) => setSlot(place, outcome)),
    ...countDown(last.place, join, settled.length),
    ...lastArrival(join, leaf, author),
  ];
}

/** An outcome that the owner of a lease records. */
export interface Commit extends Held {
  readonly outcome: SettledSlot;
  /** Of a failure: the slot as it was looked at, with a second lease that is over. Absent: there was none. */
  readonly seen?: LeasedSlot | undefined;
}

/** Whether an outcome counts only where nobody else is at work on the slot (H3). */
export function isFailure({ status }: SettledSlot): boolean {
  return status === "FAILED" || status === "TIMED_OUT";
}

/** Commit: outcomes and their arrivals in one write, by the owner of the leases alone (G4). */
export function commitWrite(generation: number, join: PlanJoin | undefined, commits: readonly Commit[]): Write {
  const mine = commits.map(({ place, lease, outcome, seen }) => {
    if (isFailure(outcome)) return ownedAlone(place, lease, seen);
    return lease.isCopy ? leasedInEither(place.attribute, lease) : leasedBy(place.attribute, lease);
  });
  return guarded(keyOf(commits), generation, settling(join, commits), allOf(mine));
}

/** Wait for retry: as a commit, but nothing arrives (G5). */
export function waitWrite(
  generation: number,
  place: SlotPlace,
  {
    lease,
    seen,
    waiting,
  }: { readonly lease: OwnLease; readonly seen?: LeasedSlot | undefined; readonly waiting: WaitingSlot },
): Write {
  return guarded(place.key, generation, [setSlot(place, waiting)], ownedAlone(place, lease, seen));
}

/** Mine, and nobody else is at work (G91): a second lease may have come since the claim, and what was seen of it must still hold. */
function ownedAlone(place: SlotPlace, lease: OwnLease, seen: LeasedSlot | undefined): Condition {
  return seen === undefined ? leasedAlone(place.attribute, lease) : asSeen(place.attribute, seen);
}

/** Settle by others (deadline, revoke, skip, absorbed failure, dead letter): on exactly the state seen. */
export function settleWrite(
  generation: number,
  place: SlotPlace,
  join: PlanJoin | undefined,
  seen: OpenSlot,
  outcome: SettledSlot,
): Write {
  return settleAllWrite(generation, join, [{ place, seen, outcome }]);
}

/** An outcome that somebody records for others, and the state it was decided on. */
export interface Settling {
  readonly place: SlotPlace;
  readonly seen: OpenSlot;
  readonly outcome: SettledSlot;
}

/** The same for several slots of one item: all of them, or none (G12). */
export function settleAllWrite(generation: number, join: PlanJoin | undefined, settlings: readonly Settling[]): Write {
  const seen = settlings.map((one) => asSeen(one.place.attribute, one.seen));
  return guarded(keyOf(settlings), generation, settling(join, settlings), allOf(seen));
}

/** Re-sent (absent, queued or waiting → queued), or taken from a dead owner (lease over → waiting): on exactly the state seen (G12). */
export function reissueWrite(
  generation: number,
  place: SlotPlace,
  seen: OpenSlot,
  next: QueuedSlot | WaitingSlot,
): Write {
  return guarded(place.key, generation, [setSlot(place, next)], asSeen(place.attribute, seen));
}

/** Late outcome: what a worker reports after others have settled its node. Changes nothing else (S6). */
export function lateWrite(generation: number, place: SlotPlace, attempt: number, status: OutcomeStatus): Write {
  return guarded(place.key, generation, [{ path: [place.attribute, "x"], value: status }], {
    is: "all",
    of: [
      { is: "equal", path: [place.attribute, "a"], value: attempt },
      { is: "absent", path: [place.attribute, "x"] },
    ],
  });
}

/** What an item leaves in the one above it: its number of bad outcomes, or of a counting join how far it has come. */
export interface Arrival {
  readonly child: TallyPlace;
  readonly value: number;
}

/**
 * Arrive: full children leave their marks in their parent, each once (G6): all of these, or none. In a counting join a child
 * leaves one whenever it has come further (G40), and is counted when it is full (G41).
 *
 * @param arrivals - One or more, all of one parent, no child twice.
 */
export function arriveWrite(
  generation: number,
  run: RunId,
  join: PlanJoin,
  arrivals: readonly Arrival[],
  author: Author,
): Write {
  const [some] = arrivals;
  if (some === undefined) throw new TypeError("a write needs an arrival");
  const parent = parentOf(join, some.child);
  const marks = arrivals.map((arrival) => ({ ...arrival, mark: markOf(join, arrival.child) }));
  const counted = arrivals.filter(({ child, value }) => isFullMark(join, child, value)).length;
  return guarded(
    tallyKey(run, join, parent),
    generation,
    [
      ...marks.map(({ mark, value }): SetAction => ({ path: [mark], value })),
      ...(counted > 0 ? [{ path: ["remaining"] as const, minus: counted, initial: sizeOf(join, parent) }] : []),
      ...lastArrival(join, parent, author),
    ],
    allOf(
      marks.map(({ mark, value }): Condition => {
        const first: Condition = { is: "absent", path: [mark] };
        return isCounting(join) ? { is: "any", of: [first, { is: "below", path: [mark], value }] } : first;
      }),
    ),
  );
}

const undecided: Condition = { is: "absent", path: ["decision"] };
const notFull: Condition = {
  is: "any",
  of: [
    { is: "absent", path: ["remaining"] },
    { is: "above", path: ["remaining"], value: 0 },
  ],
};

/** What an early decision accepted: attempts of the error callback must all see the same (S11). */
export type AcceptedSet = Readonly<Record<string, Value>>;

/** Decide early: *error* before the join is full. The last arrival and this write exclude each other on one item (S4). */
export function decideErrorWrite(
  generation: number,
  run: RunId,
  join: PlanJoin,
  accepted: AcceptedSet,
  author: Author,
): Write {
  return guarded(
    tallyKey(run, join, topOf(join)),
    generation,
    [
      { path: ["decision"], value: "error" },
      { path: ["decidedBy"], value: author.by },
      { path: ["decidedAt"], value: author.atMs },
      { path: ["accepted"], value: accepted },
    ],
    // A full top is its own decision (G28), but for a quorum: that is decided by a write alone (G43).
    join.when === "quorum" ? undecided : allOf([undecided, notFull]),
  );
}

/**
 * Decide *skipped*: a join that was not released, and never will be.
 *
 * @param skip - Why, when that is by choice; undefined after a failure.
 * @param cause - That failure: whoever goes on from here, it may be somebody who has not seen it, still tells it (S10).
 */
export function decideSkippedWrite(
  generation: number,
  run: RunId,
  join: PlanJoin,
  { skip, cause, ...author }: Author & { readonly skip?: Skip | undefined; readonly cause?: StoredError | undefined },
): Write {
  return guarded(
    tallyKey(run, join, topOf(join)),
    generation,
    [
      { path: ["decision"], value: "skipped" },
      { path: ["decidedBy"], value: author.by },
      { path: ["decidedAt"], value: author.atMs },
      ...(skip === undefined ? [] : [{ path: ["skip"] as const, value: encodeSkip(skip) }]),
      ...(cause === undefined ? [] : [{ path: ["cause"] as const, value: encodeError(cause) }]),
    ],
    // Without members there is no last arrival to exclude.
    join.size === 0 ? undecided : allOf([undecided, notFull]),
  );
}

/** Hold: the condition of a header is met. Recorded before anything of it is sent, for whoever looks at the run. */
export function holdWrite(generation: number, run: RunId, join: PlanJoin): Write {
  return guarded(tallyKey(run, join, topOf(join)), generation, [{ path: ["held"], value: 1 }], undecided);
}

/** Hedge: the members that are late have been asked for (hedge.ts). After that, so that it is never forgotten; once. */
export function hedgeWrite(generation: number, run: RunId, join: PlanJoin, atMs: number): Write {
  const first: Condition = { is: "absent", path: ["hedgedAt"] };
  return guarded(
    tallyKey(run, join, topOf(join)),
    generation,
    [{ path: ["hedgedAt"], value: atMs }],
    allOf([first, undecided]),
  );
}

/** Decide a quorum: with the members it has accepted, so that every attempt of the callback sees the same (S11, G43). */
export function decideQuorumWrite(
  generation: number,
  run: RunId,
  join: PlanJoin,
  accepted: Value,
  author: Author,
): Write {
  return guarded(
    tallyKey(run, join, topOf(join)),
    generation,
    [
      { path: ["decision"], value: "callback" },
      { path: ["decidedBy"], value: author.by },
      { path: ["decidedAt"], value: author.atMs },
      { path: ["accepted"], value: accepted },
    ],
    undecided,
  );
}

/** Generation of an item, or undefined where there is none. */
export function generationOf(image: Readonly<Record<string, Value>> | undefined): number | undefined {
  const generation = image?.g;
  return typeof generation === "number" ? generation : undefined;
}
