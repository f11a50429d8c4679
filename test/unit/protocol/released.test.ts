/**
 * Lists that are started together, and what of them should be on its way by now, since when: along recorded outcomes alone.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import type { Plan } from "../../../lib/plan/types.ts";
import type { Image } from "../../../lib/ports/store.ts";
import type { Head } from "../../../lib/protocol/head.ts";
import { hasRanges, listOf, rangeOf, rangesOf } from "../../../lib/protocol/release.ts";
import { releasedOf } from "../../../lib/protocol/released.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { headOf, planOf } from "./support.ts";

const a = { task: "a" };
const at = (f: number, more: object = {}) => ({ a: 1, s: "SUCCEEDED", o: "w", f, b: 0, v: "7", ...more });
const bad = { a: 3, s: "FAILED", o: "w", f: 9000, b: 0, e: { n: "Error", m: "broken" } };
const lease = { a: 1, s: "L", d: 1, o: "w", c: "token", u: 90_000, b: 0 };
const settledGroup = (size: number): Workflow => ({
  chord: { header: Array.from({ length: size }, () => a), when: "all-settled" },
});

interface More {
  readonly options?: CompileOptions;
  readonly head?: Partial<Head>;
  readonly change?: (plan: Plan) => Plan;
  readonly also?: "begun";
}

function released(workflow: Workflow, images: Readonly<Record<string, Image>>, more: More = {}) {
  const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
  const { change = (plan) => plan } = more;
  const snapshot = snapshotOf(headOf(more.head), change(planOf(workflow, more.options)), items);
  const { nodes, joins, conditional, ...rest } = releasedOf(snapshot, more.also);
  return {
    nodes: Object.fromEntries(nodes),
    joins: Object.fromEntries(joins),
    conditional: Object.fromEntries(conditional),
    ...rest,
  };
}

describe("lists", () => {
  const plan = planOf({ chain: [{ group: [a, a, a, a, a] }, a] }, { messagesPerRange: 2 });

  it("are the roots, a header, what follows a task or a join, or nothing", () => {
    expect(listOf(plan, "start")).toBe(plan.start);
    expect(plan.start).toEqual([{ kind: "join", join: "[0]" }]);
    expect(listOf(plan, "header:[0]")).toBe(plan.releases["[0]"]);
    expect(listOf(plan, "next:[0]")).toEqual([{ kind: "node", node: "[1]" }]);
    expect(listOf(plan, "next:[1]")).toEqual([{ kind: "end" }]);
    for (const name of ["header:[7]", "next:[7]", "next:constructor", "header:constructor"] as const)
      expect(listOf(plan, name)).toEqual([]);
  });

  it("that are long are cut into ranges", () => {
    const list = listOf(plan, "header:[0]");
    expect(rangesOf(plan, list)).toBe(3);
    expect([0, 1, 2].map((range) => rangeOf(plan, list, range))).toEqual([
      list.slice(0, 2),
      list.slice(2, 4),
      list.slice(4),
    ]);
    expect(rangesOf(plan, list.slice(0, 2))).toBe(0);
    expect(rangesOf(plan, list.slice(0, 3))).toBe(2);
  });

  it("are looked for everywhere in a plan: roots, headers, and what follows", () => {
    expect(hasRanges(plan)).toBe(true);
    expect(hasRanges({ ...plan, messagesPerRange: 5 })).toBe(false);
    const fan: Workflow = { dag: { nodes: { x: a, y: { ...a, after: ["x"] }, z: { ...a, after: ["x"] } } } };
    const afterNode = planOf(fan, { messagesPerRange: 1 });
    expect(listOf(afterNode, "next:x").length).toBe(2);
    expect(hasRanges(afterNode)).toBe(true);
    expect(hasRanges({ ...afterNode, messagesPerRange: 2 })).toBe(false);
    const roots = planOf({ dag: { nodes: { x: a, y: a } } }, { messagesPerRange: 1 });
    expect(roots.start.length).toBe(2);
    expect(hasRanges(roots)).toBe(true);
    const nodes = { x: { group: [a] }, y: { ...a, after: ["x"] }, z: { ...a, after: ["x"] } };
    const afterJoin = planOf({ dag: { nodes } }, { messagesPerRange: 1 });
    expect(hasRanges(afterJoin)).toBe(true);
  });
});

describe("released", () => {
  it("are the roots since the submit, and what follows a success since that", () => {
    expect(released({ chain: [a, a, a] }, {})).toEqual({
      nodes: { "[0]": 1000 },
      joins: {},
      conditional: {},
      ranges: [],
      fronts: [],
      end: false,
    });
    expect(released({ chain: [a, a, a] }, { "node#[0]": { g: 1, s0: at(4000) } }).nodes).toEqual({
      "[0]": 1000,
      "[1]": 4000,
    });
    expect(released({ chain: [a, a] }, { "node#[0]": { g: 1, s0: bad } }).nodes).toEqual({ "[0]": 1000 });
  });

  it("is the end once what comes last has succeeded", () => {
    expect(released(a, { "node#task": { g: 1, s0: at(4000) } }).end).toBe(true);
    expect(released(a, { "node#task": { g: 1, s0: bad } }).end).toBe(false);
  });

  it("are the members of a header, and its callback since the last arrival", () => {
    const chord: Workflow = { chord: { header: [a, a], callback: { task: "c" }, onError: { task: "b" } } };
    expect(released(chord, {})).toMatchObject({
      nodes: { "header[0]": 1000, "header[1]": 1000 },
      joins: { ".": 1000 },
    });
    const full = { g: 1, remaining: 0, s0: at(4000), s1: at(5000), lastBy: "w", lastAt: 5000 };
    expect(released(chord, { "tally#.#0#0": full }).nodes).toEqual({
      ...{ "header[0]": 1000, "header[1]": 1000, callback: 5000 },
    });
    const erred = { g: 1, remaining: 0, s0: at(4000), s1: bad, decision: "error", decidedBy: "w", decidedAt: 9100 };
    expect(released(chord, { "tally#.#0#0": erred }).nodes).toEqual({
      ...{ "header[0]": 1000, "header[1]": 1000, onError: 9100 },
    });
    expect(released(settledGroup(1), { "tally#.#0#0": { ...erred, s0: bad } }).nodes).toEqual({ "header[0]": 1000 });
  });

  it("are all members of a pack", () => {
    const options: CompileOptions = { tasksPerMessage: () => 10 };
    const plan = planOf({ group: [a, a, a] }, options);
    expect(plan.releases["."]).toEqual([{ kind: "pack", join: ".", members: [0, 1, 2] }]);
    expect(released({ group: [a, a, a] }, {}, { options }).nodes).toEqual({ "[0]": 1000, "[1]": 1000, "[2]": 1000 });
  });

  it("is what follows a header without members, at once", () => {
    const { joins, nodes } = released({ chain: [a, { group: [] }, a] }, { "node#[0]": { g: 1, s0: at(4000) } });
    expect(joins).toEqual({ "[1]": 4000 });
    expect(nodes).toEqual({ "[0]": 1000, "[2]": 4000 });
  });

  it("is each unit once, whatever leads to it", () => {
    const diamond: Workflow = {
      dag: { nodes: { x: a, y: { ...a, after: ["x"] }, z: { ...a, after: ["x"] }, end: { ...a, after: ["y", "z"] } } },
    };
    const x = { "node#x": { g: 1, s0: at(4000) } };
    expect(released(diamond, x).nodes).toEqual({ x: 1000, y: 4000, z: 4000 });
  });

  it("are parts of a long list, and what is in them once they were sent", () => {
    const group: Workflow = { group: [a, a, a, a, a] };
    const options: CompileOptions = { messagesPerRange: 2 };
    const range = (number: number) => ({ list: "header:.", range: number, sinceMs: 1000 });
    expect(released(group, {}, { options })).toMatchObject({ nodes: {}, ranges: [range(0), range(1), range(2)] });
    const sent = { "range#header:.#1": { g: 1, s0: at(3000) }, "range#header:.#2": { g: 1, s0: lease } };
    const found = released(group, sent, { options });
    expect(found.ranges).toEqual([range(0), range(1), range(2)]);
    expect(found.nodes).toStrictEqual({ "[2]": 3000, "[3]": 3000 });
  });

  it("are also the members of ranges that somebody has begun, for whoever cannot know what of them was sent", () => {
    const options: CompileOptions = { messagesPerRange: 1 };
    const group: Workflow = { group: [a, a, a, a] };
    const waiting = { a: 1, s: "W", d: 2, t: 9000, b: 1, e: { n: "lost", m: "lost" } };
    const begun = { "range#header:.#1": { g: 1, s0: lease }, "range#header:.#2": { g: 1, s0: waiting } };
    const done = { "range#header:.#3": { g: 1, s0: at(3000) } };
    expect(released(group, { ...begun, ...done }, { options, also: "begun" }).nodes).toEqual({
      ...{ "[1]": 1000, "[2]": 1000, "[3]": 3000 },
    });
    expect(released(group, { ...begun, ...done }, { options }).nodes).toEqual({ "[3]": 3000 });
  });

  it("are parts of long lists of roots, of what follows a task, a join, and a header without members", () => {
    const options: CompileOptions = { messagesPerRange: 1 };
    const lists = (workflow: Workflow, images: Readonly<Record<string, Image>> = {}) =>
      [...new Set(released(workflow, images, { options }).ranges.map(({ list }) => list))].sort();
    expect(lists({ dag: { nodes: { x: a, y: a } } })).toEqual(["start"]);
    const fan = { y: { ...a, after: ["x"] }, z: { ...a, after: ["x"] } };
    expect(lists({ dag: { nodes: { x: a, ...fan } } }, { "node#x": { g: 1, s0: at(4000) } })).toEqual(["next:x"]);
    const full = { g: 1, remaining: 0, s0: at(4000), lastBy: "w", lastAt: 4000 };
    expect(lists({ dag: { nodes: { x: { group: [a] }, ...fan } } }, { "tally#x#0#0": full })).toEqual(["next:x"]);
    expect(lists({ dag: { nodes: { x: { group: [] }, ...fan } } })).toEqual(["next:x"]);
  });

  it("is no header whose condition nobody has looked at, or does not hold", () => {
    const workflow: Workflow = {
      dag: { nodes: { x: a, y: { group: [a], if: { $result: "x", equals: 7 } } } },
    };
    const x = { "node#x": { g: 1, s0: at(4000) } };
    expect(released(workflow, x)).toMatchObject({ nodes: { x: 1000 }, joins: {}, conditional: { y: 4000 } });
    const skipped = { ...x, "tally#y#0#0": { g: 1, decision: "skipped", decidedBy: "w", decidedAt: 5000 } };
    const { nodes, joins, conditional } = released(workflow, skipped);
    expect({ nodes, joins, conditional }).toEqual({ nodes: { x: 1000 }, joins: {}, conditional: {} });
    const held = { ...x, "tally#y#0#0": { g: 1, held: 1 } };
    expect(released(workflow, held)).toMatchObject({ joins: { y: 4000 }, conditional: {} });
    expect(released(workflow, held).nodes).toEqual({ x: 1000, "y/[0]": 4000 });
  });
});

describe("in a later generation", () => {
  const inner: Workflow = {
    chord: { header: [{ chain: [a, settledGroup(1), a] }, a], when: "all-settled", callback: a },
  };
  const top = { remaining: 0, s0: { a: 0, s: "REVOKED", o: "w", f: 4000, e: { n: "revoked", m: "" } }, s1: at(5000) };
  const below = {
    "tally#header[0]/[1]#0#0": { g: 1, remaining: 0, s0: at(3000) },
    "node#header[0]/[0]": { g: 1, s0: at(2000) },
  };

  it("nothing is released below a join that was taken over, but what follows it is", () => {
    const images = { ...below, "tally#.#0#0": { g: 1, ...top, lastBy: "w", lastAt: 5000 } };
    expect(released(inner, images, { head: { generation: 2 } }).nodes).toEqual({ callback: 5000 });
    const first = released(inner, images);
    expect(Object.keys(first.nodes).sort()).toEqual([
      ...["callback", "header[0]/[0]", "header[0]/[1]/header[0]", "header[0]/[2]", "header[1]"],
    ]);
  });
});

describe("lanes", () => {
  const lanes = (size: number, maxConcurrency: number, each: Workflow = a): Workflow => ({
    chain: [a, { map: { each, over: Array.from({ length: size }, (_, i) => i), maxConcurrency } }, { task: "c" }],
  });
  const first = { "node#[0]": { g: 1, s0: at(2000) } };
  const leaf = (number: number, slots: object, more: object = {}) => ({
    [`tally#[1]#0#${number}`]: { g: 1, ...slots, ...more } as Image,
  });

  it("begin at their first unit, since the header was released", () => {
    expect(released(lanes(6, 2), first)).toMatchObject({
      nodes: { "[0]": 1000, "[1]/[0]": 2000, "[1]/[1]": 2000 },
      joins: { "[1]": 2000 },
      fronts: [
        { join: "[1]", unit: 1 },
        { join: "[1]", unit: 0 },
      ],
    });
    expect(Object.keys(released(lanes(6, 2), first).nodes)).toHaveLength(3);
  });

  it("have come to the first open unit, since the one before it was settled", () => {
    const images = { ...first, ...leaf(0, { s0: at(3000), s2: at(4000), s1: lease, s3: at(9000) }) };
    const { nodes, fronts } = released(lanes(6, 2), images);
    expect(nodes).toEqual({ "[0]": 1000, "[1]/[0]": 2000, "[1]/[2]": 3000, "[1]/[4]": 4000, "[1]/[1]": 2000 });
    expect(fronts).toEqual([
      { join: "[1]", unit: 1 },
      { join: "[1]", unit: 4 },
    ]);
  });

  it("have no front once all their units are settled", () => {
    const images = {
      ...first,
      ...leaf(0, { s0: at(3000), s1: at(3000) }, { remaining: 0, lastBy: "w", lastAt: 3000 }),
    };
    const plan = planOf(lanes(2, 1));
    expect(plan.joins["[1]"]?.lanes?.count).toBe(1);
    expect(released(lanes(2, 1), images)).toMatchObject({ fronts: [], nodes: { "[2]": 3000 } });
  });

  it("do not go on where nobody waits for their members, but what was begun is still there", () => {
    const decided = { decision: "error", decidedBy: "w", decidedAt: 5000 };
    const images = { ...first, ...leaf(0, { s0: bad, s1: lease }, decided) };
    const two = lanes(4, 2);
    const top = planOf(two).joins["[1]"];
    expect(top?.size).toBe(4);
    const { nodes, fronts } = released(two, images);
    expect(nodes).toEqual({ "[0]": 1000, "[1]/[0]": 2000, "[1]/[1]": 2000 });
    expect(fronts).toEqual([{ join: "[1]", unit: 1 }]);
  });

  it("do not go on where a chord around it is decided, either", () => {
    const around: Workflow = {
      chord: { header: [{ map: { each: a, over: [1, 2, 3], maxConcurrency: 1 } }, a], callback: { task: "c" } },
    };
    const inLane = { "tally#header[0]#0#0": { g: 1, s0: at(3000) } };
    const error = { "tally#.#0#0": { g: 1, s1: bad, decision: "error", decidedBy: "w", decidedAt: 5000 } };
    expect(released(around, inLane).fronts).toEqual([{ join: "header[0]", unit: 1 }]);
    expect(released(around, { ...inLane, ...error }).fronts).toEqual([]);
    expect(released(around, { ...inLane, ...error }).nodes).not.toHaveProperty("header[0]/[1]");
  });

  it("hold back what was decided in a member that they have not come to", () => {
    const each: Workflow = { chain: [settledGroup(1), { task: "b" }] };
    const early = { "tally#[1]/[1]/[0]#0#0": { g: 1, remaining: 0, s0: at(4000), lastBy: "w", lastAt: 4000 } };
    expect(Object.keys(released(lanes(2, 1, each), { ...first, ...early }).nodes)).not.toContain("[1]/[1]/[1]");
    const come = { ...first, ...early, ...leaf(0, { s0: at(5000) }) };
    expect(Object.keys(released(lanes(2, 1, each), come).nodes)).toContain("[1]/[1]/[1]");
  });
});
