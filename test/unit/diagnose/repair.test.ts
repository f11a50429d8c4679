/**
 * A repair that somebody asks for is a visit like the sweeper's: it may die anywhere, be repeated, and meet another one.
 */
import { describe, expect, it } from "vitest";
import { createStage, type Stage } from "./stage.ts";
import { ways } from "./ways.ts";

/** Calls of the longest repair below. */
const maxCalls = 40;

async function stageOf(name: string): Promise<Stage> {
  const way = ways.find((one) => one.name === name);
  if (way === undefined) throw new Error(`there is no way ${name}`);
  const stage = createStage(way.options);
  await way.happen(stage);
  return stage;
}

const isOver = async ({ deployment: { client, until } }: Stage) => {
  const { status } = await until(client.result("r"));
  const { violations } = await until(client.audit("r"));
  return { status, violations };
};

describe("a repair", () => {
  it.each([
    "the message of a member is lost",
    "control died in the middle of a long list",
    "control died in the middle of a retry",
  ])("may die at any call, and the sweeper goes on: %s", async (name) => {
    for (let calls = 0; calls < maxCalls; calls++) {
      const stage = await stageOf(name);
      const { deployment, pass, killAfter } = stage;
      const { coordinator } = deployment;
      killAfter(calls);
      const disarm = () => killAfter(Number.POSITIVE_INFINITY);
      // Dead, it never answers.
      void deployment.client.repair("r", { sendAgain: true }).then(disarm, disarm);
      await deployment.advance(0);
      const died = deployment.coordinator !== coordinator;
      await pass(900);
      expect(await isOver(stage)).toEqual({ status: "SUCCEEDED", violations: [] });
      if (!died) return;
    }
    throw new Error(`${maxCalls} calls are not all`);
  });

  it("does nothing the second time, nor beside the sweeper: one of them has the visit", async () => {
    const stage = await stageOf("the message of a member is lost");
    const { deployment } = stage;
    const { client, queue, until } = deployment;
    deployment.switches.unread.add("other");
    const reports = await until(Promise.all([client.repair("r"), deployment.sweep(), client.repair("r")]));
    expect(queue.depth("task:other").visible).toBe(1);
    expect(reports[0].repaired + reports[2].repaired).toBeLessThanOrEqual(1);
    expect(await until(client.repair("r"))).toEqual({ schemaVersion: 1, runId: "r", repaired: 0 });
  });

  it("has nothing to do for a run that goes on, or has ended", async () => {
    const { begin, deployment } = createStage();
    await begin({ task: "nap", args: [100] }, { seconds: 5 });
    expect(await deployment.until(deployment.client.repair("r"))).toMatchObject({ repaired: 0 });
    await deployment.advance(200);
    expect(await deployment.until(deployment.client.repair("r"))).toMatchObject({ repaired: 0 });
    await expect(deployment.client.repair("nobody")).rejects.toThrow("no run has the id nobody");
  });
});
