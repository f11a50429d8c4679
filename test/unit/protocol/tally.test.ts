import { describe, expect, it } from "vitest";
import {
  badIn,
  isTop,
  itemsAt,
  leafKey,
  markOf,
  parentOf,
  remainingOf,
  sizeOf,
  slotsOf,
  tallyKey,
  topOf,
} from "../../../lib/protocol/tally.ts";
import { absent, joinOfSize, succeeded } from "./support.ts";

const good = { s: "SUCCEEDED", a: 1, o: "me", f: 9000, b: 0, v: "7" };
const bad = { s: "FAILED", a: 3, o: "me", f: 9000, e: { n: "Error", m: "broken" } };

describe("keys", () => {
  it("name run, join, level and number", () => {
    expect(tallyKey("r", { ...joinOfSize(16), id: "callback" }, { level: 1, number: 3 })).toEqual({
      pk: "r",
      sk: "tally#callback#1#3",
    });
    expect(leafKey("r", joinOfSize(40), 7)).toEqual({ pk: "r", sk: "tally#.#0#7" });
  });
});

describe("shape", () => {
  it.each([
    [1, 4, 256, [1]],
    [4, 4, 256, [1]],
    [5, 4, 256, [2, 1]],
    [20, 4, 256, [5, 1]],
    [20, 1, 2, [20, 10, 5, 3, 2, 1]],
    [9, 2, 2, [5, 3, 2, 1]],
    [1024, 4, 256, [256, 1]],
    [1025, 4, 256, [257, 2, 1]],
    [100_000, 4, 256, [25_000, 98, 1]],
    [100_000, 10, 256, [10_000, 40, 1]],
    [100_000, 4, 2, [25_000, 12_500, 6250, 3125, 1563, 782, 391, 196, 98, 49, 25, 13, 7, 4, 2, 1]],
  ])("%d members, %d a leaf, %d children: items by level %j", (size, leafSize, fan, items) => {
    const join = joinOfSize(size, { leafSize, fan });
    expect(items.map((_, level) => itemsAt(join, level))).toEqual(items);
    expect(topOf(join)).toEqual({ level: items.length - 1, number: 0 });
  });

  it.each([
    [0, 0, 4],
    [0, 1, 4],
    [0, 2, 1],
    [1, 0, 2],
    [1, 1, 1],
    [2, 0, 2],
  ])("nine members, four a leaf, two children: item %d/%d waits for %d", (level, number, size) => {
    expect(sizeOf(joinOfSize(9, { leafSize: 4, fan: 2 }), { level, number })).toBe(size);
  });

  it.each([
    [0, 0, 1, 0, "m0"],
    [0, 1, 1, 0, "m1"],
    [0, 2, 1, 1, "m0"],
    [1, 1, 2, 0, "m1"],
  ])("nine members, four a leaf, two children: item %d/%d arrives in %d/%d as %s", (level, number, up, at, mark) => {
    const join = joinOfSize(9, { leafSize: 4, fan: 2 });
    expect(parentOf(join, { level, number })).toEqual({ level: up, number: at });
    expect(markOf(join, { level, number })).toBe(mark);
  });

  it("is a single item where that holds all: the leaf is the top", () => {
    expect(isTop(joinOfSize(4), { level: 0, number: 0 })).toBe(true);
    expect(isTop(joinOfSize(5), { level: 0, number: 0 })).toBe(false);
    expect(isTop(joinOfSize(5), { level: 1, number: 0 })).toBe(true);
  });
});

describe("remainingOf", () => {
  it.each([
    ["no item waits for all", undefined, 4],
    ["an item without a count waits for all", { g: 1, s0: good }, 4],
    ["an item says what it waits for", { g: 1, remaining: 2 }, 2],
    ["a full item waits for nothing", { g: 1, remaining: 0 }, 0],
  ])("%s", (_, image, remaining) => {
    expect(remainingOf(joinOfSize(8), { level: 0, number: 1 }, image)).toBe(remaining);
  });
});

describe("badIn", () => {
  it.each([
    ["no slot settled", { s1: { s: "L", a: 1, d: 1, o: "me", c: "t", u: 1, b: 0 } }, 0],
    ["successes only", { s0: good, s1: good }, 0],
    ["failures among successes", { s0: bad, s1: good, s3: { ...bad, s: "TIMED_OUT" } }, 2],
    ["only its own slots: a fifth is none of a leaf of four", { s0: bad, s4: bad }, 1],
  ])("of a leaf, %s", (_, image, count) => {
    expect(badIn(joinOfSize(4), { level: 0, number: 0 }, image)).toBe(count);
  });

  it("of an inner item is the sum of its marks", () => {
    expect(badIn(joinOfSize(12), { level: 1, number: 0 }, { m0: 2, m1: 0, m2: 1 })).toBe(3);
    expect(badIn(joinOfSize(12), { level: 1, number: 0 }, { m1: 1 })).toBe(1);
  });
});

describe("slotsOf", () => {
  it("gives the members of a leaf their numbers in the join", () => {
    expect(slotsOf(joinOfSize(6), 1, { s1: good })).toEqual([
      { index: 4, slot: absent },
      { index: 5, slot: succeeded() },
    ]);
  });

  it("of a leaf that does not exist are all absent", () => {
    expect(slotsOf(joinOfSize(2), 0, undefined).map(({ slot }) => slot)).toEqual([absent, absent]);
  });
});
