/**
 * A retry that meets the removal of its run: it goes on with all of it, or is refused before the first item goes (G75, G76).
 */
import { expect, it } from "vitest";
import type { Store } from "../../lib/ports/store.ts";
import { decodeHead, raiseWrite } from "../../lib/protocol/head.ts";
import { headKey } from "../../lib/protocol/keys.ts";
import { runId, runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario-parts.ts";

const scenario: Scenario = {
  name: "a retry at the end of the retention",
  workflow: { chain: [{ task: "one" }, { task: "fails" }] },
  settings: { retentionSeconds: 3600 },
  sweeper: true,
  status: "FAILED",
  ends: "removed",
};

type Moment = "the fence" | "the first deletion";

/** What was seen: whether the retry was taken, and the run's status at each deletion. */
interface Seen {
  readonly raised: boolean[];
  readonly deletedWhile: Set<string>;
}

/** Raises the generation just before the first call of that kind, as a retry that came at this moment would. */
function raising(store: Store, before: Moment, { raised, deletedWhile }: Seen): Store {
  const headNow = async () => decodeHead(runId, (await store.get(headKey(runId), "head.read")) ?? {});
  const raise = async () => {
    if (raised.length > 0) return;
    const { planHash, planPages, deadlineAtMs, dueMs = 0 } = await headNow();
    const next = { generation: 2, raisedBy: "retry-1", atMs: dueMs, deadlineAtMs, planHash, planPages, dueMs };
    raised.push((await store.write(raiseWrite(runId, next), "head.raise")).applied);
  };
  return {
    ...store,
    async write(write, site) {
      if (before === "the fence" && site === "head.remove") await raise();
      return store.write(write, site);
    },
    async remove(keys, site) {
      if (before === "the first deletion" && site === "run.remove") await raise();
      if (site === "run.remove") deletedWhile.add((await headNow()).status);
      await store.remove(keys, site);
    },
  };
}

it.each([
  ["goes on when it comes before the run is marked, and nothing is deleted meanwhile", "the fence", true],
  ["is refused once anything may be gone", "the first deletion", false],
] as const)("%s", async (_, before, isTaken) => {
  let shared: Store | undefined;
  const seen: Seen = { raised: [], deletedWhile: new Set() };
  const variant = {
    // One for all processes.
    store: (store: Store) => {
      shared ??= raising(store, before, seen);
      return shared;
    },
  };
  const { faults } = await runScenario({ scenario, variant });
  expect(seen).toEqual({ raised: [isTaken], deletedWhile: new Set(["FAILED"]) });
  expect(faults).toEqual([]);
});
