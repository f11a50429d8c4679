/**
 * What every store must do, whatever it is made of (lib/ports/store.ts). This file: writes, one and many at once.
 *
 * Each test has a partition of its own, so that one table serves them all. No test asks for more than the port promises:
 * indexes may be stale for a while, and so are waited for.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Image, SetAction, Store, Value, Write } from "../../lib/ports/index.ts";
import { budgetContract } from "./budget.contract.ts";
import { conditionsContract } from "./store-conditions.contract.ts";
import { readsContract } from "./store-reads.contract.ts";
import { above, absent, freshKey, present, put } from "./store-support.ts";
import { refusedWritesContract, valuesContract } from "./store-values.contract.ts";

/** A store made for one suite. */
export interface StoreUnderTest {
  readonly store: Store;
  /** It refuses what is too large before it asks for the condition. No caller relies on the order. @default false */
  readonly asksSizeFirst?: boolean;
  close(): Promise<void>;
}

/** @param available - False where there is no engine to run it on: the suite is then shown as skipped. */
export function storeContract(name: string, makeStore: () => Promise<StoreUnderTest>, available = true): void {
  describe.skipIf(!available)(`${name} as a store`, () => {
    let made: StoreUnderTest;
    beforeAll(async () => {
      made = await makeStore();
    });
    afterAll(() => made?.close());

    const store = () => made.store;
    conditionsContract(store);
    budgetContract(store);
    writesContract(store);
    valuesContract(store);
    refusedWritesContract(store, () => made.asksSizeFirst === true);
    concurrencyContract(store);
    readsContract(store);
  });
}

function writesContract(store: () => Store): void {
  describe("writes", () => {
    it("answers with the whole item after the write, without its key", async () => {
      const key = freshKey();
      await put(store(), key, { kept: 1, changed: 1, removed: 1 });
      const set: SetAction[] = [
        { path: ["changed"], value: 2 },
        { path: ["added"], value: { a: [true] } },
      ];
      const result = await store().write({ key, set, remove: ["removed", "never there"] }, "test.write");
      expect(result).toEqual({ applied: true, image: { kept: 1, changed: 2, added: { a: [true] } } });
      expect(await store().get(key, "test.get")).toEqual({ kept: 1, changed: 2, added: { a: [true] } });
    });

    it("changes nothing when refused, and answers with the whole item it met", async () => {
      const key = freshKey();
      await put(store(), key, { owner: "first", map: { a: 1 } });
      const set: SetAction[] = [
        { path: ["owner"], value: "second" },
        { path: ["map", "a"], value: 2 },
        { path: ["remaining"], minus: 1, initial: 3 },
      ];
      const result = await store().write({ key, set, remove: [], condition: absent("owner") }, "test.write");
      expect(result).toEqual({ applied: false, image: { owner: "first", map: { a: 1 } } });
      expect(await store().get(key, "test.get")).toEqual({ owner: "first", map: { a: 1 } });
    });

    it("creates no item by a refused write", async () => {
      const key = freshKey();
      const result = await store().write(
        { key, set: [{ path: ["a"], value: 1 }], condition: present("a") },
        "test.write",
      );
      expect(result).toEqual({ applied: false, image: undefined });
      expect(await store().get(key, "test.get")).toBeUndefined();
    });

    it("creates an item that has nothing but its key", async () => {
      const [key, other] = [freshKey(), freshKey()];
      expect(await store().write({ key, set: [] }, "test.write")).toEqual({ applied: true, image: {} });
      expect(await store().get(key, "test.get")).toEqual({});
      expect(await store().write({ key: other, set: [], remove: ["a"] }, "test.write")).toEqual({
        applied: true,
        image: {},
      });
    });

    it("tells an item without attributes from no item", async () => {
      const key = freshKey();
      await store().write({ key, set: [] }, "test.write");
      const result = await store().write({ key, set: [], condition: absent("pk") }, "test.write");
      expect(result).toEqual({ applied: false, image: {} });
    });

    it("sets entries of a map beside those that are there", async () => {
      const key = freshKey();
      await put(store(), key, { map: { a: 1, b: { deep: 1 } } });
      const set: SetAction[] = [
        { path: ["map", "a"], value: "new" },
        { path: ["map", "c"], value: null },
      ];
      const result = await store().write({ key, set }, "test.write");
      expect(result.image).toEqual({ map: { a: "new", b: { deep: 1 }, c: null } });
    });

    it("counts down from the initial number, then from what is there", async () => {
      const key = freshKey();
      const write: Write = { key, set: [{ path: ["remaining"], minus: 1, initial: 3 }] };
      const seen: Value[] = [];
      for (let i = 0; i < 5; i++) seen.push((await store().write(write, "test.write")).image?.remaining as Value);
      expect(seen).toEqual([2, 1, 0, -1, -2]);
    });

    it("counts by more than one, and up", async () => {
      const key = freshKey();
      const first = await store().write({ key, set: [{ path: ["n"], minus: 250, initial: 1000 }] }, "test.write");
      const second = await store().write({ key, set: [{ path: ["n"], minus: -5, initial: 0 }] }, "test.write");
      expect([first.image, second.image]).toEqual([{ n: 750 }, { n: 755 }]);
    });

    it("lets every set read the item as it was", async () => {
      const key = freshKey();
      await put(store(), key, { n: 5, map: { a: 1 } });
      const set: SetAction[] = [
        { path: ["map", "a"], value: 2 },
        { path: ["n"], minus: 1, initial: 100 },
      ];
      expect((await store().write({ key, set, remove: ["other"] }, "test.write")).image).toEqual({
        n: 4,
        map: { a: 2 },
      });
    });

    it("gives the same answer to an unconditional write that is repeated", async () => {
      const key = freshKey();
      const write: Write = { key, set: [{ path: ["text"], value: "same" }] };
      const answers = [await store().write(write, "test.write"), await store().write(write, "test.write")];
      expect(answers[1]).toEqual(answers[0]);
    });

    it("shows a writer that repeats its claim its own image", async () => {
      const key = freshKey();
      const write: Write = { key, set: [{ path: ["s0"], value: { o: "me" } }], condition: absent("s0") };
      expect((await store().write(write, "test.write")).applied).toBe(true);
      expect(await store().write(write, "test.write")).toEqual({ applied: false, image: { s0: { o: "me" } } });
    });

    it("shares no object with its callers", async () => {
      const key = freshKey();
      const stored = { list: [{ n: 1 }], bytes: Uint8Array.of(1, 2) };
      const given = structuredClone(stored);
      const spoil = (image: Image | typeof stored | undefined): void => {
        const value = image as typeof stored;
        expect(value).toEqual(stored);
        (value.list[0] as { n: number }).n = 99;
        value.bytes[0] = 99;
      };
      const set: SetAction[] = Object.entries(given).map(([name, value]) => ({ path: [name], value }));
      const written = await store().write({ key, set }, "test.write");
      spoil(given);
      spoil(written.image);
      spoil(await store().get(key, "test.get"));
      spoil((await store().getMany([key], "test.getMany"))[0]);
      spoil((await store().query(key.pk, "", undefined, "test.query")).items[0]?.image);
      spoil((await store().write({ key, set: [], condition: absent("list") }, "test.write")).image);
      expect(await store().get(key, "test.get")).toEqual(stored);
    });
  });
}

