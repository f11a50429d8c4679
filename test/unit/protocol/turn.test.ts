/**
 * Joins that a request has decided before their turn: what they wait for, and what follows them.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { Image } from "../../../lib/ports/store.ts";
import { diagnose } from "../../../lib/protocol/diagnose.ts";
import { releasedOf } from "../../../lib/protocol/released.ts";
import { joinOf, type Snapshot, snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { beforeJoin, beforeTurn } from "../../../lib/protocol/turn.ts";
import { headOf, planOf } from "./support.ts";

const good = { a: 1, s: "SUCCEEDED", o: "worker", f: 9000, b: 0, v: "7" };
const bad = { a: 1, s: "FAILED", o: "worker", f: 9000, b: 0, e: { n: "Error", m: "broken" } };
const revoked = { a: 0, s: "REVOKED", o: "control", f: 5000, e: { n: "revoked", m: "" } };
const decided = { g: 1, remaining: 0, s0: revoked };
const running = { g: 1, s0: { a: 1, s: "L", d: 1, o: "worker", c: "token", u: 90_000, b: 2000 } };
const settled = (callback?: Workflow): Workflow => ({
  chord: { header: [{ task: "a" }], when: "all-settled", ...(callback === undefined ? {} : { callback }) },
});
const top = (id: string) => `tally#${id}#0#0`;

function stored(workflow: Workflow, images: Readonly<Record<string, Image>>, onFailure?: "finish") {
  const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
  return snapshotOf(headOf(), planOf(workflow, {}, onFailure), items);
}

const three: Workflow = { chain: [{ task: "a" }, settled(), settled(), settled({ task: "c" })] };

describe("what a join comes after", () => {
  const plan = planOf(three);
  const comesAfter = (id: string) => beforeJoin(plan, joinOf(stored(three, {}), id));

  it("is every join back to the next task, nearest first", () => {
    expect(comesAfter("[3]")).toEqual({ joins: ["[2]", "[1]"], node: "[0]" });
    expect(comesAfter("[1]")).toEqual({ joins: [], node: "[0]" });
  });

  it("is nothing where it starts the run", () => {
    expect(beforeJoin(planOf(settled()), joinOf(stored(settled(), {}), "."))).toEqual({ joins: [], node: null });
  });

  it("ends with the join of a dag, whose members are filled in their turn", () => {
    const nodes = { a: { task: "a" }, b: { task: "b" }, c: { group: [{ task: "c" }], after: ["a", "b"] } };
    const workflow: Workflow = { dag: { nodes } };
    const plan = planOf(workflow);
    const around = plan.joins.c?.releasedBy;
    expect(around?.kind).toBe("join");
    const id = around?.kind === "join" ? around.join : "";
    expect(plan.joins[id]?.kind).toBe("dag");
    expect(beforeJoin(plan, joinOf(stored(workflow, {}), "c"))).toEqual({ joins: [id], node: null });
  });
});

describe("the turn of a join", () => {
  const both = { [top("[1]")]: decided, [top("[2]")]: decided };
  const done = { "node#[0]": { g: 1, s0: good } };
  it.each<[string, Readonly<Record<string, Image>>, boolean[]]>([
    ["nothing has come about", {}, [true, true, true]],
    ["the task runs", { "node#[0]": running, ...both }, [true, true, true]],
    ["the task has failed", { "node#[0]": { g: 1, s0: bad }, ...both }, [true, true, true]],
    ["the task has succeeded", done, [false, true, true]],
    ["the first join is decided, too", { ...done, [top("[1]")]: decided }, [false, false, true]],
    ["the second join is decided, the first is not", { ...done, [top("[2]")]: decided }, [false, true, true]],
    ["everything is decided", { ...done, ...both }, [false, false, false]],
    [
      "the first join was decided otherwise",
      { ...done, ...both, [top("[1]")]: { g: 1, decision: "skipped", decidedBy: "worker", decidedAt: 9000 } },
      [false, true, true],
    ],
  ])("is told in whatever order they are asked about: %s", (_, images, early) => {
    const snapshot = stored(three, images);
    const ids = ["[1]", "[2]", "[3]"];
    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ];
    for (const order of orders) {
      const isEarly = beforeTurn(snapshot);
      const told = ids.map(() => undefined as boolean | undefined);
      for (const at of order) told[at] = isEarly(joinOf(snapshot, ids[at] as string));
      expect(told).toEqual(early);
    }
  });

  it("has come for what starts the run, and what is released by a task that has succeeded", () => {
    const snapshot = stored(settled(), {});
    expect(beforeTurn(snapshot)(joinOf(snapshot, "."))).toBe(false);
  });

  it("is asked once of each of many joins in a row", () => {
    const links = Array.from({ length: 400 }, () => settled());
    const workflow: Workflow = { chain: [{ task: "a" }, ...links] };
    let looks = 0;
    const images = Object.fromEntries(links.map((_, i) => [top(`[${i + 1}]`), decided]));
    const whole = stored(workflow, { ...images, ...done });
    const counting = new Proxy(whole.images, {
      get(map, name) {
        const found = Reflect.get(map, name, map);
        if (name !== "get") return typeof found === "function" ? found.bind(map) : found;
        return (key: string) => {
          looks++;
          return map.get(key);
        };
      },
    });
    const snapshot = { ...whole, images: counting };
    const isEarly = beforeTurn(snapshot);
    for (let i = links.length; i > 0; i--) expect(isEarly(joinOf(snapshot, `[${i}]`))).toBe(false);
    expect(looks).toBeLessThan(2 * links.length);
  });
});

describe("what follows a join that was decided before its turn", () => {
  const chain: Workflow = { chain: [{ task: "a" }, settled({ task: "c" })] };
  const found = (snapshot: Snapshot) =>
    diagnose(snapshot, 10_000, { skewMs: 2000, visibilityMs: 60_000 }).findings.map(({ kind, node, join }) => [
      kind,
      node ?? join,
    ]);

  it("is not released while what comes before runs, and is from then on", () => {
    const early = stored(chain, { "node#[0]": running, [top("[1]")]: decided });
    expect([...releasedOf(early).nodes.keys()]).toEqual(["[0]"]);
    const inTurn = stored(chain, { "node#[0]": { g: 1, s0: good }, [top("[1]")]: decided });
    expect([...releasedOf(inTurn).nodes.keys()]).toContain("[1]/callback");
  });

  it("may be a slot, which is not missing before that turn", () => {
    const inside: Workflow = { group: [{ chain: [{ task: "a" }, settled()] }, { task: "b" }] };
    const images = { [top("[0]/[1]")]: decided };
    expect(found(stored(inside, { "node#[0]/[0]": running, ...images }))).toEqual([]);
    const done = { "node#[0]/[0]": { g: 1, s0: good } };
    expect(found(stored(inside, { ...done, ...images }))).toEqual([["successor-missing", "[0]/[1]"]]);
  });

  const chosen = { a: 1, s: "SKIPPED", o: "worker", f: 9000, b: 0, k: { m: "nothing to do" } };
  it.each([
    ["skipped by choice", chosen, undefined, "successor-missing"],
    ["failed, and the run goes on", bad, "finish", "failure-not-driven"],
  ] as const)("is owed a skip when what comes before was %s", (_, slot, onFailure, kind) => {
    const workflow: Workflow = { chain: [{ task: "a" }, settled(), settled(), { task: "c" }] };
    const images = { "node#[0]": { g: 1, s0: slot }, [top("[1]")]: decided, [top("[2]")]: decided };
    expect(found(stored(workflow, images, onFailure))).toEqual([[kind, "[0]"]]);
    const skipped = { ...chosen, a: 0 };
    const further = { ...images, "node#[3]": { g: 1, s0: skipped } };
    const [last] = found(stored(workflow, further, onFailure));
    // The end of the run is owed by the last link alone.
    expect(last?.[1]).toBe("[3]");
  });

  it("is owed a skip as long as one of several does not know", () => {
    const behind = (name: string) => ({ task: "b", after: [name] });
    const nodes = { w: { task: "a" }, x: { ...settled(), after: ["w"] }, y: behind("x"), z: behind("x") };
    const workflow: Workflow = { dag: { nodes: { ...nodes, end: { task: "c", after: ["y", "z"] } } } };
    const join = planOf(workflow).nodes.y?.slot?.join;
    const skipped = { ...chosen, a: 0 };
    const images = { "node#w": { g: 1, s0: chosen }, [top("x")]: decided };
    const known = (slots: object) => ({ ...images, [`tally#${join}#0#0`]: { g: 1, ...slots } as Image });
    expect(found(stored(workflow, known({ remaining: 1, s0: skipped })))).toContainEqual(["successor-missing", "w"]);
    const both = known({ remaining: 0, s0: skipped, s1: skipped, lastBy: "w", lastAt: 9500 });
    expect(found(stored(workflow, both))).not.toContainEqual(["successor-missing", "w"]);
  });
});
