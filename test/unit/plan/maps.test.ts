/**
 * Maps in plans: what is known of one before its list is, what a known list stands for, and what is refused.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import { bindNames } from "../../../lib/plan/bind-names.ts";
import { compile } from "../../../lib/plan/compile.ts";
import { describeMaps } from "../../../lib/plan/describe-maps.ts";
import { parseWorkflowDocument } from "../../../lib/plan/parse-request.ts";
import { anyArgs, catalog, plan, refusal } from "./support.ts";

const a = { task: "a" };
const b = { task: "b" };
const literal = (value: unknown) => ({ $literal: value });

describe("a map over a result", () => {
  it("is one node, with the list as what a task would get", () => {
    const { nodes } = plan({ chain: [a, { map: { each: { chain: [b, a] }, maxConcurrency: 2 } }] });
    expect(Object.keys(nodes)).toEqual(["[0]", "[1]"]);
    expect(nodes["[1]"]).toMatchObject({
      task: "(map)",
      queue: "(request)",
      input: { kind: "node", node: "[0]" },
      args: [],
      map: { map: { each: { chain: [b, a] }, maxConcurrency: 2 } },
    });
  });

  it("takes a chord with it whose header it is", () => {
    const chord = { header: { map: { each: a } }, callback: b, when: "all-settled", deadlineSeconds: 5, onError: a };
    const { nodes, joins } = plan({ chain: [a, { chord }] });
    expect(Object.keys(nodes)).toEqual(["[0]", "[1]"]);
    expect(joins).toEqual({});
    const { header: _header, ...around } = chord;
    expect(nodes["[1]"]?.map).toEqual({ map: { each: a }, chord: around });
  });

  it("is a node of its dag, after all whose results it uses", () => {
    const each = { task: "a", args: [{ $result: "more" }] };
    const { nodes, joins } = plan({
      dag: { nodes: { list: a, more: b, map: { map: { each, over: { $result: "list", path: "items" } } } } },
    });
    expect(joins["map@after"]?.size).toBe(2);
    expect(nodes.map).toMatchObject({
      args: [{ $result: "list", path: "items" }],
      input: null,
      results: { list: { kind: "node", node: "list" }, more: { kind: "node", node: "more" } },
    });
  });

  it("has its slot in a header, and travels in no pack", () => {
    const { nodes, releases } = plan({ chain: [a, { group: [b, { map: { each: a } }, b, b] }] });
    expect(nodes["[1]/[1]"]?.slot).toEqual({ join: "[1]", index: 1 });
    const packed = (releases["[1]"] ?? []).flatMap((start) => (start.kind === "pack" ? start.members : []));
    expect(packed).not.toContain(1);
  });

  it("goes on after a failure in a run that does", () => {
    const workflow = parseWorkflowDocument({ chain: [a, { map: { each: a } }] });
    const { nodes } = compile({ tutti: 1, type: "submit", onFailure: "finish", workflow }, catalog);
    expect(nodes["[1]"]?.map).toMatchObject({ onFailure: "finish" });
  });

  const notKnown = new Map([...catalog, ["two", { ...anyArgs, minArgs: 2, maxArgs: 2 }]]);
  it.each([
    ["no list", { map: { each: a } }, "workflow.map.over", "is required where no result comes before"],
    [
      "an unknown task",
      { chain: [a, { map: { each: { chain: [b, { task: "x" }] } } }] },
      "workflow.chain[1].map.each.chain[1].task",
      /must be a task of this deployment/,
    ],
    [
      "too few arguments",
      { chain: [a, { map: { each: { task: "two" } } }] },
      "workflow.chain[1].map.each.args",
      /task two takes 2 arguments and would get 1/,
    ],
    [
      "an unknown name",
      {
        dag: { nodes: { x: a, m: { map: { each: { task: "a", args: [{ $result: "y" }] }, over: { $result: "x" } } } } },
      },
      "workflow.dag.nodes.m.map.each.args[0].$result",
      /must name a node/,
    ],
    [
      "an unknown list",
      { dag: { nodes: { m: { map: { each: a, over: { $result: "y" } } } } } },
      "workflow.dag.nodes.m.map.over.$result",
      /must name a node/,
    ],
    [
      "itself",
      { dag: { nodes: { m: { map: { each: a, over: { $result: "m" } } } } } },
      "workflow.dag.nodes.m",
      /must not come after itself/,
    ],
    [
      "a callback that takes more",
      { chain: [a, { chord: { header: { map: { each: a } }, callback: { task: "two" } } }] },
      "workflow.chain[1].chord.callback.args",
      /takes 2 arguments/,
    ],
    [
      "an unknown error callback",
      { chain: [a, { chord: { header: { map: { each: a } }, onError: { task: "x" } } }] },
      "workflow.chain[1].chord.onError.task",
      /must be a task/,
    ],
  ])("is refused with %s, where that is", (_name, workflow, path, rule) => {
    const found = refusal(() => plan(workflow, notKnown));
    expect(found.path).toBe(path);
    if (typeof rule === "string") expect(found.rule).toBe(rule);
    else expect(found.rule).toMatch(rule);
  });
});

describe("names of a dag in a map that leaves it", () => {
  const lookUp = ({ $result, path }: { readonly $result: string; readonly path?: string | undefined }) =>
    $result === "x" ? [path ?? "all"] : undefined;
  const uses = (name: string) => ({
    task: "a",
    args: [{ deep: [{ $result: name, path: "p" }] }, literal({ $result: name })],
  });
  const bound = { task: "a", args: [{ deep: [literal(["p"])] }, literal({ $result: "x" })] };

  it.each([
    ["a task", uses("x"), bound],
    ["canvases", { chain: [{ group: [uses("x")] }] }, { chain: [{ group: [bound] }] }],
    [
      "a chord",
      { chord: { header: [uses("x")], callback: uses("x"), onError: uses("x") } },
      { chord: { header: [bound], callback: bound, onError: bound } },
    ],
    ["a list", { map: { each: uses("x"), over: { $result: "x" } } }, { map: { each: bound, over: ["all"] } }],
    [
      "a chord over a map",
      { chord: { header: { map: { each: a, over: { $result: "x" } } } } },
      { chord: { header: { map: { each: a, over: ["all"] } } } },
    ],
    ["a dag inside, but for its own", { dag: { nodes: { y: uses("x") } } }, { dag: { nodes: { y: bound } } }],
    [
      "no dag that has one of that name",
      { dag: { nodes: { x: a, y: uses("x") } } },
      { dag: { nodes: { x: a, y: uses("x") } } },
    ],
    ["nothing else", uses("z"), uses("z")],
  ])("become values in %s", (_name, workflow, wanted) => {
    expect(bindNames(workflow as unknown as Workflow, lookUp)).toEqual(wanted);
  });

  it("must be lists where a map runs over them", () => {
    const map = { map: { each: a, over: { $result: "x" } } } as unknown as Workflow;
    expect(refusal(() => bindNames(map, () => 7))).toEqual({ path: "map.over", value: 7, rule: "must be a list" });
  });
});

describe("describeMaps", () => {
  it("estimates an expansion and each of its items", () => {
    const [lanes] = describeMaps(plan({ chain: [a, { map: { each: a, maxConcurrency: 3 } }] }), catalog);
    expect(lanes).toMatchObject({ id: "[1]", items: null, maxConcurrency: 3 });
    const [map] = describeMaps(plan({ chain: [a, { map: { each: a } }] }), catalog);
    expect(map?.perExpansion.writeUnits).toBeGreaterThanOrEqual(7);
    // Packed by ten: two writes and an arrival for each pack.
    expect(map?.perItem.writeUnits).toBeGreaterThan(0.2);
    expect(map?.perItem.writeUnits).toBeLessThan(0.6);
    expect(map?.perItem.sqsRequests).toBeLessThan(0.1);
  });

  it("knows maps in maps, and chords that are decided by a count", () => {
    const chord = { header: { map: { each: { map: { each: a } } } }, callback: b, when: { quorum: 200 } };
    expect(describeMaps(plan({ chain: [a, { chord }] }), catalog)).toHaveLength(1);
    expect(describeMaps(plan(a), catalog)).toEqual([]);
  });
});
