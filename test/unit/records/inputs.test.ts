import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { FatalError } from "../../../lib/errors.ts";
import type { Json } from "../../../lib/model/json.ts";
import type { Key } from "../../../lib/ports/store.ts";
import { encodeSlot, type StoredValue } from "../../../lib/protocol/slot.ts";
import { leafKey } from "../../../lib/protocol/tally.ts";
import { argumentsOf, streamedArgumentsOf, type ValueReader } from "../../../lib/records/inputs.ts";
import { storeValue } from "../../../lib/records/values.ts";
import { aJoin, aNode } from "../plan/support.ts";

const callback = aNode("callback", "t", { input: { kind: "join", join: "." }, args: ["bound"] });

/** A full join whose members have these values, and what is asked of the table. Nobody may read the whole plan. */
async function joined(values: readonly Json[]) {
  const store = createMemoryStore();
  const join = aJoin(".", "chord", values.length);
  for (const [i, value] of values.entries()) {
    const stored = (await storeValue(store, "run", value, 100, 1_000_000)) as { value: StoredValue };
    const slot = { state: "settled", status: "SUCCEEDED", attempt: 1, lost: 0, owner: "o", settledAtMs: 1 } as const;
    const key = leafKey("run", join, Math.floor(i / join.leafSize));
    const path = [`s${i % join.leafSize}`] as const;
    await store.write({ key, set: [{ path, value: encodeSlot({ ...slot, value: stored.value }) }] }, "test");
  }
  const asked: [site: string, count: number][] = [];
  const counting = {
    ...store,
    getMany: (keys: readonly Key[], site: string) => {
      asked.push([site, keys.length]);
      return store.getMany(keys, site);
    },
  };
  const plan = { join: async () => join, whole: () => Promise.reject(new Error("the whole plan was read")) };
  const reader = { deps: { store: counting }, run: { id: "run", plan } } as unknown as ValueReader;
  return { reader, asked };
}

async function listOf(items: AsyncIterable<Json>): Promise<Json[]> {
  const list: Json[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const numbers = Array.from({ length: 1001 }, (_, i) => i);

describe("the arguments of a callback", () => {
  it("are the results in header order, then the bound ones, without a look at the plan", async () => {
    const { reader, asked } = await joined(numbers);
    expect(await argumentsOf(reader, callback)).toEqual([numbers, "bound"]);
    expect(asked).toEqual([["input.read", 251]]);
  });
});

describe("streamedArgumentsOf", () => {
  it("reads nothing before it is iterated, then a hundred leaves at a time, and all of it anew each time", async () => {
    const { reader, asked } = await joined(numbers);
    const { items, rest } = await streamedArgumentsOf(reader, callback);
    expect([rest, asked]).toEqual([["bound"], []]);
    const pages = [100, 100, 51].map((leaves) => ["input.read", leaves]);
    expect(await listOf(items)).toEqual(numbers);
    expect(asked).toEqual(pages);
    expect(await listOf(items)).toEqual(numbers);
    expect(asked).toEqual([...pages, ...pages]);
  });

  it("reads no further than it is iterated", async () => {
    const { reader, asked } = await joined(numbers);
    const { items } = await streamedArgumentsOf(reader, callback);
    for await (const item of items) if (item === 3) break;
    expect(asked).toEqual([["input.read", 100]]);
  });

  it("reads stored values by 8 MiB, or alone", async () => {
    const text = (mebibytes: number, letter: string) => letter.repeat(mebibytes * 1024 * 1024 - 2);
    const values = [text(3, "a"), 1, text(4, "b"), text(2, "c"), text(9, "d"), 2, text(1, "e")];
    const { reader, asked } = await joined(values);
    const { items } = await streamedArgumentsOf(reader, callback);
    expect((await listOf(items)).map((item, i) => item === values[i])).not.toContain(false);
    expect(asked).toEqual([
      ["input.read", 2],
      ["value.read", 2],
      ["value.read", 1],
      ["value.read", 1],
      ["value.read", 1],
    ]);
  });

  it("goes over a bound list, and refuses what is none", async () => {
    const { reader } = await joined([]);
    const bound = (...args: Json[]) => streamedArgumentsOf(reader, aNode("a", "t", { args }));
    const { items, rest } = await bound([1, { $literal: { $result: "x" } }], "more");
    expect([await listOf(items), rest]).toEqual([[1, { $result: "x" }], ["more"]]);
    await expect(bound("text")).rejects.toThrow(FatalError);
  });
});
