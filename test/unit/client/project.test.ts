import { describe, expect, it } from "vitest";
import {
  activityOf,
  inspectReport,
  joinReport,
  progressOf,
  resultReport,
  runLine,
} from "../../../lib/client/project.ts";
import type { Failure, Plan, PlanJoin, PlanNode } from "../../../lib/plan/types.ts";
import type { Image } from "../../../lib/ports/store.ts";
import type { Head } from "../../../lib/protocol/head.ts";
import { releasedOf } from "../../../lib/protocol/released.ts";
import type { Snapshot } from "../../../lib/protocol/snapshot.ts";

const submittedAtMs = Date.UTC(2026, 10, 21, 9, 0, 0);
const toHead: Failure = { decide: ["."], then: { kind: "head" } };

function aNode(id: string, given: Partial<PlanNode> = {}): PlanNode {
  return {
    id,
    task: "resize",
    queue: "images",
    args: [],
    input: null,
    timeoutSeconds: 300,
    retry: { maxAttempts: 3, maxLost: 3, backoffSeconds: 1, maxBackoffSeconds: 60 },
    slot: null,
    next: [],
    failure: toHead,
    afterEnd: false,
    ...given,
  };
}

function aJoin(size: number, given: Partial<PlanJoin> = {}): PlanJoin {
  return {
    id: ".",
    kind: "chord",
    size,
    leafSize: 4,
    fan: 256,
    buckets: 1,
    when: "all-succeeded",
    next: [{ kind: "node", node: "callback" }],
    onError: null,
    failure: { decide: [], then: { kind: "head" } },
    releasedBy: null,
    afterEnd: false,
    ...given,
  };
}

/** A chord of `size` members and a callback. */
function aPlan(size: number, join: Partial<PlanJoin> = {}): Plan {
  const header = Array.from({ length: size }, (_, index) => aNode(`header[${index}]`, { slot: { join: ".", index } }));
  const callback = aNode("callback", {
    task: "collect",
    queue: "default",
    label: "all of them",
    input: { kind: "join", join: "." },
    next: [{ kind: "end" }],
  });
  return {
    version: 1,
    messagesPerRange: 100,
    nodes: Object.fromEntries([...header, callback].map((node) => [node.id, node])),
    joins: { ".": aJoin(size, join) },
    start: [{ kind: "join", join: "." }],
    output: { kind: "node", node: "callback" },
    callback: "callback",
    members: { ".": header.map(({ id }) => ({ kind: "node", node: id })) },
    releases: { ".": header.map(({ id }) => ({ kind: "node", node: id })) },
  };
}

function aHead(given: Partial<Head> = {}): Head {
  return {
    runId: "nightly",
    status: "RUNNING",
    generation: 1,
    documentHash: "d",
    planHash: "p",
    planPages: 1,
    requestId: "r",
    taskCount: 6,
    errorBranches: false,
    submittedAtMs,
    deadlineAtMs: submittedAtMs + 604_800_000,
    ...given,
  };
}

function aSnapshot(plan: Plan, images: Readonly<Record<string, Image>>, head: Partial<Head> = {}): Snapshot {
  return { head: aHead(head), plan, images: new Map(Object.entries(images)) };
}

const succeeded = { s: "SUCCEEDED", a: 1, o: "worker-1", b: submittedAtMs + 1000, f: submittedAtMs + 2000, v: "7" };
const failed = {
  s: "FAILED",
  a: 3,
  o: "worker-2",
  b: submittedAtMs + 1000,
  f: submittedAtMs + 3000,
  e: { n: "TypeError", m: "no such image" },
};
const leased = { s: "L", a: 2, d: 2, o: "worker-3", c: "t", u: submittedAtMs + 30_000, b: submittedAtMs + 4000 };
const waiting = { s: "W", a: 1, d: 2, t: submittedAtMs + 9000, e: { n: "Error", m: "busy" } };
const queued = { s: "Q", a: 0, d: 1, n: 1, t: submittedAtMs };

/** Five members: one of each kind, the last one not seen yet. */
const mixed = {
  "tally#.#0#0": { g: 1, remaining: 3, s0: succeeded, s1: leased, s2: waiting, s3: queued },
  "tally#.#0#1": { g: 1 },
};

