import { createTestEngine, type TestEngine } from "tutti/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as tasks from "./tasks.ts";
import { orderWorkflow } from "./workflow.ts";

const hour = 3600;
const day = 24 * hour;

let engine: TestEngine;
beforeEach(() => {
  engine = createTestEngine({ tasks });
});
afterEach(() => engine.close());

const submit = () => engine.submit(orderWorkflow("order-7", ["desk", "lamp"]), { id: "order-7" });

describe("an order", () => {
  it("waits for its answer, and is placed when that is yes", async () => {
    const run = await submit();
    await engine.advance(50 * hour);
    expect(await engine.inspect("order-7")).toMatchObject({ status: "RUNNING" });
    await engine.report("order-7/approve", { status: "succeeded", result: { approved: true, by: "Ann" } });
    expect(await run.end()).toMatchObject({
      status: "SUCCEEDED",
      value: { order: "order-7", placed: true, approvedBy: "Ann", reference: "order-7/place" },
    });
  });

  it("is not placed when the answer is no", async () => {
    const run = await submit();
    const answer = { approved: false, by: "Ben", note: "over budget" };
    await engine.report("order-7/approve", { status: "succeeded", result: answer });
    expect(await run.end()).toMatchObject({ value: { placed: false, refusedBy: "Ben", why: "over budget" } });
  });

  it("waits longer when somebody says that it will take a while", async () => {
    await submit();
    await engine.advance(2 * day);
    await engine.report("order-7/approve", { status: "heartbeat", details: "Ann is back on Monday" });
    await engine.advance(2 * day);
    expect(await engine.inspect("order-7")).toMatchObject({ tasks: [{}, { status: "RUNNING", attempts: 1 }, {}] });
  });

  it("is given up when nobody answers twice for three days", async () => {
    const run = await submit();
    expect(await run.end()).toMatchObject({ status: "FAILED", error: { name: "worker-lost" } });
    expect(engine.calls.map(({ task }) => task)).toEqual(["price-order"]);
  });
});
