/**
 * Findings where a part of a run is recorded and another is not: ranges, what lies inside, what follows; and runs in which the same
 * state is right.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import type { Image } from "../../../lib/ports/store.ts";
import type { ParentView } from "../../../lib/protocol/child.ts";
import { diagnose } from "../../../lib/protocol/diagnose.ts";
import type { Head } from "../../../lib/protocol/head.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { absent, headOf, leased, planOf } from "./support.ts";

const at = (f: number) => ({ a: 1, s: "SUCCEEDED", o: "w", f, b: 0, v: "7" });
const bad = { a: 3, s: "FAILED", o: "w", f: 9000, b: 0, e: { n: "Error", m: "broken" } };
const lease = { a: 1, s: "L", d: 1, o: "w", c: "token", u: 30_000, b: 0 };
const live = { ...lease, u: 500_000 };
const chosen = { a: 1, s: "SKIPPED", o: "w", f: 9000, b: 0, k: { m: "nothing to do" } };
const skipped = { a: 0, s: "SKIPPED", o: "w", f: 9500, k: {} };
const [a, b, c] = [{ task: "a" }, { task: "b" }, { task: "c" }];

interface Stored {
  readonly workflow: Workflow;
  readonly images?: Readonly<Record<string, Image>>;
  readonly head?: Partial<Head>;
  readonly options?: CompileOptions;
  readonly onFailure?: "finish";
  readonly parent?: ParentView;
}

function diagnosed({ workflow, images = {}, head = {}, options, onFailure, parent }: Stored, nowMs = 20_000) {
  const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
  const snapshot = snapshotOf(headOf(head), planOf(workflow, options, onFailure), items);
  return diagnose(parent === undefined ? snapshot : { ...snapshot, parent }, nowMs, {
    skewMs: 2000,
    visibilityMs: 60_000,
  });
}
/** Kinds, each with what it is about. */
const found = (stored: Stored, nowMs?: number) =>
  diagnosed(stored, nowMs).findings.map(({ kind, node, join }) => `${kind} ${node ?? join ?? ""}`.trim());

describe("a part of a long list", () => {
  const workflow: Workflow = { group: [a, a, a, a, a] };
  const options: CompileOptions = { messagesPerRange: 2 };

  it("is overdue as a task is, and is sent again by whoever finds it", () => {
    expect(diagnosed({ workflow, options }, 60_999)).toMatchObject({ findings: [], open: 3, nextTimerMs: 61_000 });
    const sent = { "range#header:.#0": { g: 1, s0: at(3000) }, "range#header:.#2": { g: 1, s0: lease } };
    const { findings, open } = diagnosed({ workflow, options, images: sent }, 62_000);
    expect(open).toBe(4);
    expect(findings).toStrictEqual([
      {
        kind: "unseen",
        sinceMs: 1000,
        explanation:
          "sent to the request queue as part 2 of header:., and nobody has taken it: the queue is long, nobody reads it, or the message was lost",
        repair: { do: "resend-range", range: { list: "header:.", range: 1 }, seen: absent },
      },
      {
        kind: "lease-over",
        sinceMs: 30_000,
        explanation: "its worker (w) has been silent since its lease ended",
        repair: { do: "expire-range", range: { list: "header:.", range: 2 }, seen: leased({ owner: "w" }) },
      },
    ]);
  });

  it("is no matter after the end, or in a pause", () => {
    for (const head of [{ status: "FAILED", endedAtMs: 2000 }, { pausedAtMs: 2000 }] as const)
      expect(diagnosed({ workflow, options, head }, 80_000)).toMatchObject({ findings: [], open: 0 });
  });

  it("is not what a task, or a join, has to be driven on for: its parts are looked at one by one", () => {
    const fan = { y: { ...a, after: ["x"] }, z: { ...a, after: ["x"] } };
    const one: CompileOptions = { messagesPerRange: 1 };
    const full = { g: 1, remaining: 0, s0: at(4000), lastBy: "w", lastAt: 4000 };
    expect(
      found({
        workflow: { dag: { nodes: { x: a, ...fan } } },
        images: { "node#x": { g: 1, s0: at(4000) } },
        options: one,
      }),
    ).toEqual([]);
    const join: Workflow = { dag: { nodes: { x: { group: [a] }, ...fan } } };
    expect(found({ workflow: join, images: { "tally#x#0#0": full }, options: one })).toEqual([]);
  });

  it("may be of slots: a dag whose nodes come after many others", () => {
    const nodes = { x: a, y: a, p: { ...b, after: ["x", "y"] }, q: { ...b, after: ["x", "y"] } };
    const images = { "node#x": { g: 1, s0: at(4000) } };
    const plan = planOf({ dag: { nodes } });
    expect(plan.nodes.x?.next.map(({ kind }) => kind)).toEqual(["slot", "slot"]);
    expect(found({ workflow: { dag: { nodes } }, images })).toEqual(["successor-missing x"]);
    const options: CompileOptions = { messagesPerRange: 1 };
    const roots = { "range#start#0": { g: 1, s0: at(2000) }, "range#start#1": { g: 1, s0: at(2000) } };
    expect(found({ workflow: { dag: { nodes } }, images: { ...images, ...roots }, options })).toEqual([]);
    const groups: Workflow = { dag: { nodes: { ...nodes, x: { group: [a] } } } };
    const full = { "tally#x#0#0": { g: 1, remaining: 0, s0: at(4000), lastBy: "w", lastAt: 4000 } };
    expect(found({ workflow: groups, images: full })).toEqual(["successor-missing x"]);
    expect(found({ workflow: groups, images: { ...full, ...roots }, options })).toEqual([]);
  });
});