describe("progressOf", () => {
  it("counts every task once: what is neither running nor settled is waiting", () => {
    expect(progressOf(aSnapshot(aPlan(5), mixed))).toEqual({
      total: 6,
      succeeded: 1,
      failed: 0,
      timedOut: 0,
      revoked: 0,
      skipped: 0,
      running: 1,
      waiting: 4,
    });
  });

  it("calls what has no outcome after the end by the run's own state", () => {
    const ended = (status: Head["status"]) =>
      progressOf(aSnapshot(aPlan(5), mixed, { status, endedAtMs: submittedAtMs + 5000 }));
    expect(ended("FAILED")).toMatchObject({ succeeded: 1, skipped: 5, running: 0, waiting: 0 });
    expect(ended("TIMED_OUT")).toMatchObject({ succeeded: 1, timedOut: 5 });
    expect(ended("REVOKED")).toMatchObject({ succeeded: 1, revoked: 5 });
  });

  it("counts an error callback as running after the end", () => {
    const plan = aPlan(1, { onError: "onError" });
    const onError = aNode("onError", { afterEnd: true, failure: { decide: [], then: { kind: "none" } } });
    const images = {
      "tally#.#0#0": { g: 1, remaining: 0, s0: failed, lastBy: "worker-2", lastAt: submittedAtMs + 3000 },
      "node#onError": { g: 1, s0: leased },
    };
    const snapshot = aSnapshot({ ...plan, nodes: { ...plan.nodes, onError } }, images, {
      status: "FAILED",
      endedAtMs: submittedAtMs + 3000,
    });
    expect(progressOf(snapshot)).toEqual({
      total: 3,
      succeeded: 0,
      failed: 1,
      timedOut: 0,
      revoked: 0,
      skipped: 1,
      running: 1,
      waiting: 0,
    });
  });
});

describe("inspectReport", () => {
  it("has exactly the fields that scripts rely on", () => {
    const report = inspectReport(aSnapshot(aPlan(5), mixed, { name: "all images" }), {
      result: null,
      page: { from: 0, size: 1000 },
    });
    expect(report).toEqual({
      schemaVersion: 1,
      run: {
        id: "nightly",
        name: "all images",
        status: "RUNNING",
        generation: 1,
        submittedAt: "2026-11-21T09:00:00.000Z",
        finishedAt: null,
        pausedAt: null,
        progress: { total: 6, succeeded: 1, failed: 0, timedOut: 0, revoked: 0, skipped: 0, running: 1, waiting: 4 },
        error: null,
        result: null,
      },
      joins: [
        {
          id: ".",
          kind: "chord",
          when: "all-succeeded",
          count: null,
          expected: 5,
          maxConcurrency: null,
          arrived: 1,
          decision: null,
          missing: ["nightly/header[1]", "nightly/header[2]", "nightly/header[3]", "nightly/header[4]"],
          missingCount: 4,
          firedAt: null,
          firedBy: null,
        },
      ],
      tasks: [
        aTask("header[0]", {
          status: "SUCCEEDED",
          attempt: 1,
          startedAt: "2026-11-21T09:00:01.000Z",
          finishedAt: "2026-11-21T09:00:02.000Z",
          worker: "worker-1",
        }),
        aTask("header[1]", {
          status: "RUNNING",
          attempt: 2,
          startedAt: "2026-11-21T09:00:04.000Z",
          worker: "worker-3",
        }),
        aTask("header[2]", {
          status: "RETRYING",
          waitingUntil: "2026-11-21T09:00:09.000Z",
          attempt: 1,
          error: { name: "Error", message: "busy" },
        }),
        aTask("header[3]", { status: "QUEUED" }),
        aTask("header[4]", { status: "QUEUED" }),
        aTask("callback", { task: "collect", label: "all of them", queue: "default", status: "WAITING" }),
      ],
      cursor: null,
    });
  });

  it("shows an ended run with its error and its end", () => {
    const error = { name: "TypeError", message: "no such image", taskId: "nightly/header[0]" };
    const { run } = inspectReport(
      aSnapshot(aPlan(5), mixed, { status: "FAILED", endedAtMs: submittedAtMs + 5000, error }),
      { result: null },
    );
    expect(run).toMatchObject({ status: "FAILED", finishedAt: "2026-11-21T09:00:05.000Z", error, name: null });
  });

  it("leaves the tasks out unless a page is asked for, and says where the next one starts", () => {
    const snapshot = aSnapshot(aPlan(5), mixed);
    expect(inspectReport(snapshot, { result: null })).not.toHaveProperty("tasks");
    const page = (from: number) => inspectReport(snapshot, { result: null, page: { from, size: 3 } });
    expect([page(0).tasks?.length, page(0).cursor]).toEqual([3, "3"]);
    expect([page(3).tasks?.length, page(3).cursor]).toEqual([3, null]);
    expect([page(6).tasks?.length, page(6).cursor]).toEqual([0, null]);
  });

  it("marks members that have settled after their quorum was decided, and nobody else", () => {
    const top = { g: 1, remaining: 2, s0: succeeded, s1: failed, s2: succeeded, s3: leased, decision: "callback" };
    const snapshot = aSnapshot(aPlan(5, { when: "quorum", count: 1 }), { "tally#.#0#0": top });
    const page = { from: 0, size: 1000 };
    const late = (accepted?: ReadonlyMap<string, (index: number) => boolean>) =>
      inspectReport(snapshot, { result: null, page, ...(accepted === undefined ? {} : { accepted }) })
        .tasks?.filter((one) => one.afterQuorum)
        .map(({ id }) => id);
    expect(late(new Map([[".", (index) => index === 0]]))).toEqual(["nightly/header[1]", "nightly/header[2]"]);
    expect(late(new Map([[".", () => true]]))).toEqual([]);
    expect(late(new Map())).toEqual([]);
    expect(late()).toEqual([]);
  });

  it("refuses a path that names nothing", () => {
    expect(() => inspectReport(aSnapshot(aPlan(5), mixed), { result: null, path: "header" })).toThrow(
      "run id: must name a join or task of run nightly",
    );
  });
});

