import { describe, expect, it } from "vitest";
import { pathText } from "../../../lib/model/document-path.ts";
import { isResultPath } from "../../../lib/model/result-path.ts";

describe("pathText", () => {
  it.each([
    ["workflow", ["chord", "header", 3, "args", 0], "workflow.chord.header[3].args[0]"],
    ["", ["id"], "id"],
    ["", [], ""],
    ["", [0, "a"], "[0].a"],
    ["workflow", ["dag", "nodes", "a.b", "x-y", "", 'q"'], 'workflow.dag.nodes["a.b"].x-y[""]["q\\""]'],
  ])("%j and %j are %s", (base, segments, text) => expect(pathText(base, segments)).toBe(text));

  it("cuts the middle of a very long one", () => {
    const text = pathText(
      "a",
      Array.from({ length: 1000 }, (_, i) => i),
    );
    expect(text).toBe(
      `a${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `[${i}]`).join("")}…${[990, 991, 992, 993, 994, 995, 996, 997, 998, 999].map((i) => `[${i}]`).join("")}`,
    );
  });
});

describe("isResultPath", () => {
  it.each(["a", "items[0].id", "[2].name", "[0][1]", "a b", "a-b.ü", "constructor", "x__proto__"])("takes %s", (path) =>
    expect(isResultPath(path)).toBe(true),
  );

  it.each([
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a[",
    "a[x]",
    "a[-1]",
    "a[0",
    "a]0[",
    "a[0]b",
    "__proto__",
    "a.__proto__",
    "__proto__[0]",
    "a.__proto__.b",
  ])("refuses %s", (path) => expect(isResultPath(path)).toBe(false));
});
