/**
 * Everything that a run waits for, member by member, from what is stored alone: what is told of each, since when, and whether it
 * is an issue already.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import type { Facts, QueueFacts } from "../../../lib/ports/facts.ts";
import type { Image } from "../../../lib/ports/store.ts";
import { explain } from "../../../lib/protocol/explain.ts";
import type { Head } from "../../../lib/protocol/head.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { joinBefore } from "../../../lib/protocol/upstream.ts";
import { headOf, planOf } from "./support.ts";

const at = (f: number) => ({ a: 1, s: "SUCCEEDED", o: "w", f, b: 0, v: "7" });
const lease = (b: number, u = 500_000) => ({ a: 1, s: "L", d: 1, o: "w", c: "token", u, b });
const retried = { a: 1, s: "W", d: 2, t: 900_000, e: { n: "Error", m: "no such customer" } };
const a = { task: "a" };
const b = { task: "b" };
const c = { task: "c" };

interface Case {
  readonly images?: Readonly<Record<string, Image>>;
  readonly head?: Partial<Head>;
  readonly facts?: Facts;
  readonly options?: CompileOptions;
  readonly nowMs?: number;
}

function waits(workflow: Workflow, { images = {}, head, facts = {}, options, nowMs = 50_000 }: Case = {}) {
  const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
  const snapshot = snapshotOf(headOf(head), planOf(workflow, options), items);
  return explain(snapshot, nowMs, { skewMs: 2000, visibilityMs: 60_000, facts });
}
/** Path, place and cause of what is missing, by wait. */
const told = (workflow: Workflow, more: Case = {}) =>
  waits(workflow, more).map(({ join, missing }) => [
    join,
    ...missing.map(({ path, where, cause }) => `${path}: ${where}, ${cause}`),
  ]);
const answers = (facts: Partial<QueueFacts>): Facts => ({
  queues: new Map([["task:default" as const, { exists: true, ...facts }]]),
});
const depth = (visible: number, inFlight = 0) => ({ visible, inFlight, delayed: 0 });
const leaf = (slots: object, more: object = {}): Image => ({ g: 1, ...slots, ...more }) as Image;