function aTask(path: string, given: object): object {
  const times = { waitingUntil: null, startedAt: null, finishedAt: null };
  const nothing = {
    label: null,
    fairnessKey: null,
    attempt: 0,
    worker: null,
    error: null,
    skip: null,
    afterQuorum: false,
  };
  const outside = { heartbeat: null, token: null };
  return { id: `nightly/${path}`, task: "resize", queue: "images", ...nothing, ...times, ...outside, ...given };
}

describe("waitingUntil", () => {
  const at = (seconds: number) => new Date(submittedAtMs + seconds * 1000).toISOString();
  const timer = { a: 0, s: "W", d: 1, t: submittedAtMs + 86_400_000, w: 1 };
  const shown = (images: Readonly<Record<string, Image>>, node: Partial<PlanNode>, head: Partial<Head> = {}) => {
    const plan = aPlan(1);
    const waits = { ...plan, nodes: { ...plan.nodes, "header[0]": { ...plan.nodes["header[0]"], ...node } } } as Plan;
    const report = inspectReport(aSnapshot(waits, images, head), { result: null, page: { from: 0, size: 2 } });
    return report.tasks?.map(({ status, waitingUntil }) => [status, waitingUntil]);
  };
  const callback = ["WAITING", null];

  it.each<[string, Readonly<Record<string, Image>>, Partial<PlanNode>, unknown]>([
    ["the recorded time of a delay or sleep", { "tally#.#0#0": { g: 1, s0: timer } }, {}, ["WAITING", at(86_400)]],
    ["the time until which a message is kept back", {}, { delaySeconds: 60 }, ["QUEUED", at(60)]],
    ["a time to start at", {}, { notBeforeMs: submittedAtMs + 90_000 }, ["QUEUED", at(90)]],
    ["nothing where that was past at the release", {}, { notBeforeMs: submittedAtMs - 1 }, ["QUEUED", null]],
    ["nothing of what runs", { "tally#.#0#0": { g: 1, s0: leased } }, { delaySeconds: 60 }, ["RUNNING", null]],
  ])("is %s", (_, images, node, first) => {
    expect(shown(images, node)).toEqual([first, callback]);
  });

  it("is null after the end: nothing waits any more", () => {
    const ended = { status: "FAILED", endedAtMs: submittedAtMs + 5000 } as const;
    expect(shown({ "tally#.#0#0": { g: 1, s0: timer } }, {}, ended)).toEqual([
      ["SKIPPED", null],
      ["SKIPPED", null],
    ]);
  });
});

