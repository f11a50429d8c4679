import { describe, expect, it } from "vitest";
import { findAlteredNumber } from "../../../lib/model/json-number.ts";

describe("findAlteredNumber", () => {
  it.each([
    ['{"id":9007199254740993}', ["id"], "9007199254740993", "9007199254740992"],
    ['[1,{"a":[true,-9007199254740993]}]', [1, "a", 1], "-9007199254740993", "-9007199254740992"],
    ["9007199254740993", [], "9007199254740993", "9007199254740992"],
    ["[ 1152921504606846976 ]", [0], "1152921504606846976", "1152921504606847000"],
    ['{"a":{"b":1},"c\\"\\\\":[],"d":\n12345678901234567890}', ["d"], "12345678901234567890", "12345678901234567000"],
    ['{"x":"[9007199254740993]","\\\\":9007199254740993}', ["\\"], "9007199254740993", "9007199254740992"],
    [`[1${"0".repeat(25)}1]`, [0], `1${"0".repeat(25)}1`, "1e+26"],
  ])("finds in %s", (text, path, written, read) => {
    expect(findAlteredNumber(text)).toEqual({ path, written, read });
  });

  it.each([
    "[9007199254740992,-9007199254740991,1152921504606847000,100000000000000000000000000]",
    '["9007199254740993","a\\",9007199254740993,"]',
    '{" 9007199254740993 ":1}',
    "[0.12345678901234567890,1.5e300,1e-7,-0]",
    "[1e400]",
    "null",
  ])("finds nothing in %s", (text) => {
    expect(findAlteredNumber(text)).toBe(null);
  });

  it("finds nothing in what JSON.stringify writes, whatever the number", () => {
    for (let exponent = 0; exponent < 1024; exponent++)
      for (const number of [2 ** exponent, -(2 ** exponent) * 1.1, Number.MAX_SAFE_INTEGER * 2 ** exponent])
        expect(findAlteredNumber(JSON.stringify([number]))).toBe(null);
  });

  it("takes a string of any length", () => {
    expect(findAlteredNumber(`["${"\\\\".repeat(2 ** 22)}",9007199254740993]`)?.path).toEqual([1]);
  });
});
