/**
 * Full leaves of one batch at the item above them: together in one write, and as if they had come one after the other.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { arrive, createArrivals } from "../../../lib/coordinator/arrivals.ts";
import type { Delivery } from "../../../lib/coordinator/delivery.ts";
import type { Write } from "../../../lib/ports/store.ts";
import { parentOf, remainingOf } from "../../../lib/protocol/tally.ts";
import { arriveWrite } from "../../../lib/protocol/writes.ts";
import { joinOfSize } from "../protocol/support.ts";

const join = joinOfSize(9, { leafSize: 1, fan: 3 });
const leaf = (number: number) => ({ child: { level: 0, number }, value: 0 });
const author = { by: "me", atMs: 1000 };

describe("arrivals of one batch at one item", () => {
  let writes: Write[];
  let fails: boolean;
  let store: ReturnType<typeof createMemoryStore>;
  let comes: (number: number, by?: string) => ReturnType<typeof arrive>;
  beforeEach(() => {
    writes = [];
    fails = false;
    store = createMemoryStore();
    const run = {
      id: "r",
      generation: 1,
      write: async (write: Write, site: string) => {
        writes.push(write);
        await new Promise(setImmediate);
        if (fails) throw new Error("the table is away");
        return store.write(write, site);
      },
    };
    const delivery = { run, arrivals: createArrivals() } as unknown as Delivery;
    comes = (number, by = "me") => arrive(delivery, join, leaf(number), { ...author, by });
  });
  const remaining = async () =>
    remainingOf(join, parentOf(join, leaf(0).child), await store.get((writes[0] as Write).key, "look"));

  it("are one write, and only its last one goes on from what it has left", async () => {
    const arrived = await Promise.all([comes(0), comes(1), comes(2)]);
    expect(writes).toHaveLength(1);
    expect(arrived.map((one) => one.applied && one.last)).toEqual([false, false, true]);
    expect(await remaining()).toBe(0);
  });

  it("wait for the write that is in flight, and go together in the next one", async () => {
    const first = comes(0);
    await new Promise((resolve) => process.nextTick(resolve));
    const arrived = await Promise.all([first, comes(1), comes(2)]);
    expect(writes.map(({ condition }) => condition?.is === "all" && condition.of.length)).toEqual([2, 2]);
    expect(arrived.map((one) => one.applied && one.last)).toEqual([true, false, true]);
    expect(await remaining()).toBe(0);
  });

  it("count a copy once: the second one meets the mark of the first", async () => {
    const arrived = await Promise.all([comes(0), comes(0), comes(1)]);
    expect(arrived.map(({ applied }) => applied)).toEqual([true, false, true]);
    expect(await remaining()).toBe(1);
  });

  it("are repeated without those that had arrived before", async () => {
    await store.write(arriveWrite(1, "r", join, [leaf(1)], author), "before");
    const arrived = await Promise.all([comes(0), comes(1), comes(2)]);
    expect(arrived.map(({ applied }) => applied)).toEqual([true, false, true]);
    expect(arrived.map((one) => one.applied && one.last)).toEqual([false, false, true]);
    expect(await remaining()).toBe(0);
  });

  it("are written apart where they are of different items", async () => {
    await Promise.all([comes(0), comes(3)]);
    expect(writes).toHaveLength(2);
  });

  it("all hear of a table that does not answer, and may come again", async () => {
    fails = true;
    const arrived = await Promise.allSettled([comes(0), comes(1)]);
    expect(arrived.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    fails = false;
    expect(await comes(0)).toMatchObject({ applied: true, last: true });
  });
});
