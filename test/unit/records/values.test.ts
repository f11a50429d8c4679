import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import type { Json } from "../../../lib/model/json.ts";
import type { StoredValue } from "../../../lib/protocol/slot.ts";
import { readValue, storedError, storeValue } from "../../../lib/records/values.ts";

const kept = async (value: unknown) => {
  const store = createMemoryStore();
  const stored = await storeValue(store, "run", value, 1024);
  if (stored.kind === "refused") return { stored, items: store.dump().length };
  const read = await readValue(store, "run", stored.value as Exclude<StoredValue, { kind: "reference" }>);
  return { where: stored.value.kind, read, items: store.dump().length };
};

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

  it("keeps 350 KiB of JSON in one item, and refuses one byte more as a failure of its task", async () => {
    const text = "x".repeat(350 * 1024 - 2);
    expect(await kept(text)).toEqual({ where: "item", read: text, items: 1 });
    const refused = {
      kind: "refused",
      error: { name: "result-too-large", message: expect.stringContaining("358401") },
    };
    expect(await kept(`${text}x`)).toEqual({ stored: refused, items: 0 });
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
