/**
 * What a generation takes over from the one before, and what it opens again: each rule on a run as it may lie in the table.
 */
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import type { Image, Item, Write } from "../../../lib/ports/store.ts";
import { followersOf, nextToReopen, reopenWrites } from "../../../lib/protocol/reopen.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { headOf, planOf } from "./support.ts";
import { isNoticed, type WriteCase, weakened } from "./write-case.ts";

const L = { a: 1, s: "L", d: 1, o: "worker", c: "token", u: 30_000, b: 0 };
const good = { a: 1, s: "SUCCEEDED", o: "worker", f: 9000, b: 0, v: "7" };
const bad = { a: 3, s: "FAILED", o: "worker", f: 9000, b: 0, e: { n: "Error", m: "broken" } };
const errorDecision = { decision: "error", decidedBy: "worker", decidedAt: 9500, accepted: { failed: 1 } };
const lastArrival = { lastBy: "worker", lastAt: 9400 };

const [a, b, c] = [{ task: "a" }, { task: "b" }, { task: "c" }];
const two: CompileOptions = { leafSize: 2, fan: 2 };

interface Stored {
  readonly workflow: Workflow;
  readonly images: Readonly<Record<string, Image>>;
  readonly shape?: CompileOptions;
  /** Tasks that the request names. */
  readonly again?: readonly string[];
  readonly generation?: number;
}

function writesOf({ workflow, shape = {}, again, generation = 2 }: Stored, items: readonly Item[], nowMs: number) {
  const compiled = planOf(workflow, shape);
  const plan = again === undefined ? compiled : { ...compiled, again };
  return reopenWrites(snapshotOf(headOf({ generation }), plan, items), { nowMs, skewMs: 2000 });
}

const itemsOf = (images: Stored["images"]): Item[] =>
  Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));

interface Reopened {
  /** Sort keys of what is written, in order. */
  readonly written: readonly string[];
  /** Every item afterwards, by sort key. */
  readonly after: Readonly<Record<string, Image>>;
}

/** Performs what is owed, and checks that afterwards nothing is. */
async function reopened(stored: Stored, nowMs = 40_000): Promise<Reopened> {
  const store = createMemoryStore();
  const items = itemsOf(stored.images);
  store.restore(items);
  const writes = writesOf(stored, items, nowMs);
  for (const write of writes) expect((await store.write(write, "test")).applied).toBe(true);
  const left = store.dump();
  expect(writesOf(stored, left, nowMs).map(({ key }) => key.sk)).toEqual([]);
  const after = Object.fromEntries(left.map(({ key, image }) => [key.sk, image]));
  return { written: writes.map(({ key }) => key.sk), after };
}