describe("a task that feeds joins of a dag", () => {
  const nodes = { x: a, y: a, p: { ...b, after: ["x", "y"] }, q: { ...b, after: ["x", "y"] } };
  const workflow: Workflow = { dag: { nodes } };
  const plan = planOf(workflow);
  const [first, second] = (plan.nodes.x?.next ?? []).flatMap((next) =>
    next.kind === "slot" ? [`tally#${next.join}#0#0`] : [],
  ) as [string, string];
  const fed = { g: 1, s0: { a: 0, s: "SUCCEEDED", o: "w", f: 4100 } };

  it("is driven on until it has filled all of them", () => {
    const x = { "node#x": { g: 1, s0: at(4000) } };
    expect(found({ workflow, images: { ...x, [first]: fed } })).toEqual(["successor-missing x"]);
    expect(found({ workflow, images: { ...x, [first]: fed, [second]: fed } })).toEqual([]);
    expect(diagnosed({ workflow, images: x }).findings).toEqual([
      {
        kind: "successor-missing",
        node: "x",
        sinceMs: 4000,
        explanation: "the task has succeeded, and the join it feeds does not know yet",
        repair: { do: "drive-node", node: "x" },
      },
    ]);
  });

  it("and so is a group that does", () => {
    const groups: Workflow = { dag: { nodes: { ...nodes, x: { group: [a] } } } };
    const full = { "tally#x#0#0": { g: 1, remaining: 0, s0: at(4000), lastBy: "w", lastAt: 4000 } };
    expect(found({ workflow: groups, images: { ...full, [first]: fed } })).toEqual(["successor-missing x"]);
    expect(found({ workflow: groups, images: { ...full, [first]: fed, [second]: fed } })).toEqual([]);
  });

  it("and so is one that was skipped: by choice, or in a run that goes on after a failure", () => {
    const gone = { g: 1, s0: { a: 0, s: "SKIPPED", o: "w", f: 4100, k: {} } };
    const x = { "node#x": { g: 1, s0: chosen } };
    expect(found({ workflow, images: { ...x, [first]: gone } })).toEqual(["successor-missing x"]);
    expect(found({ workflow, images: { ...x, [first]: gone, [second]: gone } })).toEqual([]);
    const failed = { "node#x": { g: 1, s0: bad } };
    expect(found({ workflow, onFailure: "finish", images: { ...failed, [first]: gone } })).toEqual([
      "failure-not-driven x",
    ]);
    expect(found({ workflow, onFailure: "finish", images: { ...failed, [first]: gone, [second]: gone } })).toEqual([]);
  });

  it("is no matter before it has an outcome, however the run ends", () => {
    expect(found({ workflow, onFailure: "finish" })).toEqual([]);
    const later: Workflow = { chain: [c, workflow] };
    expect(found({ workflow: later, onFailure: "finish" })).toEqual([]);
    expect(found({ workflow: later })).toEqual([]);
  });
});

