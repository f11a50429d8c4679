/**
 * A sweeper that goes on with the skipping of what follows a failure has not seen that failure: the run tells it all the same.
 */
import { expect, it } from "vitest";
import { runScenario } from "./run-scenario.ts";
import { fails, ones, type Scenario } from "./scenario-parts.ts";

const scenario: Scenario = {
  name: "finish: a group skipped after a failure, message gone",
  workflow: { chain: [fails, { group: ones(2) }, { task: "plus", args: [1] }] },
  request: { onFailure: "finish" },
  base: [{ site: "join.skip", mode: "crash-after" }],
  maxReceiveCount: 1,
  deadLetters: false,
  drops: true,
  sweeper: true,
  status: "FAILED",
};

it("ends a run with the failure that its last part was skipped after, whoever goes on", async () => {
  const { state, faults } = await runScenario({ scenario });
  expect(faults).toEqual([]);
  expect(state?.error).toBe("FatalError");
});
