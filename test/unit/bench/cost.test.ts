/**
 * What `tutti cost` counts, and what `tutti plan` predicts, against what runs are metered to take.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { wallClock } from "../../../lib/adapters/system/clock.ts";
import { costOfRun } from "../../../lib/client/cost-of-run.ts";
import { predict } from "../../../lib/plan/predict.ts";
import { predictCopies } from "../../../lib/plan/predict-copies.ts";
import { createPlanCache } from "../../../lib/records/plans.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { meteredRun } from "../../support/metered-run.ts";

/** Part of a figure that a prediction or a count may be off. */
const tolerance = 0.1;

const anything = z.array(z.any());
const one = defineTask({ name: "one", args: anything }, (_ctx, value) => value ?? 1);
const list = defineTask({ name: "list", args: anything }, (_ctx, count) => Array.from({ length: count }, (_, i) => i));
const count = defineTask({ name: "count", args: anything }, (_ctx, values) => values.length);
const text = defineTask({ name: "text", args: anything }, (_ctx, bytes) => "x".repeat(bytes));
/** Longer than it takes to have it copied; its copy takes as long, so that it comes too late. None ends with another. */
const lateMs = 500;
const apartMs = 40;
const late = defineTask({ name: "late", args: anything }, async (_ctx, rank) => {
  await sleep(lateMs + rank * apartMs);
  return rank;
});
const tasks = { one, list, count, text, late };

const of = { task: "one", args: [1] };
const next = { task: "one" };
const many = (members: number, task: object = of) => ({
  chord: { header: Array.from({ length: members }, () => task), callback: { task: "count" } },
});
const shapes: readonly (readonly [name: string, workflow: object, tasksPerInvocation: number])[] = [
  ["a task", of, 10],
  ["a chain of 5", { chain: [of, next, next, next, next] }, 10],
  ["a chord of 100", many(100), 10],
  ["a chord of 100, one a message", many(100), 1],
  ["a chord of 1500", many(1500), 10],
  ["a chain in each of 10 members", many(10, { chain: [of, next] } as never), 10],
  [
    "a graph",
    {
      dag: {
        nodes: { a: of, b: { ...next, after: ["a"] }, c: { ...next, after: ["a"] }, d: { ...next, after: ["b", "c"] } },
      },
    },
    10,
  ],
];
const counting: typeof shapes = [
  ["a quorum of all of 100, one a message", { chord: { ...many(100).chord, when: { quorum: 100 } } }, 1],
  [
    "a chord of 100 that tolerates one, one a message",
    { chord: { ...many(100).chord, when: { tolerate: { count: 1 } } } },
    1,
  ],
  ["a quorum of all of 300", { chord: { ...many(300).chord, when: { quorum: 300 } } }, 10],
];
/** The members that are left when nine in ten have ended are late. */
const lateMembers = (members: number, isLate: (index: number) => boolean) => {
  let rank = 0;
  return {
    chord: {
      header: Array.from({ length: members }, (_, i) => (isLate(i) ? { task: "late", args: [rank++] } : of)),
      callback: { task: "count" },
      hedge: { afterPercentile: 90 },
    },
  };
};
const hedged: typeof shapes = [
  ["a hedged chord of 20 with two late members", lateMembers(20, (i) => i >= 18), 10],
  ["a hedged chord of 100 with ten late members", lateMembers(100, (i) => i >= 90), 10],
  ["a hedged chord of 40 with four late members, one a message", lateMembers(40, (i) => i % 10 === 9), 1],
];
/** Of sizes that a prediction cannot know. */
const values: typeof shapes = [
  ["values in their slots", many(8, { task: "text", args: [500] }), 1],
  ["values apart", many(20, { task: "text", args: [5000] }), 10],
];
const maps: typeof shapes = [
  ["a map of 50", { chain: [{ task: "list", args: [50] }, { map: { each: next } }, { task: "count" }] }, 10],
  [
    "a map of 200, one a message",
    { chain: [{ task: "list", args: [200] }, { map: { each: next } }, { task: "count" }] },
    1,
  ],
];

async function measured(workflow: object, tasksPerInvocation: number) {
  const metered = await meteredRun(tasks, workflow as never, tasksPerInvocation, wallClock);
  const { store } = metered;
  const reading = { store, clock: createVirtualClock(0), plans: createPlanCache(store) };
  return { metered, cost: await costOfRun(reading, "metered") };
}

describe("a clean run of", () => {
  it.each([...shapes, ...counting])("%s is predicted as it is metered", async (_name, workflow, tasksPerInvocation) => {
    const { metered } = await measured(workflow, tasksPerInvocation);
    const predicted = predict(metered.plan);
    expect(off(predicted.writeUnits, metered.writeUnits)).toBeLessThanOrEqual(tolerance);
    expect(off(predicted.sqsRequests, metered.sqsRequests)).toBeLessThanOrEqual(tolerance);
  });

  it.each([...shapes, ...counting, ...values, ...maps])(
    "%s is counted as it is metered",
    async (_name, workflow, tasksPerInvocation) => {
      const { metered, cost } = await measured(workflow, tasksPerInvocation);
      const { totals } = cost;
      expect(off(totals.writeUnits, metered.writeUnits)).toBeLessThanOrEqual(tolerance);
      expect(off(totals.sqsRequests, metered.sqsRequests)).toBeLessThanOrEqual(tolerance);
      expect(off(totals.readUnits, metered.readUnits)).toBeLessThanOrEqual(tolerance);
    },
  );
});

it.each(hedged)(
  "%s is counted and, its copies apart, predicted as it is metered",
  async (_name, workflow, tasksPerInvocation) => {
    const { metered, cost } = await measured(workflow, tasksPerInvocation);
    const predicted = predict(metered.plan);
    const copies = predictCopies(metered.plan);
    if (copies === undefined) throw new Error("no copies are predicted");
    expect(off(cost.totals.writeUnits, metered.writeUnits)).toBeLessThanOrEqual(tolerance);
    expect(off(cost.totals.sqsRequests, metered.sqsRequests)).toBeLessThanOrEqual(tolerance);
    expect(off(predicted.writeUnits + copies.writeUnits, metered.writeUnits)).toBeLessThanOrEqual(tolerance);
    expect(off(predicted.sqsRequests + copies.sqsRequests, metered.sqsRequests)).toBeLessThanOrEqual(tolerance);
    // Which of those that are late still look at what follows is a matter of milliseconds.
    expect(off(cost.totals.readUnits, metered.readUnits)).toBeLessThanOrEqual(3 * tolerance);
  },
);

function off(said: number, metered: number): number {
  return Math.abs(said - metered) / metered;
}