describe("reopening", () => {
  const chord: Workflow = { chord: { header: [a, b, a], callback: c } };

  it("comes to tops first, outer before inner, and to the rest when no top is owed", async () => {
    const inner: Workflow = { chord: { header: [a, b, a], callback: c } };
    const images = {
      "tally#.#1#0": { g: 1, remaining: 2 },
      "tally#.#0#0": { g: 1, remaining: 2 },
      "tally#header[0]#1#0": { g: 1, remaining: 1, m0: 1 },
      "tally#header[0]#0#0": { g: 1, remaining: 0, s0: bad, s1: good },
    };
    const store = createMemoryStore();
    store.restore(itemsOf(images));
    const plan = planOf({ chord: { header: [inner, b, a], callback: c } }, two);
    const rounds: string[][] = [];
    for (let round = 0; round < 4; round++) {
      const snapshot = snapshotOf(headOf({ generation: 2 }), plan, store.dump());
      const writes = nextToReopen(snapshot, { nowMs: 40_000, skewMs: 2000 });
      for (const write of writes) await store.write(write, "test");
      rounds.push(writes.map(({ key }) => key.sk));
    }
    expect(rounds).toEqual([["tally#.#1#0"], ["tally#header[0]#1#0"], ["tally#header[0]#0#0", "tally#.#0#0"], []]);
  });

  it("is nothing in the first generation", () => {
    const images = { "tally#.#0#0": { g: 1, remaining: 2, s0: bad, ...errorDecision } };
    expect(writesOf({ workflow: chord, images, generation: 1 }, itemsOf(images), 40_000)).toEqual([]);
  });

  it("keeps successes, takes away the rest, and counts what is open; the decision of the top goes", async () => {
    const images = {
      "tally#.#0#0": { g: 1, remaining: 1, s0: good, s1: bad, ...errorDecision, ...lastArrival },
    };
    expect(await reopened({ workflow: chord, images })).toEqual({
      written: ["tally#.#0#0"],
      after: { "tally#.#0#0": { g: 2, remaining: 2, s0: good } },
    });
  });

  it.each([
    ["TIMED_OUT", { ...bad, s: "TIMED_OUT" }],
    ["REVOKED", { ...bad, s: "REVOKED" }],
    ["queued", { a: 0, s: "Q", d: 1, n: 1, t: 5000 }],
    ["waiting", { a: 1, s: "W", d: 2, t: 5000 }],
    ["leased, and its end has passed by more than ε", L],
  ])("takes away what was %s", async (_, slot) => {
    const images = { "tally#.#0#0": { g: 1, remaining: 2, s0: good, s1: slot } };
    expect((await reopened({ workflow: chord, images })).after).toEqual({
      "tally#.#0#0": { g: 2, remaining: 2, s0: good },
    });
  });

  it.each([30_000, 32_000])(
    "waits for a lease that may live at %d: its next dispatch begins at its end + ε",
    async (nowMs) => {
      const images = { "tally#.#0#0": { g: 1, remaining: 3, s0: { ...L, a: 2, l: 1, d: 3 } } };
      expect((await reopened({ workflow: chord, images }, nowMs)).after).toEqual({
        "tally#.#0#0": { g: 2, remaining: 3, s0: { a: 2, l: 1, s: "W", d: 4, t: 32_000, w: 1 } },
      });
    },
  );

  it("does the same with items of one task", async () => {
    const workflow: Workflow = { chain: [a, b, c] };
    const images = { "node#[0]": { g: 1, s0: good }, "node#[1]": { g: 1, s0: bad } };
    expect(await reopened({ workflow, images })).toEqual({
      written: ["node#[1]"],
      after: { "node#[0]": { g: 1, s0: good }, "node#[1]": { g: 2 } },
    });
    const live = { "node#[0]": { g: 1, s0: L } };
    expect((await reopened({ workflow, images: live }, 20_000)).after).toEqual({
      "node#[0]": { g: 2, s0: { a: 1, s: "W", d: 2, t: 32_000, w: 1 } },
    });
  });

  it("makes a top that is not there, so that the old generation cannot", async () => {
    expect(await reopened({ workflow: chord, images: {} })).toEqual({
      written: ["tally#.#0#0"],
      after: { "tally#.#0#0": { g: 2 } },
    });
  });

  it("comes to tops first, then to what is below them, then to tasks and ranges", async () => {
    const workflow: Workflow = { chain: [a, { group: [a, b, a, b, a] }, { group: [a, b, a] }] };
    const images = {
      "node#[0]": { g: 1, s0: bad },
      "tally#[1]#0#0": { g: 1, remaining: 1, s0: bad },
      "tally#[1]#1#0": { g: 1, remaining: 2 },
      "tally#[2]#0#0": { g: 1, remaining: 1, s0: bad },
      "range#header:[1]#0": { g: 1, s0: L },
    };
    expect((await reopened({ workflow, images, shape: two })).written).toEqual([
      "tally#[1]#2#0",
      "tally#[2]#1#0",
      "tally#[1]#0#0",
      "tally#[1]#1#0",
      "tally#[2]#0#0",
      "node#[0]",
      "range#header:[1]#0",
    ]);
  });

  it("keeps marks of children in which everything has succeeded, over three levels", async () => {
    const workflow: Workflow = { group: [a, a, a, a, a] };
    const images = {
      "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: good },
      "tally#.#0#1": { g: 1, remaining: 0, s0: good, s1: bad },
      "tally#.#0#2": { g: 1, remaining: 0, s0: good },
      "tally#.#1#0": { g: 1, remaining: 0, m0: 0, m1: 1 },
      "tally#.#1#1": { g: 1, remaining: 0, m0: 0 },
      "tally#.#2#0": { g: 1, remaining: 0, m0: 1, m1: 0, ...lastArrival },
    };
    expect(await reopened({ workflow, images, shape: two })).toEqual({
      written: ["tally#.#2#0", "tally#.#0#1", "tally#.#1#0"],
      after: {
        ...images,
        "tally#.#2#0": { g: 2, remaining: 1, m1: 0 },
        "tally#.#0#1": { g: 2, remaining: 1, s0: good },
        "tally#.#1#0": { g: 2, remaining: 1, m0: 0 },
      },
    });
  });

  it("opens ranges that were not sent to the end, and keeps those that were", async () => {
    const workflow: Workflow = { group: [a, b, a] };
    const images = {
      "tally#.#0#0": { g: 1, remaining: 3 },
      "range#header:.#0": { g: 1, s0: good },
      "range#header:.#1": { g: 1, s0: L },
    };
    expect((await reopened({ workflow, images })).after).toMatchObject({
      "range#header:.#0": { g: 1, s0: good },
      "range#header:.#1": { g: 2 },
    });
    expect((await reopened({ workflow, images }, 20_000)).after).toMatchObject({
      "range#header:.#1": { g: 2, s0: { s: "W", d: 2, t: 32_000, w: 1 } },
    });
  });

  it("leaves items of its own generation alone, whatever is in them", () => {
    const images = {
      "tally#.#0#0": { g: 2, remaining: 2, s0: bad, s1: L, ...errorDecision },
      "node#callback": { g: 2, s0: bad },
    };
    expect(writesOf({ workflow: chord, images }, itemsOf(images), 40_000)).toEqual([]);
  });

  it("opens what was made two generations before", async () => {
    const images = { "tally#.#0#0": { g: 1, remaining: 2, s0: bad } };
    expect((await reopened({ workflow: chord, images, generation: 3 })).after).toEqual({
      "tally#.#0#0": { g: 3, remaining: 3 },
    });
  });
});

