import { describe, expect, it } from "vitest";
import { findJsonProblem, findResultProblem } from "../../../lib/model/json-problem.ts";
import { limits } from "../../../lib/model/limits.ts";

class Point {
  readonly x = 1;
}

const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

describe("findJsonProblem", () => {
  it.each([null, true, 0, -1.5, "", "\ud800", [], {}, [[[{ a: [null] }]]], Object.create(null), { constructor: 1 }])(
    "finds nothing in %j",
    (value) => expect(findJsonProblem(value)).toBe(null),
  );

  it.each([
    [Number.NaN, [], "NaN", "must be a finite number: JSON has no other"],
    [[1, Number.NEGATIVE_INFINITY], [1], "-Infinity", "must be a finite number: JSON has no other"],
    [{ a: [10n] }, ["a", 0], "10", "must be JSON: a bigint is not"],
    [{ a: undefined }, ["a"], undefined, "must be JSON: undefined is not; write null"],
    [new Array(2), [0], undefined, "must be JSON: undefined is not; write null"],
    [{ a: Symbol("s") }, ["a"], "Symbol(s)", "must be JSON: a symbol is not"],
    [new Date(0), [], undefined, "must be JSON: an object of class Date is not"],
    [[new Map()], [0], undefined, "must be JSON: an object of class Map is not"],
    [{ p: new Point() }, ["p"], undefined, "must be JSON: an object of class Point is not"],
    [
      JSON.parse('{"a":[{"__proto__":1}]}'),
      ["a", 0, "__proto__"],
      undefined,
      "must not be there: the key __proto__ is refused everywhere",
    ],
    [{ first: { b: 1n }, second: 2n }, ["first", "b"], "1", "must be JSON: a bigint is not"],
  ])("finds the first problem of %s", (value, path, shown, rule) => {
    expect(findJsonProblem(value)).toEqual({ path, value: shown, rule });
  });

  it("ends at a cycle, and at any depth", () => {
    expect(findJsonProblem([cyclic])).toEqual({
      path: [0, "self"],
      value: undefined,
      rule: "must not be a value that holds it: a cycle",
    });
    let deep: unknown = 1;
    for (let i = 0; i < 500_000; i++) deep = [deep];
    expect(findJsonProblem(deep)?.rule).toBe("must not be nested more than 1000 deep");
  });

  it("takes 1,000 levels", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1000; i++) deep = { a: deep };
    expect(findJsonProblem(deep)).toBe(null);
    expect(findJsonProblem([deep])?.rule).toBe("must not be nested more than 1000 deep");
  });
});

describe("findResultProblem", () => {
  const tooLarge = { path: [], value: undefined, rule: "must have at most 104857600 bytes as JSON", tooLarge: true };
  /** A list many times over: gone through as often, and held once. Its JSON has two bytes a number. */
  const block = new Array(1_000_000).fill(1);

  it("counts no value larger than its JSON: 52 million digits are let through", () => {
    expect(findResultProblem(new Array(52).fill(block))).toBe(null);
  }, 60_000);

  it.each<[string, () => unknown]>([
    ["a text", () => "x".repeat(limits.valueBytes - 1)],
    ["a list", () => new Array(limits.valueBytes)],
    ["holes", () => new Array(limits.valueBytes / 4)],
    ["the same text again and again", () => new Array(200).fill("x".repeat(2 ** 20))],
    ["the same key again and again", () => new Array(200).fill({ ["k".repeat(2 ** 20)]: 1 })],
  ])(
    "finds %s too large",
    (_name, make) => {
      expect(findResultProblem(make())).toEqual(tooLarge);
    },
    60_000,
  );
});
