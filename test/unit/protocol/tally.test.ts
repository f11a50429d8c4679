import { describe, expect, it } from "vitest";
import {
  badIn,
  bucketsOf,
  countsIn,
  hasGoodMarks,
  isCounting,
  isDecidedByCount,
  isFullMark,
  isGoodMark,
  isNews,
  isTop,
  itemsAt,
  leafKey,
  markFor,
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

  it("deal what is below the top of a large group over its buckets, one after the other", () => {
    const large = { ...joinOfSize(40, { buckets: 3 }), id: "callback" };
    expect([0, 1, 2, 3, 7].map((number) => leafKey("r", large, number))).toEqual([
      { pk: "r#callback#0", sk: "tally#callback#0#0" },
      { pk: "r#callback#1", sk: "tally#callback#0#1" },
      { pk: "r#callback#2", sk: "tally#callback#0#2" },
      { pk: "r#callback#0", sk: "tally#callback#0#3" },
      { pk: "r#callback#1", sk: "tally#callback#0#7" },
    ]);
    expect(tallyKey("r", large, topOf(large))).toEqual({ pk: "r", sk: "tally#callback#1#0" });
    expect(bucketsOf("r", large)).toEqual(["r#callback#0", "r#callback#1", "r#callback#2"]);
    expect(bucketsOf("r", joinOfSize(40))).toEqual([]);
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

/** A mark of a counting join: both counts in one number. */
const mark = (settled: number, failed: number) => settled * 1_048_576 + failed;

describe("a join that is decided by a count", () => {
  /** Ten members in five leaves of two, 3 and 2 of them below an item, and a top of two. */
  const counting = joinOfSize(10, { leafSize: 2, fan: 3, when: "quorum", count: 4 });
  const plain = joinOfSize(10, { leafSize: 2, fan: 3 });

  it.each([
    ["all-succeeded", false],
    ["all-settled", false],
    ["tolerate", true],
    ["quorum", true],
  ] as const)("%s: %s", (when, is) => {
    expect(isCounting(joinOfSize(2, { when }))).toBe(is);
    expect(isDecidedByCount(joinOfSize(2, { when, hedgePercentile: 95 }))).toBe(is);
    expect(isCounting(joinOfSize(2, { when, hedgePercentile: 95 }))).toBe(true);
  });

  it.each([
    ["nothing", {}, 0, 0],
    ["a lease", { s0: { s: "L", a: 1, d: 1, o: "me", c: "t", u: 1, b: 0 } }, 0, 0],
    ["a success", { s1: good }, 1, 0],
    ["a success and a failure", { s0: bad, s1: good }, 2, 1],
    ["a skipped member, which is bad too", { s0: { ...bad, s: "SKIPPED" } }, 1, 1],
    ["no slot that is not its own", { s2: good }, 0, 0],
  ])("counts in a leaf: %s", (_, image, settled, failed) => {
    expect(countsIn(counting, { level: 0, number: 0 }, image)).toMatchObject({ settled, bad: failed });
  });

  it.each([
    ["nothing", {}, 0, 0],
    ["one mark", { m1: mark(2, 1) }, 2, 1],
    ["all its marks", { m0: mark(2, 2), m1: mark(1, 0), m2: mark(2, 1) }, 5, 3],
    ["as many as a join may have", { m0: mark(100_000, 100_000) }, 100_000, 100_000],
    ["no mark that is not its own", { m3: mark(2, 2) }, 0, 0],
  ])("counts above the leaves: %s", (_, image, settled, failed) => {
    expect(countsIn(counting, { level: 1, number: 0 }, image)).toMatchObject({ settled, bad: failed });
  });

  it("marks with both counts; other joins with their bad outcomes alone", () => {
    const leaf = { level: 0, number: 0 };
    expect(markFor(counting, leaf, { s0: bad })).toBe(1_048_577);
    expect(markFor(counting, leaf, { s0: bad, s1: good })).toBe(2_097_153);
    expect(markFor(counting, { level: 1, number: 0 }, { m0: mark(2, 1), m2: mark(1, 1) })).toBe(3_145_730);
    expect(markFor(plain, leaf, { s0: bad, s1: good })).toBe(1);
  });

  it("has marks that only grow: a settled member outweighs every failure", () => {
    const leaf = { level: 0, number: 0 };
    const grown = [{}, { s0: good }, { s0: good, s1: bad }].map((image) => markFor(counting, leaf, image));
    expect(grown).toEqual([...grown].sort((a, b) => a - b));
    expect(mark(1, 0)).toBeGreaterThan(mark(0, 100_000));
  });

  it.each([
    ["a leaf with all settled", 0, 0, mark(2, 0), true, true],
    ["a leaf with one missing", 0, 0, mark(1, 0), false, false],
    ["a leaf with all settled, one bad", 0, 0, mark(2, 1), true, false],
    ["an inner item with all six settled", 1, 0, mark(6, 0), true, true],
    ["an inner item with one of six missing", 1, 0, mark(5, 0), false, false],
    ["the last inner item, which has four", 1, 1, mark(4, 0), true, true],
    ["the last inner item, with one of four missing", 1, 1, mark(3, 0), false, false],
    ["the last inner item, all settled, one bad", 1, 1, mark(4, 1), true, false],
  ])("%s", (_, level, number, value, full, isGood) => {
    expect(isFullMark(counting, { level, number }, value)).toBe(full);
    expect(isGoodMark(counting, { level, number }, value)).toBe(isGood);
  });

  it("other joins mark only what is full: 0 is good", () => {
    const leaf = { level: 0, number: 0 };
    expect([0, 2].map((value) => isFullMark(plain, leaf, value))).toEqual([true, true]);
    expect([0, 2].map((value) => isGoodMark(plain, leaf, value))).toEqual([true, false]);
  });
});

describe("members that were skipped by choice", () => {
  const chosen = { s: "SKIPPED", a: 1, o: "me", f: 9000, k: {} };
  const leaf = { level: 0, number: 0 };
  const image = { s0: chosen, s1: good, s2: bad };

  it.each([
    ["all-succeeded", 1],
    ["all-settled", 1],
    ["tolerate", 1],
    ["quorum", 2],
  ] as const)("are no failures, but to a quorum, which waits for successes: %s", (when, failed) => {
    expect(countsIn(joinOfSize(4, { when }), leaf, image)).toEqual({ settled: 3, bad: failed, skipped: 1 });
  });

  it("are told above by a dag's join, beside its bad ones, and by no other", () => {
    const dag = joinOfSize(12, { kind: "dag", skipped: "any" });
    expect(markFor(dag, leaf, image)).toBe(mark(1, 1));
    expect(markFor(dag, leaf, { ...image, s3: chosen })).toBe(mark(2, 1));
    expect(markFor(joinOfSize(12), leaf, image)).toBe(1);
    const top = { level: 1, number: 0 };
    expect(countsIn(dag, top, { m0: mark(2, 1), m2: mark(1, 0) })).toEqual({ settled: 0, bad: 1, skipped: 3 });
    expect(markFor(dag, top, { m0: mark(2, 1), m2: mark(1, 0) })).toBe(mark(3, 1));
  });
});

describe("hasGoodMarks", () => {
  /** Nine leaves below three items and a top. */
  const plain = joinOfSize(18, { leafSize: 2, fan: 3 });
  const counting = joinOfSize(18, { leafSize: 2, fan: 3, when: "quorum", count: 1 });
  const below = { level: 1, number: 1 };
  it.each([
    ["all marks are there, and none is bad", plain, { m0: 0, m1: 0, m2: 0 }, true],
    ["one is bad", plain, { m0: 0, m1: 1, m2: 0 }, false],
    ["one is missing", plain, { m0: 0, m2: 0 }, false],
    ["none is there", plain, {}, false],
    ["all that is counted is settled", counting, { m0: mark(2, 0), m1: mark(2, 0), m2: mark(2, 0) }, true],
    ["something that is counted is open", counting, { m0: mark(2, 0), m1: mark(1, 0), m2: mark(2, 0) }, false],
  ])("%s: %s", (_, join, image, good) => {
    expect(hasGoodMarks(join, below, image)).toBe(good);
  });

  it("knows how many are below each child", () => {
    const uneven = joinOfSize(17, { leafSize: 2, fan: 3, when: "quorum", count: 1 });
    const last = { m0: mark(2, 0), m1: mark(2, 0), m2: mark(1, 0) };
    expect(hasGoodMarks(uneven, { level: 1, number: 2 }, last)).toBe(true);
    expect(hasGoodMarks(uneven, below, last)).toBe(false);
    const top = { level: 2, number: 0 };
    expect(hasGoodMarks(uneven, top, { m0: mark(6, 0), m1: mark(6, 0), m2: mark(5, 0) })).toBe(true);
    expect(hasGoodMarks(uneven, top, { m0: mark(6, 0), m1: mark(6, 0), m2: mark(6, 0) })).toBe(false);
  });
});

describe("isNews", () => {
  const large = joinOfSize(16_384, { leafSize: 4, fan: 256, when: "quorum", count: 1 });
  const inner = { level: 1, number: 0 };

  it("every change of a leaf is, in a join of any size", () => {
    expect(isNews(large, { level: 0, number: 0 }, { s0: good })).toBe(true);
    expect(isNews({ ...large, leafSize: 1 }, { level: 0, number: 0 }, { s0: good })).toBe(true);
  });

  it("every change of an item above is, up to 4,096 members", () => {
    const exact = joinOfSize(4096, { leafSize: 4, fan: 256, when: "quorum", count: 1 });
    for (const settled of [1, 2, 3, 5]) expect(isNews(exact, inner, { m0: mark(settled, 0) })).toBe(true);
  });

  it.each([
    [4097, 2],
    [8192, 2],
    [16_384, 4],
  ])("of %d members, an item above tells of every %d, and a leaf may bring several at once", (members, step) => {
    const join = joinOfSize(members, { leafSize: 1, fan: 256, when: "quorum", count: 1 });
    const told = Array.from({ length: 12 }, (_, i) => i + 1).filter((settled) =>
      isNews(join, inner, { m0: mark(settled, 0) }),
    );
    expect(told).toEqual(Array.from({ length: 12 / step }, (_, i) => (i + 1) * step));
  });

  it("misses no step that the members of one leaf jump over", () => {
    // Steps of four, leaves of two: what was below a step two members ago may just have passed it.
    const pairs = { ...large, leafSize: 2 };
    const told = [4, 5, 6, 7, 8, 9, 10, 11].filter((settled) => isNews(pairs, inner, { m0: mark(settled, 0) }));
    expect(told).toEqual([4, 5, 8, 9]);
  });
});