describe("a join that was decided callback", () => {
  const full = { g: 1, remaining: 0, s0: good, s1: good, ...lastArrival };

  it("is kept, and only what failed after it is opened", async () => {
    const workflow: Workflow = { chord: { header: [a, b], callback: c } };
    const images = { "tally#.#0#0": full, "node#callback": { g: 1, s0: bad } };
    expect(await reopened({ workflow, images })).toEqual({
      written: ["node#callback"],
      after: { "tally#.#0#0": full, "node#callback": { g: 2 } },
    });
  });

  it("is kept with all below it: tolerated failures, joins inside, links of chains", async () => {
    const inside: Workflow = { chord: { header: [a, b], callback: c, onError: c } };
    const chain: Workflow = { chain: [a, b] };
    const workflow: Workflow = { chord: { header: [chain, inside], callback: c, when: "all-settled" } };
    const images = {
      "tally#.#0#0": { g: 1, remaining: 0, s0: bad, s1: bad, ...lastArrival },
      "node#header[0]/[0]": { g: 1, s0: bad },
      "tally#header[1]#0#0": { g: 1, remaining: 1, s0: bad, s1: L, ...errorDecision },
      "node#callback": { g: 1, s0: bad },
    };
    expect(await reopened({ workflow, images })).toEqual({
      written: ["node#callback"],
      after: { ...images, "node#callback": { g: 2 } },
    });
  });

  it("is kept inside one that is opened, and what failed beside it is not", async () => {
    const inside: Workflow = { chord: { header: [a, b], callback: c } };
    const workflow: Workflow = { chord: { header: [inside, { chain: [a, b] }], callback: c } };
    const images = {
      "tally#.#0#0": { g: 1, remaining: 1, s0: good, ...errorDecision },
      "tally#header[0]#0#0": full,
      "node#header[1]/[0]": { g: 1, s0: bad },
    };
    expect(await reopened({ workflow, images })).toEqual({
      written: ["tally#.#0#0", "node#header[1]/[0]"],
      after: {
        "tally#.#0#0": { g: 2, remaining: 1, s0: good },
        "tally#header[0]#0#0": full,
        "node#header[1]/[0]": { g: 2 },
      },
    });
  });

  it("is opened when a member runs again, with all that follows; other successes stay", async () => {
    const workflow: Workflow = { chain: [{ chord: { header: [a, b], callback: c } }, { group: [a, b] }] };
    const images = {
      "tally#[0]#0#0": full,
      "node#[0]/callback": { g: 1, s0: good },
      "tally#[1]#0#0": full,
    };
    // The group takes the callback's result: its members run again too.
    expect(await reopened({ workflow, images, again: ["[0]/header[1]"] })).toEqual({
      written: ["tally#[0]#0#0", "tally#[1]#0#0", "node#[0]/callback"],
      after: {
        "tally#[0]#0#0": { g: 2, remaining: 1, s0: good },
        "node#[0]/callback": { g: 2 },
        "tally#[1]#0#0": { g: 2, remaining: 2 },
      },
    });
  });

  it("is kept with what lies below it by a later generation alone: its own opens what it has left", () => {
    const workflow: Workflow = { chord: { header: [a, { chain: [b, c] }], callback: a, when: { quorum: 1 } } };
    const waits = { a: 0, s: "W", d: 1, t: 50_000 };
    const decided = { decision: "callback", decidedBy: "w", decidedAt: 9000, accepted: { v: "[[0,0]]" } };
    const owed = (g: number) =>
      writesOf(
        { workflow, images: {} },
        itemsOf({
          "tally#.#0#0": { g, remaining: 1, s0: good, ...decided },
          "node#header[1]/[0]": { g: 1, s0: waits },
        }),
        40_000,
      ).map(({ key }) => key.sk);
    expect(owed(1)).toEqual([]);
    expect(owed(2)).toEqual(["node#header[1]/[0]"]);
  });
});

