/**
 * docs/protocol.md#second-copies: when copies are asked for, of what, and what a failure beside one means.
 */
import { describe, expect, it } from "vitest";
import type { PlanNode } from "../../../lib/plan/types.ts";
import { slotFaults } from "../../../lib/protocol/audit/slot-shape.ts";
import { failedRow, hedgeAfter, mayCopy, owesHedge } from "../../../lib/protocol/hedge.ts";
import { encodeSlot, endlessMs, type LeasedSlot, type Slot } from "../../../lib/protocol/slot.ts";
import { whereaboutsOf } from "../../../lib/protocol/whereabouts.ts";
import { absent, failedSlot, headOf, joinOfSize, leased, planOf, queued, succeeded, waiting } from "./support.ts";

const good = encodeSlot(succeeded());
const bad = encodeSlot(failedSlot);
const running = encodeSlot(leased());
/** A mark of a hedged join: both counts in one number. */
const mark = (settled: number, failed: number) => settled * 1_048_576 + failed;

describe("hedgeAfter", () => {
  it.each([
    [1000, 95, 950],
    [10, 95, undefined],
    [10, 90, 9],
    [11, 90, 10],
    [2, 50, 1],
    [1, 50, undefined],
    [0, 50, undefined],
    [100_000, 99, 99_000],
    [1000, undefined, undefined],
  ])("of %d members, %s %%: %s", (size, hedgePercentile, after) => {
    const hedge = hedgePercentile === undefined ? {} : { hedgePercentile };
    expect(hedgeAfter(joinOfSize(size, hedge))).toBe(after);
  });
});

describe("owesHedge", () => {
  const one = joinOfSize(4, { hedgePercentile: 50 });
  const two = joinOfSize(8, { hedgePercentile: 75 });

  it.each([
    ["a leaf, half of it has ended", one, { g: 1, remaining: 2, s0: good, s1: good, s2: running, s3: running }, true],
    ["a leaf, one has ended", one, { g: 1, remaining: 3, s0: good, s1: running }, false],
    ["a leaf, all have ended", one, { g: 1, remaining: 0, s0: good, s1: good, s2: good, s3: good }, false],
    ["nothing yet", one, undefined, false],
    ["done already", one, { g: 1, remaining: 2, hedgedAt: 5, s0: good, s1: good }, false],
    ["one has failed, and the join with it", one, { g: 1, remaining: 2, s0: good, s1: bad }, false],
    ["decided", one, { g: 1, remaining: 2, decision: "error", s0: good, s1: good }, false],
    ["by its marks", two, { g: 1, remaining: 2, m0: mark(3, 0), m1: mark(3, 0) }, true],
    ["by its marks, not yet", two, { g: 1, remaining: 2, m0: mark(3, 0), m1: mark(2, 0) }, false],
    ["not hedged", joinOfSize(4), { g: 1, remaining: 1, s0: good, s1: good, s2: good }, false],
  ])("%s: %#", (_, join, top, owes) => {
    expect(owesHedge(join, top)).toBe(owes);
  });

  it("counts failures where all members are waited for, and asks for nothing where a count decides", () => {
    const top = { g: 1, remaining: 2, s0: good, s1: bad };
    expect(owesHedge({ ...one, when: "all-settled" }, top)).toBe(true);
    expect(owesHedge({ ...one, when: "tolerate", count: 1 }, top)).toBe(true);
    expect(owesHedge({ ...one, when: "tolerate", count: 0 }, top)).toBe(false);
    expect(owesHedge({ ...one, when: "quorum", count: 1 }, top)).toBe(false);
    expect(owesHedge({ ...one, when: "quorum", count: 3 }, top)).toBe(true);
  });
});

describe("mayCopy", () => {
  const [task] = Object.values(planOf({ group: [{ task: "a" }] }).nodes);
  if (task === undefined) throw new Error("no task");
  const second = { attempt: 2, owner: "copy", carrier: "token", untilMs: 40_000, startedAtMs: 10_000 };
  const now = { nowMs: 20_000, skewMs: 2000 };
  const retry = { ...task.retry, maxAttempts: 3, maxLost: 3 };

  it.each<[name: string, slot: Slot, may: boolean]>([
    ["at work", leased(), true],
    ["at work again, one attempt left", leased({ attempt: 2 }), true],
    ["at its last attempt", leased({ attempt: 3 }), false],
    ["its worker was lost before: that was no failure", leased({ attempt: 3, lost: 1 }), true],
    ["one more lost worker would end it", leased({ attempt: 3, lost: 2 }), false],
    ["has a copy", leased({ second }), false],
    ["has one that has failed", leased({ second: { ...second, owner: "", untilMs: 0 } }), false],
    ["its lease is over", leased({ untilMs: 17_999 }), false],
    ["with a program elsewhere", leased({ owner: "outside" }), false],
    ["a run of its own", leased({ untilMs: endlessMs }), false],
    ["nobody has begun it", absent, false],
    ["sent again", queued(), false],
    ["waits for a retry", waiting(), false],
    ["settled", succeeded(), false],
  ])("%s: %#", (_, slot, may) => {
    expect(mayCopy(slot, { ...task, retry }, now)).toBe(may);
  });

  it.each([
    ["may run once only", { retry: { ...retry, maxAttempts: 1 } }],
    ["may lose no worker", { retry: { ...retry, maxLost: 1 } }],
    ["runs elsewhere", { outside: true as const }],
    ["a sleep", { sleep: true as const }],
    ["a map", { map: { map: { each: { task: "a" } } } }],
  ])("never a task that is: %s", (_, more) => {
    expect(mayCopy(leased(), { ...task, retry, ...more }, now)).toBe(false);
  });
});

