/**
 * The run of a map that failed during a pause, and whose parent was removed: its error callback is called all the same
 * (docs/maps.md).
 */
import { expect, it } from "vitest";
import type { Workflow } from "../../lib/model/workflow.ts";
import { childFaults } from "./oracle.ts";
import { runId } from "./run-scenario.ts";
import { scenarioTasks } from "./scenario-parts.ts";
import { createWorld } from "./world.ts";

const list: Workflow = { task: "list", args: [1, 1] };
/** Its child fails after a minute. */
const failing: Workflow = {
  chord: {
    header: { map: { each: { chain: [{ task: "slowItem", args: [60] }, { task: "fails" }] } } },
    callback: { task: "sum" },
    onError: { task: "one", args: [7] },
  },
};

/** What is asked of the run, and after how many seconds. */
const asked = [
  ["pause", 20],
  ["revoke", 300],
  ["remove", 600],
] as const;

it("calls it when nobody is left who would resume it", async () => {
  const world = createWorld({ tasks: scenarioTasks, sweeper: true, settings: { leaseSeconds: 400 } });
  const workflow = { chain: [list, failing] };
  await world.submit({ tutti: 1, type: "submit", id: runId, requestId: "request-1", workflow });
  for (const [type, seconds] of asked)
    world.clock.after(seconds * 1000, () => {
      void world.submit({ tutti: 1, id: runId, requestId: type, generation: 1, type });
    });
  expect(await world.settle()).toBe("rest");
  expect(world.store.dump().some(({ image }) => image.removedAt !== undefined)).toBe(true);
  expect(world.entries.filter(({ taskId }) => /^map-.*onError$/.test(taskId))).toHaveLength(1);
  expect(await childFaults(world, true)).toEqual([]);
});