describe("tasks that run again though they have succeeded", () => {
  it("are opened with what follows, and fenced where they have no item", async () => {
    const workflow: Workflow = { chain: [a, b, c] };
    const images = { "node#[0]": { g: 1, s0: good }, "node#[1]": { g: 1, s0: good } };
    expect(await reopened({ workflow, images, again: ["[1]"] })).toEqual({
      written: ["node#[1]", "node#[2]"],
      after: { "node#[0]": { g: 1, s0: good }, "node#[1]": { g: 2 }, "node#[2]": { g: 2 } },
    });
  });

  it("take the marks above them away, and no other", async () => {
    const workflow: Workflow = { group: [a, a, a, a, a] };
    const images = {
      "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: good },
      "tally#.#0#1": { g: 1, remaining: 0, s0: good, s1: good },
      "tally#.#0#2": { g: 1, remaining: 0, s0: good },
      "tally#.#1#0": { g: 1, remaining: 0, m0: 0, m1: 0 },
      "tally#.#1#1": { g: 1, remaining: 0, m0: 0 },
      "tally#.#2#0": { g: 1, remaining: 0, m0: 0, m1: 0, ...lastArrival },
    };
    expect(await reopened({ workflow, images, shape: two, again: ["[2]"] })).toEqual({
      written: ["tally#.#2#0", "tally#.#0#1", "tally#.#1#0"],
      after: {
        ...images,
        "tally#.#2#0": { g: 2, remaining: 1, m1: 0 },
        "tally#.#0#1": { g: 2, remaining: 1, s1: good },
        "tally#.#1#0": { g: 2, remaining: 1, m0: 0 },
      },
    });
  });
});

