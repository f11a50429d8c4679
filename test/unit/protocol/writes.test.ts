/**
 * docs/protocol.md#slot-states-and-conditions: what every write sets, and on which items it applies.
 *
 * Every part of every condition is taken out once: some case below must then turn red.
 */
import { describe, expect, it } from "vitest";
import { chargeWrite } from "../../../lib/protocol/budget.ts";
import {
  advanceDueWrite,
  createHeadWrite,
  endHeadWrite,
  forgetDueWrite,
  lowerDueWrite,
  pauseWrite,
  raiseWrite,
  removeAtWrite,
  resumeWrite,
  tombstoneWrite,
} from "../../../lib/protocol/head.ts";
import { memberPlace, nodeKey, type SlotPlace } from "../../../lib/protocol/keys.ts";
import {
  arriveWrite,
  claimBesideWrite,
  claimWrite,
  commitWrite,
  decideErrorWrite,
  decideQuorumWrite,
  decideSkippedWrite,
  generationOf,
  giveWayForWrite,
  giveWayWrite,
  heartbeatWrite,
  hedgeWrite,
  holdWrite,
  lateWrite,
  promoteWrite,
  reissueWrite,
  settleAllWrite,
  settleWrite,
  waitWrite,
} from "../../../lib/protocol/writes.ts";
import { absent, failedSlot, headOf, joinOfSize, leased, queued, succeeded, waiting } from "./support.ts";
import { isNoticed, perform, type WriteCase, weakened } from "./write-case.ts";

/** Six members, four a leaf: member 5 is slot 1 of leaf 1, which has two members. */
const join = joinOfSize(6);
const place: SlotPlace = memberPlace("r", join, 5);
const first: SlotPlace = memberPlace("r", join, 4);
const own: SlotPlace = { key: nodeKey("r", "callback"), attribute: "s0" };
const author = { by: "me", atMs: 9000 };

const L = { a: 1, s: "L", d: 1, o: "me", c: "token", u: 30_000, b: 0 };
/** The same with a copy beside it. */
const beside = { A: 2, O: "copy", C: "copy token", U: 40_000, B: 10_000 };
const second = { attempt: 2, owner: "copy", carrier: "copy token", untilMs: 40_000, startedAtMs: 10_000 };
const LL = { ...L, ...beside };
/** The copy when it has taken the place of the first. */
const promoted = { a: 2, s: "L", d: 1, o: "copy", c: "copy token", u: 40_000, b: 10_000 };
const copy = leased({ ...second });
const ofCopy = { ...copy, isCopy: true } as const;
const goodCopy = { a: 2, s: "SUCCEEDED", o: "copy", f: 9000, b: 0, v: "7" };
const Q = { a: 0, s: "Q", d: 1, n: 1, t: 5000 };
const W = { a: 1, s: "W", d: 2, t: 5000 };
const good = { a: 1, s: "SUCCEEDED", o: "me", f: 9000, b: 0, v: "7" };
const bad = { a: 3, s: "FAILED", o: "me", f: 9000, b: 0, e: { n: "Error", m: "broken" } };

/** Three leaves of two members, and a top; decided by a count. */
const counting = joinOfSize(6, { leafSize: 2, when: "quorum", count: 3 });
/** A mark of a counting join: both counts in one number. */
const mark = (settled: number, failed: number) => settled * 1_048_576 + failed;

const timedOut = (attempt: number) => ({ ...failedSlot, status: "TIMED_OUT", attempt, owner: "sweep" }) as const;
const storedTimedOut = (attempt: number) => ({ ...bad, s: "TIMED_OUT", a: attempt, o: "sweep" });

/** Ten tasks and attempts are planned of twelve; a charge of two of each and its mark. */
const account = {
  run: "r",
  limits: { tasks: 12, attempts: 12 },
  planned: { tasks: 10, attempts: 10, nanoUsd: 100 },
};
const charge = { id: ["child"], tasks: 2, attempts: 2, nanoUsd: 20 };
const [, , , chargeMark] = chargeWrite(account, charge).set;
const markAttribute = chargeMark?.path[0] as string;
const marked = chargeMark !== undefined && "value" in chargeMark ? Number(chargeMark.value) : 0;

