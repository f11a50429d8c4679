/**
 * What the items of a run tell of its cost, beyond clean runs (test/unit/bench/cost.test.ts).
 */
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { FatalError } from "../../../lib/errors.ts";
import type { PriceTable } from "../../../lib/model/prices.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "./deployment.ts";

let deployment: Deployment;
beforeEach(() => {
  deployment = createDeployment({ tasks });
});

const anything = z.array(z.any());
const nap = async (_ctx: unknown, seconds: number) => {
  await deployment.sleep(seconds);
  return seconds;
};
const tasks = {
  nap: defineTask({ name: "nap", args: anything, timeoutSeconds: 3600 }, nap),
  flaky: defineTask({ name: "flaky", args: anything, retry: { backoffSeconds: 0 } }, async (ctx) => {
    if (ctx.attempt < 3) throw new Error("not yet");
    return 1;
  }),
  mended: defineTask({ name: "mended", args: anything }, async (ctx) => {
    if (ctx.generation === 1) throw new FatalError("broken");
    return 1;
  }),
};

async function costOf(workflow: object, prices?: PriceTable) {
  const handle = await deployment.until(deployment.client.submit(workflow as never, { id: "r" }));
  await deployment.until(handle.wait());
  return deployment.until(deployment.client.cost("r", prices === undefined ? {} : { prices }));
}
type Cost = Awaited<ReturnType<typeof costOf>>;
const amount = ({ lines }: Cost, call: string) => lines.find((line) => line.call === call)?.amount;

describe("the cost of a run", () => {
  it("has the memory of its tasks for as long as they ran, and their heartbeats", async () => {
    const cost = await costOf({ task: "nap", args: [60] });
    expect(cost.totals.lambdaGbSeconds).toBe(30);
    expect(amount(cost, "heartbeats")).toBe(6);
  });

  it("has a pack's time once: its members run side by side", async () => {
    const cost = await costOf({ group: Array.from({ length: 10 }, () => ({ task: "nap", args: [60] })) });
    expect(cost.totals.lambdaGbSeconds).toBe(30);
    expect(amount(cost, "claims")).toBe(1);
    expect(amount(cost, "outcomes")).toBe(1);
  });

  it("has the attempts before the last one, with their waits and messages", async () => {
    const cost = await costOf({ task: "flaky" });
    expect(amount(cost, "earlier attempts")).toBe(2);
    expect(amount(cost, "waits for retries")).toBe(2);
    expect(cost.totals.sqsRequests).toBe(6 + 2 * 3);
  });

  it("has the generations of a run, and no task that was never begun", async () => {
    const workflow = { chain: [{ task: "mended" }, { task: "nap", args: [0] }] };
    const failed = await costOf(workflow);
    expect(amount(failed, "claims")).toBe(1);
    const report = await deployment.until(deployment.client.retry("r"));
    expect(report.generation).toBe(2);
    await deployment.advance(100);
    const cost = await deployment.until(deployment.client.cost("r"));
    expect(cost).toMatchObject({ generation: 2, status: "SUCCEEDED" });
    expect(amount(cost, "head: made, ended, raised")).toBe(7 + 8);
    expect(amount(cost, "claims")).toBe(2);
  });

  it("of one that runs is what it has cost so far", async () => {
    await deployment.until(deployment.client.submit({ task: "nap", args: [1000] }, { id: "r" }));
    await deployment.advance(5);
    const cost = await deployment.until(deployment.client.cost("r"));
    expect(cost.status).toBe("RUNNING");
    expect(amount(cost, "head: made, ended, raised")).toBe(3);
    expect(amount(cost, "claims")).toBe(1);
    expect(amount(cost, "outcomes")).toBeUndefined();
  });

  it("is the sum of its lines, at the prices that are given", async () => {
    const prices: PriceTable = {
      name: "ours",
      perMillion: { writeUnits: 1e6, readUnits: 1e5, sqsRequests: 1e4, lambdaRequests: 1e3 },
      lambda: { gbSecond: 2, memoryMb: 1024 },
    };
    const { totals, lines } = await costOf({ task: "nap", args: [60] }, prices);
    expect(totals.usd).toBeCloseTo(
      totals.writeUnits + totals.readUnits / 10 + totals.sqsRequests / 100 + totals.lambdaRequests / 1000 + 2 * 60,
    );
    expect(lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(totals.usd);
  });

  it("refuses prices that are no prices", async () => {
    await costOf({ task: "nap", args: [0] });
    const prices = { name: "", perMillion: {}, lambda: {} } as unknown as PriceTable;
    await expect(deployment.client.cost("r", { prices })).rejects.toThrow(
      "prices.name: must have at least 1 character",
    );
  });
});