describe("a skip that has not reached a join", () => {
  const workflow: Workflow = { chain: [a, { group: [b] }, c] };
  const first = { "node#[0]": { g: 1, s0: chosen } };

  it("is driven on until that is recorded there, too", () => {
    expect(found({ workflow, images: first })).toEqual(["successor-missing [0]"]);
    const top = { "tally#[1]#0#0": { g: 1, decision: "skipped", decidedBy: "w", decidedAt: 9100, skip: {} } };
    expect(found({ workflow, images: { ...first, ...top } })).toEqual(["successor-missing [1]"]);
    expect(found({ workflow, images: { ...first, ...top, "node#[2]": { g: 1, s0: skipped } } })).toEqual([
      "successor-missing [2]",
    ]);
  });

  it("is driven on from a join to all that comes after it", () => {
    const x = { group: [a], if: { $result: "w", equals: 1 } };
    const fan: Workflow = {
      dag: {
        nodes: { w: a, x, y: { ...b, after: ["x"] }, z: { ...b, after: ["x"] }, end: { ...c, after: ["y", "z"] } },
      },
    };
    const plan = planOf(fan);
    const slot = plan.nodes.y?.slot;
    expect([slot?.index, plan.nodes.z?.slot?.join]).toEqual([0, slot?.join]);
    const leaf = (slots: object) => ({ [`tally#${slot?.join}#0#0`]: { g: 1, ...slots } as Image });
    const images = {
      "node#w": { g: 1, s0: at(4000) },
      "tally#x#0#0": { g: 1, decision: "skipped", decidedBy: "w", decidedAt: 9100, skip: {} },
    };
    expect(found({ workflow: fan, images: { ...images, ...leaf({ s0: skipped, remaining: 1 }) } })).toContain(
      "successor-missing x",
    );
    const both = leaf({ s0: skipped, s1: skipped, remaining: 0, lastBy: "w", lastAt: 9500 });
    expect(found({ workflow: fan, images: { ...images, ...both } })).not.toContain("successor-missing x");
  });

  it("passes a header without members", () => {
    const empty: Workflow = { chain: [a, { group: [] }, c] };
    expect(found({ workflow: empty, images: first })).toEqual(["successor-missing [0]"]);
    const top = { "tally#[1]#0#0": { g: 1, decision: "skipped", decidedBy: "w", decidedAt: 9100, skip: {} } };
    expect(found({ workflow: empty, images: { ...first, ...top } })).toEqual(["successor-missing [1]"]);
  });
});

describe("a header without members", () => {
  const inGroup: Workflow = { group: [{ chain: [a, { group: [] }] }, b] };
  it("has nothing to hand on before it is released, and then to the slot it feeds", () => {
    expect(found({ workflow: inGroup })).toEqual([]);
    const images = { "node#[0]/[0]": { g: 1, s0: at(4000) } };
    expect(diagnosed({ workflow: inGroup, images }).findings).toMatchObject([
      { kind: "successor-missing", join: "[0]/[1]", sinceMs: 4000 },
    ]);
    const fed = { ...images, "tally#.#0#0": { g: 1, remaining: 1, s0: { a: 0, s: "SUCCEEDED", o: "w", f: 4100 } } };
    expect(found({ workflow: inGroup, images: fed })).toEqual([]);
    // After the end nothing is released any more.
    expect(found({ workflow: inGroup, images, head: { status: "FAILED", endedAtMs: 5000 } })).toEqual([]);
  });
});

describe("a dag in a group", () => {
  const workflow: Workflow = { group: [{ dag: { nodes: { x: a, y: a } } }, b] };
  const join = planOf(workflow).nodes["[0]/x"]?.slot?.join;
  const full = { g: 1, remaining: 0, s0: at(4000), s1: at(4000), lastBy: "w", lastAt: 4000 };
  it("hands on what it has come to, also after the end", () => {
    const images = { [`tally#${join}#0#0`]: full };
    expect(found({ workflow, images })).toEqual([`successor-missing ${join}`]);
    expect(found({ workflow, images, head: { status: "FAILED", endedAtMs: 5000 } })).toEqual([
      `successor-missing ${join}`,
    ]);
  });
});

