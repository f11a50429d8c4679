import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLazyList } from "../../../../local/sqs/lazy-list.ts";
import { createTimeHeap } from "../../../../local/sqs/time-heap.ts";

interface Thing {
  readonly id: number;
  live: boolean;
}

const things = fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 50 }), live: fc.boolean() }), { maxLength: 300 });

describe("time heap", () => {
  it("gives back the live things that are due, earliest first, whatever was put in and died", () => {
    fc.assert(
      fc.property(things, fc.integer({ min: 0, max: 50 }), (entries, nowMs) => {
        const heap = createTimeHeap<{ readonly atMs: number; live: boolean }>((value) => value.live);
        const values = entries.map(({ atMs }) => ({ atMs, live: true }));
        for (const value of values) {
          heap.push({ atMs: value.atMs, value });
        }
        values.forEach((value, index) => {
          value.live = entries[index]?.live ?? false;
        });
        const popped: number[] = [];
        for (let value = heap.popDue(nowMs); value !== undefined; value = heap.popDue(nowMs)) {
          popped.push(value.atMs);
        }
        const due = entries.filter(({ atMs, live }) => live && atMs <= nowMs).map(({ atMs }) => atMs);
        expect(popped).toEqual(due.sort((a, b) => a - b));
      }),
    );
  });

  it("drops the dead without waiting for their time", () => {
    let asked = 0;
    const heap = createTimeHeap<Thing>((thing) => {
      asked += 1;
      return thing.live;
    });
    for (let id = 0; id < 100_000; id += 1) {
      const thing = { id, live: true };
      heap.push({ atMs: 1_000_000 + id, value: thing });
      thing.live = false;
    }
    // Each sweep asks about what it holds; had it held everything, the peek would ask 100,000 times more.
    asked = 0;
    expect(heap.peek()).toBeUndefined();
    expect(asked).toBeLessThanOrEqual(64);
  });
});

describe("lazy list", () => {
  it("gives the first live things in order", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 50 }), fc.integer({ min: 0, max: 60 }), (alive, count) => {
        const list = createLazyList<Thing>((thing) => thing.live);
        const values = alive.map((_, id) => ({ id, live: true }));
        for (const value of values) {
          list.push(value);
        }
        values.forEach((value, index) => {
          value.live = alive[index] ?? false;
        });
        expect(list.first(count)).toEqual(values.filter((value) => value.live).slice(0, count));
      }),
    );
  });

  it("takes 200,000 things from the front one by one without slowing down", () => {
    const list = createLazyList<Thing>((thing) => thing.live);
    for (let id = 0; id < 200_000; id += 1) {
      list.push({ id, live: true });
    }
    for (let id = 0; id < 200_000; id += 1) {
      const [first] = list.first(1);
      if (first?.id !== id) {
        throw new Error(`expected ${id}, found ${first?.id}`);
      }
      first.live = false;
    }
    expect(list.first(1)).toEqual([]);
  });
});
