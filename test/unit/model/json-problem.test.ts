import { describe, expect, it } from "vitest";
import { findJsonProblem } from "../../../lib/model/json-problem.ts";

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
