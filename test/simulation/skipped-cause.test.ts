/**
 * A sweeper that goes on with the skipping of what follows a failure has not seen that failure: the run tells it all the
 * same, whatever join was skipped.
 */
import { expect, it } from "vitest";
import { runScenario } from "./run-scenario.ts";
import { fails, ones, type Scenario } from "./scenario-parts.ts";

const chord = (when: object) => ({ chord: { header: ones(2), callback: { task: "outcomes" }, when } });

const withSkipped = (workflow: object): Scenario => ({
  name: "finish: a join skipped after a failure, message gone",
  workflow: { chain: [fails, workflow, { task: "plus", args: [1] }] },
  request: { onFailure: "finish" },
  base: [{ site: "join.skip", mode: "crash-after" }],
  maxReceiveCount: 1,
  deadLetters: false,
  drops: true,
  sweeper: true,
  status: "FAILED",
});

it.each([
  ["a group", { group: ones(2) }],
  ["a chord with a quorum", chord({ quorum: 1 })],
  ["a chord that tolerates", chord({ tolerate: { count: 1 } })],
])("ends a run with the failure that its last part was skipped after, whoever goes on: %s", async (_, workflow) => {
  const { state, faults } = await runScenario({ scenario: withSkipped(workflow) });
  expect(faults).toEqual([]);
  expect(state?.error).toBe("FatalError");
});