describe("joinReport", () => {
  const report = (plan: Plan, images: Readonly<Record<string, Image>>) => {
    const snapshot = aSnapshot(plan, images);
    return joinReport(snapshot, releasedOf(snapshot), plan.joins["."] as PlanJoin);
  };

  it("names the last arrival as what fired a full join", () => {
    const full = { g: 1, remaining: 0, s0: succeeded, s1: succeeded, lastBy: "worker-9", lastAt: submittedAtMs + 2000 };
    expect(report(aPlan(2), { "tally#.#0#0": full })).toMatchObject({
      arrived: 2,
      decision: "callback",
      missingCount: 0,
      firedAt: "2026-11-21T09:00:02.000Z",
      firedBy: "worker-9",
    });
  });

  it("names who decided an error early, and goes on to count what is missing", () => {
    const decided = {
      g: 1,
      remaining: 1,
      s0: failed,
      decision: "error",
      decidedBy: "worker-2",
      decidedAt: submittedAtMs + 3000,
    };
    expect(report(aPlan(2), { "tally#.#0#0": decided })).toMatchObject({
      arrived: 1,
      decision: "error",
      missing: ["nightly/header[1]"],
      missingCount: 1,
      firedAt: "2026-11-21T09:00:03.000Z",
      firedBy: "worker-2",
    });
  });

  it("counts settled slots, failures among them, over many leaves", () => {
    const images = {
      "tally#.#0#0": { g: 1, remaining: 3, s2: failed },
      "tally#.#0#24": { g: 1, remaining: 3, s3: succeeded },
    };
    const found = report(aPlan(250, { when: "all-settled" }), images);
    expect(found).toMatchObject({ expected: 250, arrived: 2, decision: null, missingCount: 248 });
    expect(found.missing).toHaveLength(100);
    expect(found.missing.slice(0, 3)).toEqual(["nightly/header[0]", "nightly/header[1]", "nightly/header[3]"]);
    expect(found.missing).not.toContain("nightly/header[99]");
  });

  it("says when it is decided, with the count where it is by one", () => {
    expect(report(aPlan(2, { when: "quorum", count: 2 }), {})).toMatchObject({ when: "quorum", count: 2 });
    expect(report(aPlan(2, { when: "tolerate", count: 0 }), {})).toMatchObject({ when: "tolerate", count: 0 });
    expect(report(aPlan(2, { when: "all-settled" }), {})).toMatchObject({ when: "all-settled", count: null });
  });

  it("is decided without anybody when it has no members", () => {
    expect(report(aPlan(0), {})).toMatchObject({
      expected: 0,
      arrived: 0,
      decision: "callback",
      missing: [],
      missingCount: 0,
      firedAt: null,
      firedBy: null,
    });
  });

  it("names the join inside where a member is one", () => {
    const plan = aPlan(1);
    const nested: Plan = { ...plan, members: { ".": [{ kind: "join", join: "header[0]" }] } };
    expect(report(nested, {}).missing).toEqual(["nightly/header[0]"]);
  });
});

describe("resultReport", () => {
  it("has a value, which may be null, or an error, which may have been left unsaid", () => {
    expect(resultReport({ ...aHead(), status: "SUCCEEDED" }, null)).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      status: "SUCCEEDED",
      value: null,
    });
    expect(resultReport({ ...aHead(), status: "TIMED_OUT" }, null)).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      status: "TIMED_OUT",
      error: { name: "TIMED_OUT", message: "the run ended TIMED_OUT" },
    });
  });
});

describe("activityOf", () => {
  it("counts released joins that are not decided, and names what has waited longest", () => {
    expect(activityOf(aSnapshot(aPlan(5), mixed))).toEqual({
      activeJoins: 1,
      oldestWaiting: { taskId: "nightly/header[4]", status: "QUEUED", since: "2026-11-21T09:00:00.000Z" },
    });
  });

  it("has nothing waiting when every released task runs or is settled", () => {
    const images = { "tally#.#0#0": { g: 1, remaining: 1, s0: succeeded, s1: leased } };
    expect(activityOf(aSnapshot(aPlan(2), images))).toEqual({ activeJoins: 1, oldestWaiting: null });
  });
});

describe("runLine", () => {
  it("is a run in a list", () => {
    expect(runLine(aHead({ status: "SUCCEEDED", endedAtMs: submittedAtMs + 1500 }))).toEqual({
      id: "nightly",
      name: null,
      status: "SUCCEEDED",
      generation: 1,
      pausedAt: null,
      taskCount: 6,
      submittedAt: "2026-11-21T09:00:00.000Z",
      finishedAt: "2026-11-21T09:00:01.500Z",
    });
  });
});
