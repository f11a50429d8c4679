/**
 * What a table keeps, unchanged, and what it refuses to keep.
 */
import { describe, expect, it } from "vitest";
import { InvalidWriteError, ItemTooLargeError } from "../../lib/errors.ts";
import type { Image, SetAction, Store, Value, Write } from "../../lib/ports/index.ts";
import { absent, all, equal, freshKey, put } from "./store-support.ts";

export function valuesContract(store: () => Store): void {
  const roundTrips = async (value: Value, expected: Value = value): Promise<void> => {
    const key = freshKey();
    const written = await store().write({ key, set: [{ path: ["value"], value }] }, "test.write");
    expect(written.image).toStrictEqual({ value: expected });
    expect(await store().get(key, "test.get")).toStrictEqual({ value: expected });
  };

  describe("values", () => {
    it.each([
      0,
      1,
      -1,
      0.1,
      -1.5,
      1e-130,
      123456789.123,
      1_763_700_000_000,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ])("keeps the number %d", (number) => roundTrips(number));

    it("keeps no sign of a zero", () => roundTrips(-0, 0));

    it.each([
      ["empty", ""],
      ["ASCII with control characters", "a\u0000\u0001\t\r\n\u007f z"],
      ["of many scripts", "Grüße, Привет, こんにちは, 🎉👩‍👩‍👧"],
      ["of characters that queues refuse", "\ufffe\uffff"],
      ["not normalised", "e\u0301é"],
      ["that looks like JSON", '{"a":"\\u0000"}'],
    ])("keeps a text %s", (_, text) => roundTrips(text));

    it("keeps texts as UTF-8: a lone surrogate becomes U+FFFD", () =>
      roundTrips({ "k\ud800": ["a\udc00b"] }, { "k\ufffd": ["a\ufffdb"] }));

    it("keeps bytes, also none", async () => {
      await roundTrips(Uint8Array.from({ length: 256 }, (_, i) => i));
      await roundTrips(new Uint8Array());
    });

    it("keeps null, booleans, and empty lists and maps, also inside each other", async () => {
      await roundTrips(null);
      await roundTrips(false);
      await roundTrips([]);
      await roundTrips({});
      await roundTrips({ a: null, b: [null, { c: null, d: "" }, [], {}], e: [Uint8Array.of(0)], f: false });
    });

    it("keeps 25 levels of nesting", () => {
      let value: Value = "innermost";
      for (let level = 0; level < 25; level++) value = level % 2 ? [value] : { a: value };
      return roundTrips(value);
    });

    it("takes any word as a name: reserved, with dots, of every object", async () => {
      const names = [
        "name",
        "status",
        "size",
        "value",
        "count",
        "date",
        "ttl",
        "list",
        "SELECT",
        "a.b",
        "a b",
        "#0",
        ":0",
        "[0]",
        "é🎉",
      ];
      const inherited = ["constructor", "toString", "hasOwnProperty"];
      const image = Object.fromEntries([...names, ...inherited].map((name, i) => [name, i]));
      const key = freshKey();
      await put(store(), key, { ...image, map: image });
      const set: SetAction[] = [...names, ...inherited].map((name, i) => ({ path: ["map", name], value: -i - 1 }));
      const condition = all(...names.map((name) => equal(["map", name], image[name] as number)), equal(["status"], 1));
      const { applied, image: found } = await store().write(
        { key, set, remove: ["a.b", "constructor"], condition },
        "test.write",
      );
      expect(applied).toBe(true);
      const map = found?.map as Image | undefined;
      expect([map?.["a.b"], map?.constructor]).toEqual([-10, -16]);
      expect(Object.keys(found ?? {}).sort()).toEqual(
        [...names, ...inherited, "map"].filter((name) => name !== "a.b" && name !== "constructor").sort(),
      );
    });
  });
}