function concurrencyContract(store: () => Store): void {
  describe("writes at once", () => {
    it("lets one of 200 claims win, and shows the winner to the others", async () => {
      const key = freshKey();
      const claims = Array.from(
        { length: 200 },
        (_, i): Write => ({
          key,
          set: [{ path: ["s0"], value: { o: `owner${i}` } }],
          condition: absent("s0"),
        }),
      );
      const results = await Promise.all(claims.map((claim) => store().write(claim, "test.claim")));
      const winners = results.flatMap(({ applied }, i) => (applied ? [`owner${i}`] : []));
      expect(winners).toHaveLength(1);
      expect(results.every(({ image }) => (image?.s0 as Image | undefined)?.o === winners[0])).toBe(true);
    });

    it("counts 200 arrivals, each sent twice, to zero exactly once", async () => {
      const key = freshKey();
      const arrivals = Array.from(
        { length: 400 },
        (_, i): Write => ({
          key,
          set: [
            { path: [`m${i % 200}`], value: 0 },
            { path: ["remaining"], minus: 1, initial: 200 },
          ],
          condition: absent(`m${i % 200}`),
        }),
      );
      const results = await Promise.all(arrivals.map((arrival) => store().write(arrival, "test.arrive")));
      const applied = results.filter((result) => result.applied).map(({ image }) => image?.remaining as number);
      expect(applied.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
      expect((await store().get(key, "test.get"))?.remaining).toBe(0);
    });

    it("shows every refused write an item that was there", async () => {
      const key = freshKey();
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          store().write(
            {
              key,
              set: [{ path: ["version"], minus: -1, initial: 0 }],
              condition: i < 50 ? absent("version") : above(["version"], i - 50),
            },
            "test.race",
          ),
        ),
      );
      const versions = results.map(({ image }) => image?.version as number | undefined);
      const last = (await store().get(key, "test.get"))?.version as number;
      expect(versions.every((version) => version === undefined || (version >= 1 && version <= last))).toBe(true);
      expect(results.filter(({ applied }) => applied)).toHaveLength(last);
    });
  });
}
