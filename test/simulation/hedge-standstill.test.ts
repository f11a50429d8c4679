/**
 * A first attempt that fails, and stands still between its look at the copy and the promotion, while the copy's worker dies (G93).
 */
import { expect, it } from "vitest";
import type { Store } from "../../lib/ports/store.ts";
import { runScenario } from "./run-scenario.ts";
import { ones, type Scenario, sum } from "./scenario-parts.ts";

/** The copy dies at once; the first fails while the lease of that still seems to be held, and keeps its own until after 45 s. */
const scenario: Scenario = {
  name: "the first promotes a copy that has died",
  workflow: {
    chord: {
      header: [{ task: "hedged", args: [4, [30, "fails"], [5, "dies"]] }, ...ones(3)],
      callback: sum,
      hedge: { afterPercentile: 75 },
    },
  },
  settings: { visibilitySeconds: 45 },
  status: "SUCCEEDED",
  value: 10,
};

/** Promotes only when the copy's message has come back, and what that found is done with. */
function standingStill(store: Store, seen: { promotions: number }): Store {
  let comesBack = () => {};
  return {
    ...store,
    async get(key, site) {
      const image = await store.get(key, site);
      if (site === "slot.read") comesBack();
      return image;
    },
    async write(write, site) {
      if (site === "slot.promote" && seen.promotions++ === 0) {
        await new Promise<void>((done) => {
          comesBack = done;
        });
        for (let tick = 0; tick < 100; tick++) await Promise.resolve();
      }
      return store.write(write, site);
    },
  };
}

it("leaves nothing that only the sweeper would come back for", async () => {
  const seen = { promotions: 0 };
  let shared: Store | undefined;
  const variant = {
    // One for all processes.
    store: (store: Store) => {
      shared ??= standingStill(store, seen);
      return shared;
    },
  };
  expect((await runScenario({ scenario, variant })).faults).toEqual([]);
  expect(seen.promotions).toBe(1);
});