describe("a failure", () => {
  const inner: Workflow = { chord: { header: [{ chord: { header: [a, b] } }, b], callback: c } };
  const leaf = { "tally#header[0]#0#0": { g: 1, remaining: 1, s0: bad } };
  const error = { decision: "error", decidedBy: "w", decidedAt: 9100 };
  const decided = { "tally#header[0]#0#0": { ...leaf["tally#header[0]#0#0"], ...error } };

  it("is driven on until each chord around it is decided, and the run has ended", () => {
    expect(found({ workflow: inner, images: leaf })).toEqual(["failure-not-driven header[0]/header[0]"]);
    expect(found({ workflow: inner, images: leaf, head: { status: "FAILED", endedAtMs: 9200 } })).toEqual([
      "failure-not-driven header[0]/header[0]",
    ]);
    expect(found({ workflow: inner, images: decided })).toContain("failure-not-driven header[0]/header[0]");
    const both = { ...decided, "tally#.#0#0": { g: 1, ...error } };
    expect(found({ workflow: inner, images: both })).toContain("failure-not-driven header[0]/header[0]");
    expect(found({ workflow: inner, images: both, head: { status: "FAILED", endedAtMs: 9200 } })).toEqual([]);
  });

  it("is driven on until the slot that absorbs it knows", () => {
    const absorbs: Workflow = {
      chord: { header: [{ chord: { header: [a, b] } }, b], callback: c, when: "all-settled" },
    };
    expect(found({ workflow: absorbs, images: decided })).toEqual([
      "failure-not-driven header[0]/header[0]",
      "failure-not-driven header[0]",
    ]);
    const known = { ...decided, "tally#.#0#0": { g: 1, remaining: 1, s0: { ...bad, a: 0 } } };
    expect(found({ workflow: absorbs, images: known })).toEqual([]);
  });

  it("of an error callback leads nowhere", () => {
    const chord: Workflow = { chord: { header: [a, b], onError: c } };
    const images = {
      "tally#.#0#0": { g: 1, remaining: 1, s0: bad, ...error },
      "node#onError": { g: 1, s0: { ...bad, f: 9500 } },
    };
    expect(found({ workflow: chord, images, head: { status: "FAILED", endedAtMs: 9200 } })).toEqual([]);
  });
});

describe("what a chord was decided without", () => {
  const chord = { chord: { header: [a], callback: b } };
  const header = [a, { chain: [a, b] }, chord, chord];
  const workflow: Workflow = { chord: { header, callback: c, when: { quorum: 1 }, cancelRest: true } };
  const revoked = { a: 0, s: "SKIPPED", o: "w", f: 9200, e: { n: "not-needed", m: "" } };
  const top = {
    "tally#.#0#0": {
      ...{ g: 1, remaining: 0, s0: at(4000), s1: revoked, s2: revoked, s3: revoked },
      ...{ decision: "callback", decidedBy: "w", decidedAt: 9100, accepted: { v: "[[0,0]]" } },
    },
  };
  const inside = {
    "node#header[1]/[0]": { g: 1, s0: revoked },
    "tally#header[2]#0#0": { g: 1, s0: revoked, decision: "skipped", decidedBy: "w", decidedAt: 9300 },
    "tally#header[3]#0#0": { g: 1, s0: revoked, decision: "skipped", decidedBy: "w", decidedAt: 9300 },
  };
  const head = { status: "SUCCEEDED", endedAtMs: 9400 } as const;
  const rest = (images: Readonly<Record<string, Image>>) =>
    found({ workflow, images, head }).filter((one) => one.startsWith("rest"));

  it("is ended with all that lies inside", () => {
    expect(found({ workflow, images: { ...top, ...inside, "node#callback": { g: 1, s0: at(9350) } }, head })).toEqual(
      [],
    );
  });

  it.each([
    ["a member", { ...top, ...inside, "tally#.#0#0": { ...top["tally#.#0#0"], s1: live } }],
    ["a link of a chain", { ...top, ...inside, "node#header[1]/[0]": { g: 1, s0: live } }],
    ["a chord inside", { ...top, ...inside, "tally#header[2]#0#0": { g: 1, s0: revoked } }],
    ["what is not there yet", top],
  ])("is not ended while there is %s", (_, images) => {
    expect(rest(images as never)).toEqual(["rest-not-ended ."]);
  });
});

