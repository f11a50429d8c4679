import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../../lib/adapters/memory/store.ts";
import { ItemTooLargeError } from "../../../../lib/errors.ts";
import type { Image, Key, Store, Value } from "../../../../lib/ports/index.ts";

async function put(store: Store, key: Key, image: Image): Promise<void> {
  await store.write({ key, set: Object.entries(image).map(([name, value]) => ({ path: [name], value })) }, "test.put");
}

const key: Key = { pk: "run", sk: "item" };

describe("memory store", () => {
  it("dumps every item by partition and sort key, as copies", async () => {
    const store = createMemoryStore();
    for (const [pk, sk] of [
      ["b", "1"],
      ["a", "2"],
      ["a", "1"],
      ["🎉", "1"],
      ["\ufffd", "1"],
    ] as const)
      await put(store, { pk, sk }, { n: [1] });
    const dump = store.dump();
    expect(dump.map((item) => `${item.key.pk} ${item.key.sk}`)).toEqual(["a 1", "a 2", "b 1", "\ufffd 1", "🎉 1"]);
    (dump[0]?.image.n as number[] | undefined)?.push(2);
    expect(store.dump()[0]?.image).toEqual({ n: [1] });
  });

  it("restores what was dumped, indexes too, and nothing else", async () => {
    const store = createMemoryStore();
    await put(store, { pk: "a", sk: "1" }, { dueShard: "due#0", due: 5, listShard: "list#0", listAt: 7 });
    const dump = store.dump();
    await put(store, { pk: "b", sk: "1" }, { dueShard: "due#0", due: 6 });
    store.restore(dump);
    expect(store.dump()).toEqual(dump);
    expect((await store.due("due#0", 100, undefined, "test.due")).items).toHaveLength(1);
    expect((await store.list("list#0", undefined, "test.list")).items).toHaveLength(1);
    expect((await store.query("b", "", undefined, "test.query")).items).toEqual([]);
  });

  it("takes effect when called, and answers later", async () => {
    const store = createMemoryStore();
    const writing = put(store, key, { a: 1 });
    expect(store.dump()).toEqual([{ key, image: { a: 1 } }]);
    await writing;
  });

  it.each<[string, Value, number]>([
    ["a text, in UTF-8", "aü🎉", 7],
    ["an empty text", "", 0],
    ["bytes", Uint8Array.of(1, 2, 3), 3],
    ["a boolean", true, 1],
    ["null", null, 1],
    ["zero, which has no digits", 0, 1],
    ["a digit", 7, 2],
    ["three digits", 123, 3],
    ["a time", 1763700000123, 8],
    ["trailing zeros", 1000000, 2],
    ["a negative number", -15, 3],
    ["a fraction", 0.25, 2],
    ["an empty list", [], 3],
    ["a list", ["a", "bb"], 8],
    ["an empty map", {}, 3],
    ["a map", { a: "b", cc: "d" }, 10],
    ["a map in a list", [{ a: "b" }], 10],
  ])("counts the bytes of %s as DynamoDB does", async (_, value, bytes) => {
    const itemBytes = "pk".length + "run".length + "sk".length + "item".length + "value".length + bytes;
    await put(createMemoryStore({ maxItemBytes: itemBytes }), key, { value });
    const smaller = createMemoryStore({ maxItemBytes: itemBytes - 1 });
    await expect(put(smaller, key, { value })).rejects.toThrow(ItemTooLargeError);
  });

  it("takes exactly 400 KB unless told otherwise", async () => {
    const text = "x".repeat(400 * 1024 - "pkrunskitema".length);
    await put(createMemoryStore(), key, { a: text });
    await expect(put(createMemoryStore(), key, { a: `${text}x` })).rejects.toThrow(ItemTooLargeError);
  });

  it("ends pages by size, with a cursor even when nothing follows", async () => {
    const store = createMemoryStore({ pageBytes: 30 });
    for (const sk of ["1", "2", "3", "4"]) await put(store, { pk: "a", sk }, { value: "x".repeat(10) });
    const first = await store.query("a", "", undefined, "test.query");
    const second = await store.query("a", "", first.cursor, "test.query");
    const third = await store.query("a", "", second.cursor, "test.query");
    expect([first, second, third].map(({ items }) => items.map((item) => item.key.sk))).toEqual([
      ["1", "2"],
      ["3", "4"],
      [],
    ]);
    expect([first.cursor, second.cursor, third.cursor].map((cursor) => cursor !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("pages through an index, where times are equal and items move meanwhile", async () => {
    const store = createMemoryStore({ pageBytes: 1 });
    for (const sk of ["1", "2", "3", "4"]) await put(store, { pk: "a", sk }, { dueShard: "s", due: sk < "3" ? 1 : 2 });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await store.due("s", 2, cursor, "test.due");
      seen.push(...page.items.map((item) => item.key.sk));
      if (page.cursor === undefined) break;
      cursor = page.cursor;
      await store.remove([{ pk: "a", sk: "2" }], "test.remove");
      await put(store, { pk: "a", sk: "1" }, { due: 0 });
    }
    expect(seen).toEqual(["1", "3", "4"]);
  });
});