describe("a chord", () => {
  const chord: Workflow = { chord: { header: [a, a, a, a, a], callback: c, when: "all-settled" } };
  const images = {
    "tally#.#0#0": leaf({ s0: at(4000), s1: lease(2000), s2: retried, s3: at(7000) }, { remaining: 3 }),
  };

  it("is told with every member that is missing, in groups by cause, and the worst first", () => {
    const running =
      "attempt 1 runs since 1970-01-01T00:00:02.000Z, leased by w until 1970-01-01T00:08:20.000Z; its limit is 300 s";
    const failing = "attempt 1 failed with Error: no such customer; attempt 2 is at 1970-01-01T00:15:00.000Z";
    const unseen =
      "sent 1970-01-01T00:00:01.000Z to queue default; the queue could not be asked, so it is unknown whether it is long, nobody reads it, or the message was lost";
    expect(waits(chord, { images })).toStrictEqual([
      {
        join: ".",
        kind: "chord",
        cause: "task-failing",
        sinceMs: 7000,
        expected: 5,
        arrived: 2,
        missing: [
          { path: "header[1]", where: "running", cause: "runs-long", why: running, sinceMs: 2000 },
          { path: "header[2]", where: "retrying", cause: "task-failing", why: failing, sinceMs: 1000 },
          { path: "header[4]", where: "queued", cause: "unseen", why: unseen, sinceMs: 1000 },
        ],
        missingCount: 3,
        groups: [
          { members: "header[1]", count: 1, where: "running", cause: "runs-long", why: running },
          { members: "header[2]", count: 1, where: "retrying", cause: "task-failing", why: failing },
          { members: "header[4]", count: 1, where: "queued", cause: "unseen", why: unseen },
        ],
        explanation: `2 of 5 members have arrived, 3 missing: header[1] is running: ${running}; header[2] is retrying: ${failing}; header[4] is queued: ${unseen}`,
        fix: [
          "tutti revoke 'r/header[2]'",
          "tutti worker --only tasks --tasks FILE",
          "tutti revoke 'r/header[4]'",
          "tutti revoke 'r/header[1]'",
        ],
      },
    ]);
  });

  it("has made its last progress with the release, the last member, or the last restart", () => {
    const since = (more: Case) => waits(chord, more).map(({ sinceMs }) => sinceMs);
    expect(since({})).toEqual([1000]);
    expect(since({ images })).toEqual([7000]);
    expect(since({ images, head: { restartedAtMs: 9000 } })).toEqual([9000]);
    const later: Workflow = { chain: [a, chord] };
    expect(waits(later, { images: { "node#[0]": { g: 1, s0: at(3000) } } })[0]?.sinceMs).toBe(3000);
    const raised = { generation: 2, raisedAtMs: 8000 };
    const second = { "tally#.#0#0": { ...images["tally#.#0#0"], g: 2 }, "tally#.#1#0": { g: 2 } };
    expect(since({ images: second, head: raised })).toEqual([8000]);
  });

  it("names the first hundred members one by one, and groups name all", () => {
    const many: Workflow = { chord: { header: Array.from({ length: 103 }, () => a), callback: c } };
    const [wait] = waits(many, {
      images: { "tally#.#0#0": leaf({ s1: lease(2000) }) },
      options: { messagesPerRange: 200 },
    });
    expect(wait?.missing).toHaveLength(100);
    expect(wait).toMatchObject({
      missingCount: 103,
      groups: [
        { members: "header[0,2..102]", count: 102 },
        { members: "header[1]", count: 1 },
      ],
    });
  });

  it("of which all have arrived waits no more; its callback does", () => {
    const full = leaf(
      { s0: at(4000), s1: at(4000), s2: at(4000), s3: at(7000) },
      { remaining: 0, lastBy: "w", lastAt: 8000 },
    );
    const four: Workflow = { chord: { header: [a, a, a, a], callback: c } };
    expect(waits(four, { images: { "tally#.#0#0": full } })).toMatchObject([
      {
        join: ".",
        kind: "chord",
        cause: "unseen",
        sinceMs: 8000,
        expected: 4,
        arrived: 4,
        missing: [{ path: "callback", where: "queued", sinceMs: 8000 }],
        missingCount: 1,
        groups: [{ members: "callback", count: 1, where: "queued", cause: "unseen" }],
        explanation: expect.stringMatching(/^all 4 members have arrived: callback is queued: sent /),
        fix: ["tutti worker --only tasks --tasks FILE", "tutti revoke 'r/callback'"],
      },
    ]);
  });

  it("is an issue as soon as something is wrong that nobody but an operator or the sweeper ends", () => {
    const fault = (more: Case) => waits(chord, { images, ...more }).map(({ faultSinceMs }) => faultSinceMs);
    const late = { nowMs: 600_000 };
    expect(fault({})).toEqual([undefined]);
    expect(fault({ facts: answers({ exists: false }) })).toEqual([1000]);
    expect(fault({ facts: answers({ depth: depth(3) }) })).toEqual([undefined]);
    expect(fault({ ...late, facts: answers({ depth: depth(3, 1) }) })).toEqual([500_000]);
    expect(fault({ ...late, facts: answers({ depth: depth(3) }) })).toEqual([1000]);
    expect(fault({ ...late, facts: answers({ depth: depth(0), dead: depth(0) }) })).toEqual([1000]);
  });

  it("is an issue when its own deadline has passed", () => {
    const bound: Workflow = { chord: { ...chord.chord, deadlineSeconds: 60 } };
    const [wait, ...others] = waits(bound, { images, nowMs: 70_000 });
    expect(others).toEqual([]);
    expect(wait).toMatchObject({ cause: "deadline-passed", faultSinceMs: 61_000 });
    expect(wait?.explanation).toMatch(/; its deadline of 60 s has passed$/);
    expect(wait?.fix).toContain("tutti fix r");
    const missing = { facts: answers({ exists: false }) };
    expect(waits(bound, { images, nowMs: 70_000, ...missing })[0]?.faultSinceMs).toBe(1000);
  });
});