describe("what a chord was decided without after a retry", () => {
  const quorum = (header: readonly Workflow[]): Workflow => ({ chord: { header: [...header], when: { quorum: 1 } } });
  const header = [a, quorum([b, { chain: [a, b] }])];
  const workflow: Workflow = { chord: { header, callback: c, when: { quorum: 1 }, cancelRest: true } };
  const revoked = { a: 0, s: "SKIPPED", o: "w", f: 9200, e: { n: "not-needed", m: "" } };
  const decided = { decision: "callback", decidedBy: "w", decidedAt: 9100 };
  const top = { g: 2, remaining: 0, s0: at(9000), s1: revoked, ...decided, accepted: { v: "[[0,0]]" } };
  const inner = { g: 1, remaining: 1, s0: at(4000), ...decided, decidedAt: 4000, accepted: { v: "[[0,0]]" } };
  const head = { generation: 2, raisedAtMs: 6000, restartedAtMs: 6000, status: "SUCCEEDED", endedAtMs: 9400 } as const;
  const rest = (of: Image) =>
    found({ workflow, images: { "tally#.#0#0": top, "tally#header[1]#0#0": of }, head }).filter((one) =>
      one.startsWith("rest"),
    );

  it("is ended but for what lies below a join that the retry keeps", () => {
    expect(rest(inner)).toEqual([]);
  });

  it("is not ended below one of its own generation", () => {
    expect(rest({ ...inner, g: 2 })).toEqual(["rest-not-ended ."]);
  });
});

describe("a join that a generation has taken over", () => {
  const inner: Workflow = { chord: { header: [a, a, a, a], when: "all-settled" } };
  const workflow: Workflow = { chain: [{ chord: { header: [{ chain: [a, inner] }, b], when: "all-settled" } }, c] };
  const options: CompileOptions = { leafSize: 2, fan: 2 };
  const below = {
    "tally#[0]/header[0]/[1]#0#0": { g: 1, remaining: 0, s0: at(3000), s1: at(3000) },
    "tally#[0]/header[0]/[1]#1#0": { g: 1, remaining: 1 },
    "node#[0]/header[0]/[0]": { g: 1, s0: at(2000) },
  };
  const revoked = { a: 0, s: "REVOKED", o: "w", f: 4000, e: { n: "revoked", m: "" } };
  const top = { "tally#[0]#0#0": { g: 1, remaining: 0, s0: revoked, s1: at(5000), lastBy: "w", lastAt: 5000 } };
  const arrival = "arrival-missing [0]/header[0]/[1]";

  it("is left as it is, and what is open below it is nobody's business", () => {
    expect(found({ workflow, options, images: { ...below, ...top } })).toContain(arrival);
    const second = { ...below, ...top, "node#[1]": { g: 2 } };
    const head = { generation: 2, raisedAtMs: 6000, restartedAtMs: 6000 };
    expect(found({ workflow, options, images: second, head })).toEqual([]);
  });

  it("leaves successes inside it, too, that nobody has driven on from", () => {
    const dag: Workflow = {
      dag: { nodes: { x: a, y: a, p: { ...b, after: ["x", "y"] }, q: { ...b, after: ["x", "y"] } } },
    };
    const quorum: Workflow = { chain: [{ chord: { header: [dag, b], when: { quorum: 1 } } }, c] };
    const decided = { decision: "callback", decidedBy: "w", decidedAt: 5000, accepted: { v: "[[1,1]]" } };
    const images = {
      "tally#[0]#0#0": { g: 1, remaining: 1, s1: at(5000), ...decided },
      "node#[0]/header[0]/x": { g: 1, s0: at(3000) },
    };
    expect(found({ workflow: quorum, images })).toEqual(["successor-missing [0]/header[0]/x"]);
    const head = { generation: 2, raisedAtMs: 6000, restartedAtMs: 6000 };
    expect(found({ workflow: quorum, images: { ...images, "node#[1]": { g: 2 } }, head })).toEqual([]);
  });

  it("owes no arrivals of its own", () => {
    const large: Workflow = { chain: [{ chord: { header: [a, a, a, a], when: "all-settled" } }, c] };
    const images = {
      "tally#[0]#0#0": { g: 1, remaining: 0, s0: at(3000), s1: at(3000) },
      "tally#[0]#1#0": { g: 1, remaining: 0, m1: 0, decision: "callback", decidedBy: "w", decidedAt: 4000 },
    };
    expect(found({ workflow: large, options, images })).toContain("arrival-missing [0]");
    const head = { generation: 2, raisedAtMs: 6000, restartedAtMs: 6000 };
    expect(found({ workflow: large, options, images: { ...images, "node#[1]": { g: 2 } }, head })).toEqual([]);
  });
});