describe("ranges of a list that will be released anew", () => {
  const workflow: Workflow = { chain: [a, { group: [a, b, a] }, { dag: { nodes: { x: b, y: c } } }] };
  const ranges = (sort: string) => ({
    [`range#${sort}#0`]: { g: 1, s0: good },
    [`range#${sort}#1`]: { g: 1, s0: good },
  });
  const images = { "node#[0]": { g: 1, s0: good }, ...ranges("header:[1]"), ...ranges("next:[1]") };

  it.each([
    ["[0]", ["header:[1]", "next:[1]"]],
    ["[1]/[2]", ["next:[1]"]],
    ["[2]/x", []],
  ])("are opened though they were sent: %s runs again", async (again, lists) => {
    const { after } = await reopened({ workflow, images, again: [again] });
    const opened = Object.keys(after).filter((sk) => sk.startsWith("range#") && after[sk]?.g === 2);
    expect(opened.sort()).toEqual(lists.flatMap((list) => [`range#${list}#0`, `range#${list}#1`]));
    for (const sk of opened) expect(after[sk]).toEqual({ g: 2 });
  });
});

describe("a header without members", () => {
  const conditional: Workflow = {
    dag: { nodes: { x: a, y: { group: [], if: { $result: "x", equals: 7 } }, z: { ...b, after: ["y"] } } },
  };
  const head = { "node#x": { g: 1, s0: good }, "node#z": { g: 1, s0: bad } };

  it("has no item to open, unless it has a condition", async () => {
    const plain: Workflow = { chain: [a, { group: [] }, b] };
    const failed = { "node#[0]": { g: 1, s0: good }, "node#[2]": { g: 1, s0: bad } };
    expect((await reopened({ workflow: plain, images: failed })).written).toEqual(["node#[2]"]);
    expect((await reopened({ workflow: conditional, images: head })).written).toEqual(["tally#y#0#0", "node#z"]);
  });

  it("has its condition looked at anew, whether it held or not", async () => {
    for (const top of [{ held: 1 }, { decision: "skipped", decidedBy: "w", decidedAt: 9000, skip: { m: "no" } }]) {
      const { after } = await reopened({ workflow: conditional, images: { ...head, "tally#y#0#0": { g: 1, ...top } } });
      expect(after["tally#y#0#0"]).toEqual({ g: 2, remaining: 0 });
    }
  });

  it("is opened where it was skipped, condition or not", async () => {
    const plain: Workflow = { chain: [a, { group: [] }, b] };
    const skipped = { g: 1, decision: "skipped", decidedBy: "w", decidedAt: 9000 };
    const images = { "node#[0]": { g: 1, s0: bad }, "tally#[1]#0#0": skipped };
    expect((await reopened({ workflow: plain, images })).after["tally#[1]#0#0"]).toEqual({ g: 2, remaining: 0 });
  });

  it("is passed by what follows from a task that runs again", () => {
    const { nodes, joins, lists } = followersOf(planOf({ chain: [a, { group: [] }, b] }), ["[0]"]);
    expect([...nodes]).toEqual(["[0]", "[2]"]);
    expect([...joins]).toEqual(["[1]"]);
    expect([...lists].sort()).toEqual(["header:[1]", "next:[0]", "next:[1]", "next:[2]"]);
  });
});

describe("what programs elsewhere and child runs hold", () => {
  it.each([
    ["a program elsewhere", { ...L, o: "outside", u: 9_000_000 }],
    ["a child run", { ...L, o: "map-1", u: 8_640_000_000_000_000 }],
  ])("is taken away at once: %s", async (_, slot) => {
    const images = { "node#[0]": { g: 1, s0: slot } };
    expect((await reopened({ workflow: { chain: [a, b] }, images })).after["node#[0]"]).toEqual({ g: 2 });
  });
});

