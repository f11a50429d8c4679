import { expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { createPlanCache, type PlanRef, planPages } from "../../../lib/records/plans.ts";
import { compiled } from "../plan/support.ts";

/** Plans of a task whose argument has that many characters, and which of them were read from the table. */
async function cacheOf(lengths: readonly number[]) {
  const store = createMemoryStore();
  const refs: PlanRef[] = [];
  for (const [i, length] of lengths.entries()) {
    const { ref, writes } = planPages(`run-${i}`, compiled({ task: "a", args: [`${i}`.repeat(length)] }));
    for (const write of writes) await store.write(write, "test");
    refs.push(ref);
  }
  const read: string[] = [];
  const getMany: typeof store.getMany = (keys, site) => {
    read.push(keys[0]?.pk ?? "");
    return store.getMany(keys, site);
  };
  const cache = createPlanCache({ ...store, getMany });
  return { read, load: (i: number) => cache.load(`run-${i}`, refs[i] as PlanRef) };
}

it("keeps the last 32 plans", async () => {
  const { read, load } = await cacheOf(new Array(33).fill(1));
  for (let i = 0; i < 32; i++) await load(i);
  await load(0);
  expect(read).toHaveLength(32);
  await load(32);
  await load(0);
  await load(1);
  expect(read.slice(32)).toEqual(["run-32", "run-1"]);
});

it("keeps fewer when they are large, and always the one in hand", async () => {
  const { read, load } = await cacheOf([20_000_000, 20_000_000, 40_000_000, 1]);
  for (const i of [0, 0, 1, 1, 0, 2, 2, 3, 3]) await load(i);
  expect(read).toEqual(["run-0", "run-1", "run-0", "run-2", "run-3"]);
});