it("says what is missing above an item", () => {
  const images = { "tally#.#0#0": { g: 1, remaining: 0, s0: at(3000) } };
  const said = (workflow: Workflow) =>
    diagnosed({ workflow, images, options: { leafSize: 1, fan: 2 } }).findings.map(({ explanation }) => explanation);
  expect(said({ group: [a, a] })).toEqual(["part of the join is complete, and its arrival above is not recorded"]);
  expect(said({ chord: { header: [a, a], when: { quorum: 2 } } })).toEqual([
    "part of the join has settled members, and its arrival above is not recorded",
  ]);
});

describe("the end of a run that nobody has recorded", () => {
  const ends = (workflow: Workflow, images: Readonly<Record<string, Image>>) =>
    diagnosed({ workflow, images }).findings.filter(({ kind }) => kind === "end-missing");
  const full = { g: 1, remaining: 0, s0: at(4000), lastBy: "w", lastAt: 4000 };

  it("is driven on from the join that leads there", () => {
    const images = { "tally#[0]#0#0": full, "tally#[1]#0#0": full };
    const [end, ...others] = ends({ chain: [{ group: [a] }, { group: [b] }] }, images);
    expect(others).toEqual([]);
    expect(end).toStrictEqual({
      kind: "end-missing",
      sinceMs: 1000,
      explanation: "everything the run waits for is recorded, and its end is not",
      repair: { do: "drive-join", join: "[1]" },
    });
  });

  it("is driven on from the task that leads there, and from no other that leads nowhere", () => {
    const images = { "tally#.#0#0": full, "node#callback": { g: 1, s0: at(5000) } };
    expect(ends({ chord: { header: [a], callback: c } }, images)).toMatchObject([
      { node: "callback", repair: { do: "drive-node", node: "callback" } },
    ]);
    const chain = { "node#[0]": { g: 1, s0: at(4000) }, "node#[1]": { g: 1, s0: at(5000) } };
    expect(ends({ chain: [a, b] }, chain)).toMatchObject([{ node: "[1]", repair: { do: "drive-node", node: "[1]" } }]);
  });
});

describe("a deadline", () => {
  const workflow: Workflow = { chord: { header: [a, b], callback: c, deadlineSeconds: 60 } };
  it("of a chord that is decided is none any more", () => {
    const top = { "tally#.#0#0": { g: 1, remaining: 0, s0: at(4000), s1: at(4000), lastBy: "w", lastAt: 4000 } };
    const images = { ...top, "node#callback": { g: 1, s0: live } };
    expect(found({ workflow, images }, 100_000)).toEqual([]);
    expect(found({ workflow, images: { "tally#.#0#0": { g: 1, s0: live, s1: live } } }, 100_000)).toEqual([
      "join-deadline-passed .",
    ]);
  });
});

describe("a condition that nobody has looked at", () => {
  const workflow: Workflow = { dag: { nodes: { x: a, y: { group: [b], if: { $result: "x", equals: 7 } } } } };
  const images = { "node#x": { g: 1, s0: at(4000) } };
  it("is looked at while the run goes on", () => {
    expect(found({ workflow, images })).toEqual(["condition-open y"]);
    for (const head of [
      { status: "FAILED", endedAtMs: 5000 },
      { status: "REVOKED", endedAtMs: 5000 },
      { pausedAtMs: 5000 },
    ] as const)
      expect(found({ workflow, images, head })).toEqual([]);
  });
});

describe("after the end", () => {
  const ended: Partial<Head> = { status: "REVOKED", endedAtMs: 5000 };
  it("what a worker still runs keeps the run from its rest", () => {
    const images = { "node#task": { g: 1, s0: live } };
    expect(diagnosed({ workflow: a, images, head: ended })).toMatchObject({
      open: 1,
      asleep: false,
      nextTimerMs: 502_001,
    });
    expect(diagnosed({ workflow: a, images, head: { ...ended, removeAtMs: 6000 } })).toMatchObject({ open: 1 });
  });

  it("what a program elsewhere has does not, when the run is to be removed", () => {
    const images = { "node#task": { g: 1, s0: { ...live, o: "outside" } } };
    expect(diagnosed({ workflow: a, images, head: ended })).toMatchObject({ open: 1 });
    expect(diagnosed({ workflow: a, images, head: { ...ended, removeAtMs: 6000 } })).toMatchObject({
      open: 0,
      nextTimerMs: undefined,
    });
  });
});

