/**
 * A retry opens the top of a join before anything below it (G30): else an arrival of the old generation that comes in between
 * decides the join, with a member below it opened again.
 */
import { expect, it } from "vitest";
import type { Store, Write } from "../../lib/ports/store.ts";
import { runScenario } from "./run-scenario.ts";
import { one, type Scenario, settledChord } from "./scenario-parts.ts";

const retry = { type: "retry", requestId: "operation-2" };
const scenario: Scenario = {
  name: "retry while a success is not handed on",
  workflow: settledChord({ task: "mended", args: [1], delaySeconds: 10 }, one(2), one(3)),
  shape: { leafSize: 2, fan: 2 },
  operations: [
    { request: { type: "revoke" }, atStartOf: "header[0]", afterSeconds: 10 },
    { request: retry, atStartOf: "header[0]", afterSeconds: 20 },
  ],
  status: "SUCCEEDED",
};

const turn = () => new Promise((go) => setImmediate(go));

/** The first arrival stands still until the top is about to be opened again, and that until all else that was begun is done. */
function arrivingLate(store: Store): Store {
  let late: Write | undefined;
  return {
    ...store,
    write: async (write, site) => {
      if (site === "tally.arrive" && late === undefined) {
        late = write;
        return new Promise<never>(() => undefined);
      }
      if (site === "item.reopen" && write.key.sk === "tally#.#1#0") {
        await turn();
        if (late !== undefined) await store.write(late, "tally.arrive");
      }
      return store.write(write, site);
    },
  };
}

it("keeps a join whole that is decided while a retry begins", async () => {
  let shared: Store | undefined;
  const variant = {
    // One for all processes.
    store: (store: Store) => {
      shared ??= arrivingLate(store);
      return shared;
    },
  };
  const { state, faults } = await runScenario({ scenario, variant });
  expect(faults).toEqual([]);
  // Decided with the failure that it tolerates; nothing of it runs again.
  expect(state?.nodes).toMatchObject({ "header[0]": "FAILED ", callback: 'SUCCEEDED ["FAILED",2,3]' });
});
