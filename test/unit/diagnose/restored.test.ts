/**
 * A table that was put back to an earlier moment, while queues and workers went on: what is stored then is older than what the
 * messages say, and less than what was done.
 */
import { describe, expect, it } from "vitest";
import { createStage, type Stage } from "./stage.ts";

const chord = {
  chord: { header: [20, 40, 60].map((seconds) => ({ task: "nap", args: [seconds] })), callback: { task: "collect" } },
};

const resultOf = async ({ deployment }: Stage) => deployment.until(deployment.client.result("r"));

describe("a table restored to an earlier moment", () => {
  it.each([0.5, 10, 25, 45, 59])("brings a run of %d s back to its end, whatever was lost", async (seconds) => {
    const stage = createStage();
    await stage.begin(chord, { seconds });
    const earlier = stage.deployment.store.dump();
    await stage.pass(120);
    const result = await resultOf(stage);

    stage.deployment.kill();
    stage.deployment.store.restore(earlier);
    expect((await stage.deployment.until(stage.deployment.client.inspect("r"))).run.status).toBe("RUNNING");
    await stage.pass(900);
    expect(await resultOf(stage)).toEqual(result);
    expect(await stage.check()).toMatchObject({ healthy: true, runs: 0 });
  });

  it.each([
    [10, 15],
    [10, 30],
    [25, 35],
    [25, 50],
  ])("the same when it is put back to %d s at %d s, with messages and workers of the later time", async (to, at) => {
    const stage = createStage();
    await stage.begin(chord, { seconds: to });
    const earlier = stage.deployment.store.dump();
    await stage.deployment.advance(at - to);
    stage.deployment.store.restore(earlier);
    await stage.pass(900);
    expect(await resultOf(stage)).toMatchObject({ status: "SUCCEEDED", value: [20, 40, 60] });
    expect(await stage.check()).toMatchObject({ healthy: true, runs: 0 });
  });

  it("forgets a run that was not there: its id is free, whatever its messages have left behind", async () => {
    const stage = createStage();
    const empty = stage.deployment.store.dump();
    await stage.begin(chord, { seconds: 10 });
    stage.deployment.store.restore(empty);
    await stage.pass(300);
    expect(await stage.check()).toMatchObject({ healthy: true, runs: 0 });
    await stage.begin(chord);
    await stage.pass(120);
    expect(await resultOf(stage)).toMatchObject({ status: "SUCCEEDED", value: [20, 40, 60] });
  });
});
