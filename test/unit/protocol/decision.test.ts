import { describe, expect, it } from "vitest";
import type { PlanJoin } from "../../../lib/plan/types.ts";
import type { Image } from "../../../lib/ports/store.ts";
import {
  chosenSkip,
  type Decision,
  decisionOf,
  endsRest,
  firedOf,
  isHeld,
  owedDecision,
} from "../../../lib/protocol/decision.ts";
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

const condition: PlanJoin["if"] = [{ on: { kind: "node", node: "a" }, path: [], test: "equals", value: 7 }] as never;

describe("a header with a condition", () => {
  const held = { g: 1, held: 1 };
  it("is held when it has none, or when it is recorded that this holds", () => {
    expect(isHeld(joinOfSize(2), undefined)).toBe(true);
    expect(isHeld(joinOfSize(2, { if: condition }), undefined)).toBe(false);
    expect(isHeld(joinOfSize(2, { if: condition }), { g: 1 })).toBe(false);
    expect(isHeld(joinOfSize(2, { if: condition }), held)).toBe(true);
  });

  it("and without members is decided by that", () => {
    expect(decisionOf(joinOfSize(0, { if: condition }), undefined)).toBe(undefined);
    expect(decisionOf(joinOfSize(0, { if: condition }), held)).toBe("callback");
    expect(decisionOf(joinOfSize(0, { if: condition }), { decision: "skipped" })).toBe("skipped");
  });
});

/** Skipped by choice. */
const chosen = { s: "SKIPPED", a: 1, o: "me", f: 9000, k: {} };

describe("a dag's join, some of whose members were skipped by choice", () => {
  it.each([
    ["none, before a node", "any", { s0: good, s1: good }, "callback"],
    ["one, before a node", "any", { s0: good, s1: chosen }, "skipped"],
    ["all, before a node", "any", { s0: chosen, s1: chosen }, "skipped"],
    ["one, and one failed", "any", { s0: bad, s1: chosen }, "error"],
    ["one, at the end of the dag", "all", { s0: good, s1: chosen }, "callback"],
    ["all, at the end of the dag", "all", { s0: chosen, s1: chosen }, "skipped"],
    ["one, as a member of a header", undefined, { s0: good, s1: chosen }, "callback"],
    ["all, as members of a header", undefined, { s0: chosen, s1: chosen }, "callback"],
  ] as const)("S4: %s", (_, skipped, slots, decision) => {
    const join = joinOfSize(2, skipped === undefined ? {} : { kind: "dag", skipped });
    expect(decisionOf(join, { remaining: 0, ...slots })).toBe(decision);
    expect(decisionOf(join, { remaining: 1, ...slots })).toBe(undefined);
  });
});

describe("why a join was skipped by choice", () => {
  const dag = joinOfSize(2, { kind: "dag", skipped: "any" });
  it.each([
    ["nothing is known of it", undefined, undefined],
    ["it waits", { remaining: 1, s0: chosen }, undefined],
    ["it was not", { remaining: 0, s0: good, s1: good }, undefined],
    ["its members tell", { remaining: 0, s0: good, s1: chosen }, {}],
    [
      "it was written, with a reason",
      { decision: "skipped", skip: { m: "no", t: "r/x" } },
      { reason: "no", taskId: "r/x" },
    ],
    ["a failure made it so", { decision: "skipped", cause: { n: "Error", m: "broken" } }, undefined],
  ])("%s", (_, top, skip) => {
    expect(chosenSkip(dag, top)).toEqual(skip);
  });
});

