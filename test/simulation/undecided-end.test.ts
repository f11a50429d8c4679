/**
 * A count that is reached just before its process dies with its message, and a run that ends before the next sweep: nobody
 * decides the chord then, and nothing would come of it. A retry finds it, and goes on from there.
 */
import { expect, it } from "vitest";
import type { Workflow } from "../../lib/model/workflow.ts";
import { brokenRun, exact, readRun } from "./oracle.ts";
import { runId } from "./run-scenario.ts";
import { scenarioTasks } from "./scenario-parts.ts";
import { createWorld } from "./world.ts";

const quorum: Workflow = {
  chord: { header: [{ task: "one", args: [1] }], callback: { task: "sum" }, when: { quorum: 1 } },
};

it.each<{ readonly by: string; readonly workflow: Workflow; readonly join: string; readonly revoked?: string }>([
  { by: "a revoke of its callback", workflow: quorum, join: ".", revoked: "callback" },
  {
    by: "a failure beside it",
    workflow: {
      group: [
        quorum,
        {
          chain: [
            { task: "slow", args: [5, 2] },
            { task: "mended", args: [2] },
          ],
        },
      ],
    },
    join: "[0]",
  },
])("when the run is ended by $by", async ({ workflow, join, revoked }) => {
  const world = createWorld({
    tasks: scenarioTasks,
    sweeper: true,
    base: [{ site: "slot.commit", mode: "gone" }],
  });
  const ask = (request: object) => world.submit({ tutti: 1, id: runId, requestId: "asked", generation: 1, ...request });
  void world.submit({ tutti: 1, type: "submit", id: runId, requestId: "submit", workflow });
  if (revoked) world.clock.after(20_000, () => void ask({ type: "revoke", path: revoked }));
  expect(await world.settle()).toBe("rest");
  const { snapshot: ended, state: before } = await readRun(world, runId);
  expect([before.status, before.decisions[join]]).toEqual(["FAILED", undefined]);
  expect(brokenRun(world, ended)).toEqual([`L2: ${join} owes callback`]);
  expect(brokenRun(world, ended, { ...exact, leftAlone: true })).toEqual([]);

  void ask({ type: "retry" });
  expect(await world.settle()).toBe("rest");
  const { snapshot, state } = await readRun(world, runId);
  expect([state.status, state.decisions[join]]).toEqual(["SUCCEEDED", "callback"]);
  expect(brokenRun(world, snapshot)).toEqual([]);
});
