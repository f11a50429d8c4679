import { describe, expect, it } from "vitest";
import { createAliases, renderCondition } from "../../../../lib/adapters/dynamodb/conditions.ts";
import type { Condition } from "../../../../lib/ports/index.ts";

const absent = (name: string): Condition => ({ is: "absent", path: [name] });
const equal = (name: string, value: string | number | boolean): Condition => ({ is: "equal", path: [name], value });
const all = (...of: Condition[]): Condition => ({ is: "all", of });
const any = (...of: Condition[]): Condition => ({ is: "any", of });

function rendered(condition: Condition) {
  const aliases = createAliases();
  return { expression: renderCondition(condition, aliases), names: aliases.names(), values: aliases.values() };
}

describe("conditions in DynamoDB's words", () => {
  it.each<[string, Condition, string | undefined]>([
    ["absent", absent("a"), "attribute_not_exists(#0)"],
    ["absent entry", { is: "absent", path: ["a", "b"] }, "attribute_not_exists(#0.#1)"],
    ["present", { is: "present", path: ["a"] }, "attribute_exists(#0)"],
    ["equal", equal("a", 1), "#0 = :0"],
    ["equal entry", { is: "equal", path: ["a", "b"], value: "x" }, "#0.#1 = :0"],
    ["below", { is: "below", path: ["a"], value: 1 }, "#0 < :0"],
    ["above", { is: "above", path: ["a"], value: 1 }, "#0 > :0"],
    ["all", all(absent("a"), absent("b")), "attribute_not_exists(#0) AND attribute_not_exists(#1)"],
    ["any", any(absent("a"), equal("a", 1)), "attribute_not_exists(#0) OR #0 = :0"],
    [
      "any in all: brackets",
      all(any(absent("a"), equal("a", 1)), absent("b")),
      "(attribute_not_exists(#0) OR #0 = :0) AND attribute_not_exists(#1)",
    ],
    [
      "all in any: none, AND binds",
      any(all(equal("a", 1), equal("b", 2)), absent("c")),
      "#0 = :0 AND #1 = :1 OR attribute_not_exists(#2)",
    ],
    ["all in all: none", all(equal("a", 1), all(equal("b", 1), all(equal("c", 1)))), "#0 = :0 AND #1 = :0 AND #2 = :0"],
    ["any in any: none", any(equal("a", 1), any(equal("b", 1), equal("c", 1))), "#0 = :0 OR #1 = :0 OR #2 = :0"],
    ["any of one in any", any(equal("a", 1), any(equal("b", 1))), "#0 = :0 OR #1 = :0"],
    [
      "any in all in any",
      any(all(any(equal("a", 1), equal("b", 1)), equal("c", 1)), equal("d", 1)),
      "(#0 = :0 OR #1 = :0) AND #2 = :0 OR #3 = :0",
    ],
    ["any of one in all: no brackets", all(any(equal("a", 1)), equal("b", 1)), "#0 = :0 AND #1 = :0"],
    ["all of nothing", all(), undefined],
    ["all of nothing but empty ones", all(all(), any(all(), absent("a"))), undefined],
    ["any of nothing", any(), "attribute_exists(#0) AND attribute_not_exists(#0)"],
    ["all with one that never holds", all(absent("a"), any()), "attribute_exists(#0) AND attribute_not_exists(#0)"],
    ["any without the one that never holds", any(absent("a"), any()), "attribute_not_exists(#0)"],
    ["all without the one that always holds", all(absent("a"), all()), "attribute_not_exists(#0)"],
  ])("renders %s", (_, condition, expression) => {
    expect(rendered(condition).expression).toBe(expression);
  });

  it("aliases every name and value once, in order of first use", () => {
    const condition = all(
      equal("status", "x"),
      { is: "equal", path: ["map", "status"], value: "x" },
      equal("n", 1),
      equal("one", "1"),
      equal("yes", true),
    );
    expect(rendered(condition)).toEqual({
      expression: "#0 = :0 AND #1.#0 = :0 AND #2 = :1 AND #3 = :2 AND #4 = :3",
      names: { "#0": "status", "#1": "map", "#2": "n", "#3": "one", "#4": "yes" },
      values: { ":0": { S: "x" }, ":1": { N: "1" }, ":2": { S: "1" }, ":3": { BOOL: true } },
    });
  });

  it("gives no aliases where there are none", () => {
    expect(rendered(all())).toEqual({ expression: undefined, names: undefined, values: undefined });
  });
});

it("what holds of nothing is asked of the partition key, which every item has", () => {
  expect(rendered(any()).names).toEqual({ "#0": "pk" });
});

it("a path with an empty name is refused, be it of an entry", () => {
  for (const path of [[""], ["a", ""]] as const)
    expect(() => rendered({ is: "absent", path })).toThrow("a path with an empty name");
});
