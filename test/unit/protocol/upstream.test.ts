/**
 * What an unsettled member waits for: a walk against the edges of plans of every shape, to what is open now.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import type { Source } from "../../../lib/plan/types.ts";
import type { Image } from "../../../lib/ports/store.ts";
import { encodeParent } from "../../../lib/protocol/parent-ref.ts";
import { releasedOf } from "../../../lib/protocol/released.ts";
import { isKept, joinOf, nodeOf, snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { joinBefore, upstreamOf } from "../../../lib/protocol/upstream.ts";
import { headOf, planOf } from "./support.ts";

const at = (f: number) => ({ a: 1, s: "SUCCEEDED", o: "w", f, b: 0, v: "7" });
const [a, b, c] = [{ task: "a" }, { task: "b" }, { task: "c" }];
const node = (id: string): Source => ({ kind: "node", node: id }) as Source;
const join = (id: string): Source => ({ kind: "join", join: id }) as Source;

function stored(workflow: Workflow, images: Readonly<Record<string, Image>> = {}, options: CompileOptions = {}) {
  const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
  return snapshotOf(headOf(), planOf(workflow, options), items);
}

/** Blockers in words. */
function blockers(source: Source, ...of: Parameters<typeof stored>): string[] {
  const snapshot = stored(...of);
  return upstreamOf(snapshot, releasedOf(snapshot))
    .of(source)
    .map((one) => {
      if (one.kind === "node") return `node ${one.node.id} since ${one.sinceMs}`;
      if (one.kind === "unsent") return `unsent ${one.list}`;
      return one.kind === "not-driven" ? one.kind : `${one.kind} ${one.join}`;
    });
}

describe("a member waits for", () => {
  it("the task that it is, once that was released; for nothing more when that has an outcome", () => {
    expect(blockers(node("[0]"), { group: [a, b] })).toEqual(["node [0] since 1000"]);
    const done = { "tally#.#0#0": { g: 1, s0: at(4000) } };
    expect(blockers(node("[0]"), { group: [a, b] }, done)).toEqual(["not-driven"]);
  });

  it("the first open link of a chain", () => {
    const chain: Workflow = { chain: [a, b, c] };
    expect(blockers(node("[2]"), chain)).toEqual(["node [0] since 1000"]);
    expect(blockers(node("[2]"), chain, { "node#[0]": { g: 1, s0: at(4000) } })).toEqual(["node [1] since 4000"]);
  });

  it("the chord that it is, or what comes before its header", () => {
    const chain: Workflow = { chain: [a, { chord: { header: [b], callback: c } }] };
    expect(blockers(join("[1]"), chain)).toEqual(["node [0] since 1000"]);
    expect(blockers(node("[1]/callback"), chain)).toEqual(["node [0] since 1000"]);
    const released = { "node#[0]": { g: 1, s0: at(4000) } };
    expect(blockers(join("[1]"), chain, released)).toEqual(["join [1]"]);
    expect(blockers(node("[1]/callback"), chain, released)).toEqual(["join [1]"]);
    expect(blockers({ kind: "failures", join: "[1]" } as Source, chain, released)).toEqual(["join [1]"]);
  });

  it("the chord that calls an error callback", () => {
    const chord: Workflow = { chord: { header: [b], callback: c, onError: a } };
    expect(blockers(node("onError"), chord)).toEqual(["join ."]);
  });

  it("what has to follow from a decision", () => {
    const group: Workflow = { group: [{ chain: [a, { group: [b] }] }, c] };
    const full = { "tally#[0]/[1]#0#0": { g: 1, remaining: 0, s0: at(4000), lastBy: "w", lastAt: 4000 } };
    expect(blockers(join("[0]/[1]"), group, { "node#[0]/[0]": { g: 1, s0: at(2000) }, ...full })).toEqual([
      "not-driven",
    ]);
    // An error needs no turn.
    const error = { "tally#[0]/[1]#0#0": { g: 1, decision: "error", decidedBy: "w", decidedAt: 4000 } };
    expect(blockers(join("[0]/[1]"), group, error)).toEqual(["not-driven"]);
  });

  it("every open parent of a node in a dag", () => {
    const dag: Workflow = { dag: { nodes: { x: a, y: b, z: { ...c, after: ["x", "y"] } } } };
    expect(blockers(node("z"), dag)).toEqual(["node x since 1000", "node y since 1000"]);
    const id = planOf(dag).nodes.x?.slot?.join;
    const one = { [`tally#${id}#0#0`]: { g: 1, s0: at(4000) } };
    expect(blockers(node("z"), dag, one)).toEqual(["not-driven", "node y since 1000"]);
  });

  it("what several of its parts wait for, once", () => {
    const dag: Workflow = { dag: { nodes: { x: a, y: { ...b, after: ["x"] }, z: { ...b, after: ["x"] } } } };
    const parts = {
      kind: "object",
      entries: [
        ["y", node("y")],
        ["z", node("z")],
      ],
    } as unknown as Source;
    expect(blockers(parts, dag)).toEqual(["node x since 1000"]);
    expect(blockers(parts, dag, { "node#x": { g: 1, s0: at(4000) } })).toEqual([
      "node y since 4000",
      "node z since 4000",
    ]);
    const first = { kind: "object", entries: [["y", node("y")]] } as unknown as Source;
    expect(blockers(first, dag)).toEqual(["node x since 1000"]);
  });

  it("nothing where it is a value of the request", () => {
    expect(blockers({ kind: "item", value: 7 } as Source, { group: [a] })).toEqual([]);
  });

  it("somebody to look at the condition of its header", () => {
    const dag: Workflow = { dag: { nodes: { x: a, y: { group: [b], if: { $result: "x", equals: 7 } } } } } as Workflow;
    expect(blockers(node("y/[0]"), dag)).toEqual(["node x since 1000"]);
    expect(blockers(node("y/[0]"), dag, { "node#x": { g: 1, s0: at(4000) } })).toEqual(["condition y"]);
  });

  it("the part of a list that it is in, or the lane", () => {
    const options: CompileOptions = { messagesPerRange: 2 };
    expect(blockers(node("[2]"), { group: [a, a, a] }, {}, options)).toEqual(["unsent ."]);
    expect(blockers(node("x"), { dag: { nodes: { x: a, y: a, z: a } } }, {}, options)).toEqual(["unsent start"]);
    expect(blockers(node("[1]"), { map: { each: a, over: [1, 2], maxConcurrency: 1 } })).toEqual(["unsent ."]);
  });

  it("what comes before the header of its pack", () => {
    const packs: CompileOptions = { tasksPerMessage: () => 10 };
    const chain: Workflow = { chain: [a, { group: [b, b, b] }] };
    expect(planOf(chain, packs).releases["[1]"]).toMatchObject([{ kind: "pack" }]);
    for (const id of ["[1]/[0]", "[1]/[2]"])
      expect(blockers(node(id), chain, {}, packs)).toEqual(["node [0] since 1000"]);
  });
});

