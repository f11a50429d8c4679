/**
 * That the reference refuses what no model does: each wrong trace is a right one with one step changed.
 */
import { expect, it } from "vitest";
import type { Image } from "../../lib/ports/index.ts";
import { encodeSlot, type LeasedSlot, type SettledSlot, type Slot } from "../../lib/protocol/slot.ts";
import { createTrace, type Step } from "./reference-step.ts";

const lease: LeasedSlot = {
  state: "leased",
  dispatch: 1,
  attempt: 1,
  lost: 0,
  owner: "one",
  carrier: "message",
  untilMs: 1000,
  startedAtMs: 0,
};
const success: SettledSlot = {
  state: "settled",
  status: "SUCCEEDED",
  attempt: 1,
  lost: 0,
  owner: "one",
  settledAtMs: 10,
  value: { kind: "inline", text: "1" },
};

type Writes = readonly [site: string, sk: string, after: Image, nowMs?: number][];

const slot = (of: Exclude<Slot, { state: "absent" }>) => encodeSlot(of);
const head = (more: Image = {}): Image => ({ generation: 1, status: "RUNNING", ...more });
const leaf = "tally#.#0#0";

/** A chord of two: both claimed and committed, then the end. */
const right: Writes = [
  ["head.create", "head", head()],
  ["slot.claim", leaf, { g: 1, s0: slot(lease) }],
  ["slot.commit", leaf, { g: 1, s0: slot(success), remaining: 1 }],
  ["slot.claim", leaf, { g: 1, s0: slot(success), s1: slot(lease), remaining: 1 }],
  ["slot.commit", leaf, { g: 1, s0: slot(success), s1: slot(success), remaining: 0 }],
  ["head.end", "head", head({ status: "SUCCEEDED", endedAt: 1 })],
];

/** What is refused of these writes: the first of them makes its item, and each next one changes what is there. */
function refused(writes: Writes): string[] {
  const trace = createTrace();
  const items = new Map<string, Image>();
  return writes.flatMap(([site, sk, after, nowMs = 5]) => {
    const before = items.get(sk);
    items.set(sk, after);
    const write: Step = { site, key: { pk: "run-1", sk }, before, after, nowMs };
    return trace.note(write);
  });
}

const changed = (at: number, ...instead: Writes): Writes => [...right.slice(0, at), ...instead];

it("accepts what the models do", () => {
  expect(refused(right)).toEqual([]);
  const again: Writes = [
    ...right.slice(0, 3),
    ["head.end", "head", head({ status: "FAILED", endedAt: 1 })],
    ["head.raise", "head", head({ generation: 2 })],
    ["item.reopen", leaf, { g: 2, s0: slot(success), remaining: 1 }],
    ["slot.claim", leaf, { g: 2, s0: slot(success), s1: slot(lease), remaining: 1 }],
  ];
  expect(refused(again)).toEqual([]);
});

/** A copy of the attempt of `one`. */
const second = { attempt: 2, owner: "copy", carrier: "copy message", untilMs: 2000, startedAtMs: 5 };
const both: LeasedSlot = { ...lease, second };
const promoted: LeasedSlot = { ...lease, ...second };
const ofCopy: SettledSlot = { ...success, attempt: 2, owner: "copy" };
const hedged = (...rest: Writes): Writes => changed(2, ["slot.claim-beside", leaf, { g: 1, s0: slot(both) }], ...rest);

it.each<[string, Writes]>([
  ["the copy is first", hedged(["slot.commit", leaf, { g: 1, s0: slot(ofCopy), remaining: 1 }])],
  ["the first is first", hedged(["slot.commit", leaf, { g: 1, s0: slot(success), remaining: 1 }])],
  ["the first fails", hedged(["slot.promote", leaf, { g: 1, s0: slot(promoted) }])],
  ["the first is lost", hedged(["slot.promote", leaf, { g: 1, s0: slot({ ...promoted, lost: 1 }) }, 1500])],
  [
    "the lease of the copy runs out before the write",
    hedged(["slot.promote", leaf, { g: 1, s0: slot({ ...promoted, lost: 1 }) }, 60_000]),
  ],
  [
    "the copy fails",
    hedged(["slot.give-way", leaf, { g: 1, s0: slot({ ...lease, second: { ...second, owner: "", untilMs: 0 } }) }]),
  ],
])("accepts a second copy: %s", (_, writes) => {
  expect(refused(writes)).toEqual([]);
});

const waits = { state: "waiting", dispatch: 2, attempt: 2, lost: 0, atMs: 5, timer: false } as const;

