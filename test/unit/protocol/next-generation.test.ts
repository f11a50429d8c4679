/**
 * What a retry would run, before it does: the plan of the next generation, and what it refuses.
 */
import { describe, expect, it } from "vitest";
import { InvalidRequestError } from "../../../lib/errors.ts";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { Image } from "../../../lib/ports/store.ts";
import type { Head } from "../../../lib/protocol/head.ts";
import { begunAgain, foresee, type Named, nextPlan } from "../../../lib/protocol/next-generation.ts";
import { type Snapshot, snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { headOf, planOf } from "./support.ts";

const time = { nowMs: 100_000, skewMs: 2000 };
const good = { a: 1, s: "SUCCEEDED", o: "w", f: 9000, b: 0, v: "7" };
const bad = { a: 3, s: "FAILED", o: "w", f: 9000, b: 0, e: { n: "Error", m: "broken" } };
const lease = { a: 1, s: "L", d: 1, o: "w", c: "token", u: 98_000, b: 0 };

const chain: Workflow = { chain: [{ task: "a", args: [1] }, { task: "b" }, { task: "c" }] };
const chord: Workflow = {
  chord: { header: [{ task: "a" }, { task: "b" }], callback: { task: "c" }, onError: { task: "c" } },
};
const failed: Partial<Head> = { status: "FAILED", endedAtMs: 9500 };

function stored(workflow: Workflow, images: Readonly<Record<string, Image>>, head: Partial<Head> = failed): Snapshot {
  const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
  return snapshotOf(headOf(head), planOf(workflow), items);
}
const halfway = { "node#[0]": { g: 1, s0: good }, "node#[1]": { g: 1, s0: bad } };

function refusal(snapshot: Snapshot, named: Named): object {
  try {
    nextPlan(snapshot, named, time);
  } catch (error) {
    if (error instanceof InvalidRequestError) return { path: error.path, rule: error.rule };
    throw error;
  }
  throw new Error("it was not refused");
}

describe("the plan of the next generation", () => {
  it("is the same when nothing is named, and forgets what was named before", () => {
    const snapshot = stored(chain, halfway);
    expect(nextPlan(snapshot, {}, time)).toStrictEqual(snapshot.plan);
    const before = { ...snapshot, plan: { ...snapshot.plan, again: ["[0]"] } };
    expect(nextPlan(before, {}, time)).toStrictEqual(snapshot.plan);
    expect(nextPlan(before, { tasks: ["[1]"] }, time).again).toEqual(["[1]"]);
  });

  it("names each task once, those below a path, and those with new arguments", () => {
    const snapshot = stored(chain, halfway);
    const next = nextPlan(snapshot, { tasks: ["[1]", "[1]"], args: { "[0]": [5], "[1]": [] } }, time);
    expect(next.again).toEqual(["[1]", "[0]"]);
    expect(next.nodes["[0]"]).toEqual({ ...snapshot.plan.nodes["[0]"], args: [5] });
    expect(next.nodes["[2]"]).toEqual(snapshot.plan.nodes["[2]"]);
    expect({ ...next, nodes: null, again: null }).toEqual({ ...snapshot.plan, nodes: null, again: null });
    const inside = stored({ chain: [chord, { task: "a" }] }, {});
    expect(nextPlan(inside, { tasks: ["[0]"] }, time).again).toEqual([
      "[0]/header[0]",
      "[0]/header[1]",
      "[0]/callback",
    ]);
  });

  it.each<[string, Snapshot, Named, object]>([
    [
      "a run that goes on",
      stored(chain, halfway, {}),
      {},
      { path: "id", rule: "must have ended: revoke it first, or wait for its end" },
    ],
    [
      "a success of which nothing is named",
      stored(chain, halfway, { status: "SUCCEEDED", endedAtMs: 9500 }),
      { tasks: [], args: {} },
      { path: "id", rule: "has SUCCEEDED: name the tasks that are to run again" },
    ],
    [
      "a run whose error callback is at work",
      stored(chord, { "node#onError": { g: 1, s0: { ...lease, u: 98_001 } } }),
      {},
      { path: "id", rule: "must have come to rest: onError is still running" },
    ],
    [
      "a path that is none of a task",
      stored(chain, halfway),
      { tasks: ["[1]", "[7]"] },
      { path: "tasks", rule: "must be the path of a task of the run" },
    ],
    [
      "the beginning of a path",
      stored({ chain: [{ task: "a" }, chord] }, {}),
      { tasks: ["[1]/head"] },
      { path: "tasks", rule: "must be the path of a task of the run" },
    ],
    [
      "arguments of what is no task",
      stored(chain, halfway),
      { args: { "[7]": [] } },
      { path: "args.[7]", rule: "must be the path of a task of the run" },
    ],
    [
      "arguments of a name that objects have of themselves",
      stored(chain, halfway),
      { args: { constructor: [] } },
      { path: "args.constructor", rule: "must be the path of a task of the run" },
    ],
  ])("refuses %s", (_, snapshot, named, error) => {
    expect(refusal(snapshot, named)).toEqual(error);
  });

  it("is given where a success is named, and where nothing of an error branch is at work any more", () => {
    const ended = stored(chain, halfway, { status: "SUCCEEDED", endedAtMs: 9500 });
    expect(nextPlan(ended, { tasks: ["[0]"] }, time).again).toEqual(["[0]"]);
    for (const slot of [{ ...lease, u: 97_999 }, good, { a: 1, s: "W", d: 2, t: 500_000 }])
      expect(nextPlan(stored(chord, { "node#onError": { g: 1, s0: slot } }), {}, time)).toBeDefined();
    const others = stored(chord, { "tally#.#0#0": { g: 1, s0: { ...lease, u: 500_000 } } });
    expect(nextPlan(others, {}, time)).toBeDefined();
  });
});

describe("what the next generation would run", () => {
  const foreseen = (snapshot: Snapshot, named: Named = {}) => {
    const plan = nextPlan(snapshot, named, time);
    return { ...foresee(snapshot, plan, time), begun: begunAgain(snapshot, plan, time) };
  };

  it("is what did not succeed, and what has not begun", () => {
    expect(foreseen(stored(chain, halfway))).toEqual({ runs: ["[1]", "[2]"], kept: ["[0]"], begun: 1 });
  });

  it("is what was named, and all that follows from it", () => {
    const all = { ...halfway, "node#[1]": { g: 1, s0: good }, "node#[2]": { g: 1, s0: good } };
    const ended = stored(chain, all, { status: "SUCCEEDED", endedAtMs: 9500 });
    expect(foreseen(ended, { tasks: ["[1]"] })).toEqual({ runs: ["[1]", "[2]"], kept: ["[0]"], begun: 2 });
  });

  it("keeps what lies below a chord that was decided callback, failures too", () => {
    const workflow: Workflow = {
      chain: [{ chord: { header: [{ task: "a" }, { task: "b" }], when: "all-settled" } }, { task: "c" }],
    };
    const images = { "tally#[0]#0#0": { g: 1, remaining: 0, s0: good, s1: bad }, "node#[1]": { g: 1, s0: bad } };
    expect(foreseen(stored(workflow, images))).toEqual({
      runs: ["[1]"],
      kept: ["[0]/header[0]", "[0]/header[1]"],
      begun: 1,
    });
  });

  it("opens a chord that was decided error; of its error callback it says nothing, but counts it", () => {
    const images = {
      "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: bad, decision: "error", decidedBy: "w", decidedAt: 9000 },
      "node#onError": { g: 1, s0: good },
    };
    expect(foreseen(stored(chord, images))).toEqual({
      runs: ["header[1]", "callback"],
      kept: ["header[0]"],
      begun: 2,
    });
  });

  it("counts no task that was only waiting for its start", () => {
    const slot = { a: 0, s: "W", d: 1, t: 500_000, w: 1 };
    const images = { ...halfway, "node#[1]": { g: 1, s0: slot } };
    expect(foreseen(stored(chain, images, { status: "REVOKED", endedAtMs: 9500 })).begun).toBe(0);
  });

  it("is foreseen without a change of what was read", () => {
    const snapshot = stored(chain, halfway);
    const before = JSON.stringify([...snapshot.images]);
    foreseen(snapshot, { tasks: ["[0]"] });
    expect(JSON.stringify([...snapshot.images])).toBe(before);
  });
});
