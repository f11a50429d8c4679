import { expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { lowerDue, visitSoon } from "../../../lib/coordinator/sending.ts";
import { advanceDueWrite } from "../../../lib/protocol/head.ts";

const key = { pk: "r", sk: "head" };

/** A run whose next visit is stored as that, at second 5, and the due time after a timer was started for second 9. */
async function loweredFrom(due: number, more: object = {}) {
  const store = createMemoryStore();
  store.restore([{ key, image: { status: "RUNNING", generation: 1, due, ...more } }]);
  const delivery = { deps: { store, clock: { now: () => 5000 } }, run: { id: "r" } };
  await lowerDue(delivery as never, 9000);
  const image = await store.get(key, "test");
  return { store, due: image?.due };
}

it("makes a later visit earlier, and leaves one that comes in time", async () => {
  expect((await loweredFrom(60_000)).due).toBe(9000);
  expect((await loweredFrom(7000)).due).toBe(7000);
});

it("takes its claim from a visit that may have read the run before the timer was started", async () => {
  const { store, due } = await loweredFrom(4000);
  expect(due).toBe(5000);
  const next = { dueMs: 900_000, settled: 0, intervalMs: 900_000 };
  const claimed = await store.write(advanceDueWrite("r", { dueMs: 4000, generation: 1 }, next), "test");
  expect(claimed.applied).toBe(false);
  expect((await loweredFrom(5000)).due).toBe(5001);
});

it("leaves the second look at a removed run where it is: a process that stood still starts a timer of it", async () => {
  expect((await loweredFrom(86_400_000, { removedAt: 1000 })).due).toBe(86_400_000);
  expect((await loweredFrom(4000, { removedAt: 1000 })).due).toBe(4000);
});

/** The due time of a run that has ended, whose next visit is at that time as far as its head was read, after something was started. */
async function visitedSoon(dueMs: number, seenDueMs = dueMs) {
  const store = createMemoryStore();
  store.restore([{ key, image: { status: "FAILED", generation: 1, due: dueMs } }]);
  const deps = { store, clock: { now: () => 5000 }, settings: { sweepSeconds: 60 } };
  await visitSoon({ deps, run: { id: "r" } } as never, { dueMs: seenDueMs } as never);
  return (await store.get(key, "test"))?.due;
}

it("has a run visited once more that something is started of after its last visit", async () => {
  expect(await visitedSoon(600_000_000)).toBe(65_000);
  // A visit that was ahead when the head was read may have been since, and seen nothing.
  expect(await visitedSoon(600_000_000, 4000)).toBe(65_000);
  expect(await visitedSoon(65_000)).toBe(65_000);
  expect(await visitedSoon(5000)).toBe(5000);
});
