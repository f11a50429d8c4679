/**
 * How old a head is that a delivery goes by (S9): as old as the question, however long the answer took.
 */
import { expect, it } from "vitest";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import type { CoordinatorDeps } from "../../../lib/coordinator/deps.ts";
import { openRun } from "../../../lib/coordinator/run.ts";
import { createPlanCache } from "../../../lib/records/plans.ts";

const asked = { id: "run-1", generation: 1, plan: { hash: "h", pages: 1 } };

function readingWithin(...answersMs: readonly number[]) {
  const clock = createVirtualClock(0);
  const store = createMemoryStore();
  let reads = 0;
  const deps = {
    clock,
    store: {
      ...store,
      get: async () => {
        clock.advanceTo(clock.now() + (answersMs[reads++] ?? 0));
        return undefined;
      },
    },
  } as unknown as CoordinatorDeps;
  return { clock, run: openRun(deps, createPlanCache(store), new Map(), asked as never), reads: () => reads };
}

it("asks again when the process stood still until it had the answer", async () => {
  const { run, reads } = readingWithin(61_000);
  await run.head();
  expect(reads()).toBe(2);
});

it("counts the time of the answer to the minute that a head is good for", async () => {
  const { run, reads, clock } = readingWithin(40_000);
  await run.head();
  clock.advanceTo(clock.now() + 15_000);
  await run.head();
  expect(reads()).toBe(1);
  clock.advanceTo(clock.now() + 6000);
  await run.head();
  expect(reads()).toBe(2);
});
