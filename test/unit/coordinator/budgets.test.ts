/**
 * Budgets by the real driver in memory: what is refused at the submit, what fails in the run, and what it costs to have one.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord, group, map } from "../../../lib/canvas/canvas.ts";
import { FatalError } from "../../../lib/errors.ts";
import type { Budget } from "../../../lib/model/budget.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createTestEngine, type TestEngine } from "../../../lib/testing/index.ts";
import { createDeployment } from "../client/deployment.ts";

const upTo = defineTask({ name: "upTo", args: z.tuple([z.number()]) }, (_ctx, count) =>
  Array.from({ length: count }, (_, i) => i + 1),
);
const twice = defineTask({ name: "twice", args: z.tuple([z.number()]) }, (_ctx, value) => value * 2);
const sum = defineTask({ name: "sum", args: z.tuple([z.array(z.any())]) }, (_ctx, list) =>
  list.reduce((all: number, one) => all + (typeof one === "number" ? one : (one.value ?? 0)), 0),
);
const never = defineTask({ name: "never", args: z.tuple([]), retry: { maxAttempts: 100, backoffSeconds: 0 } }, () => {
  throw new TypeError("still down");
});
const mended = defineTask({ name: "mended", args: z.tuple([]) }, (ctx) => {
  if (ctx.generation > 1) return 1;
  throw new FatalError("broken in generation 1");
});
const statuses = defineTask({ name: "statuses", args: z.tuple([z.array(z.any())]) }, (_ctx, list) =>
  list.map(({ status, error }) => error?.name ?? status),
);
const tasks = { upTo, twice, sum, never, mended, statuses };

let engine: TestEngine;
beforeEach(() => {
  engine = createTestEngine({ tasks });
});
afterEach(() => engine.close());

describe("a plan over its budget", () => {
  const three = group([twice.with(1), twice.with(2), twice.with(3)]);
  it.each([
    [{ maxTasks: 2 }, "budget.maxTasks: must be at least 3, the tasks of the plan, found 2"],
    [
      { maxTasks: 3, maxAttemptsTotal: 2 },
      "budget.maxAttemptsTotal: must be at least 3, one attempt for each task of the plan, found 2",
    ],
    [
      { maxCost: 0.000001 },
      /^budget\.maxCost: must be at least 0\.0000\d+, the predicted cost in US dollars, found 0\.000001$/,
    ],
    [{ maxTasks: 0 }, "budget.maxTasks: must be at least 1, found 0"],
    [{ maxCost: 0 }, "budget.maxCost: must be above 0, found 0"],
    [{}, "budget: must have at least one limit: maxTasks, maxAttemptsTotal, maxCost, found {}"],
    [
      { tasks: 3 },
      /^budget\.tasks: must not be there: the key is unknown; known here are maxTasks, maxAttemptsTotal, maxCost/,
    ],
  ])("%j is refused at the submit, and nothing starts", async (budget, message) => {
    await expect(engine.submit(three, { id: "r", budget: budget as Budget })).rejects.toThrow(message);
    expect(engine.calls).toEqual([]);
    expect(await engine.inspect("r")).toBeUndefined();
  });

  it("is none where it just fits", async () => {
    const run = await engine.run(three, { budget: { maxTasks: 3, maxAttemptsTotal: 3, maxCost: 1 } });
    expect(run).toMatchObject({ status: "SUCCEEDED", value: [2, 4, 6] });
  });
});

describe("a map over its budget", () => {
  it("fails with what is allowed, used and asked for, and starts nothing", async () => {
    const run = await engine.run(chain(upTo.with(8), map(twice), sum), { budget: { maxTasks: 10 } });
    expect(run).toMatchObject({
      status: "FAILED",
      error: {
        name: "budget-exceeded",
        message: "budget.maxTasks is 10, used are 3, asked for 8 more",
      },
    });
    expect(engine.calls.map(({ task }) => task)).toEqual(["upTo"]);
  });

  it("is an outcome to an all-settled chord", async () => {
    const header = [chain(upTo.with(8), map(twice)), twice.with(1)];
    const run = await engine.run(chord(header, statuses, { when: "all-settled" }), { budget: { maxTasks: 10 } });
    expect(run).toMatchObject({ status: "SUCCEEDED", value: ["budget-exceeded", "SUCCEEDED"] });
  });

  it("counts for the run around all maps", async () => {
    // 3 tasks, then 2 × 3, then 1 + 2.
    const inner = chain(upTo, map(twice), sum);
    const nested = chain(upTo.with(2), map(inner), sum);
    expect(await engine.run(nested, { budget: { maxTasks: 12 } })).toMatchObject({ status: "SUCCEEDED", value: 8 });
    const short = await engine.run(nested, { budget: { maxTasks: 11 } });
    expect(short).toMatchObject({ status: "FAILED", error: { name: "budget-exceeded" } });
  });
});

describe("attempts over the budget", () => {
  it("are not made: the task fails with its last error", async () => {
    const run = await engine.run(never.with(), { budget: { maxAttemptsTotal: 4 } });
    expect(run).toMatchObject({
      status: "FAILED",
      error: {
        name: "budget-exceeded",
        message:
          "no attempt 5: budget.maxAttemptsTotal is 4, used are 4, asked for 1 more; the last one: TypeError: still down",
      },
    });
    expect(engine.calls).toHaveLength(4);
  });

  it("are counted for all tasks together, those of maps too", async () => {
    const header = [
      never.with(),
      chain(upTo.with(2), map(chord([never.with().immutable()], statuses, { when: "all-settled" }))),
    ];
    const run = await engine.run(chord(header, statuses, { when: "all-settled" }), {
      budget: { maxAttemptsTotal: 20 },
    });
    expect(run.status).toBe("SUCCEEDED");
    expect(engine.calls.length).toBeLessThanOrEqual(20);
    expect(engine.calls.filter(({ task }) => task === "never").length).toBeGreaterThan(10);
  });

  it("of a retry refuse it, and it may raise the limit; what was used stays used", async () => {
    const failed = await engine.run(chain(twice.with(1), mended.with().immutable()), {
      id: "r",
      budget: { maxAttemptsTotal: 2 },
    });
    expect(failed.status).toBe("FAILED");
    await expect(engine.retry("r")).rejects.toThrow(
      "budget: budget.maxAttemptsTotal is 2, used are 2, asked for 1 more: name a higher limit in the retry",
    );
    const again = await engine.retry("r", { budget: { maxAttemptsTotal: 3 } });
    expect(await again.end()).toMatchObject({ status: "SUCCEEDED", value: 1 });
  });

  it("of a run without a budget are as many as its tasks may have", async () => {
    await engine.run(mended.with(), { id: "r" });
    await expect(engine.retry("r", { budget: { maxTasks: 5 } })).rejects.toThrow(
      "budget: must not be there: the run was submitted without a budget",
    );
  });
});

describe("a budget that nothing is charged to", () => {
  it("costs nothing: the same calls as without", async () => {
    const workflow = chord([twice.with(1), chain(upTo.with(2), twice.with(2).immutable())], sum);
    const callsOf = async (options: { readonly budget?: Budget }) => {
      const calls: string[] = [];
      const deployment = createDeployment({ tasks, onCall: (site) => calls.push(site) });
      const handle = await deployment.until(deployment.client.submit(workflow, { id: "r", ...options }));
      expect(await deployment.until(handle.result())).toBe(6);
      return calls;
    };
    const calls = await callsOf({});
    expect(calls.length).toBeGreaterThan(5);
    expect(await callsOf({ budget: { maxTasks: 9, maxAttemptsTotal: 9, maxCost: 1 } })).toEqual(calls);
  });
});
