/**
 * Units and lanes of bounded joins, and what follows from a run's slots: where each lane has come to.
 */
import { describe, expect, it } from "vitest";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import type { Plan } from "../../../lib/plan/types.ts";
import {
  type BoundedJoin,
  hasLanes,
  isSettledUnit,
  isUntouchedUnit,
  joinsAround,
  laneGoesOn,
  leafOfUnit,
  memberAround,
  nextOpenUnit,
  outOfTurn,
  startsOfUnit,
  unitOf,
  unitsOf,
  waitingJoins,
} from "../../../lib/protocol/lanes.ts";
import { hasRanges, listOf } from "../../../lib/protocol/release.ts";
import { plan } from "../plan/support.ts";

const a = { task: "a" };
const packsOf = (count: number): CompileOptions => ({ tasksPerMessage: () => count });
const mapped = (size: number, maxConcurrency: number, options: CompileOptions = {}, each: object = a) =>
  plan({ map: { each, over: Array.from({ length: size }, (_, i) => i), maxConcurrency } }, undefined, options);
const joinOf = (of: Plan) => of.joins["."] as BoundedJoin;

describe("lanes of a map", () => {
  it.each([
    // members, at once, pack: unit, lanes, leaf
    [6, 2, 1, 1, 2, 4],
    [100, 25, 10, 10, 2, 10],
    [100, 3, 10, 3, 1, 3],
    [100, 1, 10, 1, 1, 4],
  ])("of %d members, %d at once, in packs of %d", (size, maxConcurrency, pack, unitSize, count, leafSize) => {
    const join = joinOf(mapped(size, maxConcurrency, packsOf(pack)));
    expect(join).toMatchObject({ maxConcurrency, lanes: { unitSize, count }, leafSize });
  });

  it("are none where all members may run at once, or nothing runs at all", () => {
    for (const of of [
      mapped(3, 3),
      mapped(2, 5),
      mapped(0, 1),
      mapped(4, 1, {}, { group: [] }),
      mapped(4, 1, {}, { chord: { header: [{ group: [] }], onError: a } }),
    ])
      expect(joinOf(of)).not.toHaveProperty("lanes");
    const late = { dag: { nodes: { x: { group: [] }, y: { group: [] }, z: { ...a, after: ["x", "y"] } } } };
    for (const each of [{ chain: [{ group: [] }, a] }, late])
      expect(joinOf(mapped(4, 1, {}, each))).toHaveProperty("lanes");
  });

  it("hold a member that is more than a task as a unit of its own, and so one that is delayed", () => {
    for (const each of [{ chain: [a, a] }, { group: [a, a] }, { ...a, delaySeconds: 5 }])
      expect(joinOf(mapped(20, 4, packsOf(10), each)).lanes).toEqual({ unitSize: 1, count: 4 });
  });

  it("are what a release starts, not their members", () => {
    const of = mapped(9, 4, packsOf(2));
    const lanes = [0, 1].map((lane) => ({ kind: "lane", join: ".", lane }));
    expect(listOf(of, "header:.")).toEqual(lanes);
    expect(of.releases["."]).toHaveLength(5);
    expect(hasRanges({ ...of, messagesPerRange: 2 })).toBe(false);
    expect(hasRanges({ ...of, messagesPerRange: 1 })).toBe(true);
  });

  it("know their units: members, leaf and what starts them", () => {
    const packs = mapped(9, 4, packsOf(2));
    const join = joinOf(packs);
    expect([unitsOf(join), unitOf(join, 7), unitOf(join, 8), leafOfUnit(join, 4)]).toEqual([5, 3, 4, 4]);
    expect(startsOfUnit(packs, join, 1)).toEqual([{ kind: "pack", join: ".", members: [2, 3] }]);
    expect(startsOfUnit(packs, join, 4)).toEqual([{ kind: "node", node: "[8]" }]);
    const dags = mapped(3, 1, {}, { dag: { nodes: { x: a, y: a } } });
    expect(startsOfUnit(dags, joinOf(dags), 1)).toEqual([
      { kind: "node", node: "[1]/x" },
      { kind: "node", node: "[1]/y" },
    ]);
    expect(leafOfUnit(joinOf(dags), 2)).toBe(0);
  });

  it("say in which member a unit lies", () => {
    const group = { id: "x", kind: "group" } as const;
    expect(["x/[3]", "x/[3]/[0]", "x/[31]/a/b"].map((path) => memberAround(group, path))).toEqual([3, 3, 31]);
    expect(["x", "y/[3]", "x/callback", "x/[3]b", "xx/[1]"].map((path) => memberAround(group, path))).toEqual(
      new Array(5).fill(undefined),
    );
    expect(memberAround({ id: ".", kind: "chord" }, "header[7]/[0]")).toBe(7);
    expect(memberAround({ id: ".", kind: "chord" }, "callback")).toBeUndefined();
    expect(memberAround(group, "x/[b3]/c")).toBeUndefined();
    expect(joinsAround("a/header[3]/[0]/b")).toEqual(["a", "a/header[3]"]);
    expect(joinsAround("header[3]/callback")).toEqual(["."]);
    expect(joinsAround("x/y")).toEqual([]);
  });

  it("say whose decision ends the wait for their members", () => {
    const failure = { decide: ["outer"], then: { kind: "head" } } as const;
    expect(waitingJoins({ id: "x", failure } as never)).toEqual(["x", "outer"]);
    const absorbed = { decide: [], then: { kind: "slot", join: "around", index: 3 } } as const;
    expect(waitingJoins({ id: "x", failure: absorbed } as never)).toEqual(["x", "around"]);
  });

  it("are looked for in a plan", () => {
    expect(hasLanes(mapped(9, 4))).toBe(true);
    expect(hasLanes(mapped(4, 4))).toBe(false);
    expect(hasLanes(plan({ chain: [{ group: [a] }, { map: { each: a, over: [1, 2], maxConcurrency: 1 } }] }))).toBe(
      true,
    );
  });

  it("know of a pack whether all of it is settled, and whether anything of it was begun", () => {
    const join = joinOf(mapped(8, 2, packsOf(2)));
    const done = { s: "SUCCEEDED", a: 1, o: "w", f: 1 };
    const open = { s: "Q", a: 0, d: 1, n: 1, t: 1 };
    const leaf = { s0: done, s1: done };
    expect(join.lanes).toEqual({ unitSize: 2, count: 1 });
    expect([leaf, { s0: done }, { s0: done, s1: open }, {}].map((one) => isSettledUnit(join, 0, one))).toEqual([
      ...[true, false, false, false],
    ]);
    expect([{}, undefined, { s1: open }, { s0: done }, leaf].map((one) => isUntouchedUnit(join, 0, one))).toEqual([
      ...[true, true, false, false, false],
    ]);
  });

  it("have not come to what lies behind the first open unit of the same lane", () => {
    const two = { map: { each: { group: [a, a] }, over: [1, 2, 3, 4, 5, 6], maxConcurrency: 2 } };
    const of = plan({ chain: [two, two] });
    const done = { s: "SUCCEEDED", a: 1, o: "w", f: 1 };
    // Lanes of the first: 0 2 4 and 1 3 5. The one has come to 2, the other to its end; the second map to nothing.
    const leaves: Record<string, object> = { "[0] 0": { s0: done, s1: done, s3: done }, "[0] 1": { s1: done } };
    const isOut = outOfTurn(of, (join, leaf) => leaves[`${join.id} ${leaf}`] as never);
    const told = (id: string) => [0, 1, 2, 3, 4, 5].map((i) => isOut(`${id}/[${i}]`));
    expect(of.joins["[0]"]).toMatchObject({ leafSize: 4, lanes: { unitSize: 1, count: 2 } });
    expect(told("[0]")).toEqual([false, false, false, false, true, false]);
    expect(told("[1]")).toEqual([false, false, true, true, true, true]);
    expect(isOut("[0]/[4]/[1]")).toBe(true);
    expect(["[0]", ".", "constructor/[1]", "[0]/callback"].map(isOut)).toEqual([false, false, false, false]);
  });

  it("skip settled units, and stop before a given one", () => {
    const join = joinOf(mapped(8, 2));
    const done = { s: "SUCCEEDED", a: 1, o: "w", f: 1 };
    const leaves = [{ s0: done, s2: done }, { s0: done }];
    const leafOf = (leaf: number) => leaves[leaf];
    expect(isSettledUnit(join, 2, leaves[0])).toBe(true);
    expect(nextOpenUnit(join, 0, 8, leafOf)).toBe(6);
    expect(nextOpenUnit(join, 1, 8, leafOf)).toBe(1);
    expect(nextOpenUnit(join, 0, 4, leafOf)).toBeUndefined();
    expect(nextOpenUnit(join, 0, 6, leafOf)).toBeUndefined();
  });

  it("go on when a released unit is settled and somebody still waits, whoever settled it", () => {
    const all = { unitSettled: true, released: true, own: false, awaited: true };
    expect(laneGoesOn(all)).toBe(true);
    for (const missing of ["unitSettled", "released", "awaited"])
      expect(laneGoesOn({ ...all, [missing]: false })).toBe(false);
  });
});
