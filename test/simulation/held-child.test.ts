/**
 * The run of a map that failed during a pause: its error callback is called after that all the same, where nobody who resumes
 * its parent finds it (docs/maps.md).
 */
import { expect, it } from "vitest";
import type { Workflow } from "../../lib/model/workflow.ts";
import { childFaults } from "./oracle.ts";
import { runId } from "./run-scenario.ts";
import { scenarioTasks } from "./scenario-parts.ts";
import { createWorld, startMs } from "./world.ts";

const list: Workflow = { task: "list", args: [1, 1] };
/** Its child fails after a minute. */
const failing: Workflow = {
  chord: {
    header: { map: { each: { chain: [{ task: "slowItem", args: [60] }, { task: "fails" }] } } },
    callback: { task: "sum" },
    onError: { task: "one", args: [7] },
  },
};
/** Goes on for days beside it. */
const beside: Workflow = { task: "one", args: [1], delaySeconds: 200_000 };

/** A world with such a run, and what is asked of it after how many seconds. */
function held(workflow: Workflow, asked: readonly (readonly [seconds: number, request: object])[]) {
  const world = createWorld({
    tasks: scenarioTasks,
    sweeper: true,
    untilRemoved: true,
    // Its failure is not handed on before somebody else has settled the map.
    base: [{ site: "map.commit", mode: "paused" }],
    settings: { leaseSeconds: 400, retentionSeconds: 3600 },
  });
  void world.submit({ tutti: 1, type: "submit", id: runId, requestId: "submit", workflow, onFailure: "finish" });
  for (const [seconds, request] of asked)
    world.clock.after(seconds * 1000, () => {
      void world.submit({ tutti: 1, id: runId, requestId: `after-${seconds}`, generation: 1, ...request });
    });
  const called = () => world.entries.filter(({ taskId }) => /^map-.*onError$/.test(taskId));
  return { world, called };
}

it("when its parent is removed", async () => {
  const { world, called } = held({ chain: [list, failing] }, [
    [20, { type: "pause" }],
    [300, { type: "revoke" }],
    [600, { type: "remove" }],
  ]);
  expect(await world.settle()).toBe("rest");
  expect(world.store.dump().some(({ image }) => image.removedAt !== undefined)).toBe(true);
  expect(called()).toHaveLength(1);
  expect(await childFaults(world, true)).toEqual([]);
});

it("when its map was revoked, and the pause is longer than a run is kept", async () => {
  const resumedSeconds = 8_000;
  const { world, called } = held({ group: [{ chain: [list, failing] }, beside] }, [
    [20, { type: "pause" }],
    [90, { type: "revoke", path: "[0]/[1]" }],
    [resumedSeconds, { type: "resume" }],
  ]);
  await world.settle();
  expect(called()).toHaveLength(1);
  // Visits of the sweeper are a quarter of an hour apart at most.
  expect(called()[0]?.atMs).toBeLessThan(startMs + (resumedSeconds + 1000) * 1000);
});