const written: WriteCase[] = [
  {
    name: "charge to a budget",
    write: chargeWrite(account, charge),
    applies: [
      ["nothing was charged", undefined, { tasks: 12, attempts: 12, nanoUsd: 120, [markAttribute]: marked }],
      ["it just fits", { tasks: 10, attempts: 10, nanoUsd: 100 }, { tasks: 12, attempts: 12, nanoUsd: 120 }],
      ["another has its place, with a smaller mark", { tasks: 10, attempts: 10, [markAttribute]: marked - 1 }, {}],
      ["another has its place, with a larger mark", { tasks: 10, attempts: 10, [markAttribute]: marked + 1 }, {}],
    ],
    refuses: [
      ["one task too many", { tasks: 11, attempts: 10, nanoUsd: 100 }],
      ["one attempt too many", { tasks: 10, attempts: 11, nanoUsd: 100 }],
      ["it is counted already", { tasks: 10, attempts: 10, nanoUsd: 100, [markAttribute]: marked }],
    ],
  },
  {
    name: "charge to a budget that the plan has used up",
    write: chargeWrite({ ...account, limits: { tasks: 10 } }, charge),
    applies: [
      ["less is used than was planned", { tasks: 8 }, { tasks: 10 }],
      ["another has its place, with a smaller mark", { tasks: 8, [markAttribute]: marked - 1 }, { tasks: 10 }],
      ["another has its place, with a larger mark", { tasks: 8, [markAttribute]: marked + 1 }, { tasks: 10 }],
    ],
    refuses: [
      ["nothing was charged", undefined],
      ["it is used up", { tasks: 10, attempts: 10, nanoUsd: 100 }],
      ["it is counted already", { tasks: 8, [markAttribute]: marked }],
    ],
  },
  {
    name: "claim, first",
    write: claimWrite(1, [{ place: place, seen: absent, lease: leased() }]),
    applies: [
      ["no item", undefined, { g: 1, s1: L }],
      ["an item of this generation without the slot", { g: 1, remaining: 1, s0: good }, { g: 1, remaining: 1, s1: L }],
    ],
    refuses: [
      ["the slot is leased", { g: 1, s1: { ...L, o: "other" } }],
      ["the slot is settled", { g: 1, s1: good }],
      ["the item is of a newer generation", { g: 2, s0: good }],
    ],
  },
  {
    name: "claim of what was sent again",
    write: claimWrite(1, [{ place: place, seen: queued(), lease: leased() }]),
    applies: [["exactly that", { g: 1, s1: Q }, { g: 1, s1: L }]],
    refuses: [
      ["no item", undefined],
      ["claimed meanwhile", { g: 1, s1: L }],
      ["another state with the same numbers", { g: 1, s1: { ...Q, s: "W" } }],
      ["a later dispatch", { g: 1, s1: { ...Q, d: 2 } }],
      ["another attempt", { g: 1, s1: { ...Q, a: 1 } }],
      ["sent again once more", { g: 1, s1: { ...Q, n: 2 } }],
      ["sent again at another time", { g: 1, s1: { ...Q, t: 6000 } }],
      ["the item is of a newer generation", { g: 2, s1: Q }],
    ],
  },
  {
    name: "claim of a retry whose time has come",
    write: claimWrite(1, [{ place: place, seen: waiting(), lease: leased({ dispatch: 2, attempt: 2 }) }]),
    applies: [["exactly that", { g: 1, s1: W }, { g: 1, s1: { ...L, d: 2, a: 2 } }]],
    refuses: [
      ["another state with the same numbers", { g: 1, s1: { ...W, s: "Q" } }],
      ["a later dispatch", { g: 1, s1: { ...W, d: 3 } }],
      ["another attempt", { g: 1, s1: { ...W, a: 2 } }],
      ["put off meanwhile", { g: 1, s1: { ...W, t: 6000 } }],
      ["the item is of a newer generation", { g: 2, s1: W }],
    ],
  },
  {
    name: "take-over of a lease that is over",
    write: claimWrite(1, [{ place: place, seen: leased({ owner: "dead" }), lease: leased({ attempt: 2, lost: 1 }) }]),
    applies: [["exactly that", { g: 1, s1: { ...L, o: "dead" } }, { g: 1, s1: { ...L, a: 2, l: 1 } }]],
    refuses: [
      ["the owner has committed", { g: 1, s1: { ...L, o: "dead", s: "SUCCEEDED" } }],
      ["a later dispatch", { g: 1, s1: { ...L, o: "dead", d: 2 } }],
      ["a later attempt", { g: 1, s1: { ...L, o: "dead", a: 2 } }],
      ["taken over by another", { g: 1, s1: { ...L, o: "third" } }],
      ["the owner has sent a heartbeat", { g: 1, s1: { ...L, o: "dead", u: 40_000 } }],
      ["a copy is beside it", { g: 1, s1: { ...L, o: "dead", ...beside } }],
      ["the item is of a newer generation", { g: 2, s1: { ...L, o: "dead" } }],
    ],
  },
  {
    name: "claim of a pack",
    write: claimWrite(1, [
      { place: first, seen: absent, lease: leased() },
      { place, seen: queued(), lease: leased({ attempt: 1 }) },
    ]),
    applies: [["all as seen", { g: 1, s1: Q }, { g: 1, s0: L, s1: L }]],
    refuses: [
      ["the first is leased", { g: 1, s0: L, s1: Q }],
      ["the second is leased", { g: 1, s1: L }],
      ["the second is settled", { g: 1, s1: good }],
      ["the second was sent again with the same numbers", { g: 1, s1: { ...Q, s: "W" } }],
      ["the second has a later dispatch", { g: 1, s1: { ...Q, d: 2 } }],
      ["the second has another attempt", { g: 1, s1: { ...Q, a: 1 } }],
      ["the second was sent again once more", { g: 1, s1: { ...Q, n: 2 } }],
      ["the second was sent again at another time", { g: 1, s1: { ...Q, t: 6000 } }],
      ["the item is of a newer generation", { g: 2, s1: Q }],
    ],
  },
  {
    name: "heartbeat of a pack",
    write: heartbeatWrite(
      1,
      [
        { place: first, lease: leased() },
        { place, lease: leased(), details: '{"done":3}' },
      ],
      { atMs: 10_000, untilMs: 40_000 },
    ),
    applies: [
      [
        "my leases, each with what it says of itself",
        { g: 1, s0: L, s1: L },
        { s0: { ...L, u: 40_000, k: 10_000 }, s1: { ...L, u: 40_000, k: 10_000, m: '{"done":3}' } },
      ],
    ],
    refuses: [
      ["the first is settled", { g: 1, s0: { ...L, s: "SUCCEEDED" }, s1: L }],
      ["the first is another's", { g: 1, s0: { ...L, o: "other" }, s1: L }],
      ["the first is a later attempt", { g: 1, s0: { ...L, a: 2 }, s1: L }],
      ["the first is extended further already", { g: 1, s0: { ...L, u: 50_000 }, s1: L }],
      ["the second is settled", { g: 1, s0: L, s1: { ...L, s: "SUCCEEDED" } }],
      ["the second is another's", { g: 1, s0: L, s1: { ...L, o: "other" } }],
      ["the second is a later attempt", { g: 1, s0: L, s1: { ...L, a: 2 } }],
      ["the second is extended further already", { g: 1, s0: L, s1: { ...L, u: 50_000 } }],
      ["the item is of a newer generation", { g: 2, s0: L, s1: L }],
    ],
  },
  {
    name: "commit of a pack",
    write: commitWrite(1, join, [
      { place: first, lease: leased(), outcome: succeeded() },
      { place, lease: leased(), outcome: failedSlot },
    ]),
    applies: [["my leases: counts both", { g: 1, s0: L, s1: L }, { g: 1, s0: good, s1: bad, remaining: 0 }]],
    refuses: [
      ["my own commit, repeated", { g: 1, s0: good, s1: bad, remaining: 0 }],
      ["the first is settled by others", { g: 1, s0: { ...L, s: "TIMED_OUT" }, s1: L }],
      ["the first is another's", { g: 1, s0: { ...L, o: "other" }, s1: L }],
      ["the first is a later attempt", { g: 1, s0: { ...L, a: 2 }, s1: L }],
      ["the second is settled by others", { g: 1, s0: L, s1: { ...L, s: "TIMED_OUT" } }],
      ["the second is another's", { g: 1, s0: L, s1: { ...L, o: "other" } }],
      ["the second is a later attempt", { g: 1, s0: L, s1: { ...L, a: 2 } }],
      ["a copy of the one that failed is at work", { g: 1, s0: L, s1: LL }],
      ["the item is of a newer generation", { g: 2, s0: L, s1: L }],
    ],
  },
  {
    name: "heartbeat",
    write: heartbeatWrite(1, [{ place: place, lease: leased() }], { atMs: 10_000, untilMs: 40_000 }),
    applies: [
      ["my lease", { g: 1, s1: L }, { g: 1, s1: { ...L, u: 40_000, k: 10_000 } }],
      [
        "my lease, which keeps what it said before",
        { g: 1, s1: { ...L, m: "1" } },
        { g: 1, s1: { ...L, u: 40_000, k: 10_000, m: "1" } },
      ],
    ],
    refuses: [
      ["no item", undefined],
      ["another's lease", { g: 1, s1: { ...L, o: "other" } }],
      ["a later attempt of mine", { g: 1, s1: { ...L, a: 2 } }],
      ["settled, by me", { g: 1, s1: { ...L, s: "SUCCEEDED" } }],
      ["extended further already", { g: 1, s1: { ...L, u: 50_000 } }],
      ["extended as far already", { g: 1, s1: { ...L, u: 40_000 } }],
      ["the item is of a newer generation", { g: 2, s1: L }],
    ],
  },
  {
    name: "commit in a leaf below a top",
    write: commitWrite(1, join, [{ place: place, lease: leased(), outcome: succeeded() }]),
    applies: [
      ["my lease, the first arrival: counts from the size", { g: 1, s1: L }, { g: 1, s1: good, remaining: 1 }],
      ["my lease, the last arrival", { g: 1, s0: good, s1: L, remaining: 1 }, { s1: good, remaining: 0 }],
      ["an item without generation", { s1: L }, { g: 1, s1: good }],
    ],
    refuses: [
      ["no item", undefined],
      ["my own commit, repeated", { g: 1, s1: good, remaining: 1 }],
      ["another's lease", { g: 1, s1: { ...L, o: "other", a: 1 } }],
      ["a later attempt under my name", { g: 1, s1: { ...L, a: 2 } }],
      ["waiting since the sweeper took it", { g: 1, s1: { ...W, o: "me" } }],
      ["the item is of a newer generation", { g: 2, s1: L }],
    ],
  },
  {
    name: "commit in a leaf that is the top",
    write: commitWrite(1, joinOfSize(2), [
      { place: memberPlace("r", joinOfSize(2), 1), lease: leased(), outcome: succeeded() },
    ]),
    applies: [["my lease: stamps who arrived last", { g: 1, s1: L }, { remaining: 1, lastBy: "me", lastAt: 9000 }]],
    refuses: [["my own commit, repeated", { g: 1, s1: good, remaining: 1 }]],
  },
  {
    name: "commit in an item of its own",
    write: commitWrite(1, undefined, [{ place: own, lease: leased(), outcome: succeeded() }]),
    applies: [["my lease: counts nothing", { g: 1, s0: L }, { g: 1, s0: good }]],
    refuses: [["another's lease", { g: 1, s0: { ...L, o: "other" } }]],
  },
  {
    name: "wait for retry",
    write: waitWrite(1, place, { lease: leased(), waiting: waiting() }),
    applies: [["my lease: nothing arrives", { g: 1, s1: L, remaining: 2 }, { g: 1, s1: W, remaining: 2 }]],
    refuses: [
      ["no item", undefined],
      ["already waiting", { g: 1, s1: { ...W, o: "me" } }],
      ["another's lease", { g: 1, s1: { ...L, o: "other" } }],
      ["a later attempt under my name", { g: 1, s1: { ...L, a: 2 } }],
      ["a copy is at work", { g: 1, s1: LL }],
      ["the item is of a newer generation", { g: 2, s1: L }],
    ],
  },
  {
    name: "settle by others what nobody has started",
    write: settleWrite(1, place, join, absent, timedOut(0)),
    applies: [
      ["no item", undefined, { g: 1, s1: storedTimedOut(0), remaining: 1 }],
      ["a leaf that others have arrived in", { g: 1, s0: good, remaining: 1 }, { s1: storedTimedOut(0), remaining: 0 }],
    ],
    refuses: [
      ["started meanwhile", { g: 1, s1: L }],
      ["settled already", { g: 1, s1: good, remaining: 1 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "settle by others a lease",
    write: settleWrite(1, place, join, leased(), timedOut(1)),
    applies: [["exactly that", { g: 1, s1: L }, { s1: storedTimedOut(1), remaining: 1 }]],
    refuses: [
      ["its owner has committed", { g: 1, s1: { ...L, s: "SUCCEEDED" } }],
      ["a later dispatch", { g: 1, s1: { ...L, d: 2 } }],
      ["a later attempt", { g: 1, s1: { ...L, a: 2 } }],
      ["another owner", { g: 1, s1: { ...L, o: "other" } }],
      ["a heartbeat since", { g: 1, s1: { ...L, u: 31_000 } }],
      ["a copy is beside it", { g: 1, s1: LL }],
      ["the item is of a newer generation", { g: 2, s1: L }],
    ],
  },
  {
    name: "settle by others several slots of a leaf",
    write: settleAllWrite(1, join, [
      { place: first, seen: leased(), outcome: timedOut(1) },
      { place, seen: waiting(), outcome: timedOut(1) },
    ]),
    applies: [
      [
        "all as seen: counts both",
        { g: 1, s0: L, s1: W, remaining: 2 },
        { s0: storedTimedOut(1), s1: storedTimedOut(1), remaining: 0 },
      ],
    ],
    refuses: [
      ["the owner of the first has committed", { g: 1, s0: { ...L, s: "SUCCEEDED" }, s1: W, remaining: 1 }],
      ["the first has a later dispatch", { g: 1, s0: { ...L, d: 2 }, s1: W, remaining: 2 }],
      ["the first is a later attempt", { g: 1, s0: { ...L, a: 2 }, s1: W, remaining: 2 }],
      ["the first has another owner", { g: 1, s0: { ...L, o: "other" }, s1: W, remaining: 2 }],
      ["the first had a heartbeat since", { g: 1, s0: { ...L, u: 31_000 }, s1: W, remaining: 2 }],
      ["the second is another state with the same numbers", { g: 1, s0: L, s1: { ...W, s: "Q" }, remaining: 2 }],
      ["the second has a later dispatch", { g: 1, s0: L, s1: { ...W, d: 3 }, remaining: 2 }],
      ["the second is a later attempt", { g: 1, s0: L, s1: { ...W, a: 2 }, remaining: 2 }],
      ["the second was put off", { g: 1, s0: L, s1: { ...W, t: 6000 }, remaining: 2 }],
      ["settled already, both", { g: 1, s0: storedTimedOut(1), s1: storedTimedOut(1), remaining: 0 }],
      ["the first has a copy beside it", { g: 1, s0: LL, s1: W, remaining: 2 }],
      ["the item is of a newer generation", { g: 2, s0: L, s1: W, remaining: 2 }],
    ],
  },
  {
    name: "sent again, first time",
    write: reissueWrite(1, place, absent, queued()),
    applies: [["no item", undefined, { g: 1, s1: Q }]],
    refuses: [
      ["sent again by another sweep", { g: 1, s1: Q }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "taken from a dead owner",
    write: reissueWrite(1, place, leased(), waiting({ lost: 1 })),
    applies: [["exactly that", { g: 1, s1: L }, { s1: { ...W, l: 1 } }]],
    refuses: [
      ["it has committed", { g: 1, s1: { ...L, s: "SUCCEEDED" } }],
      ["a later dispatch", { g: 1, s1: { ...L, d: 2 } }],
      ["a later attempt", { g: 1, s1: { ...L, a: 2 } }],
      ["another owner", { g: 1, s1: { ...L, o: "other" } }],
      ["alive after all", { g: 1, s1: { ...L, u: 31_000 } }],
      ["a copy is beside it", { g: 1, s1: LL }],
      ["the item is of a newer generation", { g: 2, s1: L }],
    ],
  },
  {
    name: "claim beside",
    write: claimBesideWrite(1, place, { owner: "me", attempt: 1 }, second),
    applies: [
      ["that attempt, alone", { g: 1, s1: L, remaining: 2 }, { g: 1, s1: LL, remaining: 2 }],
      ["its end has moved", { g: 1, s1: { ...L, u: 35_000 } }, { s1: { ...LL, u: 35_000 } }],
    ],
    refuses: [
      ["no item", undefined],
      ["settled meanwhile", { g: 1, s1: { ...L, s: "SUCCEEDED" } }],
      ["another's lease", { g: 1, s1: { ...L, o: "other" } }],
      ["another attempt", { g: 1, s1: { ...L, a: 2 } }],
      ["a copy is beside it", { g: 1, s1: { ...L, ...beside, O: "other" } }],
      ["a copy has failed beside it", { g: 1, s1: { ...LL, O: "", U: 0 } }],
      ["the item is of a newer generation", { g: 2, s1: L }],
    ],
  },
  {
    name: "promote",
    write: promoteWrite(1, place, leased({ second }), copy),
    applies: [["exactly that: nothing arrives", { g: 1, s1: LL, remaining: 2 }, { g: 1, s1: promoted, remaining: 2 }]],
    refuses: [
      ["settled meanwhile", { g: 1, s1: { ...LL, s: "SUCCEEDED" } }],
      ["a later dispatch", { g: 1, s1: { ...LL, d: 2 } }],
      ["another attempt", { g: 1, s1: { ...LL, a: 2 } }],
      ["another owner", { g: 1, s1: { ...LL, o: "other" } }],
      ["the first is alive after all", { g: 1, s1: { ...LL, u: 31_000 } }],
      ["the copy has failed", { g: 1, s1: { ...LL, U: 0 } }],
      ["another copy", { g: 1, s1: { ...LL, A: 3 } }],
      ["the item is of a newer generation", { g: 2, s1: LL }],
    ],
  },
  {
    name: "give way",
    write: giveWayWrite(1, place, ofCopy),
    applies: [["my lease beside another's", { g: 1, s1: LL }, { s1: { ...LL, O: "", U: 0 } }]],
    refuses: [
      ["settled meanwhile", { g: 1, s1: { ...LL, s: "SUCCEEDED" } }],
      ["another's copy", { g: 1, s1: { ...LL, O: "other" } }],
      ["a later copy of mine", { g: 1, s1: { ...LL, A: 3 } }],
      ["it has taken the place of the first", { g: 1, s1: promoted }],
      ["the item is of a newer generation", { g: 2, s1: LL }],
    ],
  },
  {
    name: "give way for a copy that has vanished",
    write: giveWayForWrite(1, place, leased({ second })),
    applies: [["exactly as seen", { g: 1, s1: LL }, { s1: { ...LL, O: "", U: 0 } }]],
    refuses: [
      ["settled meanwhile", { g: 1, s1: { ...LL, s: "SUCCEEDED" } }],
      ["a later dispatch", { g: 1, s1: { ...LL, d: 2 } }],
      ["another attempt", { g: 1, s1: { ...LL, a: 2 } }],
      ["another owner", { g: 1, s1: { ...LL, o: "other" } }],
      ["another copy", { g: 1, s1: { ...LL, A: 3 } }],
      ["it is at work, and has extended its lease", { g: 1, s1: { ...LL, U: Number(LL.U) + 1 } }],
      ["it has taken the place of the first", { g: 1, s1: promoted }],
      ["the first has extended its lease", { g: 1, s1: { ...LL, u: Number(LL.u) + 1 } }],
      ["the item is of a newer generation", { g: 2, s1: LL }],
    ],
  },
  {
    name: "heartbeat of a copy",
    write: heartbeatWrite(1, [{ place, lease: ofCopy, details: "1" }], { atMs: 12_000, untilMs: 42_000 }),
    applies: [["beside the first", { g: 1, s1: LL }, { s1: { ...LL, U: 42_000, K: 12_000, M: "1" } }]],
    refuses: [
      ["settled, by the first", { g: 1, s1: { ...LL, s: "SUCCEEDED" } }],
      ["another's copy", { g: 1, s1: { ...LL, O: "other" } }],
      ["a later copy of mine", { g: 1, s1: { ...LL, A: 3 } }],
      ["extended as far already", { g: 1, s1: { ...LL, U: 42_000 } }],
      ["it has given way", { g: 1, s1: { ...LL, O: "", U: 0 } }],
      ["the item is of a newer generation", { g: 2, s1: LL }],
    ],
  },
  {
    name: "commit of a copy",
    write: commitWrite(1, join, [{ place, lease: ofCopy, outcome: succeeded({ attempt: 2, owner: "copy" }) }]),
    applies: [
      ["beside the first: counts once, and both leases go", { g: 1, s1: LL }, { g: 1, s1: goodCopy, remaining: 1 }],
      ["in the place of the first", { g: 1, s1: promoted }, { g: 1, s1: goodCopy, remaining: 1 }],
    ],
    refuses: [
      ["settled by the first", { g: 1, s1: { ...LL, s: "SUCCEEDED" }, remaining: 1 }],
      ["settled by others, in the place of the first", { g: 1, s1: { ...promoted, s: "TIMED_OUT" }, remaining: 1 }],
      ["another's copy", { g: 1, s1: { ...LL, O: "other" } }],
      ["a later copy of mine", { g: 1, s1: { ...LL, A: 3 } }],
      ["another's lease", { g: 1, s1: { ...promoted, o: "other" } }],
      ["a later attempt of mine", { g: 1, s1: { ...promoted, a: 3 } }],
      ["the item is of a newer generation", { g: 2, s1: LL }],
    ],
  },
  {
    name: "commit of the first, whose copy is at work",
    write: commitWrite(1, join, [{ place, lease: leased(), outcome: succeeded() }]),
    applies: [["counts once, and both leases go", { g: 1, s1: LL }, { g: 1, s1: good, remaining: 1 }]],
    refuses: [["settled by the copy", { g: 1, s1: goodCopy, remaining: 1 }]],
  },
  {
    name: "commit of a time-out",
    write: commitWrite(1, join, [{ place, lease: leased(), outcome: { ...failedSlot, status: "TIMED_OUT" } }]),
    applies: [["alone", { g: 1, s1: L }, { s1: { ...bad, s: "TIMED_OUT" }, remaining: 1 }]],
    refuses: [["its copy is at work", { g: 1, s1: LL }]],
  },
  {
    name: "commit of a failure beside a copy that has failed",
    write: commitWrite(1, join, [
      {
        place,
        lease: leased(),
        seen: leased({ second: { ...second, owner: "", untilMs: 0 } }),
        outcome: { ...failedSlot, attempt: 2 },
      },
    ]),
    applies: [["exactly that", { g: 1, s1: { ...LL, O: "", U: 0 } }, { s1: { ...bad, a: 2 }, remaining: 1 }]],
    refuses: [
      ["settled by others", { g: 1, s1: { ...LL, O: "", U: 0, s: "TIMED_OUT" } }],
      ["a later dispatch", { g: 1, s1: { ...LL, O: "", U: 0, d: 2 } }],
      ["a later attempt", { g: 1, s1: { ...LL, O: "", U: 0, a: 3 } }],
      ["another owner", { g: 1, s1: { ...LL, O: "", U: 0, o: "other" } }],
      ["a heartbeat since", { g: 1, s1: { ...LL, O: "", U: 0, u: 31_000 } }],
      ["another copy", { g: 1, s1: { ...LL, A: 3, O: "", U: 0 } }],
      ["the copy is alive after all", { g: 1, s1: LL }],
      ["the item is of a newer generation", { g: 2, s1: { ...LL, O: "", U: 0 } }],
    ],
  },
  {
    name: "wait for retry beside a copy that is over",
    write: waitWrite(1, place, {
      lease: leased(),
      seen: leased({ second }),
      waiting: waiting({ attempt: 2, lost: 1 }),
    }),
    applies: [["exactly that", { g: 1, s1: LL }, { s1: { ...W, a: 2, l: 1 } }]],
    refuses: [
      ["settled by the copy", { g: 1, s1: { ...LL, s: "SUCCEEDED" } }],
      ["a later dispatch", { g: 1, s1: { ...LL, d: 2 } }],
      ["a later attempt", { g: 1, s1: { ...LL, a: 3 } }],
      ["another owner", { g: 1, s1: { ...LL, o: "other" } }],
      ["a heartbeat since", { g: 1, s1: { ...LL, u: 31_000 } }],
      ["another copy", { g: 1, s1: { ...LL, A: 3 } }],
      ["the copy is alive after all", { g: 1, s1: { ...LL, U: 50_000 } }],
      ["the item is of a newer generation", { g: 2, s1: LL }],
    ],
  },
  {
    name: "hedge",
    write: hedgeWrite(1, "r", join, 9000),
    applies: [["a top that is undecided", { g: 1, m0: 0, remaining: 1 }, { hedgedAt: 9000, m0: 0, remaining: 1 }]],
    refuses: [
      ["done already", { g: 1, hedgedAt: 8000 }],
      ["decided", { g: 1, decision: "error" }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "late outcome",
    write: lateWrite(1, place, 3, "SUCCEEDED"),
    applies: [["settled by others, same attempt", { g: 1, s1: bad }, { s1: { ...bad, x: "SUCCEEDED" } }]],
    refuses: [
      ["no item", undefined],
      ["another attempt", { g: 1, s1: { ...bad, a: 4 } }],
      ["one is recorded already", { g: 1, s1: { ...bad, x: "FAILED" } }],
      ["the item is of a newer generation", { g: 2, s1: bad }],
    ],
  },
  {
    name: "arrive at the top",
    write: arriveWrite(1, "r", join, [{ child: { level: 0, number: 1 }, value: 2 }], author),
    applies: [
      ["no item: the first of two", undefined, { g: 1, m1: 2, remaining: 1, lastBy: "me", lastAt: 9000 }],
      ["the last", { g: 1, m0: 0, remaining: 1, lastBy: "other", lastAt: 1 }, { m1: 2, remaining: 0, lastBy: "me" }],
      ["decided error already: counts all the same", { g: 1, decision: "error" }, { m1: 2, remaining: 1 }],
    ],
    refuses: [
      ["arrived already", { g: 1, m1: 2, remaining: 1 }],
      ["arrived already, without a failure", { g: 1, m1: 0, remaining: 1 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "arrive below the top",
    write: arriveWrite(
      1,
      "r",
      joinOfSize(9, { leafSize: 1, fan: 3 }),
      [{ child: { level: 0, number: 4 }, value: 0 }],
      author,
    ),
    applies: [["no item: no stamp", undefined, { g: 1, m1: 0, remaining: 2 }]],
    refuses: [["arrived already", { g: 1, m1: 0, remaining: 2 }]],
  },
  {
    name: "decide error early",
    write: decideErrorWrite(1, "r", join, { failed: 1 }, author),
    applies: [
      ["no item", undefined, { g: 1, decision: "error", decidedBy: "me", decidedAt: 9000, accepted: { failed: 1 } }],
      ["not full", { g: 1, m0: 1, remaining: 1 }, { decision: "error", remaining: 1 }],
    ],
    refuses: [
      ["decided already", { g: 1, m0: 1, remaining: 1, decision: "error", decidedBy: "other" }],
      ["full: the last arrival was the decision", { g: 1, m0: 0, m1: 1, remaining: 0 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "arrive at the top of a counting join, not full",
    write: arriveWrite(1, "r", counting, [{ child: { level: 0, number: 1 }, value: mark(1, 1) }], author),
    applies: [
      ["no item: not counted", undefined, { g: 1, m1: mark(1, 1), lastBy: "me", lastAt: 9000 }],
      ["others are counted", { g: 1, remaining: 2, m0: mark(2, 0) }, { m0: mark(2, 0), m1: mark(1, 1), remaining: 2 }],
      ["an earlier mark, as many bad", { g: 1, m1: mark(0, 1) }, { m1: mark(1, 1) }],
      ["decided already: known all the same", { g: 1, decision: "callback" }, { m1: mark(1, 1), decision: "callback" }],
    ],
    refuses: [
      ["the same mark", { g: 1, m1: mark(1, 1) }],
      ["a later mark, of a full child", { g: 1, m1: mark(2, 1), remaining: 2 }],
      ["a later mark without a failure", { g: 1, m1: mark(2, 0), remaining: 2 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "arrive at the top of a counting join, full",
    write: arriveWrite(1, "r", counting, [{ child: { level: 0, number: 1 }, value: mark(2, 1) }], author),
    applies: [
      ["no item: counted", undefined, { g: 1, m1: mark(2, 1), remaining: 2 }],
      ["an earlier mark: counted", { g: 1, remaining: 2, m1: mark(1, 1) }, { m1: mark(2, 1), remaining: 1 }],
    ],
    refuses: [
      ["arrived already: counted once", { g: 1, m1: mark(2, 1), remaining: 2 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "arrive below the top of a counting join",
    write: arriveWrite(
      1,
      "r",
      joinOfSize(9, { leafSize: 1, fan: 3, when: "tolerate", count: 1 }),
      [{ child: { level: 0, number: 4 }, value: mark(1, 0) }],
      author,
    ),
    applies: [["no item: counted, and no stamp", undefined, { g: 1, m1: mark(1, 0), remaining: 2 }]],
    refuses: [["arrived already", { g: 1, m1: mark(1, 0), remaining: 2 }]],
  },
  {
    name: "decide error early, one failure too many",
    write: decideErrorWrite(1, "r", joinOfSize(6, { when: "tolerate", count: 1 }), { failed: 2 }, author),
    applies: [
      ["no item", undefined, { g: 1, decision: "error", decidedBy: "me", decidedAt: 9000, accepted: { failed: 2 } }],
      ["not full", { g: 1, m0: mark(3, 2), remaining: 2 }, { decision: "error", remaining: 2 }],
    ],
    refuses: [
      ["decided already", { g: 1, m0: mark(3, 2), remaining: 2, decision: "error", decidedBy: "other" }],
      ["skipped", { g: 1, decision: "skipped" }],
      ["full: the last arrival was the decision", { g: 1, m0: mark(4, 1), m1: mark(2, 1), remaining: 0 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "decide error of a quorum",
    write: decideErrorWrite(1, "r", counting, { failed: 4 }, author),
    applies: [
      ["not full", { g: 1, m0: mark(2, 2), remaining: 2 }, { decision: "error", decidedBy: "me", remaining: 2 }],
      ["full: a quorum is decided by a write alone", { g: 1, remaining: 0 }, { decision: "error", decidedAt: 9000 }],
    ],
    refuses: [
      ["reached before", { g: 1, m0: mark(2, 0), remaining: 1, decision: "callback", decidedBy: "other" }],
      ["decided error already", { g: 1, remaining: 0, decision: "error", decidedBy: "other" }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "decide a quorum",
    write: decideQuorumWrite(1, "r", counting, { v: "[[0,2]]" }, author),
    applies: [
      [
        "not full",
        { g: 1, m0: mark(2, 0), m1: mark(1, 0), remaining: 2 },
        { decision: "callback", decidedBy: "me", decidedAt: 9000, accepted: { v: "[[0,2]]" }, remaining: 2 },
      ],
      ["full", { g: 1, m0: mark(2, 0), remaining: 0 }, { decision: "callback", accepted: { v: "[[0,2]]" } }],
    ],
    refuses: [
      ["reached before, by others", { g: 1, decision: "callback", decidedBy: "other", accepted: { v: "[[1,3]]" } }],
      ["out of reach", { g: 1, remaining: 1, decision: "error", decidedBy: "other" }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "decide skipped",
    write: decideSkippedWrite(1, "r", join, author),
    applies: [
      ["no item", undefined, { g: 1, decision: "skipped", decidedBy: "me", decidedAt: 9000 }],
      ["not full", { g: 1, remaining: 1, m0: 1 }, { decision: "skipped", remaining: 1 }],
    ],
    refuses: [
      ["skipped already", { g: 1, decision: "skipped", decidedBy: "other", decidedAt: 1 }],
      ["decided error", { g: 1, remaining: 1, decision: "error", decidedBy: "other" }],
      ["full: the last arrival was the decision", { g: 1, m0: 0, m1: 0, remaining: 0 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "head: create",
    write: createHeadWrite(headOf({ name: "nightly", callback: "callback" }), 3_000_000_000),
    applies: [
      [
        "no head",
        undefined,
        {
          status: "RUNNING",
          generation: 1,
          documentHash: "document",
          planHash: "plan",
          planPages: 1,
          requestId: "request",
          name: "nightly",
          taskCount: 1,
          callback: "callback",
          errorBranches: false,
          submittedAt: 1000,
          deadlineAt: 100_000_000,
          due: 61_000,
          listAt: 1000,
        },
      ],
      [
        "a tombstone whose 30 days are over",
        { status: "SUCCEEDED", generation: 2, removedAt: 408_000_000, endedAt: 5, ttl: 7 },
        { status: "RUNNING", generation: 1 },
      ],
    ],
    refuses: [
      ["a running run", { status: "RUNNING", generation: 1 }],
      ["an ended run", { status: "SUCCEEDED", generation: 1, endedAt: 5 }],
      ["a tombstone whose 30 days are not over", { status: "SUCCEEDED", generation: 1, removedAt: 408_000_001 }],
    ],
  },
  {
    name: "head: end",
    write: endHeadWrite("r", 1, {
      status: "FAILED",
      atMs: 9000,
      by: "me",
      error: { name: "Error", message: "broken" },
      dueMs: 69_000,
    }),
    applies: [
      [
        "running, same generation",
        { status: "RUNNING", generation: 1, due: 61_000 },
        { status: "FAILED", endedAt: 9000, endedBy: "me", due: 69_000, error: { name: "Error", message: "broken" } },
      ],
    ],
    refuses: [
      ["no head", undefined],
      ["ended already", { status: "SUCCEEDED", generation: 1 }],
      ["a newer generation", { status: "RUNNING", generation: 2 }],
    ],
  },
  {
    name: "decide skipped, by choice",
    write: decideSkippedWrite(1, "r", join, { ...author, skip: { reason: "no", taskId: "r/x" } }),
    applies: [
      ["members are settled, some are missing", { g: 1, remaining: 1 }, { g: 1, remaining: 1, decision: "skipped" }],
      [
        "no item",
        undefined,
        { g: 1, decision: "skipped", decidedBy: "me", decidedAt: 9000, skip: { m: "no", t: "r/x" } },
      ],
    ],
    refuses: [
      ["decided already", { g: 1, decision: "callback" }],
      ["full", { g: 1, remaining: 0 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "decide skipped, after a failure",
    write: decideSkippedWrite(1, "r", join, { ...author, cause: { name: "Error", message: "broken", taskId: "r/x" } }),
    applies: [
      ["members are settled, some are missing", { g: 1, remaining: 1 }, { g: 1, remaining: 1, decision: "skipped" }],
      ["no item", undefined, { g: 1, decision: "skipped", cause: { n: "Error", m: "broken", t: "r/x" } }],
    ],
    refuses: [
      ["decided already", { g: 1, decision: "callback" }],
      ["full", { g: 1, remaining: 0 }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "hold",
    write: holdWrite(1, "r", join),
    applies: [
      ["no item", undefined, { g: 1, held: 1 }],
      ["held already", { g: 1, held: 1 }, { g: 1, held: 1 }],
    ],
    refuses: [
      ["skipped meanwhile", { g: 1, decision: "skipped" }],
      ["the item is of a newer generation", { g: 2 }],
    ],
  },
  {
    name: "head: pause, for the first time",
    write: pauseWrite("r", { generation: 2, by: "q1", atMs: 9000, seenPausedBy: undefined }),
    applies: [
      [
        "running, never paused",
        { status: "RUNNING", generation: 2, due: 61_000 },
        { status: "RUNNING", generation: 2, due: 61_000, pausedAt: 9000, pausedBy: "q1" },
      ],
    ],
    refuses: [
      ["no head", undefined],
      ["another generation", { status: "RUNNING", generation: 3 }],
      ["ended", { status: "REVOKED", generation: 2 }],
      ["paused meanwhile", { status: "RUNNING", generation: 2, pausedAt: 8000 }],
      ["paused and resumed meanwhile", { status: "RUNNING", generation: 2, pausedBy: "q1" }],
    ],
  },
  {
    name: "head: pause, once more",
    write: pauseWrite("r", { generation: 1, by: "q2", atMs: 9000, seenPausedBy: "q1" }),
    applies: [
      [
        "running, paused before by the request seen",
        { status: "RUNNING", generation: 1, pausedBy: "q1" },
        { pausedAt: 9000, pausedBy: "q2" },
      ],
    ],
    refuses: [
      ["another generation", { status: "RUNNING", generation: 2, pausedBy: "q1" }],
      ["ended", { status: "FAILED", generation: 1, pausedBy: "q1" }],
      ["not resumed yet", { status: "RUNNING", generation: 1, pausedAt: 8000, pausedBy: "q1" }],
      ["a late copy, after pause and resume", { status: "RUNNING", generation: 1, pausedBy: "q2" }],
    ],
  },
  {
    name: "head: resume",
    write: resumeWrite("r", { generation: 1, atMs: 9000, seenPausedBy: "q1", dueMs: 69_000 }),
    applies: [
      [
        "paused by the request seen",
        { status: "RUNNING", generation: 1, pausedAt: 8000, pausedBy: "q1", due: 900_000 },
        { status: "RUNNING", generation: 1, pausedBy: "q1", restartedAt: 9000, due: 69_000 },
      ],
      [
        "ended while it was paused: its error callbacks go on",
        { status: "FAILED", generation: 1, pausedAt: 8000, pausedBy: "q1" },
        { status: "FAILED", restartedAt: 9000, due: 69_000 },
      ],
    ],
    refuses: [
      ["no head", undefined],
      ["another generation", { status: "RUNNING", generation: 2, pausedAt: 8000, pausedBy: "q1" }],
      ["resumed already", { status: "RUNNING", generation: 1, pausedBy: "q1" }],
      ["paused once more since it was read", { status: "RUNNING", generation: 1, pausedAt: 8500, pausedBy: "q2" }],
    ],
  },
  {
    name: "head: retry",
    write: raiseWrite("r", {
      generation: 2,
      raisedBy: "q1",
      atMs: 9000,
      deadlineAtMs: 109_000,
      planHash: "other",
      planPages: 3,
      dueMs: 69_000,
    }),
    applies: [
      [
        "ended, the generation before",
        { status: "FAILED", generation: 1, endedAt: 8000, planHash: "plan", planPages: 1, submittedAt: 1000 },
        {
          status: "RUNNING",
          generation: 2,
          raisedBy: "q1",
          raisedAt: 9000,
          restartedAt: 9000,
          deadlineAt: 109_000,
          planHash: "other",
          planPages: 3,
          due: 69_000,
          dueShard: expect.stringMatching(/^due#\d$/),
          submittedAt: 1000,
        },
      ],
    ],
    refuses: [
      ["no head", undefined],
      ["another retry was first, and has ended", { status: "FAILED", generation: 2, endedAt: 8500 }],
      ["still running", { status: "RUNNING", generation: 1 }],
      ["removed", { status: "FAILED", generation: 1, endedAt: 8000, removedAt: 8500 }],
      ["to be removed", { status: "FAILED", generation: 1, endedAt: 8000, removeAt: 8500 }],
    ],
  },
  {
    name: "head: to be removed",
    write: removeAtWrite("r", 2, 9000),
    applies: [
      [
        "ended, the generation seen",
        { status: "FAILED", generation: 2, endedAt: 8000, due: 600_000 },
        { status: "FAILED", generation: 2, endedAt: 8000, removeAt: 9000, due: 9000 },
      ],
    ],
    refuses: [
      ["no head", undefined],
      ["retried meanwhile", { status: "FAILED", generation: 3, endedAt: 8500 }],
      ["still running", { status: "RUNNING", generation: 2 }],
      ["to be removed already", { status: "FAILED", generation: 2, endedAt: 8000, removeAt: 8500 }],
      ["removed", { status: "FAILED", generation: 2, endedAt: 8000, removedAt: 8500 }],
    ],
  },
  {
    name: "head: due, lowered",
    write: lowerDueWrite("r", 30_000),
    applies: [["due later", { due: 30_001 }, { due: 30_000 }]],
    refuses: [
      ["due at that time", { due: 30_000 }],
      ["due earlier", { due: 20_000 }],
      ["no longer due", { status: "SUCCEEDED" }],
      ["no head", undefined],
      ["removed: its second look must not come earlier", { due: 30_001, removedAt: 5 }],
    ],
  },
  {
    name: "head: due, moved from a time that has come",
    write: lowerDueWrite("r", 30_000, 20_000),
    applies: [["as seen", { due: 20_000 }, { due: 30_000 }]],
    refuses: [
      ["due at another time", { due: 20_001 }],
      ["removed", { due: 20_000, removedAt: 5 }],
    ],
  },
  {
    name: "head: due, advanced",
    write: advanceDueWrite("r", { dueMs: 61_000, generation: 1 }, { dueMs: 121_000, settled: 3, intervalMs: 60_000 }),
    applies: [["as seen", { due: 61_000, generation: 1 }, { due: 121_000, sweptSettled: 3, sweptInterval: 60_000 }]],
    refuses: [
      ["another sweep was first", { due: 121_000, generation: 1 }],
      ["a timer has lowered it", { due: 30_000, generation: 1 }],
      ["a newer generation", { due: 61_000, generation: 2 }],
    ],
  },
  {
    name: "head: tombstone",
    write: tombstoneWrite(headOf({ status: "FAILED" }), 5_000_500, 86_400_000),
    applies: [
      [
        "the head that was read",
        { status: "FAILED", generation: 1, error: { name: "Error", message: "broken" } },
        { status: "FAILED", removedAt: 5_000_500, ttl: 2_597_001, due: 86_400_000 },
      ],
    ],
    refuses: [
      ["removed already", { status: "FAILED", generation: 1, removedAt: 4_000_000 }],
      ["retried meanwhile", { status: "FAILED", generation: 2 }],
      ["another status", { status: "RUNNING", generation: 1 }],
    ],
  },
  {
    name: "head: forgotten by the sweeper",
    write: forgetDueWrite("r", 86_400_000),
    applies: [["as seen", { due: 86_400_000, dueShard: "due#0", removedAt: 5 }, { removedAt: 5 }]],
    refuses: [["due at another time", { due: 1, dueShard: "due#0" }]],
  },
];

/** An item of no generation yet, and one of this generation, are open to every guarded write. */
const cases = written.map((one): WriteCase => {
  if (one.write.set[0]?.path[0] !== "g") return one;
  const [, before, after] = one.applies[0] as WriteCase["applies"][number];
  const { g, ...rest } = before ?? { g: undefined };
  const other: WriteCase["applies"][number] =
    g === undefined
      ? ["an empty item of this generation", { g: 1 }, after]
      : ["an item of no generation yet", rest, after];
  return { ...one, applies: [...one.applies, other] };
});

/** The item lies in the index of due heads when it has both. */
const indexed = (image: object) => ("due" in image && !("dueShard" in image) ? { dueShard: "due#0", ...image } : image);

for (const { name, write, applies, refuses } of cases) {
  describe(name, () => {
    it.each(applies)("applies to: %s", async (_, before, after) => {
      const result = await perform(write, before && (indexed(before) as typeof before));
      expect(result.applied).toBe(true);
      expect(result.stored).toMatchObject(after);
      expect(result.image).toEqual(result.stored);
    });

    it.each(refuses)("is refused by: %s", async (_, before) => {
      const item = before && (indexed(before) as typeof before);
      expect(await perform(write, item)).toEqual({ applied: false, image: item, stored: item });
    });
  });
}

describe("every part of every condition is needed", () => {
  const mutants = cases
    .filter(({ refuses }) => refuses.length > 1)
    .flatMap((one) => weakened(one.write).map((mutant) => ({ one, ...mutant })));

  it.each(mutants.map((mutant) => [mutant.one.name, mutant.part, mutant] as const))(
    "%s, without %s",
    async (_name, _part, { one, write }) => {
      expect(await isNoticed(one, write)).toBe(true);
    },
  );
});

describe("guard G", () => {
  const guard = {
    is: "any",
    of: [
      { is: "absent", path: ["g"] },
      { is: "equal", path: ["g"], value: 3 },
    ],
  };
  const writes = {
    claim: claimWrite(3, [{ place: place, seen: absent, lease: leased() }]),
    heartbeat: heartbeatWrite(3, [{ place: place, lease: leased() }], { atMs: 10_000, untilMs: 40_000 }),
    commit: commitWrite(3, join, [{ place: place, lease: leased(), outcome: succeeded() }]),
    wait: waitWrite(3, place, { lease: leased(), waiting: waiting() }),
    settle: settleWrite(3, place, join, absent, failedSlot),
    "settle all": settleAllWrite(3, join, [{ place, seen: absent, outcome: failedSlot }]),
    reissue: reissueWrite(3, place, absent, queued()),
    "claim beside": claimBesideWrite(3, place, leased(), second),
    promote: promoteWrite(3, place, leased({ second }), copy),
    "give way": giveWayWrite(3, place, ofCopy),
    "give way for another": giveWayForWrite(3, place, leased({ second })),
    hedge: hedgeWrite(3, "r", join, 9000),
    late: lateWrite(3, place, 1, "SUCCEEDED"),
    arrive: arriveWrite(3, "r", join, [{ child: { level: 0, number: 0 }, value: 0 }], author),
    decide: decideErrorWrite(3, "r", join, {}, author),
    "decide of a quorum": decideQuorumWrite(3, "r", counting, {}, author),
    "decide skipped": decideSkippedWrite(3, "r", join, author),
    hold: holdWrite(3, "r", join),
  };

  it.each(Object.entries(writes))("S20: %s sets its generation, and names it in its condition", (_, write) => {
    expect(write.set[0]).toEqual({ path: ["g"], value: 3 });
    expect(write.condition).toMatchObject({ is: "all", of: [guard, {}] });
  });
});

describe("a write as data", () => {
  it("commit: outcome, count and condition in one", () => {
    expect(commitWrite(1, join, [{ place: place, lease: leased(), outcome: succeeded() }])).toEqual({
      key: { pk: "r", sk: "tally#.#0#1" },
      set: [
        { path: ["g"], value: 1 },
        { path: ["s1"], value: good },
        { path: ["remaining"], minus: 1, initial: 2 },
      ],
      condition: {
        is: "all",
        of: [
          {
            is: "any",
            of: [
              { is: "absent", path: ["g"] },
              { is: "equal", path: ["g"], value: 1 },
            ],
          },
          {
            is: "all",
            of: [
              { is: "equal", path: ["s1", "s"], value: "L" },
              { is: "equal", path: ["s1", "o"], value: "me" },
              { is: "equal", path: ["s1", "a"], value: 1 },
            ],
          },
        ],
      },
    });
  });

  it("settles a slot that has an item of its own, and counts nothing down", async () => {
    const write = settleWrite(1, own, join, absent, succeeded());
    expect((await perform(write, undefined)).stored).toEqual({ g: 1, s0: good });
  });

  it("stamps the last arrival on the top alone: on a leaf only where it is the top", async () => {
    const stamped = async (size: number, index: number) => {
      const one = joinOfSize(size);
      const write = settleWrite(1, memberPlace("r", one, index), one, absent, succeeded());
      const { stored } = await perform(write, undefined);
      return [stored?.lastBy, stored?.lastAt];
    };
    expect(await stamped(6, 0)).toEqual([undefined, undefined]);
    expect(await stamped(6, 5)).toEqual([undefined, undefined]);
    expect(await stamped(4, 3)).toEqual(["me", 9000]);
    const above = joinOfSize(20, { leafSize: 2, fan: 2 });
    const arrived = async (level: number) =>
      (await perform(arriveWrite(1, "r", above, [{ child: { level, number: 0 }, value: 0 }], author), undefined))
        .stored;
    expect(await arrived(0)).not.toHaveProperty("lastBy");
    expect(await arrived(3)).toMatchObject({ lastBy: "me", lastAt: 9000 });
  });

  it("an arrival of what is not full leaves its mark, and counts nothing down", async () => {
    const write = arriveWrite(1, "r", counting, [{ child: { level: 0, number: 1 }, value: mark(1, 0) }], author);
    expect((await perform(write, undefined)).stored).toEqual({ g: 1, m1: mark(1, 0), lastBy: "me", lastAt: 9000 });
  });

  it("needs something to say", () => {
    expect(() => claimWrite(1, [])).toThrow("a write needs a slot");
    expect(() => settleAllWrite(1, join, [])).toThrow("a write needs a slot");
    expect(() => arriveWrite(1, "r", join, [], author)).toThrow("a write needs an arrival");
  });

  it("create of a head clears what a tombstone had", () => {
    const left = [
      "removedAt",
      "removeAt",
      "ttl",
      "endedAt",
      "endedBy",
      "error",
      "pausedAt",
      "pausedBy",
      "restartedAt",
      "raisedAt",
      "raisedBy",
      "sweptSettled",
      "sweptInterval",
    ];
    expect(createHeadWrite(headOf(), 0).remove).toEqual(["name", "callback", "maps", "parent", "budget", ...left]);
    const parent = { run: "p", submittedAtMs: 0, node: "m", generation: 1, key: own.key, attribute: "s0" };
    const full = headOf({ name: "n", callback: "c", maps: true, parent, budget: { kind: "of", run: "p" } });
    expect(createHeadWrite(full, 0).remove).toEqual(left);
  });

  it("raises a child for a generation of its parent, and nobody else", () => {
    const next = { generation: 2, raisedBy: "q", atMs: 0, deadlineAtMs: 1, planHash: "p", planPages: 1, dueMs: 1 };
    expect(raiseWrite("r", next).set.map(({ path }) => path.join("."))).not.toContain("parent.g");
    expect(raiseWrite("r", { ...next, parentGeneration: 3 }).set).toContainEqual({ path: ["parent", "g"], value: 3 });
  });

  it("resume leaves who has paused it, so that a late copy of the pause is known", () => {
    const write = resumeWrite("r", { generation: 1, atMs: 9000, seenPausedBy: "q1", dueMs: 69_000 });
    expect(write.remove).toEqual(["pausedAt"]);
  });

  it("retry clears how the generation before has ended, its pause, and what sweeps have seen of it", () => {
    const next = { generation: 2, raisedBy: "q", atMs: 1, deadlineAtMs: 2, planHash: "p", planPages: 1, dueMs: 3 };
    expect(raiseWrite("r", next).remove).toEqual([
      "endedAt",
      "endedBy",
      "error",
      "pausedAt",
      "sweptSettled",
      "sweptInterval",
    ]);
  });

  it("tombstone leaves the listing, and no other write of a head sets a TTL (S18)", () => {
    expect(tombstoneWrite(headOf(), 0, 0).remove).toEqual(["listShard", "error"]);
    const others = cases.filter(({ name }) => name !== "head: tombstone").flatMap(({ write }) => write.set);
    expect(others.filter(({ path }) => path[0] === "ttl")).toEqual([]);
  });
});

describe("generationOf", () => {
  it.each([
    ["no item", undefined, undefined],
    ["an item without one", { s0: L }, undefined],
    ["an item with one", { g: 4 }, 4],
    ["an item with what is none", { g: "4" }, undefined],
  ])("%s", (_, image, generation) => {
    expect(generationOf(image)).toBe(generation);
  });
});