describe("a chord with cancelRest ends what it was decided without", () => {
  const cancels = joinOfSize(4, { when: "quorum", count: 1, cancelRest: true });
  it.each([
    ["callback, early", cancels, { g: 2, decision: "callback" }, true],
    ["error, early", cancels, { g: 2, decision: "error" }, true],
    ["skipped: nothing was begun", cancels, { g: 2, decision: "skipped" }, false],
    ["undecided", cancels, { g: 2 }, false],
    ["no item", cancels, undefined, false],
    ["decided by an older generation", cancels, { g: 1, decision: "callback" }, false],
    ["without being asked to", joinOfSize(4, { when: "quorum", count: 1 }), { g: 2, decision: "callback" }, false],
  ])("%s", (_, join, top, ends) => {
    expect(endsRest(join, top, 2)).toBe(ends);
  });
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

/** A mark of a counting join: both counts in one number. */
const mark = (settled: number, failed: number) => settled * 1_048_576 + failed;
type CountRow = readonly [name: string, top: Image | undefined, decision: Decision | undefined, owed?: Decision];

function named([name, top, decision, owed]: CountRow) {
  return { name, top, decision, owed };
}

describe("a join that tolerates one failure of four", () => {
  const rows: CountRow[] = [
    ["no item", undefined, undefined],
    ["nothing settled", { remaining: 2 }, undefined],
    ["one failure", { remaining: 2, m0: mark(1, 1) }, undefined],
    ["three successes, one missing: it waits for all", { remaining: 1, m0: mark(2, 0), m1: mark(1, 0) }, undefined],
    ["one failure too many", { remaining: 2, m0: mark(1, 1), m1: mark(1, 1) }, undefined, "error"],
    ["and written", { remaining: 2, m0: mark(1, 1), m1: mark(1, 1), decision: "error" }, "error"],
    ["full, no failure", { remaining: 0, m0: mark(2, 0), m1: mark(2, 0) }, "callback"],
    ["full, one failure", { remaining: 0, m0: mark(2, 1), m1: mark(2, 0) }, "callback"],
    [
      "full, two failures: the last arrival was the decision",
      { remaining: 0, m0: mark(2, 1), m1: mark(2, 1) },
      "error",
    ],
    ["skipped", { decision: "skipped" }, "skipped"],
  ];
  const join = joinOfSize(4, { leafSize: 2, when: "tolerate", count: 1 });

  it.each(rows.map(named))("S4: $name", ({ top, decision, owed }) => {
    expect(decisionOf(join, top)).toBe(decision);
    expect(owedDecision(join, top)).toBe(owed);
  });

  it("or of any count: error from one more failure on", () => {
    for (const count of [0, 1, 2, 3])
      for (const failed of [0, 1, 2, 3]) {
        const of = joinOfSize(4, { leafSize: 2, when: "tolerate", count });
        const late = failed > count ? "error" : undefined;
        expect(owedDecision(of, { remaining: 2, m0: mark(3, failed) })).toBe(late);
        expect(decisionOf(of, { remaining: 0, m0: mark(4, failed) })).toBe(late ?? "callback");
      }
  });
});

describe("a quorum of two of four", () => {
  const rows: CountRow[] = [
    ["no item", undefined, undefined],
    ["one success", { remaining: 2, m0: mark(1, 0) }, undefined],
    ["two successes in two leaves", { remaining: 2, m0: mark(1, 0), m1: mark(1, 0) }, undefined, "callback"],
    ["two successes among failures", { remaining: 0, m0: mark(2, 1), m1: mark(2, 1) }, undefined, "callback"],
    ["one success, two failures: it can still be reached", { remaining: 1, m0: mark(2, 1), m1: mark(1, 1) }, undefined],
    ["three failures: it cannot be reached", { remaining: 1, m0: mark(2, 2), m1: mark(1, 1) }, undefined, "error"],
    [
      "full and not written: what it accepts is not known",
      { remaining: 0, m0: mark(2, 0), m1: mark(2, 0) },
      undefined,
      "callback",
    ],
    ["written", { remaining: 1, m0: mark(2, 0), decision: "callback" }, "callback"],
    ["written, then failures", { remaining: 0, m0: mark(2, 0), m1: mark(2, 2), decision: "callback" }, "callback"],
    ["error written", { remaining: 0, m0: mark(2, 2), m1: mark(2, 2), decision: "error" }, "error"],
    ["skipped", { decision: "skipped" }, "skipped"],
  ];

  it.each(rows.map(named))("S4: $name", ({ top, decision, owed }) => {
    const join = joinOfSize(4, { leafSize: 2, when: "quorum", count: 2 });
    expect(decisionOf(join, top)).toBe(decision);
    expect(owedDecision(join, top)).toBe(owed);
  });

  it("or of any count: callback from the n-th success on, error as soon as too few are left", () => {
    for (const count of [1, 2, 3, 4])
      for (let settled = 0; settled <= 4; settled++)
        for (let failed = 0; failed <= settled; failed++) {
          const join = joinOfSize(4, { leafSize: 2, when: "quorum", count });
          const top = { m0: mark(settled, failed) };
          const reached = settled - failed >= count ? "callback" : undefined;
          expect(owedDecision(join, top)).toBe(reached ?? (4 - failed < count ? "error" : undefined));
        }
  });

  it("whose top is a leaf counts its slots", () => {
    const join = joinOfSize(3, { when: "quorum", count: 1 });
    expect(owedDecision(join, { remaining: 2, s1: good })).toBe("callback");
    expect(owedDecision(join, { remaining: 2, s1: bad })).toBe(undefined);
  });
});

it.each(["all-succeeded", "all-settled"] as const)(
  "S4: a join %s owes no decision, whatever its counts are",
  (when) => {
    const join = joinOfSize(2, { when });
    for (const top of [undefined, {}, { remaining: 1, s0: bad }, { remaining: 0, s0: bad, s1: bad }])
      expect(owedDecision(join, top)).toBe(undefined);
  },
);
