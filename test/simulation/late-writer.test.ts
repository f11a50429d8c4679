/**
 * A write of the old generation that is applied after a retry has opened everything: it makes an item that was not there (S20).
 */
import { expect, it } from "vitest";
import { StoreError } from "../../lib/errors.ts";
import type { Store, Write } from "../../lib/ports/store.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario-parts.ts";

const second = { requestId: "operation-2" };
const revokedBeforeItBegins = (delaySeconds: number): Scenario => ({
  name: "revoke of a task that has not begun, applied after the retry",
  workflow: {
    chain: [
      { task: "slow", args: [10, 1] },
      { task: "plus", args: [1], delaySeconds },
    ],
  },
  operations: [
    { request: { type: "revoke", path: "[0]" }, atStartOf: "[0]", afterSeconds: 1 },
    // Nobody knows what has become of it, and the retry comes before it is asked for again.
    { request: { ...second, type: "revoke", path: "[1]" }, atStartOf: "[0]", afterSeconds: 20 },
    { request: { type: "retry", requestId: "operation-3" }, atStartOf: "[0]", afterSeconds: 21 },
  ],
  status: "SUCCEEDED",
  value: 2,
});

/** The end of the second task fails for who records it, and is applied when that task is about to be claimed. */
function endingLate(store: Store, claimed: string): Store {
  let late: Write | undefined;
  let raised = false;
  return {
    ...store,
    write: async (write, site) => {
      if (site === "slot.end" && write.key.sk === "node#[1]" && !raised) {
        late = write;
        throw new StoreError("no answer");
      }
      raised ||= site === "head.raise";
      const claims = site === "slot.claim" || site === "slot.carry";
      if (claims && write.key.sk === `node#${claimed}` && raised && late !== undefined) {
        const made = late;
        late = undefined;
        await store.write(made, "slot.end");
      }
      return store.write(write, site);
    },
  };
}

it.each([
  ["before anybody looks at it", "[0]", 0],
  ["between the look at it and its claim, in one delivery", "[1]", 0],
  ["between the look at it and its claim, from its own message", "[1]", 2],
])("does not take an outcome of the old generation for one of the new: %s", async (_, claimed, delaySeconds) => {
  let shared: Store | undefined;
  const variant = {
    // One for all processes.
    store: (store: Store) => {
      shared ??= endingLate(store, claimed);
      return shared;
    },
  };
  const { state, faults } = await runScenario({ scenario: revokedBeforeItBegins(delaySeconds), variant });
  expect(faults).toEqual([]);
  expect(state?.nodes).toEqual({ "[0]": "SUCCEEDED 1", "[1]": "SUCCEEDED 2" });
});