describe("whereaboutsOf", () => {
  const [node] = Object.values(planOf({ group: [{ task: "a" }] }).nodes);
  const second = { attempt: 2, owner: "copy", carrier: "token", untilMs: 40_000, startedAtMs: 10_000 };
  const whyOf = (slot: LeasedSlot) =>
    whereaboutsOf(
      { head: headOf(), node: node as PlanNode, slot, sinceMs: 0, finding: undefined, nowMs: 20_000 },
      {} as never,
    ).why;

  it("names a second copy", () => {
    const runs =
      "attempt 1 runs since 1970-01-01T00:00:00.000Z, leased by me until 1970-01-01T00:00:30.000Z; its limit is 300 s";
    expect(whyOf(leased())).toBe(runs);
    expect(whyOf(leased({ second }))).toBe(
      `${runs}; a second copy, attempt 2, runs since 1970-01-01T00:00:10.000Z, leased until 1970-01-01T00:00:40.000Z`,
    );
    expect(whyOf(leased({ second: { ...second, owner: "", untilMs: 0 } }))).toBe(
      `${runs}; its second copy, attempt 2, has failed`,
    );
  });
});

describe("the audit", () => {
  const slot = { a: 1, s: "L", d: 1, o: "me", c: "token", u: 30_000, b: 0 };
  const copy = { A: 2, O: "copy", C: "token 2", U: 40_000, B: 10_000 };

  it.each([
    ["none", {}, []],
    ["a live one", copy, []],
    ["one that has failed", { ...copy, O: "", U: 0 }, []],
    ["half of one", { A: 2 }, [["S23", "the second lease of it lacks O, C, U, B"]]],
    [
      "of the same attempt",
      { ...copy, A: 1 },
      [["S4", "the second lease of it is attempt 1, and the first is attempt 1"]],
    ],
    ["of nobody, live", { ...copy, O: "" }, [["S4", "the second lease of it has no owner, and goes on"]]],
  ])("looks at a second lease: %s", (_, second, faults) => {
    expect(slotFaults("it", { ...slot, ...second })).toEqual(faults);
  });
});

describe("failedRow", () => {
  const second = { attempt: 2, owner: "copy", carrier: "token", untilMs: 40_000, startedAtMs: 10_000 };
  const both = leased({ second });
  const first = { owner: "me", attempt: 1 };
  const copy = { owner: "copy", attempt: 2 };
  const gaveWay = leased({ second: { ...second, owner: "", untilMs: 0 } });

  it.each<[name: string, slot: Slot, lease: { owner: string; attempt: number }, nowMs: number, row: object]>([
    ["the first, alone", leased({ lost: 1 }), first, 20_000, { kind: "last", counts: { attempt: 1, lost: 1 } }],
    ["the first, its copy at work", both, first, 20_000, { kind: "promote", seen: both }],
    ["the first, its copy within ε", both, first, 42_000, { kind: "promote", seen: both }],
    ["the first, its copy lost", both, first, 42_001, { kind: "last", counts: { attempt: 2, lost: 1 }, seen: both }],
    [
      "the first, its copy failed",
      gaveWay,
      first,
      20_000,
      { kind: "last", counts: { attempt: 2, lost: 0 }, seen: gaveWay },
    ],
    ["the copy, the first at work", both, copy, 20_000, { kind: "give-way" }],
    ["the copy, the first lost: who takes its place finds that", both, copy, 35_000, { kind: "give-way" }],
    [
      "the copy, in the place of the first",
      leased({ ...second }),
      copy,
      20_000,
      { kind: "last", counts: { attempt: 2, lost: 0 } },
    ],
    ["settled", succeeded(), first, 20_000, { kind: "gone" }],
    ["waiting", waiting(), first, 20_000, { kind: "gone" }],
    ["another attempt", leased({ attempt: 3 }), first, 20_000, { kind: "gone" }],
    ["another owner", leased({ owner: "other" }), first, 20_000, { kind: "gone" }],
    ["the copy, which is another's", both, { owner: "other", attempt: 2 }, 20_000, { kind: "gone" }],
    ["the copy, which is another attempt", both, { owner: "copy", attempt: 3 }, 20_000, { kind: "gone" }],
  ])("%s", (_, slot, lease, nowMs, row) => {
    expect(failedRow(slot, lease, { nowMs, skewMs: 2000 })).toEqual(row);
  });
});
