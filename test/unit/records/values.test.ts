import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { StoreError } from "../../../lib/errors.ts";
import { sha256 } from "../../../lib/model/hash.ts";
import type { Json } from "../../../lib/model/json.ts";
import type { Item, Key } from "../../../lib/ports/store.ts";
import { type OwnValue, readValue, readValues, storedError, storeValue } from "../../../lib/records/values.ts";

const kept = async (value: unknown, inlineBytes = 1024) => {
  const store = createMemoryStore();
  const stored = await storeValue(store, "run", value, inlineBytes);
  if (stored.kind === "refused") return { stored, items: store.dump().length };
  const read = await readValue(store, "run", stored.value as OwnValue);
  return { where: stored.value.kind, read, items: store.dump().length };
};

/** A text that does not compress: hexadecimal digits of hashes, half their length in bytes. */
function noise(length: number, seed = 0): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += sha256(`${seed} ${i}`);
  return text.slice(0, length);
}

describe("storeValue", () => {
  it.each<[string, unknown, Json]>([
    ["null", null, null],
    ["undefined, as null", undefined, null],
    ["an empty list", [], []],
    ["an empty text", "", ""],
    ["characters SQS and DynamoDB are shy of", "\u0000\uFFFF\uD800", "\u0000\uFFFF\uD800"],
  ])("keeps %s inline", async (_name, value, read) => {
    expect(await kept(value)).toEqual({ where: "inline", read, items: 0 });
  });

  it("keeps 1 KiB of JSON inline, and one byte more in an item", async () => {
    expect(await kept("x".repeat(1022))).toMatchObject({ where: "inline", items: 0 });
    expect(await kept("x".repeat(1023))).toMatchObject({ where: "item", items: 1 });
  });

  it("keeps less inline where that is asked for", async () => {
    expect(await kept("x".repeat(254), 256)).toMatchObject({ where: "inline", items: 0 });
    expect(await kept("x".repeat(255), 256)).toMatchObject({ where: "item", items: 1 });
  });

  it("keeps 350 KiB of JSON as text in one item, and compresses one byte more", async () => {
    const text = "x".repeat(350 * 1024 - 2);
    expect(await kept(text)).toEqual({ where: "item", read: text, items: 1 });
    expect(await kept(`${text}x`)).toEqual({ where: "item", read: `${text}x`, items: 1 });
  });

  it("keeps a larger one in parts, each of which an item can hold", async () => {
    const store = createMemoryStore();
    const value = { texts: ["é\u0000", noise(2_000_000)] };
    const stored = await storeValue(store, "run", value, 1024);
    expect(stored).toMatchObject({ value: { kind: "item", parts: 4 } });
    expect(store.dump().map(({ key }) => key.sk.replace(/#.*#/, "#…#"))).toEqual([
      "value#…#0000",
      "value#…#0001",
      "value#…#0002",
      "value#…#0003",
    ]);
    for (const { image } of store.dump()) expect((image.data as Uint8Array).length).toBeLessThanOrEqual(350 * 1024);
    expect(await readValue(store, "run", (stored as { value: OwnValue }).value)).toEqual(value);
  });

  it("keeps 100 MiB of JSON, and refuses one byte more as a failure of its task", async () => {
    const text = "x".repeat(100 * 1024 * 1024 - 2);
    const { read, ...where } = (await kept(text)) as { read: string };
    expect({ ...where, same: read === text }).toEqual({ where: "item", items: 1, same: true });
    const refused = {
      kind: "refused",
      error: { name: "result-too-large", message: "the result has more than 104857600 bytes as JSON" },
    };
    expect(await kept(`${text}x`)).toEqual({ stored: refused, items: 0 });
  }, 20_000);

  it("refuses what no text can hold in the same way", async () => {
    // Each of these characters takes six bytes.
    expect(await kept("\u0001".repeat(100_000_000))).toMatchObject({
      stored: { kind: "refused", error: { name: "result-too-large" } },
      items: 0,
    });
  }, 60_000);

  it("writes the same items when it is repeated", async () => {
    const store = createMemoryStore();
    const first = await storeValue(store, "run", noise(9000), 1024, 1000);
    const items = store.dump();
    expect(await storeValue(store, "run", noise(9000), 1024, 1000)).toEqual(first);
    expect(store.dump()).toEqual(items);
  });

  it("refuses what is no JSON as a failure of its task", async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const value of [cycle, 1n]) {
      expect(await kept(value)).toMatchObject({
        stored: { kind: "refused", error: { name: "result-not-json" } },
        items: 0,
      });
    }
  });
});

describe("readValues", () => {
  it("reads values of any size together, in order, each item once", async () => {
    const store = createMemoryStore();
    const values = [1, noise(5000), noise(3000, 1), noise(5000), "é", noise(2000, 2)];
    const stored: OwnValue[] = [];
    for (const value of values) {
      const { value: at } = (await storeValue(store, "run", value, 100, 1000)) as { value: OwnValue };
      stored.push(at);
    }
    expect(stored.map((value) => (value.kind === "item" ? value.parts : value.kind))).toEqual([
      "inline",
      3,
      2,
      3,
      "inline",
      2,
    ]);
    const asked: number[] = [];
    const counting = {
      ...store,
      getMany: (keys: readonly Key[], site: string) => {
        asked.push(keys.length);
        return store.getMany(keys, site);
      },
    };
    expect(await readValues(counting, "run", stored)).toEqual(values);
    expect(asked).toEqual([7]);
  });

  it("asks the table for nothing when all are inline", async () => {
    const store = { ...createMemoryStore(), getMany: () => Promise.reject(new Error("asked")) };
    expect(await readValues(store, "run", [{ kind: "inline", text: "[null]" }])).toEqual([[null]]);
  });

  it("raises a store error for a part that is missing, or is another's", async () => {
    const store = createMemoryStore();
    const { value } = (await storeValue(store, "run", noise(3000), 10, 500)) as { value: OwnValue };
    const items = store.dump();
    store.restore(items.slice(0, -1));
    await expect(readValue(store, "run", value)).rejects.toThrow(
      `part ${items.length - 1} of ${items.length} of value ${(value as { hash: string }).hash} is missing`,
    );
    store.restore(items.map((item, i) => ({ ...item, image: (items[i === 0 ? 1 : i] as Item).image })));
    await expect(readValue(store, "run", value)).rejects.toThrow(StoreError);
    const { value: other } = (await storeValue(store, "run", noise(3000, 1), 10, 500)) as { value: OwnValue };
    const exchanged = store.dump().filter(({ key }) => key.sk.includes((other as { hash: string }).hash));
    store.restore(exchanged.map(({ image }, i) => ({ key: (items[i] as Item).key, image })));
    await expect(readValue(store, "run", value)).rejects.toThrow("its parts give other content");
  });
});

describe("storedError", () => {
  it("cuts a long message at a character, to 256 bytes", () => {
    const { message } = storedError(new Error("ü".repeat(1_000_000)));
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(256);
    expect(message).toMatch(/^ü+…$/);
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["a text", "broken"],
    ["an object without a text", Object.create(null)],
    ["an error whose name is empty", Object.assign(new Error("x"), { name: "" })],
  ])("makes strings of %s", (_name, thrown) => {
    expect(storedError(thrown)).toEqual({ name: "Error", message: expect.any(String) });
  });
});
