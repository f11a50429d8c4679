/**
 * Every write of a slot or a tally, row by row as in PROTOCOL.md, 4. Each condition is stated here and nowhere else.
 *
 * Guard G stands in all of them: an item belongs to one generation, and a writer of an older or newer one is refused
 * (S15, S20). Writes of the head are in head.ts.
 */
import type { RunId } from "../model/ids.ts";
import type { OutcomeStatus } from "../model/outcome.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { Condition, SetAction, Value, Write } from "../ports/store.ts";
import type { SlotPlace } from "./keys.ts";
import {
  asSeen,
  encodeSlot,
  type LeasedSlot,
  leasedBy,
  type OpenSlot,
  type QueuedSlot,
  type SettledSlot,
  type WaitingSlot,
} from "./slot.ts";
import { markOf, parentOf, sizeOf, type TallyPlace, tallyKey, topOf } from "./tally.ts";

/** Guard G: no item of another generation. */
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

/** The arrival that a settled slot of a leaf is: the counter moves only with the first recording (S8). */
function countDown(place: SlotPlace, join: PlanJoin | undefined): readonly SetAction[] {
  if (!place.leaf || !join) return [];
  const initial = sizeOf(join, { level: 0, number: place.leaf.number });
  return [{ path: ["remaining"], minus: 1, initial }];
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

/** Claim: absent → leased, or exactly what an image showed → leased. */
export function claimWrite(generation: number, place: SlotPlace, seen: OpenSlot, lease: LeasedSlot): Write {
  return guarded(place.key, generation, [setSlot(place, lease)], asSeen(place.attribute, seen));
}

/** Heartbeat: a lease's end only moves later, so a slow older heartbeat cannot shorten it. */
export function heartbeatWrite(generation: number, place: SlotPlace, lease: LeasedSlot, untilMs: number): Write {
  return guarded(place.key, generation, [{ path: [place.attribute, "u"], value: untilMs }], {
    is: "all",
    of: [leasedBy(place.attribute, lease), { is: "below", path: [place.attribute, "u"], value: untilMs }],
  });
}

/** What settling a node sets, whoever does it. */
function settling(place: SlotPlace, join: PlanJoin | undefined, outcome: SettledSlot): readonly SetAction[] {
  const leaf = { level: 0, number: place.leaf?.number ?? 0 };
  const author = { by: outcome.owner, atMs: outcome.settledAtMs };
  return [setSlot(place, outcome), ...countDown(place, join), ...lastArrival(join, leaf, author)];
}

/** Commit: the outcome and the arrival in one write, by the owner of the lease alone. */
export function commitWrite(
  generation: number,
  place: SlotPlace,
  join: PlanJoin | undefined,
  lease: LeasedSlot,
  outcome: SettledSlot,
): Write {
  return guarded(place.key, generation, settling(place, join, outcome), leasedBy(place.attribute, lease));
}

/** Wait for retry: as a commit, but nothing arrives. */
export function waitWrite(generation: number, place: SlotPlace, lease: LeasedSlot, waiting: WaitingSlot): Write {
  return guarded(place.key, generation, [setSlot(place, waiting)], leasedBy(place.attribute, lease));
}

/** Settle by others (deadline, revoke, skip, absorbed failure, dead letter): on exactly the state seen. */
export function settleWrite(
  generation: number,
  place: SlotPlace,
  join: PlanJoin | undefined,
  seen: OpenSlot,
  outcome: SettledSlot,
): Write {
  return guarded(place.key, generation, settling(place, join, outcome), asSeen(place.attribute, seen));
}

/** Re-sent (absent, queued or waiting → queued), or taken from a dead owner (lease over → waiting): on exactly the state seen. */
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

/** Arrive: a full child leaves its mark in its parent, with the number of bad outcomes below it, once. */
export function arriveWrite(
  generation: number,
  run: RunId,
  join: PlanJoin,
  child: TallyPlace,
  bad: number,
  author: Author,
): Write {
  const parent = parentOf(join, child);
  const mark = markOf(join, child);
  return guarded(
    tallyKey(run, join.id, parent),
    generation,
    [
      { path: [mark], value: bad },
      { path: ["remaining"], minus: 1, initial: sizeOf(join, parent) },
      ...lastArrival(join, parent, author),
    ],
    { is: "absent", path: [mark] },
  );
}

/** What an early decision accepted: attempts of the error callback must all see the same (PROTOCOL-REVIEW, 15). */
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
    tallyKey(run, join.id, topOf(join)),
    generation,
    [
      { path: ["decision"], value: "error" },
      { path: ["decidedBy"], value: author.by },
      { path: ["decidedAt"], value: author.atMs },
      { path: ["accepted"], value: accepted },
    ],
    {
      is: "all",
      of: [
        { is: "absent", path: ["decision"] },
        {
          is: "any",
          of: [
            { is: "absent", path: ["remaining"] },
            { is: "above", path: ["remaining"], value: 0 },
          ],
        },
      ],
    },
  );
}

/** Generation of an item, or undefined where there is none. */
export function generationOf(image: Readonly<Record<string, Value>> | undefined): number | undefined {
  const generation = image?.g;
  return typeof generation === "number" ? generation : undefined;
}
