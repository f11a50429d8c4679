import { describe, expect, it } from "vitest";
import { expandMap } from "../../../lib/plan/expand-map.ts";
import type { TaskInfo } from "../../../lib/plan/types.ts";
import { anyArgs, plan, refusal } from "./support.ts";

const a = { task: "a" };

describe("expandMap", () => {
  it("makes one member of each item, all of the same template", () => {
    const each = { task: "a" };
    const { list, doc } = expandMap({ map: { each, over: [7, 7] } }, "workflow");
    expect(doc).toBe("workflow.map.over");
    expect(list).toEqual([
      { workflow: each, doc: "workflow.map.each", item: { value: 7, doc: "workflow.map.over[0]" } },
      { workflow: each, doc: "workflow.map.each", item: { value: 7, doc: "workflow.map.over[1]" } },
    ]);
    expect(list.every(({ workflow }) => workflow === each)).toBe(true);
  });
});

describe("a map over a list", () => {
  it("compiles as a group whose members get an item each", () => {
    const { nodes, joins, members } = plan({ map: { each: { ...a, args: ["x"], label: "l" }, over: [1, null] } });
    expect(joins["."]).toMatchObject({ kind: "group", size: 2, when: "all-succeeded" });
    expect(members["."]).toEqual([
      { kind: "node", node: "[0]" },
      { kind: "node", node: "[1]" },
    ]);
    expect(nodes["[0]"]).toMatchObject({ args: ["x"], label: "l", input: { kind: "item", value: 1 } });
    expect(nodes["[1]"]).toMatchObject({ args: ["x"], label: "l", input: { kind: "item", value: null } });
  });

  it("is the header of a chord, with its policy, deadline and callback", () => {
    const header = { map: { each: a, over: ["x", "y", "z"] } };
    const when = { tolerate: { percent: 50 } };
    const { nodes, joins } = plan({ chord: { header, callback: { task: "b" }, when, deadlineSeconds: "auto" } });
    expect(joins["."]).toMatchObject({ kind: "chord", size: 3, when: "tolerate", count: 1, deadlineSeconds: 600 });
    expect(nodes["header[2]"]?.input).toEqual({ kind: "item", value: "z" });
    expect(nodes.callback?.input).toEqual({ kind: "join", join: "." });
  });

  it("gives the item to every task that starts a copy, unless it is immutable, and to no dag", () => {
    const each = {
      chain: [
        { group: [a, { ...a, immutable: true }, { dag: { nodes: { n: a } } }, { map: { each: a, over: [9] } }] },
        { task: "b" },
      ],
    };
    const { nodes } = plan({ map: { each, over: [5] } });
    const item = { kind: "item", value: 5 };
    expect(nodes["[0]/[0]/[0]"]?.input).toEqual(item);
    expect(nodes["[0]/[0]/[1]"]?.input).toBeNull();
    expect(nodes["[0]/[0]/[2]/n"]?.input).toBeNull();
    expect(nodes["[0]/[0]/[3]/[0]"]?.input).toEqual({ kind: "item", value: 9 });
    expect(nodes["[0]/[1]"]?.input).toEqual({ kind: "join", join: "[0]/[0]" });
  });

  it("takes items as they are", () => {
    const over = [{ $result: "n" }, { $literal: 1 }];
    const { nodes } = plan({ map: { each: a, over } });
    expect(Object.values(nodes).map(({ input }) => input)).toEqual(over.map((value) => ({ kind: "item", value })));
  });

  it("is a finished group when there are no items", () => {
    const { joins, nodes } = plan({ map: { each: a, over: [] } });
    expect(joins["."]).toMatchObject({ size: 0 });
    expect(nodes).toEqual({});
  });

  it("checks each item as an argument, and names its place", () => {
    const check: TaskInfo["check"] = ([item, bound]) => {
      if (typeof item !== "number") return { path: [0], rule: "must be a number" };
      return bound === "x" ? null : { path: [1], rule: "must be x" };
    };
    const catalog = new Map([["a", { ...anyArgs, minArgs: 2, maxArgs: 2, check }]]);
    const of = (over: unknown[], args: unknown[]) =>
      refusal(() => plan({ map: { each: { ...a, args }, over } }, catalog));
    expect(of([1, "2"], ["x"])).toEqual({ path: "workflow.map.over[1]", value: "2", rule: "must be a number" });
    expect(of([1], ["y"])).toEqual({ path: "workflow.map.each.args[0]", value: "y", rule: "must be x" });
    expect(of([1], []).rule).toBe("task a takes 2 arguments and would get 1: the result before it and 0 bound");
  });

  it("refuses more members and tasks than there may be", { timeout: 60_000 }, () => {
    const over = new Array(100_001).fill(1);
    expect(refusal(() => plan({ map: { each: a, over } }))).toEqual({
      path: "workflow.map.over",
      value: 100_001,
      rule: "must have at most 100000 members",
    });
    const each = { group: new Array(11).fill(a) };
    expect(refusal(() => plan({ map: { each, over: over.slice(1) } })).rule).toBe(
      "must not be there: a run has at most 1000000 tasks",
    );
  });
});