describe("a member that is more than a task", () => {
  const inner = (header: Workflow[]): Workflow => ({ chord: { header, callback: b } });
  const outer: Workflow = { chord: { header: [a, inner([a, a])], callback: c } };

  it("is told by the chord that it is, and why that waits", () => {
    const images = {
      "tally#.#0#0": leaf({ s0: at(4000) }),
      "tally#header[1]#0#0": leaf({ s0: at(5000), s1: retried }),
    };
    const found = waits(outer, { images });
    expect(found.map(({ join, cause }) => [join, cause])).toEqual([
      ["header[1]", "task-failing"],
      [".", "task-failing"],
    ]);
    expect(found[1]?.missing).toMatchObject([{ path: "header[1]/callback", where: "inside", sinceMs: 5000 }]);
    expect(found[1]?.missing[0]?.why).toMatch(
      /^it waits for header\[1\]: 1 of 2 members have arrived, 1 missing: header\[1\]\/header\[1\] is retrying: /,
    );
  });

  it("is an issue since that is one", () => {
    const images = { "tally#.#0#0": leaf({ s0: at(4000) }), "tally#header[1]#0#0": leaf({ s0: at(5000) }) };
    const facts = answers({ exists: false });
    expect(waits(outer, { images }).map(({ faultSinceMs }) => faultSinceMs)).toEqual([undefined, undefined]);
    // Nobody but an operator makes a queue; what is inside of it is told as the cause, and is late since the release.
    expect(waits(outer, { images, facts }).map(({ faultSinceMs }) => faultSinceMs)).toEqual([1000, 1000]);
  });

  it("is told by the task inside that has begun, or the header that nobody has looked at", () => {
    const chain: Workflow = { chord: { header: [{ chain: [a, b] }, a], callback: c } };
    expect(told(chain, { images: { "node#header[0]/[0]": { g: 1, s0: lease(2000) } } })).toEqual([
      [".", "header[0]/[1]: inside, runs-long", "header[1]: queued, unseen"],
    ]);
    const conditional: Workflow = {
      dag: { nodes: { x: a, y: { group: [b], if: { $result: "x", equals: 7 } }, z: { ...c, after: ["y"] } } },
    };
    const [wait, ...others] = waits(conditional, { images: { "node#x": { g: 1, s0: at(4000) } } });
    expect(others).toEqual([]);
    expect(wait).toMatchObject({ join: "y", cause: "not-driven", faultSinceMs: 4000 });
  });

  it("has not followed though everything before it is recorded", () => {
    const group: Workflow = { chord: { header: [{ group: [a] }, a], callback: c } };
    const images = { "tally#header[0]#0#0": leaf({ s0: at(4000) }, { remaining: 0, lastBy: "w", lastAt: 4000 }) };
    const [wait] = waits(group, { images });
    expect(wait?.missing[0]).toEqual({
      path: "header[0]",
      where: "recorded",
      cause: "not-driven",
      why: "what comes before it has ended, and that has not followed",
      sinceMs: 1000,
    });
    expect(wait).toMatchObject({ faultSinceMs: 1000 });
    const behind: Workflow = { chord: { header: [{ chain: [{ group: [a] }, { group: [b] }] }, a], callback: c } };
    const first = { "tally#header[0]/[0]#0#0": images["tally#header[0]#0#0"] };
    const before = waits(behind, { images: first });
    expect(before.map(({ join }) => join)).toEqual(["header[0]/[1]", "."]);
  });

  it("is an issue of both as soon as the sweeper or an operator has to end what is inside", () => {
    const images = { "tally#.#0#0": leaf({ s0: at(4000) }), "tally#header[1]#0#0": leaf({ s0: at(5000) }) };
    const facts = answers({ depth: depth(3) });
    const since = (nowMs: number) => waits(outer, { images, facts, nowMs }).map(({ faultSinceMs }) => faultSinceMs);
    expect(since(50_000)).toEqual([undefined, undefined]);
    expect(since(600_000)).toEqual([1000, 1000]);
  });

  it("waits for somebody to look at a condition inside", () => {
    const dag = { dag: { nodes: { x: a, y: { group: [b], if: { $result: "x", equals: 7 } } } } };
    const images = { "node#[0]/x": { g: 1, s0: at(4000) } };
    const [wait] = waits({ group: [dag as Workflow, a] }, { images });
    expect(wait?.missing[0]).toMatchObject({
      where: "recorded",
      cause: "not-driven",
      why: "nobody has looked at its condition",
    });
  });

  it("is told by the worst of what it waits for", () => {
    const dag: Workflow = { dag: { nodes: { x: a, y: a, z: { ...c, after: ["x", "y"] } } } };
    const id = planOf({ group: [dag, a] }).nodes["[0]/x"]?.slot?.join;
    const images = { [`tally#${id}#0#0`]: leaf({ s0: lease(2000), s1: retried }) };
    const found = waits({ group: [dag, a] }, { images }).find(({ join }) => join === ".");
    expect(found?.missing[0]).toMatchObject({ path: ".", cause: "task-failing", where: "inside" });
  });

  it("has not followed, whatever else is late", () => {
    const group = { chord: { header: [{ group: [a] }, a], callback: c } } satisfies Workflow;
    const images = { "tally#header[0]#0#0": leaf({ s0: at(4000) }, { remaining: 0, lastBy: "w", lastAt: 4000 }) };
    expect(waits(group, { images, nowMs: 600_000 })[0]?.faultSinceMs).toBe(1000);
    const bound: Workflow = { chord: { ...group.chord, deadlineSeconds: 60 } };
    expect(waits(bound, { images, nowMs: 600_000 })[0]?.faultSinceMs).toBe(1000);
  });

  it("of a dag is told by each of its last nodes, without repeats", () => {
    const dag: Workflow = { dag: { nodes: { x: a, y: { ...b, after: ["x"] }, z: { ...b, after: ["x"] } } } };
    const group: Workflow = { group: [dag, a] };
    const found = waits(group, { images: { "node#[0]/x": { g: 1, s0: retried } } });
    const [wait] = found;
    expect(wait?.missing.map(({ where, cause }) => [where, cause])).toEqual([
      ["inside", "task-failing"],
      ["queued", "unseen"],
    ]);
    expect(wait?.missing[0]?.why).toContain("it waits for [0]/x, which is retrying");
  });
});