export function refusedWritesContract(store: () => Store, asksSizeFirst: () => boolean): void {
  const refused = async (
    write: Omit<Write, "key">,
    error: new (...args: never[]) => Error = InvalidWriteError,
  ): Promise<void> => {
    const key = freshKey();
    await put(store(), key, { text: "a", n: 1, list: [1], map: {}, nothing: null });
    await expect(store().write({ key, ...write }, "test.write")).rejects.toThrow(error);
    expect(await store().get(key, "test.get")).toEqual({ text: "a", n: 1, list: [1], map: {}, nothing: null });
  };
  const tooLarge = "x".repeat(401 * 1024);

  describe("writes that no table takes", () => {
    it.each<[string, Omit<Write, "key">]>([
      ["an entry of a map that is not there", { set: [{ path: ["other", "a"], value: 1 }] }],
      ["an entry of a text", { set: [{ path: ["text", "a"], value: 1 }] }],
      ["an entry of a list", { set: [{ path: ["list", "a"], value: 1 }] }],
      [
        "the same path twice",
        {
          set: [
            { path: ["a"], value: 1 },
            { path: ["a"], value: 1 },
          ],
        },
      ],
      [
        "a map and an entry of it",
        {
          set: [
            { path: ["map"], value: {} },
            { path: ["map", "a"], value: 1 },
          ],
        },
      ],
      [
        "an entry of a map and the map",
        {
          set: [
            { path: ["map", "a"], value: 1 },
            { path: ["map"], value: {} },
          ],
        },
      ],
      ["set and removed", { set: [{ path: ["a"], value: 1 }], remove: ["a"] }],
      ["removed twice", { set: [], remove: ["a", "a"] }],
      ["part of the key", { set: [{ path: ["pk"], value: "other" }] }],
      ["part of the key removed", { set: [], remove: ["sk"] }],
      ["not a number", { set: [{ path: ["a"], value: Number.NaN }] }],
      ["infinity", { set: [{ path: ["a"], value: [Number.POSITIVE_INFINITY] }] }],
      ["an integer that JavaScript cannot hold", { set: [{ path: ["a"], value: 2 ** 53 }] }],
      ["a number too small", { set: [{ path: ["a"], value: 1e-131 }] }],
      ["a function", { set: [{ path: ["a"], value: (() => 1) as unknown as Value }] }],
      ["a value nested too deep", { set: [{ path: ["a"], value: nested(33) }] }],
      ["a text counted down", { set: [{ path: ["text"], minus: 1, initial: 1 }] }],
      ["a null counted down", { set: [{ path: ["nothing"], minus: 1, initial: 1 }] }],
      ["a fraction counted", { set: [{ path: ["n"], minus: 0.5, initial: 1 }] }],
      ["a nameless attribute", { set: [{ path: [""], value: 1 }] }],
      [
        "a due time that is no number",
        {
          set: [
            { path: ["due"], value: "now" },
            { path: ["dueShard"], value: "due#0" },
          ],
        },
      ],
      [
        "an index partition without a name",
        {
          set: [
            { path: ["due"], value: 1 },
            { path: ["dueShard"], value: "" },
          ],
        },
      ],
      ["400 conditions", { set: [], condition: all(...numbered(400).map((name) => absent(name))) }],
      ["1,000 sets", { set: numbered(1000).map((name) => ({ path: [name] as const, value: 1 })) }],
    ])("refuses %s, and changes nothing", (_, write) => refused(write));

    it("refuses an item over 400 KB, and changes nothing", () =>
      refused({ set: [{ path: ["a"], value: tooLarge }] }, ItemTooLargeError));

    it("refuses a write that makes an item outgrow 400 KB", async () => {
      const key = freshKey();
      await put(store(), key, { a: "x".repeat(390 * 1024) });
      const set: SetAction[] = [{ path: ["b"], value: "x".repeat(11 * 1024) }];
      await expect(store().write({ key, set }, "test.write")).rejects.toThrow(ItemTooLargeError);
      expect(Object.keys((await store().get(key, "test.get")) ?? {})).toEqual(["a"]);
    });

    it("takes an item of just under 400 KB", async () => {
      const key = freshKey();
      const { applied } = await store().write(
        { key, set: [{ path: ["a"], value: "ü".repeat(199 * 1024) }] },
        "test.write",
      );
      expect(applied).toBe(true);
    });

    it("answers a refused condition first", async () => {
      const key = freshKey();
      await put(store(), key, { a: 1 });
      const set: SetAction[] = [
        { path: ["map", "entry"], value: 1 },
        { path: ["large"], value: tooLarge },
      ];
      const refused = { applied: false, image: { a: 1 } };
      const write = (some: SetAction[]) => store().write({ key, set: some, condition: absent("a") }, "test.write");
      expect(await write(set.slice(0, 1))).toEqual(refused);
      if (asksSizeFirst()) await expect(write(set)).rejects.toThrow(ItemTooLargeError);
      else expect(await write(set)).toEqual(refused);
    });

    it("takes 130 conditions and 200 sets in one write", async () => {
      const key = freshKey();
      const condition = all(...numbered(130).map((name) => absent(name)));
      const set = numbered(200).map((name) => ({ path: [name] as const, value: 1 }));
      expect((await store().write({ key, set, condition }, "test.write")).applied).toBe(true);
    });
  });
}

function nested(levels: number): Value {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `attribute${i}`);
}