describe("marks of a counting join", () => {
  it("stay where all below has succeeded, over three levels", async () => {
    const mark = (settled: number, failed: number) => settled * 1_048_576 + failed;
    const workflow: Workflow = { chord: { header: Array.from({ length: 7 }, () => a), when: { quorum: 7 } } };
    const full = (failed: number) => ({ g: 1, remaining: 0, s0: good, s1: failed > 0 ? bad : good });
    const images = {
      "tally#.#0#0": full(0),
      "tally#.#0#1": full(0),
      "tally#.#0#2": full(1),
      "tally#.#1#0": { g: 1, remaining: 0, m0: mark(2, 0), m1: mark(2, 0) },
      "tally#.#1#1": { g: 1, remaining: 1, m0: mark(2, 1) },
      "tally#.#2#0": { g: 1, remaining: 1, m0: mark(4, 0), m1: mark(2, 1), ...errorDecision },
    };
    const { after } = await reopened({ workflow, images, shape: two });
    expect(after["tally#.#2#0"]).toEqual({ g: 2, remaining: 1, m0: mark(4, 0) });
    expect(after["tally#.#1#0"]).toEqual(images["tally#.#1#0"]);
    expect(after["tally#.#1#1"]).toEqual({ g: 2, remaining: 2 });
    expect(after["tally#.#0#2"]).toEqual({ g: 2, remaining: 1, s0: good });
  });
});