describe("a dag's join", () => {
  const dag: Workflow = {
    dag: { nodes: { x: a, y: b, z: { ...c, after: ["x", "y"] } } },
  };
  it("waits once one of its parents has begun, and names those that are missing", () => {
    const [wait, ...others] = waits(dag, { images: { "node#x": { g: 1, s0: at(4000) } } });
    expect(others).toEqual([]);
    expect(wait).toMatchObject({ kind: "dag", expected: 2, arrived: 0 });
    const plan = planOf(dag);
    const id = Object.keys(plan.joins)[0] as string;
    const one = { [`tally#${id}#0#0`]: leaf({ s0: at(4000) }) };
    const [next] = waits(dag, { images: one });
    expect(next).toMatchObject({ join: id, expected: 2, arrived: 1, groups: [{ members: "y", count: 1 }] });
  });

  it("waits as soon as one of its members has come, whatever the others are", () => {
    const nodes = { w: a, x: { group: [a] }, y: { ...b, after: ["w"] }, z: { ...c, after: ["x", "y"] } };
    const id = planOf({ dag: { nodes } }).nodes.y?.slot?.join as string;
    const full = { "tally#x#0#0": leaf({ s0: at(4000) }, { remaining: 0, lastBy: "w", lastAt: 4000 }) };
    const come = { [`tally#${id}#0#0`]: leaf({ s0: { a: 0, s: "SUCCEEDED", o: "w", f: 4100 } }) };
    const found = waits({ dag: { nodes } }, { images: { ...full, ...come } });
    expect(found.find(({ join }) => join === id)).toMatchObject({
      arrived: 1,
      expected: 2,
      groups: [{ members: "y" }],
    });
  });

  it("does not wait before, but what leads to it does", () => {
    const later: Workflow = { chain: [a, dag] };
    expect(told(later)).toEqual([[null, "[0]: queued, unseen"]]);
  });
});

