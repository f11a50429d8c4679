import { describe, expect, it } from "vitest";
import { itemKind } from "../../../bench/meter/kinds.ts";
import { createMeter, type Line } from "../../../bench/meter/meter.ts";
import { meteredQueue } from "../../../bench/meter/metered-queue.ts";
import { meteredStore } from "../../../bench/meter/metered-store.ts";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createMemoryQueue } from "../../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { StoreError } from "../../../lib/errors.ts";
import type { Write } from "../../../lib/ports/index.ts";

const keys = (count: number) => Array.from({ length: count }, (_, i) => ({ pk: "run", sk: `node#${i}` }));
const leaf = { pk: "run", sk: "tally#.#0#0" };
const set = (value: string): Write["set"] => [{ path: ["s0"], value }];

describe("meteredStore", () => {
  const metered = () => {
    const meter = createMeter();
    const store = meteredStore(createMemoryStore(), meter);
    const line = (operation: string) => meter.report().lines.find((one) => one.operation === operation);
    return { meter, store, line };
  };

  it("counts a BatchGetItem for each 100 keys, and a unit for each item, found or not", async () => {
    const { store, line } = metered();
    await store.write({ key: { pk: "run", sk: "node#0" }, set: set("x".repeat(5000)) }, "test.write");
    await store.getMany([...keys(101), ...keys(1)], "test.read");
    expect(line("BatchGetItem")).toMatchObject({ calls: 2, readUnits: 100 + 2, kind: "node", site: "test.read" });
  });

  it("counts a BatchWriteItem for each 25 keys, and the units of what was deleted", async () => {
    const { store, line } = metered();
    await store.write({ key: { pk: "run", sk: "node#0" }, set: set("x".repeat(2000)) }, "test.write");
    await store.remove(keys(26), "test.remove");
    expect(line("BatchWriteItem")).toMatchObject({ calls: 2, writeUnits: 25 + 2 });
  });

  it("counts a page as one call, and its bytes together", async () => {
    const { store, line } = metered();
    for (const key of keys(3)) await store.write({ key, set: set("x".repeat(3000)) }, "test.write");
    await store.query("run", "node#", undefined, "test.query");
    expect(line("Query")).toMatchObject({ calls: 1, readUnits: 3, kind: "node" });
  });

  it("bills a refused write by the item it met", async () => {
    const { meter, store, line } = metered();
    await store.write({ key: leaf, set: set("x".repeat(2000)) }, "test.write");
    await store.write({ key: leaf, set: set("y"), condition: { is: "absent", path: ["s0"] } }, "test.write");
    expect(line("UpdateItem")).toMatchObject({ calls: 2, refused: 1, writeUnits: 4, kind: "tally leaf" });
    expect(meter.report().busiest).toEqual({ "tally leaf": { name: leaf.sk, writes: 2 } });
  });

  it("bills a write by the larger of the item before and after, and the indexes it changes", async () => {
    const { meter, store } = metered();
    const key = { pk: "run", sk: "head" };
    await store.write({ key, set: [...set("x".repeat(2000)), { path: ["dueShard"], value: "due#0" }] }, "a");
    await store.write({ key, set: [...set("x"), { path: ["due"], value: 5 }] }, "b");
    await store.write({ key, set: [{ path: ["due"], value: 6 }] }, "b");
    const units = meter.report().lines.map(({ site, writeUnits }) => [site, writeUnits]);
    // The second: 2 KB before, and into the index. The third: 1 KB, out of the index and in again.
    expect(units).toEqual([
      ["a", 2],
      ["b", 2 + 1 + 1 + 2],
    ]);
  });

  it("counts a call that throws, without units", async () => {
    const meter = createMeter();
    const broken = { ...createMemoryStore(), write: async () => Promise.reject(new StoreError("injected")) };
    const writing = meteredStore(broken, meter).write({ key: leaf, set: set("x") }, "test.write");
    await expect(writing).rejects.toThrow(StoreError);
    expect(meter.report().totals).toMatchObject({ calls: 1, writeUnits: 0 });
  });

  it.each([
    ["head", "head"],
    ["plan#0123#0000", "plan"],
    ["node#header[0]/[1]", "node"],
    ["tally#header[3]#0#17", "tally leaf"],
    ["tally#.#1#0", "tally inner"],
    ["range#.#4", "range"],
    ["value#0123#0000", "value"],
    ["rejected", "rejected"],
    ["else", "other"],
  ] as const)("takes %s for: %s", (sk, kind) => {
    expect(itemKind({ pk: "run", sk })).toBe(kind);
  });
});

describe("meteredQueue", () => {
  const metered = () => {
    const meter = createMeter();
    const clock = createVirtualClock(0);
    const queue = meteredQueue(createMemoryQueue({ clock, visibilitySeconds: 30, maxReceiveCount: 3 }), meter);
    const lines = () =>
      meter.report().lines.map(({ operation, kind, calls, requests, messages }: Line) => {
        return [operation, kind, calls, requests, messages];
      });
    return { queue, lines };
  };

  it("counts calls, and a request for each started 64 KB sent or received", async () => {
    const { queue, lines } = metered();
    const message = { body: "x".repeat(64 * 1024), delaySeconds: 0 };
    await queue.send("task:default", [message, { ...message, body: "y" }], "release.send");
    const held = await queue.receive("task:default", 10);
    await queue.remove(...held.map(({ receipt }) => receipt));
    expect(lines()).toEqual([
      ["SendMessageBatch", "task", 1, 2, 2],
      ["ReceiveMessage", "task", 1, 2, 2],
      ["DeleteMessageBatch", "task", 1, 1, 2],
    ]);
  });

  it("counts receives without messages apart, and what is given back", async () => {
    const { queue, lines } = metered();
    await queue.receive("request", 10);
    await queue.send("request", [{ body: "x", delaySeconds: 0 }], "request.send");
    const [held] = await queue.receive("request", 10);
    await queue.changeVisibility(held?.receipt ?? "", 5);
    expect(lines()).toEqual([
      ["ReceiveMessage (empty)", "request", 1, 1, 0],
      ["SendMessageBatch", "request", 1, 1, 1],
      ["ReceiveMessage", "request", 1, 1, 1],
      ["ChangeMessageVisibility", "request", 1, 1, 1],
    ]);
  });
});