describe("a child run", () => {
  const ref = {
    run: "p",
    submittedAtMs: 0,
    node: "[1]",
    generation: 1,
    key: { pk: "p", sk: "node#[1]" },
    attribute: "s0",
  };
  const told = (head: Partial<Head>, parent: ParentView | undefined) =>
    diagnosed({
      workflow: a,
      images: { "node#task": { g: 1, s0: live } },
      head: { parent: ref, ...head },
      ...(parent && { parent }),
    }).findings.map(({ kind, explanation, sinceMs }) => [kind, explanation, sinceMs]);
  const map = leased({ owner: "r", untilMs: 8_640_000_000_000_000 });
  const parentHead = (more: Partial<Head> = {}) => headOf({ runId: "p", submittedAtMs: 0, ...more });

  it.each<[string, Partial<Head>, ParentView, unknown[]]>([
    [
      "is paused with its parent",
      {},
      { head: parentHead({ pausedAtMs: 7000 }), slot: map },
      ["parent-not-followed", "run p, whose map it is, is paused", 7000],
    ],
    [
      "goes on with its parent",
      { pausedAtMs: 6000 },
      { head: parentHead(), slot: map },
      ["parent-not-followed", "run p, whose map it is, is not paused any more", 1000],
    ],
    [
      "ends with its parent",
      {},
      { head: parentHead({ status: "FAILED", endedAtMs: 8000 }), slot: map },
      ["parent-not-followed", "run p, whose map it is, does not wait for it any more", 8000],
    ],
    [
      "ends when its parent is gone",
      {},
      { head: undefined, slot: absent },
      ["parent-not-followed", "run p, whose map it is, does not wait for it any more", 1000],
    ],
  ])("%s", (_, head, parent, finding) => {
    expect(told(head, parent)).toEqual([finding]);
  });

  it("owes nothing as long as nobody has looked at its parent", () => {
    expect(told({}, undefined)).toEqual([]);
  });
});

it("a retry that has not come to its end is all that can be said, and no rest", () => {
  const images = { "node#[0]": { g: 1, s0: at(4000) }, "node#[1]": { g: 1, s0: bad } };
  expect(diagnosed({ workflow: { chain: [a, b] }, images, head: { generation: 2 } })).toEqual({
    findings: [
      {
        kind: "not-reopened",
        sinceMs: 1000,
        explanation: "part of the run still belongs to a generation before 2: the retry has not come to its end",
        repair: { do: "reopen" },
      },
    ],
    nextTimerMs: undefined,
    settled: 0,
    open: 0,
    asleep: false,
  });
});

describe("a map that nobody has expanded, and a sleep that nobody has ended", () => {
  it("are with control", () => {
    const map = {
      workflow: { chain: [a, { map: { each: b } }] },
      images: { "node#[0]": { g: 1, s0: at(4000) } },
      head: { sweptSettled: 1 },
    };
    expect(diagnosed(map, 64_000).findings).toMatchObject([
      { kind: "unseen", node: "[1]", explanation: expect.stringMatching(/^sent to the request queue, and nobody/) },
    ]);
    expect(diagnosed(map, 63_999).findings).toEqual([]);
  });

  it("have the time of a message after theirs, unless only the sweeper knows of it", () => {
    const waits = (more: object) => ({ "node#sleep": { g: 1, s0: { a: 0, s: "W", d: 1, t: 40_000, ...more } } });
    expect(found({ workflow: { sleep: 30 }, images: waits({}) }, 99_999)).toEqual([]);
    expect(found({ workflow: { sleep: 30 }, images: waits({}) }, 100_000)).toEqual(["sleep-over sleep"]);
    expect(found({ workflow: { sleep: 30 }, images: waits({ w: 1 }) }, 40_000)).toEqual(["sleep-over sleep"]);
    expect(found({ workflow: { sleep: 30 } }, 90_999)).toEqual([]);
    expect(found({ workflow: { sleep: 30 } }, 91_000)).toEqual(["sleep-over sleep"]);
  });
});