describe("what no join waits for", () => {
  it("is told by itself, since its release or the last restart", () => {
    const chain: Workflow = { chain: [a, b] };
    const images = { "node#[0]": { g: 1, s0: at(4000) } };
    expect(waits(chain, { images })).toMatchObject([
      {
        join: null,
        kind: null,
        sinceMs: 4000,
        expected: 1,
        arrived: 0,
        missingCount: 1,
        missing: [{ path: "[1]", where: "queued" }],
        groups: [{ members: "[1]", count: 1, where: "queued" }],
      },
    ]);
    expect(waits(chain, { images, head: { restartedAtMs: 6000 } })[0]?.sinceMs).toBe(6000);
    expect(waits(chain, { images })[0]).not.toHaveProperty("faultSinceMs");
    expect(waits(chain, { images, facts: answers({ exists: false }) })[0]?.faultSinceMs).toBe(4000);
  });

  it("has the runs that its map has expanded into among its commands", () => {
    const map: Workflow = { chain: [a, { map: { each: b } }] };
    const waiting = { ...lease(5000, 8_640_000_000_000_000), o: "map-1", c: "map" };
    const images = { "node#[0]": { g: 1, s0: at(4000) }, "node#[1]": { g: 1, s0: waiting } };
    expect(waits(map, { images })).toMatchObject([{ cause: "map-runs", fix: ["tutti check map-1"] }]);
    const both: Workflow = { chain: [a, { group: [{ map: { each: b } }, { task: "a" }] }] };
    const running = { "tally#[1]#0#0": leaf({ s0: waiting, s1: lease(2000) }) };
    expect(waits(both, { images: { "node#[0]": { g: 1, s0: at(4000) }, ...running } })[0]?.fix).toEqual([
      "tutti revoke 'r/[1]/[1]'",
      "tutti check map-1",
    ]);
  });

  it("is a finding of the run itself", () => {
    const found = waits(a, { nowMs: 100_000_000, images: { "node#task": { g: 1, s0: lease(2000, 200_000_000) } } });
    expect(found.map(({ cause, explanation }) => [cause, explanation])).toEqual([
      ["runs-long", expect.stringContaining("attempt 1 runs")],
      ["deadline-passed", "the run's deadline has passed"],
    ]);
    const ended = waits(a, { images: { "node#task": { g: 1, s0: at(4000) } } });
    expect(ended.map(({ cause, explanation }) => [cause, explanation])).toEqual([
      ["not-driven", "r/task: everything the run waits for is recorded, and its end is not"],
    ]);
  });

  it("is what has to follow from an outcome, and has not", () => {
    const failed = { ...at(4000), s: "FAILED", v: null, e: { n: "Error", m: "broken" } };
    expect(waits({ chain: [a, b] }, { images: { "node#[0]": { g: 1, s0: failed } } })).toMatchObject([
      {
        cause: "not-driven",
        sinceMs: 4000,
        faultSinceMs: 4000,
        fix: ["tutti fix r"],
        explanation: expect.stringMatching(/^r\/\[0\]: the task ended FAILED, /),
      },
    ]);
  });

  it("is a finding that is told with its task or its join, and not once more", () => {
    expect(told(a, { nowMs: 600_000 })).toEqual([[null, "task: queued, unseen"]]);
    const chord: Workflow = { chord: { header: [a], callback: c, deadlineSeconds: 60 } };
    expect(told(chord, { nowMs: 600_000 })).toEqual([[".", "header[0]: queued, unseen"]]);
  });

  it("is the retry that has not come to its end, and nothing else", () => {
    const images = { "node#[0]": { g: 1, s0: at(4000) }, "node#[1]": { g: 1, s0: retried } };
    const head = { generation: 2, raisedAtMs: 8000, restartedAtMs: 8000 };
    expect(waits({ chain: [a, b] }, { images, head })).toMatchObject([
      { join: null, cause: "not-driven", missing: [], explanation: expect.stringContaining("generation before 2") },
    ]);
  });
});