it("below the top nothing but slots and marks is taken away", () => {
  const images = { "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: bad } };
  const workflow: Workflow = { group: [a, a, a, a] };
  const writes = writesOf({ workflow, images, shape: two }, itemsOf(images), 40_000);
  expect(writes.find(({ key }) => key.sk === "tally#.#0#0")?.remove).toEqual(["s1"]);
});

describe("ranges inside the members of a map with lanes", () => {
  const workflow: Workflow = { map: { each: { group: [a, a, a] }, over: [1, 2, 3, 4], maxConcurrency: 2 } };
  const shape: CompileOptions = { messagesPerRange: 2 };
  const sent = { g: 1, s0: good };
  const ranges = [0, 1, 2, 3].map((i): [string, Image] => [`range#header:[${i}]#0`, sent]);
  const images = {
    ...Object.fromEntries(ranges),
    "range#start#0": sent,
    "tally#.#0#0": { g: 1, remaining: 2, s0: good, s1: { ...bad, e: { n: "Error", m: "" } }, s2: good },
  };
  const opened = async (more: object = {}, again?: string[]) =>
    (
      await reopened({ workflow, shape, images: { ...images, ...more }, ...(again === undefined ? {} : { again }) })
    ).written
      .filter((sk) => sk.startsWith("range#"))
      .sort();

  it("are opened where the member will be: failed, or without an outcome", async () => {
    expect(await opened()).toEqual(["range#header:[1]#0", "range#header:[3]#0"]);
  });

  it("and where it runs again", async () => {
    expect(await opened({}, ["[0]/[1]"])).toEqual(["range#header:[0]#0", "range#header:[1]#0", "range#header:[3]#0"]);
  });

  it("but not below a join that is kept, nor where there are no lanes", async () => {
    const all = { "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: good, s2: good, s3: good, ...lastArrival } };
    expect(await opened(all)).toEqual([]);
    const group: Workflow = { group: [{ group: [a, a, a] }, { group: [a, a, a] }] };
    const { written } = await reopened({
      workflow: group,
      shape,
      images: { "range#header:[0]#0": sent, "tally#.#0#0": { g: 1, s0: bad } },
    });
    expect(written.filter((sk) => sk.startsWith("range#"))).toEqual([]);
  });
});

describe("error branches", () => {
  const workflow: Workflow = { chord: { header: [a, b], callback: c, onError: c } };
  const failed = { g: 1, remaining: 1, s0: bad, ...errorDecision };

  it.each([
    ["has succeeded", good],
    ["has failed", bad],
    ["was never claimed, and sent again", { a: 0, s: "Q", d: 1, n: 1, t: 5000 }],
  ])("run again: the error callback %s", async (_, slot) => {
    const images = { "tally#.#0#0": failed, "node#onError": { g: 1, s0: slot } };
    expect((await reopened({ workflow, images })).after).toEqual({
      "tally#.#0#0": { g: 2, remaining: 2 },
      "node#onError": { g: 2 },
    });
  });

  it("stay as they are below a join that is kept", async () => {
    const around: Workflow = { chord: { header: [workflow, a], callback: c, when: "all-settled" } };
    const images = {
      "tally#.#0#0": { g: 1, remaining: 0, s0: bad, s1: good, ...lastArrival },
      "tally#header[0]#0#0": failed,
      "node#header[0]/onError": { g: 1, s0: good },
      "node#callback": { g: 1, s0: bad },
    };
    expect((await reopened({ workflow: around, images })).written).toEqual(["node#callback"]);
  });
});

describe("each write is refused by what came since it was read", () => {
  const single: Workflow = { chord: { header: [a, b], callback: c } };
  const top = { g: 1, remaining: 1, s0: bad, s1: L, ...errorDecision };
  const writeOf = (stored: Stored, sk: string): Write => {
    const found = writesOf(stored, itemsOf(stored.images), 40_000).find(({ key }) => key.sk === sk);
    if (found === undefined) throw new Error(`nothing is owed to ${sk}`);
    return found;
  };
  const inner = { g: 1, remaining: 1, m0: 1 };
  const cases: WriteCase[] = [
    {
      name: "a leaf",
      write: writeOf({ workflow: single, images: { "tally#.#0#0": top } }, "tally#.#0#0"),
      applies: [["as it was read", top, { g: 2, remaining: 2 }]],
      refuses: [
        ["reopened by another copy", { g: 2, remaining: 1, s1: L }],
        ["an arrival", { ...top, remaining: 0 }],
        ["a commit", { ...top, s1: { ...L, s: "SUCCEEDED" } }],
        ["a later dispatch", { ...top, s1: { ...L, d: 2 } }],
        ["a later attempt", { ...top, s1: { ...L, a: 2 } }],
        ["another owner", { ...top, s1: { ...L, o: "other" } }],
        ["a heartbeat", { ...top, s1: { ...L, u: 50_000 } }],
        ["a second copy", { ...top, s1: { ...L, A: 2 } }],
      ],
    },
    {
      name: "a leaf in which nothing has arrived",
      write: writeOf({ workflow: single, images: { "tally#.#0#0": { g: 1, s0: L } } }, "tally#.#0#0"),
      applies: [["as it was read", { g: 1, s0: L }, { g: 2, remaining: 2 }]],
      refuses: [
        ["another generation", { g: 2, s0: L }],
        ["a first arrival", { g: 1, s0: L, remaining: 1 }],
        ["another state with the same numbers", { g: 1, s0: { ...L, s: "SUCCEEDED" } }],
        ["a claim of what was absent", { g: 1, s0: L, s1: L }],
        ["a later dispatch", { g: 1, s0: { ...L, d: 2 } }],
        ["a later attempt", { g: 1, s0: { ...L, a: 2 } }],
        ["another owner", { g: 1, s0: { ...L, o: "other" } }],
        ["a heartbeat", { g: 1, s0: { ...L, u: 50_000 } }],
        ["a second copy", { g: 1, s0: { ...L, A: 2 } }],
      ],
    },
    {
      name: "an inner tally",
      write: writeOf(
        { workflow: { group: [a, a, a, a, a] }, shape: two, images: { "tally#.#1#0": inner } },
        "tally#.#1#0",
      ),
      applies: [["as it was read", inner, { g: 2, remaining: 2 }]],
      refuses: [
        ["another generation", { ...inner, g: 2 }],
        ["an arrival", { ...inner, remaining: 0, m1: 0 }],
      ],
    },
    {
      name: "a top that was not there",
      write: writeOf({ workflow: single, images: {} }, "tally#.#0#0"),
      applies: [["still not there", undefined, { g: 2 }]],
      refuses: [
        ["made by the old generation", { g: 1, s0: L }],
        ["made by another copy", { g: 2 }],
      ],
    },
    {
      name: "an item of one task",
      write: writeOf({ workflow: { chain: [a, b] }, images: { "node#[0]": { g: 1, s0: L } } }, "node#[0]"),
      applies: [["as it was read", { g: 1, s0: L }, { g: 2 }]],
      refuses: [
        ["another generation", { g: 2, s0: L }],
        ["a commit", { g: 1, s0: { ...L, s: "SUCCEEDED" } }],
        ["a later dispatch", { g: 1, s0: { ...L, d: 2 } }],
        ["a later attempt", { g: 1, s0: { ...L, a: 2 } }],
        ["another owner", { g: 1, s0: { ...L, o: "other" } }],
        ["a heartbeat", { g: 1, s0: { ...L, u: 50_000 } }],
        ["a second copy", { g: 1, s0: { ...L, A: 2 } }],
      ],
    },
  ];

  it.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    expect(await isNoticed(one, one.write)).toBe(false);
  });

  const mutants = cases.flatMap((one) => weakened(one.write).map((mutant) => ({ one, ...mutant })));
  it.each(mutants.map((mutant) => [mutant.one.name, mutant.part, mutant] as const))(
    "%s, and needs %s",
    async (_name, _part, { one, write }) => {
      expect(await isNoticed(one, write)).toBe(true);
    },
  );
});

