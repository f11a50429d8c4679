/**
 * What every store must do when it is read: many keys, pages, indexes.
 */
import { describe, expect, it, vi } from "vitest";
import { InvalidRequestError } from "../../lib/errors.ts";
import type { Image, Item, Key, Page, Store } from "../../lib/ports/index.ts";
import { freshKey, put } from "./store-support.ts";

/** All pages; the loop every caller needs, since a page may be empty and not the last. */
async function everyPage(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): Promise<{ items: Item[]; pages: number }> {
  const items: Item[] = [];
  let pages = 0;
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    pages++;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { items, pages };
}

const sortKeys = (items: readonly Item[]): string[] => items.map(({ key }) => key.sk);

/** An index may be stale for a moment on a real table. */
const eventually = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 20 });

export function readsContract(store: () => Store): void {
  describe("getMany", () => {
    it("answers 250 keys in their order, with gaps and repetitions", async () => {
      const { pk } = freshKey();
      const keys = Array.from({ length: 250 }, (_, i): Key => ({ pk, sk: `item${i}` }));
      const asked = keys.map((_, i) => keys[(i * 7) % 250] as Key);
      await Promise.all(keys.filter((_, i) => i % 3 > 0).map((key, i) => put(store(), key, { sk2: key.sk, i })));
      const images = await store().getMany([...asked, ...asked.slice(0, 5)], "test.getMany");
      expect(images).toHaveLength(255);
      images.forEach((image, position) => {
        const key = asked[position % 250] as Key;
        expect(image?.sk2).toBe(Number(key.sk.slice(4)) % 3 > 0 ? key.sk : undefined);
      });
    });

    it("answers no keys with nothing", async () => {
      expect(await store().getMany([], "test.getMany")).toEqual([]);
    });

    it("answers with more than one response can hold", async () => {
      const { pk } = freshKey();
      const keys = Array.from({ length: 60 }, (_, i): Key => ({ pk, sk: `large${i}` }));
      for (const key of keys) await put(store(), key, { name: key.sk, text: "x".repeat(300 * 1024) });
      const images = await store().getMany(keys, "test.getMany");
      expect(images.map((image) => image?.name)).toEqual(sortKeysOf(keys));
    });

    it("reads what was just written", async () => {
      const key = freshKey();
      for (let i = 0; i < 20; i++) {
        await put(store(), key, { i });
        expect(await store().getMany([key], "test.getMany")).toEqual([{ i }]);
      }
    });
  });

  describe("query", () => {
    it("returns the items of a partition that begin with the prefix, by sort key", async () => {
      const { pk } = freshKey();
      const other = freshKey("tally#a");
      for (const sk of ["tally#b", "head", "tally#a", "tally", "tallz", "tally#a#1", "plan#0"])
        await put(store(), { pk, sk }, { sk2: sk });
      await put(store(), other, {});
      const page = await store().query(pk, "tally#", undefined, "test.query");
      expect(page.items).toEqual(
        ["tally#a", "tally#a#1", "tally#b"].map((sk) => ({ key: { pk, sk }, image: { sk2: sk } })),
      );
      expect(page.cursor).toBeUndefined();
    });

    it("returns the whole partition for an empty prefix, in the order of UTF-8", async () => {
      const { pk } = freshKey();
      const ordered = ["#", "A", "Z", "a", "a#10", "a#9", "é", "\ud7ff", "\ue000", "\ufffd", "🎉", "🎉a"];
      for (const sk of [...ordered].reverse()) await put(store(), { pk, sk }, {});
      expect(sortKeys((await store().query(pk, "", undefined, "test.query")).items)).toEqual(ordered);
      expect(sortKeys((await store().query(pk, "🎉", undefined, "test.query")).items)).toEqual(["🎉", "🎉a"]);
    });

    it("returns what was just written, and not what was just deleted", async () => {
      const { pk } = freshKey();
      const found = async () => sortKeys((await store().query(pk, "", undefined, "test.query")).items);
      for (const sk of ["b", "c", "a"]) await put(store(), { pk, sk }, {});
      expect(await found()).toEqual(["a", "b", "c"]);
      await put(store(), { pk, sk: "aa" }, {});
      expect(await found()).toEqual(["a", "aa", "b", "c"]);
      await store().remove([{ pk, sk: "b" }], "test.remove");
      expect(await found()).toEqual(["a", "aa", "c"]);
    });

    it("returns nothing of a partition that is not there", async () => {
      expect(await store().query(freshKey().pk, "", undefined, "test.query")).toEqual({ items: [] });
    });

    it("returns more than 1 MB in several pages, each item once", async () => {
      const { pk } = freshKey();
      const names = Array.from({ length: 14 }, (_, i) => `page#${String(i).padStart(2, "0")}`);
      for (const sk of [...names, "after", "pagf"]) await put(store(), { pk, sk }, { text: "x".repeat(300 * 1024) });
      const { items, pages } = await everyPage((cursor) => store().query(pk, "page#", cursor, "test.query"));
      expect(sortKeys(items)).toEqual(names);
      expect(pages).toBeGreaterThanOrEqual(4);
    });

    it("goes on after an item that was deleted meanwhile", async () => {
      const { pk } = freshKey();
      const names = Array.from({ length: 6 }, (_, i) => `page#${i}`);
      for (const sk of names) await put(store(), { pk, sk }, { text: "x".repeat(300 * 1024) });
      const first = await store().query(pk, "page#", undefined, "test.query");
      await store().remove(
        first.items.map(({ key }) => key),
        "test.remove",
      );
      const rest = await everyPage((cursor) => store().query(pk, "page#", cursor ?? first.cursor, "test.query"));
      expect([...sortKeys(first.items), ...sortKeys(rest.items)]).toEqual(names);
    });

    it.each(["", "%", "bm90IGEga2V5"])("refuses the cursor %j as none of its own", async (cursor) => {
      const page = store().list("list#none", cursor, "test.list");
      await expect(page).rejects.toThrow(InvalidRequestError);
    });
  });

  describe("remove", () => {
    it("deletes items whatever they hold, is repeatable, and takes items that are not there", async () => {
      const { pk } = freshKey();
      const keys = Array.from({ length: 60 }, (_, i): Key => ({ pk, sk: `item${i}` }));
      for (const key of keys.slice(0, 55)) await put(store(), key, { a: 1 });
      await put(store(), { pk, sk: "kept" }, { a: 1 });
      await store().remove([...keys, ...keys.slice(0, 30)], "test.remove");
      await store().remove(keys, "test.remove");
      await store().remove([], "test.remove");
      expect(sortKeys((await store().query(pk, "", undefined, "test.query")).items)).toEqual(["kept"]);
    });

    it("lets an item be written anew", async () => {
      const key = freshKey();
      await put(store(), key, { a: 1 });
      await store().remove([key], "test.remove");
      const { image } = await store().write({ key, set: [{ path: ["b"], value: 1 }] }, "test.write");
      expect(image).toEqual({ b: 1 });
    });
  });

  describe("due", () => {
    it("returns what is due, earliest first, with its shard and time alone", async () => {
      const { pk } = freshKey();
      for (const [sk, due] of [
        ["c", 300],
        ["a", 100],
        ["z", 301],
        ["b", 200],
      ] as const) {
        await put(store(), { pk, sk }, { dueShard: pk, due, other: "not in the index" });
      }
      await eventually(async () => {
        const { items } = await everyPage((cursor) => store().due(pk, 300, cursor, "test.due"));
        expect(items).toEqual(
          [
            ["a", 100],
            ["b", 200],
            ["c", 300],
          ].map(([sk, due]) => ({ key: { pk, sk }, image: { dueShard: pk, due } })),
        );
      });
    });

    it("holds only items that have both shard and time", async () => {
      const { pk } = freshKey();
      const other = `${pk}-other`;
      const images: Record<string, Image> = {
        both: { dueShard: pk, due: 1 },
        noTime: { dueShard: pk },
        noShard: { due: 1 },
        other: { dueShard: other, due: 1 },
      };
      for (const [sk, image] of Object.entries(images)) await put(store(), { pk, sk }, image);
      await eventually(async () =>
        expect(sortKeys((await store().due(pk, 1, undefined, "test.due")).items)).toEqual(["both"]),
      );
    });

    it("follows the item: moved, taken out, put back, deleted", async () => {
      const key = freshKey();
      const found = async () =>
        (await store().due(key.pk, 1000, undefined, "test.due")).items.map(({ image }) => image.due);
      await put(store(), key, { dueShard: key.pk, due: 500 });
      await eventually(async () => expect(await found()).toEqual([500]));
      await store().write({ key, set: [{ path: ["due"], value: 700 }] }, "test.write");
      await eventually(async () => expect(await found()).toEqual([700]));
      await store().write({ key, set: [], remove: ["due"] }, "test.write");
      await eventually(async () => expect(await found()).toEqual([]));
      await put(store(), key, { due: 900 });
      await eventually(async () => expect(await found()).toEqual([900]));
      await store().remove([key], "test.remove");
      await eventually(async () => expect(await found()).toEqual([]));
    });
  });

  describe("list", () => {
    it("returns whole items of a shard, latest first", async () => {
      const { pk } = freshKey();
      for (const [sk, listAt] of [
        ["b", 2],
        ["c", 3],
        ["a", 1],
      ] as const)
        await put(store(), { pk, sk }, { listShard: pk, listAt, status: "RUNNING" });
      await put(store(), { pk, sk: "no shard" }, { listAt: 5 });
      await put(store(), { pk, sk: "no time" }, { listShard: pk });
      await eventually(async () => {
        const { items } = await everyPage((cursor) => store().list(pk, cursor, "test.list"));
        expect(items).toEqual(
          [
            ["c", 3],
            ["b", 2],
            ["a", 1],
          ].map(([sk, listAt]) => ({ key: { pk, sk }, image: { listShard: pk, listAt, status: "RUNNING" } })),
        );
      });
    });

    it("returns more than 1 MB in several pages, each item once, also of the same time", async () => {
      const { pk } = freshKey();
      const names = Array.from({ length: 8 }, (_, i) => `item${i}`);
      for (const [i, sk] of names.entries()) {
        await put(store(), { pk, sk }, { listShard: pk, listAt: Math.floor(i / 4), text: "x".repeat(300 * 1024) });
      }
      await eventually(async () => {
        const { items, pages } = await everyPage((cursor) => store().list(pk, cursor, "test.list"));
        expect(sortKeys(items.slice(0, 4)).sort()).toEqual(names.slice(4));
        expect(sortKeys(items.slice(4)).sort()).toEqual(names.slice(0, 4));
        expect(pages).toBeGreaterThanOrEqual(2);
      });
    });

    it("ends a page after as many items as are wanted, and goes on after them", async () => {
      const { pk } = freshKey();
      for (const [i, sk] of ["a", "b", "c"].entries()) await put(store(), { pk, sk }, { listShard: pk, listAt: i });
      await eventually(async () => {
        const first = await store().list(pk, { cursor: undefined, wanted: 2 }, "test.list");
        expect(sortKeys(first.items)).toEqual(["c", "b"]);
        const rest = await store().list(pk, { cursor: first.cursor, wanted: 2 }, "test.list");
        expect(sortKeys(rest.items)).toEqual(["a"]);
        expect(rest.cursor).toBeUndefined();
      });
    });
  });
}

function sortKeysOf(keys: readonly Key[]): string[] {
  return keys.map(({ sk }) => sk);
}