it.each<[string, Writes, RegExp]>([
  [
    "a third copy",
    hedged(["slot.claim-beside", leaf, { g: 1, s0: slot({ ...lease, second: { ...second, attempt: 3 } }) }]),
    /no second lease is due/,
  ],
  [
    "a copy of the same attempt",
    changed(2, ["slot.claim-beside", leaf, { g: 1, s0: slot({ ...lease, second: { ...second, attempt: 1 } }) }]),
    /no second lease is due/,
  ],
  [
    "a promotion that counts a live first as lost",
    hedged(["slot.promote", leaf, { g: 1, s0: slot({ ...promoted, lost: 1 }) }]),
    /the first is at work/,
  ],
  ["a promotion of nobody", changed(2, ["slot.promote", leaf, { g: 1, s0: slot(promoted) }]), /no copy is at work/],
  ["a failure beside a copy", hedged(["slot.wait", leaf, { g: 1, s0: slot(waits) }]), /its copy is at work/],
  [
    "a take-over of a copy",
    hedged(["slot.claim", leaf, { g: 1, s0: slot({ ...lease, attempt: 3, lost: 1, owner: "two" }) }, 1500]),
    /its copy is at work/,
  ],
  [
    "the attempt of a copy once more",
    hedged(["slot.claim", leaf, { g: 1, s0: slot({ ...lease, attempt: 2, lost: 1, owner: "two" }) }, 2500]),
    /attempt 2 once more/,
  ],
  [
    "a commit of neither",
    hedged(["slot.commit", leaf, { g: 1, s0: slot({ ...ofCopy, owner: "two" }), remaining: 1 }]),
    /holds no lease/,
  ],
])("refuses %s", (_, writes, why) => {
  expect(refused(writes)).toEqual([expect.stringMatching(why)]);
});

const decided = (decision: string): Image => ({ g: 1, m0: 1, remaining: 1, decision, decidedBy: "one" });
const top = "tally#.#1#0";

it.each<[string, Writes, RegExp]>([
  [
    "a decision twice",
    [
      ["join.decide", top, decided("error")],
      ["join.skip", top, decided("skipped")],
    ],
    /decided error, then skipped/,
  ],
  [
    "a decision that is none of its site",
    [["tally.arrive", top, decided("callback")]],
    /decided callback where nothing may be decided/,
  ],
  [
    "a decision before the count is full",
    changed(
      2,
      ["slot.commit", leaf, { g: 1, s0: slot(success), remaining: 1 }],
      ["slot.commit", leaf, { g: 1, s0: slot(success), remaining: 0 }],
    ),
    /2 are counted, 1 have come/,
  ],
  [
    "an arrival that counts twice",
    [
      ["tally.arrive", top, { g: 1, m0: 1, remaining: 2 }],
      ["tally.arrive", top, { g: 1, m0: 1, remaining: 1 }],
    ],
    /2 are counted, 1 have come/,
  ],
  [
    "an outcome without a claim",
    changed(1, ["slot.commit", leaf, { g: 1, s0: slot(success), remaining: 1 }]),
    /from absent to settled/,
  ],
  [
    "a commit after the lease was lost",
    changed(
      2,
      ["slot.claim", leaf, { g: 1, s0: slot({ ...lease, owner: "two", attempt: 2, untilMs: 9000 }) }, 2000],
      ["slot.commit", leaf, { g: 1, s0: slot(success), remaining: 1 }, 2001],
    ),
    /attempt 1 holds no lease, attempt 2 does/,
  ],
  [
    "a lease that is taken while it lives",
    changed(2, ["slot.claim", leaf, { g: 1, s0: slot({ ...lease, owner: "two", attempt: 2 }) }, 999]),
    /its lease is live/,
  ],
  [
    "an outcome that changes",
    changed(3, ["slot.end", leaf, { g: 1, s0: slot({ ...success, status: "REVOKED" }), remaining: 1 }]),
    /from settled to settled/,
  ],
  [
    "a generation that goes back",
    changed(3, ["item.reopen", leaf, { g: 0, s0: slot(success), remaining: 1 }]),
    /back from generation 1 to 0/,
  ],
  [
    "a generation ahead of its run",
    changed(1, ["slot.claim", leaf, { g: 2, s0: slot(lease) }]),
    /of a run that is at 1/,
  ],
  ["an end twice", [...right, ["head.end", "head", head({ status: "FAILED", endedAt: 1 })]], /ended as SUCCEEDED/],
  [
    "a retry of a run that is being removed",
    [
      ...right,
      ["head.remove", "head", head({ status: "SUCCEEDED", endedAt: 1, removeAt: 2 })],
      ["head.raise", "head", head({ generation: 2, removeAt: 2 })],
    ],
    /is being removed/,
  ],
])("refuses %s", (_, writes, why) => {
  expect(refused(writes)).toEqual([expect.stringMatching(why)]);
});