describe("followersOf", () => {
  const followers = (workflow: Workflow, tasks: readonly string[], shape: CompileOptions = {}) => {
    const { nodes, joins, slots } = followersOf(planOf(workflow, shape), tasks);
    return {
      nodes: [...nodes].sort(),
      joins: [...joins].sort(),
      slots: Object.fromEntries([...slots].map(([join, members]) => [join, [...members].sort()])),
    };
  };
  const nothing = { nodes: [], joins: [], slots: {} };

  it("is nothing of no tasks, and of a task that the plan does not have", () => {
    expect(followers({ chain: [a, b] }, [])).toEqual(nothing);
    expect(followers({ chain: [a, b] }, ["[7]"])).toEqual(nothing);
  });

  it("names the lists that will be released anew", () => {
    const workflow: Workflow = { chain: [a, { group: [a, b] }, c] };
    expect([...followersOf(planOf(workflow), ["[0]"]).lists].sort()).toEqual([
      "header:[1]",
      "next:[0]",
      "next:[1]",
      "next:[1]/[0]",
      "next:[1]/[1]",
      "next:[2]",
    ]);
  });

  it("goes along a chain, not back", () => {
    expect(followers({ chain: [a, b, c] }, ["[1]"])).toEqual({ nodes: ["[1]", "[2]"], joins: [], slots: {} });
  });

  it("goes through a join to its callback and on, and leaves the other members", () => {
    const workflow: Workflow = { chain: [{ chord: { header: [a, { chain: [a, b] }], callback: c } }, a] };
    expect(followers(workflow, ["[0]/header[1]/[0]"])).toEqual({
      nodes: ["[0]/callback", "[0]/header[1]/[0]", "[0]/header[1]/[1]", "[1]"],
      joins: ["[0]"],
      slots: { "[0]": [1] },
    });
  });

  it("goes from an inner join to the slot it feeds, and not into the error branch", () => {
    const inner: Workflow = { chord: { header: [a, b], onError: c } };
    expect(followers({ chord: { header: [inner, a], callback: c } }, ["header[0]/header[1]"])).toEqual({
      nodes: ["callback", "header[0]/header[1]"],
      joins: [".", "header[0]"],
      slots: { ".": [0], "header[0]": [1] },
    });
  });

  it("goes into every member of a header that follows, packs included", () => {
    const workflow: Workflow = { chain: [a, { group: [a, b, { chain: [a, b] }] }] };
    const all = {
      nodes: ["[0]", "[1]/[0]", "[1]/[1]", "[1]/[2]/[0]", "[1]/[2]/[1]"],
      joins: ["[1]"],
      slots: { "[1]": [0, 1, 2] },
    };
    expect(followers(workflow, ["[0]"])).toEqual(all);
    expect(followers(workflow, ["[0]"], { tasksPerMessage: () => 10 })).toEqual(all);
  });

  it("goes to every dependent in a dag", () => {
    const workflow: Workflow = {
      dag: { nodes: { x: a, y: b, z: { ...c, after: ["x", "y"] }, w: { ...a, after: ["y"] } } },
    };
    expect(followers(workflow, ["x"])).toMatchObject({ nodes: ["x", "z"] });
    expect(followers(workflow, ["y"])).toMatchObject({ nodes: ["w", "y", "z"] });
  });
});