describe("what was not sent", () => {
  const group: Workflow = { group: [a, a, a, a, a] };
  const options: CompileOptions = { messagesPerRange: 2 };

  it("is in a part of a long list", () => {
    const images = { "range#header:.#1": { g: 1, s0: at(3000) } };
    expect(told(group, { images, options })).toEqual([
      [
        ".",
        ...["[0]: not sent, not-sent", "[1]: not sent, not-sent", "[2]: queued, unseen", "[3]: queued, unseen"],
        "[4]: not sent, not-sent",
      ],
    ]);
    const [wait] = waits(group, { images, options });
    expect(wait?.missing[0]).toMatchObject({
      sinceMs: 1000,
      why: "it is in a part of the list that control has not sent",
    });
    expect(wait).not.toHaveProperty("faultSinceMs");
    const late = { images, options, nowMs: 600_000, facts: answers({ depth: depth(0, 1) }) };
    expect(waits(group, late)[0]?.faultSinceMs).toBe(1000);
    const held = { ...images, "range#header:.#0": { g: 1, s0: lease(2000, 30_000) } };
    const dead = { images: { ...held, "range#header:.#2": { g: 1, s0: lease(2000) } }, options, nowMs: 90_000 };
    expect(waits(group, { ...dead, facts: answers({ depth: depth(0, 1) }) })[0]?.faultSinceMs).toBe(1000);
    const alive = { ...dead, images: { ...dead.images, "range#header:.#0": { g: 1, s0: lease(2000) } } };
    expect(waits(group, { ...alive, nowMs: 50_000 })[0]).not.toHaveProperty("faultSinceMs");
  });

  it("is not sent since its release, and no fault of anything else that is late", () => {
    const chain: Workflow = { chain: [a, group] };
    const images = {
      "node#[0]": { g: 1, s0: at(4000) },
      "range#header:[1]#1": { g: 1, s0: at(5000) },
      "tally#[1]#0#0": leaf({ s2: lease(6000, 30_000) }),
    };
    const [wait] = waits(chain, { images, options });
    expect(wait?.missing[0]).toMatchObject({ path: "[1]/[0]", cause: "not-sent", sinceMs: 4000 });
    expect(wait).toMatchObject({ cause: "worker-lost", faultSinceMs: 30_000 });
  });

  it("is in a part of the roots, or behind it", () => {
    const dag: Workflow = { dag: { nodes: { x: a, y: a, z: a, end: { ...c, after: ["x", "y", "z"] } } } };
    const images = { "range#start#0": { g: 1, s0: at(3000) } };
    const [wait] = waits(dag, { images, options });
    expect(wait?.missing.map(({ path, where, sinceMs }) => [path, where, sinceMs])).toEqual([
      ["x", "queued", 3000],
      ["y", "queued", 3000],
      ["z", "not sent", 1000],
    ]);
  });

  it("waits for its turn in a lane: nobody is at fault", () => {
    const map: Workflow = { map: { each: a, over: [1, 2, 3], maxConcurrency: 1 } };
    const [wait, ...others] = waits(map, { images: { "tally#.#0#0": leaf({ s0: lease(2000) }) }, nowMs: 400_000 });
    expect(others).toEqual([]);
    expect(wait?.missing).toMatchObject([
      { path: "[0]", where: "running", cause: "runs-long" },
      {
        path: "[1]",
        where: "not sent",
        cause: "waits-for-turn",
        why: "it waits for its turn: 1 at a time",
        sinceMs: 1000,
      },
      { path: "[2]", where: "not sent", cause: "waits-for-turn" },
    ]);
    expect(wait).not.toHaveProperty("faultSinceMs");
  });
});

describe("after the end", () => {
  const chord: Workflow = { chord: { header: [a, a], callback: c, onError: b } };
  const images = {
    "tally#.#0#0": leaf(
      { s0: { ...at(4000), s: "FAILED", v: null, e: { n: "Error", m: "broken" } } },
      { decision: "error", decidedBy: "w", decidedAt: 4100 },
    ),
  };
  const failed: Partial<Head> = { status: "FAILED", endedAtMs: 4200 };

  it("only error callbacks are waited for", () => {
    expect(told(chord, { images, head: failed })).toEqual([[".", "onError: queued, unseen"]]);
    expect(waits(chord, { images, head: failed })).toMatchObject([{ kind: "chord", expected: 2, arrived: 2 }]);
  });

  it("and after a revoke nothing", () => {
    expect(told(chord, { images, head: { status: "REVOKED", endedAtMs: 4200 } })).toEqual([]);
    expect(told(chord, { head: { status: "REVOKED", endedAtMs: 4200 } })).toEqual([]);
  });
});

it("a paused run waits for its resume", () => {
  const [wait] = waits({ group: [a, a] }, { head: { pausedAtMs: 3000 } });
  expect(wait).toMatchObject({
    cause: "paused",
    groups: [{ members: "[0..1]", where: "not started" }],
    fix: ["tutti resume r"],
  });
});

it("the join before a callback, or an error callback, is known by the plan", () => {
  const plan = planOf({ chain: [a, { chord: { header: [b], callback: c, onError: b } }] });
  expect(joinBefore(plan, "[1]/callback")).toBe("[1]");
  expect(joinBefore(plan, "[1]/onError")).toBe("[1]");
  expect(joinBefore(plan, "[1]/header[0]")).toBeNull();
  expect(joinBefore(plan, "[0]")).toBeNull();
});