it("the join before a node is found among several that follow it", () => {
  const plan = planOf({ dag: { nodes: { x: { group: [a] }, y: { ...b, after: ["x"] }, z: { ...b, after: ["x"] } } } });
  expect([joinBefore(plan, "y"), joinBefore(plan, "z"), joinBefore(plan, "x/[0]")]).toEqual(["x", "x", null]);
});

describe("a snapshot", () => {
  it("has what its plan has, and says what is missing", () => {
    const snapshot = stored({ group: [a] });
    expect(nodeOf(snapshot, "[0]").task).toBe("a");
    expect(() => nodeOf(snapshot, "[7]")).toThrow("the plan has no node [7]");
    expect(() => joinOf(snapshot, "[7]")).toThrow("the plan has no join [7]");
  });

  it.each([
    ["callback, in an older generation", { g: 1, decision: "callback" }, true],
    ["error, in an older generation", { g: 1, decision: "error" }, false],
    ["callback, in this one", { g: 2, decision: "callback" }, false],
    ["nobody knows when", { decision: "callback" }, false],
    ["nothing", { g: 1 }, false],
  ])("keeps a join that was decided %s: %#", (_, image, kept) => {
    const snapshot = { ...stored({ group: [a] }, { "tally#.#0#0": image }), head: headOf({ generation: 2 }) };
    expect(isKept(snapshot, joinOf(snapshot, "."))).toBe(kept);
  });
});

it("a parent is stored without a key of fairness that it does not have", () => {
  const parent = { run: "p", submittedAtMs: 5, node: "[1]", generation: 1, key: { pk: "p", sk: "k" }, attribute: "s0" };
  const entries = { r: "p", t: 5, n: "[1]", g: 1, p: "p", k: "k", s: "s0" };
  expect(encodeParent(parent)).toStrictEqual(entries);
  expect(encodeParent({ ...parent, fairnessKey: "tenant" })).toStrictEqual({ ...entries, f: "tenant" });
});
