import { describe, expect, it } from "vitest";
import type { Image } from "../../../lib/ports/store.ts";
import { type Decision, decisionOf, firedOf } from "../../../lib/protocol/decision.ts";
import { joinOfSize } from "./support.ts";

const good = { s: "SUCCEEDED", a: 1, o: "me", f: 9000, b: 0, v: "7" };
const bad = { s: "FAILED", a: 3, o: "me", f: 9000, e: { n: "Error", m: "broken" } };
type Row = [
  when: "all-succeeded" | "all-settled",
  name: string,
  top: Image | undefined,
  decision: Decision | undefined,
];

describe("decisionOf a join whose top is a leaf", () => {
  const rows: Row[] = [
    ["all-succeeded", "no item", undefined, undefined],
    ["all-succeeded", "an arrival is missing", { remaining: 1, s0: good }, undefined],
    ["all-succeeded", "a failure, an arrival missing, nothing written", { remaining: 1, s0: bad }, undefined],
    ["all-succeeded", "error written before it is full", { remaining: 1, s0: bad, decision: "error" }, "error"],
    ["all-succeeded", "full, no failure", { remaining: 0, s0: good, s1: good }, "callback"],
    ["all-succeeded", "full, a failure", { remaining: 0, s0: good, s1: bad }, "error"],
    ["all-succeeded", "full of failures", { remaining: 0, s0: bad, s1: bad }, "error"],
    ["all-succeeded", "error written, then full", { remaining: 0, s0: good, s1: bad, decision: "error" }, "error"],
    ["all-settled", "no item", undefined, undefined],
    ["all-settled", "an arrival is missing", { remaining: 1, s0: bad }, undefined],
    ["all-settled", "full, no failure", { remaining: 0, s0: good, s1: good }, "callback"],
    ["all-settled", "full, a failure", { remaining: 0, s0: good, s1: bad }, "callback"],
    ["all-settled", "full of failures", { remaining: 0, s0: bad, s1: bad }, "callback"],
    ["all-settled", "error written all the same", { remaining: 1, decision: "error" }, "error"],
  ];

  it.each(rows)("S4: %s, %s", (when, _, top, decision) => {
    expect(decisionOf(joinOfSize(2, { when }), top)).toBe(decision);
  });
});

describe("decisionOf a join with a top above its leaves", () => {
  const rows: Row[] = [
    ["all-succeeded", "no item", undefined, undefined],
    ["all-succeeded", "a leaf is missing", { remaining: 1, m0: 0 }, undefined],
    ["all-succeeded", "a leaf with failures has arrived, another is missing", { remaining: 1, m0: 2 }, undefined],
    ["all-succeeded", "full, no failure below", { remaining: 0, m0: 0, m1: 0 }, "callback"],
    ["all-succeeded", "full, a failure below", { remaining: 0, m0: 0, m1: 1 }, "error"],
    ["all-settled", "full, failures below", { remaining: 0, m0: 3, m1: 1 }, "callback"],
  ];

  it.each(rows)("S4: %s, %s", (when, _, top, decision) => {
    expect(decisionOf(joinOfSize(8, { when }), top)).toBe(decision);
  });
});

it("L5: a join without members is decided callback", () => {
  expect(decisionOf(joinOfSize(0), undefined)).toBe("callback");
});

describe("firedOf", () => {
  it.each([
    ["no item: nobody", joinOfSize(2), undefined, undefined],
    ["undecided: nobody", joinOfSize(2), { remaining: 1, lastBy: "one", lastAt: 5 }, undefined],
    ["full: the last arrival", joinOfSize(2), { remaining: 0, lastBy: "one", lastAt: 5 }, { by: "one", atMs: 5 }],
    [
      "decided before it was full: who wrote it",
      joinOfSize(2),
      { remaining: 0, lastBy: "one", lastAt: 5, decision: "error", decidedBy: "two", decidedAt: 3 },
      { by: "two", atMs: 3 },
    ],
    ["no members: nobody", joinOfSize(0), undefined, undefined],
    ["full, without a stamp: nobody known", joinOfSize(2), { remaining: 0 }, undefined],
  ])("%s", (_, join, top, fired) => {
    expect(firedOf(join, top)).toEqual(fired);
  });
});
