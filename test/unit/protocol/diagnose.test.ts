/**
 * Every kind of finding on a run as it may lie in the table, and the same run a moment before, or mended.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import type { PlanNode } from "../../../lib/plan/types.ts";
import type { Image } from "../../../lib/ports/store.ts";
import type { ParentView } from "../../../lib/protocol/child.ts";
import { type Diagnosis, diagnose, expires } from "../../../lib/protocol/diagnose.ts";
import type { Finding } from "../../../lib/protocol/findings.ts";
import type { Head } from "../../../lib/protocol/head.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { absent, headOf, leased, planOf, queued, waiting } from "./support.ts";

const settings = { skewMs: 2000, visibilityMs: 60_000 };

const L = { a: 1, s: "L", d: 1, o: "worker", c: "token", u: 30_000, b: 0 };
const good = { a: 1, s: "SUCCEEDED", o: "worker", f: 9000, b: 0, v: "7" };
const bad = { a: 3, s: "FAILED", o: "worker", f: 9000, b: 0, e: { n: "Error", m: "broken" } };

interface Stored {
  readonly workflow: Workflow;
  readonly images?: Readonly<Record<string, Image>>;
  readonly head?: Partial<Head>;
  readonly shape?: CompileOptions;
  readonly onFailure?: "finish";
  readonly parent?: ParentView;
}

function diagnosed(
  { workflow, images = {}, head = {}, shape = {}, onFailure, parent }: Stored,
  nowMs: number,
): Diagnosis {
  const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
  const snapshot = snapshotOf(headOf(head), planOf(workflow, shape, onFailure), items);
  return diagnose(parent === undefined ? snapshot : { ...snapshot, parent }, nowMs, settings);
}

const single: Workflow = { task: "a" };
const chord: Workflow = { chord: { header: [{ task: "a" }, { task: "b" }], callback: { task: "c" } } };
const withDeadline: Workflow = { chord: { ...chord.chord, deadlineSeconds: 60 } };
const settledChord: Workflow = {
  chord: {
    header: [{ chain: [{ task: "a" }, { task: "b" }] }, { chord: { header: [{ task: "a" }] } }],
    callback: { task: "c" },
    when: "all-settled",
  },
};
const asleep: Workflow = { sleep: 30 };
const two: CompileOptions = { leafSize: 1, fan: 2 };
/** Four members in two leaves, and a top. */
const four = { header: [1, 2, 3, 4].map(() => ({ task: "a" })), callback: { task: "c" } };
const quorum = (count: number): Workflow => ({ chord: { ...four, when: { quorum: count } } });
const tolerant: Workflow = { chord: { ...four, when: { tolerate: { count: 1 } } } };
const pairs: CompileOptions = { leafSize: 2, fan: 2 };
/** A mark of a counting join: both counts in one number. */
const mark = (settled: number, failed: number) => settled * 1_048_576 + failed;
const alive = { ...L, u: 90_000 };
const skipped = { a: 0, s: "SKIPPED", o: "worker", f: 9500, e: { n: "skipped", m: "[0] ended FAILED" } };
const chain: Workflow = { chain: [{ task: "a" }, { task: "b" }, { task: "c" }] };
const behindChain: Workflow = { chain: [{ task: "a" }, { group: [{ task: "b" }] }, { task: "c" }] };

const chosen = { a: 1, s: "SKIPPED", o: "worker", f: 9000, b: 0, k: { m: "nothing to do" } };
const conditional: Workflow = {
  dag: { nodes: { a: { task: "a" }, b: { group: [{ task: "b" }], if: { $result: "a", equals: 7 } } } },
};
/** Where the run belongs, as its head says, and what it finds there. */
const child: Partial<Head> = {
  parent: {
    run: "p",
    submittedAtMs: 0,
    node: "[1]",
    generation: 1,
    key: { pk: "p", sk: "node#[1]" },
    attribute: "s0",
  },
};
const parentOf = (
  head: Partial<Head>,
  slot: ParentView["slot"] = leased({ owner: "r", untilMs: 8_640_000_000_000_000 }),
) => ({
  head: headOf({ runId: "p", submittedAtMs: 0, ...head }),
  slot,
});

describe("a finding", () => {
  const conditionFindings: [name: string, stored: Stored, nowMs: number, finding: Finding][] = [
    [
      "condition-open: the header is ready, and nobody has looked",
      { workflow: conditional, images: { "node#a": { g: 1, s0: good } } },
      100_000,
      {
        kind: "condition-open",
        join: "b",
        sinceMs: 9000,
        explanation: "the header is ready, and whether its condition holds is not recorded",
        repair: { do: "release-join", join: "b" },
      },
    ],
    [
      "successor-missing: a task skipped by choice, and its successor does not know",
      { workflow: { chain: [{ task: "a" }, { task: "b" }] }, images: { "node#[0]": { g: 1, s0: chosen } } },
      100_000,
      {
        kind: "successor-missing",
        node: "[0]",
        sinceMs: 9000,
        explanation: "the task was skipped, and what comes after it does not know yet",
        repair: { do: "drive-node", node: "[0]" },
      },
    ],
    [
      "successor-missing: the end of a run whose last task was skipped behind another",
      {
        workflow: { chain: [{ task: "a" }, { task: "b" }] },
        images: { "node#[0]": { g: 1, s0: chosen }, "node#[1]": { g: 1, s0: { ...chosen, a: 0 } } },
      },
      100_000,
      {
        kind: "successor-missing",
        node: "[1]",
        sinceMs: 9000,
        explanation: expect.any(String),
        repair: { do: "drive-node", node: "[1]" },
      },
    ],
    [
      "successor-missing: a chord skipped by choice",
      {
        workflow: { chain: [{ task: "a" }, { group: [{ task: "b" }] }, { task: "c" }] },
        images: {
          "node#[0]": { g: 1, s0: chosen },
          "tally#[1]#0#0": { g: 1, decision: "skipped", decidedBy: "worker", decidedAt: 9100, skip: {} },
        },
      },
      100_000,
      {
        kind: "successor-missing",
        join: "[1]",
        sinceMs: 9100,
        explanation: expect.any(String),
        repair: { do: "drive-join", join: "[1]" },
      },
    ],
    [
      "rest-not-ended: a chord decided without a member that it should have ended",
      {
        workflow: { chord: { ...four, when: { quorum: 1 }, cancelRest: true } },
        images: {
          "tally#.#0#0": {
            ...{ g: 1, remaining: 3, s0: good, decision: "callback", decidedBy: "worker", decidedAt: 9100 },
            accepted: { v: "[[0,0]]" },
          },
          "node#callback": { g: 1, s0: good },
        },
        head: { status: "SUCCEEDED", endedAtMs: 9200 },
      },
      100_000,
      {
        kind: "rest-not-ended",
        join: ".",
        sinceMs: 9100,
        explanation: "the chord was decided without some of its members, and they are not ended",
        repair: { do: "end-rest", join: "." },
      },
    ],
  ];
  const findings: [name: string, stored: Stored, nowMs: number, finding: Finding][] = [
    [
      "unseen: released, and not claimed for a visibility timeout",
      { workflow: single },
      61_000,
      {
        kind: "unseen",
        node: "task",
        sinceMs: 1000,
        explanation:
          "sent to queue default, and nobody has taken it: the queue is long, nobody reads it, or the message was lost",
        repair: { do: "resend", node: "task", seen: absent },
      },
    ],
    [
      "unseen: a delay counts from its end",
      { workflow: { task: "a", delaySeconds: 100 } },
      161_000,
      {
        kind: "unseen",
        node: "task",
        sinceMs: 101_000,
        explanation: expect.any(String),
        repair: { do: "resend", node: "task", seen: absent },
      },
    ],
    [
      "unseen: sent again once, and not claimed for twice as long",
      { workflow: single, images: { "node#task": { g: 1, s0: { a: 0, s: "Q", d: 1, n: 1, t: 5000 } } } },
      125_000,
      {
        kind: "unseen",
        node: "task",
        sinceMs: 5000,
        explanation: expect.any(String),
        repair: { do: "resend", node: "task", seen: queued() },
      },
    ],
    [
      "lease-over: its worker is silent for more than ε",
      { workflow: single, images: { "node#task": { g: 1, s0: L } } },
      32_001,
      {
        kind: "lease-over",
        node: "task",
        sinceMs: 30_000,
        explanation: "its worker (worker) has been silent since its lease ended",
        repair: { do: "expire", node: "task", seen: leased({ owner: "worker" }) },
      },
    ],
    [
      "retry-due: the message of a retry had its time",
      { workflow: single, images: { "node#task": { g: 1, s0: { a: 1, s: "W", d: 2, t: 5000 } } } },
      65_000,
      {
        kind: "retry-due",
        node: "task",
        sinceMs: 5000,
        explanation: "its retry was due and has not been seen",
        repair: { do: "resend", node: "task", seen: waiting() },
      },
    ],
    [
      "retry-due: a timer is due at its time",
      { workflow: single, images: { "node#task": { g: 1, s0: { a: 1, s: "W", d: 2, t: 5000, w: 1 } } } },
      5000,
      {
        kind: "retry-due",
        node: "task",
        sinceMs: 5000,
        explanation: expect.any(String),
        repair: { do: "resend", node: "task", seen: waiting({ timer: true }) },
      },
    ],
    [
      "start-due: a delayed task is due at its time",
      { workflow: single, images: { "node#task": { g: 1, s0: { a: 0, s: "W", d: 1, t: 5000, w: 1 } } } },
      5000,
      {
        kind: "start-due",
        node: "task",
        sinceMs: 5000,
        explanation: "its start was due and has not been seen",
        repair: { do: "resend", node: "task", seen: waiting({ attempt: 0, dispatch: 1, timer: true }) },
      },
    ],
    [
      "sleep-over: a timer, at its time",
      { workflow: asleep, images: { "node#sleep": { g: 1, s0: { a: 0, s: "W", d: 1, t: 5000, w: 1 } } } },
      5000,
      {
        kind: "sleep-over",
        node: "sleep",
        sinceMs: 5000,
        explanation: "its time has come, and that is not recorded",
        repair: { do: "wake", node: "sleep", seen: waiting({ attempt: 0, dispatch: 1, timer: true }) },
      },
    ],
    [
      "sleep-over: its message has had its time",
      { workflow: asleep, images: { "node#sleep": { g: 1, s0: { a: 0, s: "W", d: 1, t: 5000 } } } },
      65_000,
      {
        kind: "sleep-over",
        node: "sleep",
        sinceMs: 5000,
        explanation: expect.any(String),
        repair: { do: "wake", node: "sleep", seen: waiting({ attempt: 0, dispatch: 1 }) },
      },
    ],
    [
      "sleep-over: nobody has recorded it, by the time of its release",
      { workflow: asleep },
      91_000,
      {
        kind: "sleep-over",
        node: "sleep",
        sinceMs: 31_000,
        explanation: expect.any(String),
        repair: { do: "wake", node: "sleep", seen: { state: "absent" } },
      },
    ],
    [
      "arrival-missing: a full leaf without a mark above it",
      {
        workflow: chord,
        shape: two,
        images: { "tally#.#0#0": { g: 1, remaining: 1 }, "tally#.#0#1": { g: 1, remaining: 0, s0: good } },
      },
      10_000,
      {
        kind: "arrival-missing",
        join: ".",
        sinceMs: 1000,
        explanation: "part of the join is complete, and its arrival above is not recorded",
        repair: { do: "drive-tally", join: ".", place: { level: 0, number: 1 } },
      },
    ],
    [
      "arrival-missing: a full inner item, driven from its first leaf",
      {
        workflow: { group: [1, 2, 3, 4].map(() => ({ task: "a" })) },
        shape: two,
        images: {
          "tally#.#0#2": { g: 1, remaining: 0, s0: good },
          "tally#.#0#3": { g: 1, remaining: 0, s0: good },
          "tally#.#1#1": { g: 1, remaining: 0, m0: 0, m1: 0 },
        },
      },
      10_000,
      {
        kind: "arrival-missing",
        join: ".",
        sinceMs: 1000,
        explanation: expect.any(String),
        repair: { do: "drive-tally", join: ".", place: { level: 1, number: 1 } },
      },
    ],
    [
      "arrival-missing: a leaf of a counting join that is not full has not told of its first",
      {
        workflow: quorum(3),
        shape: pairs,
        images: {
          "tally#.#0#0": { g: 1, s0: alive, s1: alive },
          "tally#.#0#1": { g: 1, remaining: 1, s0: good, s1: alive },
        },
      },
      10_000,
      {
        kind: "arrival-missing",
        join: ".",
        sinceMs: 1000,
        explanation: expect.any(String),
        repair: { do: "drive-tally", join: ".", place: { level: 0, number: 1 } },
      },
    ],
    [
      "arrival-missing: a mark of a counting join is behind its leaf, by a failure",
      {
        workflow: tolerant,
        shape: pairs,
        images: {
          "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: bad },
          "tally#.#0#1": { g: 1, s0: alive, s1: alive },
          "tally#.#1#0": { g: 1, m0: mark(1, 0) },
        },
      },
      10_000,
      {
        kind: "arrival-missing",
        join: ".",
        sinceMs: 1000,
        explanation: expect.any(String),
        repair: { do: "drive-tally", join: ".", place: { level: 0, number: 0 } },
      },
    ],
    [
      "decision-missing: a quorum is reached, and that is not written",
      {
        workflow: quorum(2),
        shape: pairs,
        images: {
          "tally#.#0#0": { g: 1, remaining: 1, s0: good, s1: alive },
          "tally#.#0#1": { g: 1, remaining: 1, s0: good, s1: alive },
          "tally#.#1#0": { g: 1, m0: mark(1, 0), m1: mark(1, 0), lastBy: "worker", lastAt: 9000 },
        },
      },
      10_000,
      {
        kind: "decision-missing",
        join: ".",
        sinceMs: 1000,
        explanation: "the counts call for the decision callback, which is not recorded",
        repair: { do: "drive-join", join: "." },
      },
    ],
    [
      "decision-missing: a full quorum is not decided by its last arrival",
      {
        workflow: quorum(2),
        images: { "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: good, s2: bad, s3: good } },
      },
      10_000,
      {
        kind: "decision-missing",
        join: ".",
        sinceMs: 1000,
        explanation: expect.any(String),
        repair: { do: "drive-join", join: "." },
      },
    ],
    [
      "decision-missing: a quorum is out of reach",
      {
        workflow: quorum(3),
        images: { "tally#.#0#0": { g: 1, remaining: 2, s0: bad, s1: bad, s2: alive, s3: alive } },
      },
      10_000,
      {
        kind: "decision-missing",
        join: ".",
        sinceMs: 1000,
        explanation: "the counts call for the decision error, which is not recorded",
        repair: { do: "drive-join", join: "." },
      },
    ],
    [
      "decision-missing: more have failed than are tolerated",
      {
        workflow: tolerant,
        images: { "tally#.#0#0": { g: 1, remaining: 2, s0: bad, s1: bad, s2: alive, s3: alive } },
      },
      10_000,
      {
        kind: "decision-missing",
        join: ".",
        sinceMs: 1000,
        explanation: "the counts call for the decision error, which is not recorded",
        repair: { do: "drive-join", join: "." },
      },
    ],
    [
      "failure-not-driven: finish, and what follows a failed task is not skipped",
      { workflow: chain, onFailure: "finish", images: { "node#[0]": { g: 1, s0: bad } } },
      10_000,
      {
        kind: "failure-not-driven",
        node: "[0]",
        sinceMs: 9000,
        explanation: "the task ended FAILED, and what has to follow from that is not recorded",
        repair: { do: "drive-node", node: "[0]" },
      },
    ],
    [
      "failure-not-driven: finish, and what follows a skipped task is not",
      {
        workflow: chain,
        onFailure: "finish",
        images: { "node#[0]": { g: 1, s0: bad }, "node#[1]": { g: 1, s0: skipped } },
      },
      10_000,
      {
        kind: "failure-not-driven",
        node: "[1]",
        sinceMs: 9500,
        explanation: "the task ended SKIPPED, and what has to follow from that is not recorded",
        repair: { do: "drive-node", node: "[1]" },
      },
    ],
    [
      "failure-not-driven: finish, everything is skipped, and the run goes on",
      {
        workflow: chain,
        onFailure: "finish",
        images: {
          "node#[0]": { g: 1, s0: bad },
          "node#[1]": { g: 1, s0: skipped },
          "node#[2]": { g: 1, s0: skipped },
        },
      },
      10_000,
      {
        kind: "failure-not-driven",
        node: "[2]",
        sinceMs: 9500,
        explanation: expect.any(String),
        repair: { do: "drive-node", node: "[2]" },
      },
    ],
    [
      "failure-not-driven: finish, and a join was skipped, but not what follows it",
      {
        workflow: behindChain,
        onFailure: "finish",
        images: {
          "node#[0]": { g: 1, s0: bad },
          "tally#[1]#0#0": { g: 1, decision: "skipped", decidedBy: "worker", decidedAt: 9600 },
        },
      },
      10_000,
      {
        kind: "failure-not-driven",
        join: "[1]",
        sinceMs: 9600,
        explanation: "the join was skipped, and what comes after it does not know yet",
        repair: { do: "drive-join", join: "[1]" },
      },
    ],
    [
      "failure-not-driven: finish, and a full join with a failure has not told what follows it",
      {
        workflow: { chain: [{ group: [{ task: "a" }] }, { task: "b" }] },
        onFailure: "finish",
        images: { "tally#[0]#0#0": { g: 1, remaining: 0, s0: bad, lastBy: "worker", lastAt: 9000 } },
      },
      10_000,
      {
        kind: "failure-not-driven",
        join: "[0]",
        sinceMs: 9000,
        explanation: "the join was decided error, and what has to follow from that is not recorded",
        repair: { do: "drive-join", join: "[0]" },
      },
    ],
    [
      "successor-missing: a chain in a header has succeeded, by the join inside",
      {
        workflow: settledChord,
        images: { "tally#header[1]#0#0": { g: 1, remaining: 0, s0: good, lastBy: "worker", lastAt: 9000 } },
      },
      10_000,
      {
        kind: "successor-missing",
        join: "header[1]",
        sinceMs: 9000,
        explanation: "the join is complete, and the join it feeds does not know yet",
        repair: { do: "drive-join", join: "header[1]" },
      },
    ],
    [
      "failure-not-driven: a failed task, and the run goes on",
      { workflow: single, images: { "node#task": { g: 1, s0: bad } } },
      10_000,
      {
        kind: "failure-not-driven",
        node: "task",
        sinceMs: 9000,
        explanation: "the task ended FAILED, and what has to follow from that is not recorded",
        repair: { do: "drive-node", node: "task" },
      },
    ],
    [
      "failure-not-driven: a failed member, and its join is undecided",
      { workflow: chord, images: { "tally#.#0#0": { g: 1, remaining: 1, s0: bad } } },
      10_000,
      {
        kind: "failure-not-driven",
        node: "header[0]",
        sinceMs: 9000,
        explanation: expect.any(String),
        repair: { do: "drive-node", node: "header[0]" },
      },
    ],
    [
      "failure-not-driven: absorbed by a header, and not handed on",
      { workflow: settledChord, images: { "node#header[0]/[0]": { g: 1, s0: bad } } },
      10_000,
      {
        kind: "failure-not-driven",
        node: "header[0]/[0]",
        sinceMs: 9000,
        explanation: expect.any(String),
        repair: { do: "drive-node", node: "header[0]/[0]" },
      },
    ],
    [
      "failure-not-driven: a join decided error, and the run goes on",
      {
        workflow: chord,
        images: {
          "tally#.#0#0": {
            g: 1,
            s0: { ...L, u: 90_000 },
            s1: { ...L, u: 90_000 },
            decision: "error",
            decidedBy: "x",
            decidedAt: 9500,
          },
        },
      },
      10_000,
      {
        kind: "failure-not-driven",
        join: ".",
        sinceMs: 9500,
        explanation: "the join was decided error, and what has to follow from that is not recorded",
        repair: { do: "drive-join", join: "." },
      },
    ],
    [
      "end-missing: the last task has succeeded, and the run goes on",
      { workflow: single, images: { "node#task": { g: 1, s0: good } } },
      10_000,
      {
        kind: "end-missing",
        node: "task",
        sinceMs: 1000,
        explanation: "everything the run waits for is recorded, and its end is not",
        repair: { do: "drive-node", node: "task" },
      },
    ],
    [
      "end-missing: the last join is complete, and the run goes on",
      {
        workflow: { group: [{ task: "a" }] },
        images: { "tally#.#0#0": { g: 1, remaining: 0, s0: good, lastBy: "worker", lastAt: 9000 } },
      },
      10_000,
      {
        kind: "end-missing",
        sinceMs: 1000,
        explanation: expect.any(String),
        repair: { do: "drive-join", join: "." },
      },
    ],
    [
      "join-deadline-passed: undecided at its deadline",
      { workflow: withDeadline, images: { "tally#.#0#0": { g: 1, s0: { ...L, u: 90_000 }, s1: { ...L, u: 90_000 } } } },
      61_000,
      {
        kind: "join-deadline-passed",
        join: ".",
        sinceMs: 61_000,
        explanation: "its deadline of 60 s has passed",
        repair: { do: "join-deadline", join: "." },
      },
    ],
    [
      "run-deadline-passed",
      { workflow: single, images: { "node#task": { g: 1, s0: L } }, head: { deadlineAtMs: 20_000 } },
      20_000,
      {
        kind: "run-deadline-passed",
        sinceMs: 20_000,
        explanation: "the run's deadline has passed",
        repair: { do: "run-deadline" },
      },
    ],
    [
      "not-reopened: an item of the generation before, and nothing else is said of the run",
      {
        workflow: chord,
        images: { "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: bad, decision: "error" } },
        head: { generation: 2, restartedAtMs: 20_000, deadlineAtMs: 20_000 },
      },
      1_000_000,
      {
        kind: "not-reopened",
        sinceMs: 20_000,
        explanation: "part of the run still belongs to a generation before 2: the retry has not come to its end",
        repair: { do: "reopen" },
      },
    ],
    [
      "parent-not-told: the run of a map has ended",
      {
        workflow: single,
        images: { "node#task": { g: 1, s0: good } },
        head: { ...child, status: "SUCCEEDED", endedAtMs: 9000 },
        parent: parentOf({}),
      },
      10_000,
      {
        kind: "parent-not-told",
        sinceMs: 9000,
        explanation: "the run has ended, and run p, whose map it is, does not know yet",
        repair: { do: "follow-parent" },
      },
    ],
    [
      "parent-not-followed: nobody waits for the run of a map",
      {
        workflow: single,
        images: { "node#task": { g: 1, s0: alive } },
        head: child,
        parent: parentOf({ status: "FAILED", endedAtMs: 9000 }),
      },
      10_000,
      {
        kind: "parent-not-followed",
        sinceMs: 9000,
        explanation: "run p, whose map it is, does not wait for it any more",
        repair: { do: "follow-parent" },
      },
    ],
  ];

  it.each(conditionFindings)("%s", (_, stored, nowMs, finding) => {
    expect(diagnosed(stored, nowMs).findings).toEqual([finding]);
  });

  it.each(findings)("%s", (_, stored, nowMs, finding) => {
    expect(diagnosed(stored, nowMs).findings).toEqual([finding]);
  });

  const reached = new Set([...findings, ...conditionFindings].map(([, , , finding]) => finding.kind));
  it("has a case for each kind", () => {
    const kinds: Record<Finding["kind"], true> = {
      unseen: true,
      "lease-over": true,
      "retry-due": true,
      "start-due": true,
      "sleep-over": true,
      "arrival-missing": true,
      "successor-missing": true,
      "failure-not-driven": true,
      "end-missing": true,
      "join-deadline-passed": true,
      "run-deadline-passed": true,
      "not-reopened": true,
      "decision-missing": true,
      "condition-open": true,
      "rest-not-ended": true,
      "parent-not-told": true,
      "parent-not-followed": true,
    };
    expect([...reached].sort()).toEqual(Object.keys(kinds).sort());
  });
});

describe("nothing is found, and the next timer is known", () => {
  const later: [name: string, stored: Stored, nowMs: number, nextTimerMs: number][] = [
    ["released, until a visibility timeout is over", { workflow: single }, 60_999, 61_000],
    ["delayed, until that after its delay", { workflow: { task: "a", delaySeconds: 100 } }, 160_999, 161_000],
    [
      "sent again, until its longer interval is over",
      { workflow: single, images: { "node#task": { g: 1, s0: { a: 0, s: "Q", d: 1, n: 1, t: 5000 } } } },
      124_999,
      125_000,
    ],
    ["leased, until ε after its end", { workflow: single, images: { "node#task": { g: 1, s0: L } } }, 32_000, 32_001],
    [
      "waiting, until its message had its time",
      { workflow: single, images: { "node#task": { g: 1, s0: { a: 1, s: "W", d: 2, t: 5000 } } } },
      64_999,
      65_000,
    ],
    [
      "waiting for a timer, until its time",
      { workflow: single, images: { "node#task": { g: 1, s0: { a: 1, s: "W", d: 2, t: 5000, w: 1 } } } },
      4999,
      5000,
    ],
    [
      "a sleep, until its time",
      { workflow: asleep, images: { "node#sleep": { g: 1, s0: { a: 0, s: "W", d: 1, t: 5000, w: 1 } } } },
      4999,
      5000,
    ],
    ["a sleep nobody has recorded, until its message would have had its time", { workflow: asleep }, 90_999, 91_000],
    [
      "not before a time, until that after it",
      { workflow: { task: "a", at: "1970-01-01T00:01:40Z" } },
      159_999,
      160_000,
    ],
    [
      "a chord, until its deadline",
      { workflow: withDeadline, images: { "tally#.#0#0": { g: 1, s0: { ...L, u: 90_000 }, s1: { ...L, u: 90_000 } } } },
      60_999,
      61_000,
    ],
    [
      "a chord in a new generation, until its deadline from then on, whatever was resumed since",
      {
        workflow: withDeadline,
        images: { "tally#.#0#0": { g: 2, s0: { ...L, u: 900_000 }, s1: { ...L, u: 900_000 } } },
        head: { generation: 2, raisedAtMs: 500_000, restartedAtMs: 510_000 },
      },
      559_999,
      560_000,
    ],
    [
      "a run, until its deadline",
      { workflow: single, images: { "node#task": { g: 1, s0: L } }, head: { deadlineAtMs: 20_000 } },
      19_999,
      20_000,
    ],
  ];

  it.each(later)("%s", (_, stored, nowMs, nextTimerMs) => {
    expect(diagnosed(stored, nowMs)).toMatchObject({ findings: [], nextTimerMs });
  });
});

describe("nothing is found any more", () => {
  const ended = { status: "FAILED", endedAtMs: 9000 } as const;
  const mended: [name: string, stored: Stored][] = [
    [
      "the mark of a full leaf is there",
      {
        workflow: chord,
        shape: two,
        images: {
          "tally#.#0#0": { g: 1, s0: { ...L, u: 90_000 } },
          "tally#.#0#1": { g: 1, remaining: 0, s0: good },
          "tally#.#1#0": { g: 1, remaining: 1, m1: 0 },
        },
      },
    ],
    [
      "the run of a failed task has ended",
      { workflow: single, head: ended, images: { "node#task": { g: 1, s0: bad } } },
    ],
    [
      "the run of a succeeded task has ended",
      {
        workflow: single,
        head: { ...ended, status: "SUCCEEDED" },
        images: { "node#task": { g: 1, s0: good } },
      },
    ],
    [
      "an absorbed failure was handed on",
      {
        workflow: settledChord,
        images: {
          "node#header[0]/[0]": { g: 1, s0: bad },
          "tally#.#0#0": {
            g: 1,
            remaining: 1,
            s0: { a: 0, s: "FAILED", o: "x", f: 9500, e: { n: "Error", m: "broken" } },
          },
          "tally#header[1]#0#0": { g: 1, s0: { ...L, u: 90_000 } },
        },
      },
    ],
    ["a run past its deadline has ended", { workflow: single, head: { ...ended, deadlineAtMs: 5000 } }],
    [
      "the marks of a counting join are as far as its leaves, and its count is not reached",
      {
        workflow: quorum(3),
        shape: pairs,
        images: {
          "tally#.#0#0": { g: 1, remaining: 1, s0: good, s1: alive },
          "tally#.#0#1": { g: 1, s0: alive, s1: alive },
          "tally#.#1#0": { g: 1, m0: mark(1, 0) },
        },
      },
    ],
    [
      "a mark of a counting join that is ahead of a leaf as it was read a moment before",
      {
        workflow: quorum(3),
        shape: pairs,
        images: {
          "tally#.#0#0": { g: 1, remaining: 1, s0: good, s1: alive },
          "tally#.#0#1": { g: 1, s0: alive, s1: alive },
          "tally#.#1#0": { g: 1, m0: mark(2, 0) },
        },
      },
    ],
    [
      "a decided quorum owes nothing for what comes later, but its marks",
      {
        workflow: quorum(1),
        images: {
          "tally#.#0#0": {
            g: 1,
            remaining: 1,
            s0: good,
            s1: bad,
            s2: bad,
            s3: alive,
            decision: "callback",
            decidedAt: 9500,
          },
        },
      },
    ],
    [
      "a failure in a member of a counting join is its outcome",
      {
        workflow: tolerant,
        images: { "tally#.#0#0": { g: 1, remaining: 3, s0: bad, s1: alive, s2: alive, s3: alive } },
      },
    ],
    [
      "finish: everything after a failure is skipped, and the run has ended",
      {
        workflow: behindChain,
        onFailure: "finish",
        head: ended,
        images: {
          "node#[0]": { g: 1, s0: bad },
          "tally#[1]#0#0": { g: 1, decision: "skipped", decidedBy: "worker", decidedAt: 9600 },
          "node#[2]": { g: 1, s0: skipped },
        },
      },
    ],
    [
      "finish: a failed member waits for the others of its join",
      {
        workflow: chord,
        onFailure: "finish",
        images: { "tally#.#0#0": { g: 1, remaining: 1, s0: bad, s1: alive } },
      },
    ],
  ];

  it.each(mended)("%s", (_, stored) => {
    expect(diagnosed(stored, 10_000).findings).toEqual([]);
  });

  it("S9: in an ended run nobody starts what never ran", () => {
    const stored: Stored = {
      workflow: chord,
      head: ended,
      images: { "tally#.#0#0": { g: 1, decision: "error", s0: bad } },
    };
    expect(diagnosed(stored, 1_000_000)).toMatchObject({ findings: [], nextTimerMs: undefined, settled: 1, open: 0 });
  });

  it("but the error callback of an ended run is still owed", () => {
    const workflow: Workflow = { chord: { ...chord.chord, onError: { task: "a" } } };
    const top = { g: 1, remaining: 1, s0: bad, decision: "error", decidedBy: "x", decidedAt: 9500 };
    const { findings, open } = diagnosed(
      { workflow, head: { ...ended, sweptSettled: 1 }, images: { "tally#.#0#0": top } },
      69_500,
    );
    expect(findings).toMatchObject([{ kind: "unseen", node: "onError", sinceMs: 9500 }]);
    expect(open).toBe(1);
  });
});

describe("after the end", () => {
  const ended = { status: "FAILED", endedAtMs: 9000, sweptSettled: 1 } as const;
  const images = (other: Image[string]) => ({
    "tally#.#0#0": { g: 1, remaining: 1, s0: bad, s1: other, decision: "error", decidedBy: "x", decidedAt: 9500 },
  });

  it("a task that still runs is open until its lease is over: its failure may owe an error callback", () => {
    const stored = { workflow: chord, head: ended, images: images(L) };
    expect(diagnosed(stored, 10_000)).toMatchObject({ findings: [], open: 1, nextTimerMs: 32_001 });
    expect(diagnosed(stored, 32_000)).toMatchObject({ findings: [], open: 1, nextTimerMs: 32_001 });
    expect(diagnosed(stored, 32_001)).toMatchObject({ findings: [], open: 0, nextTimerMs: undefined });
  });

  it("so it is in a run that is paused, of which nothing is sent", () => {
    const head = { pausedAtMs: 5000, pausedBy: "q1" };
    const stored = { workflow: chord, head, images: { "tally#.#0#0": { g: 1, s0: L } } };
    expect(diagnosed(stored, 10_000)).toMatchObject({ findings: [], open: 1, nextTimerMs: 32_001 });
    expect(diagnosed(stored, 1_000_000)).toMatchObject({ findings: [], open: 0, nextTimerMs: 100_000_000 });
  });

  it.each([
    ["one that waits for its retry", { a: 1, s: "W", d: 2, t: 5000 }],
    ["one that was sent again", { a: 0, s: "Q", d: 1, n: 1, t: 5000 }],
  ])("%s is not", (_, slot) => {
    expect(diagnosed({ workflow: chord, head: ended, images: images(slot) }, 10_000)).toMatchObject({
      findings: [],
      open: 0,
      nextTimerMs: undefined,
    });
  });
});

describe("after a restart, all of what was sent before counts from then", () => {
  const since = (images: Stored["images"], nowMs: number) =>
    diagnosed({ workflow: single, head: { restartedAtMs: 500_000 }, ...(images ? { images } : {}) }, nowMs);
  const cases: [name: string, images: Stored["images"], lateMs: number, kind: Finding["kind"]][] = [
    ["what nobody has begun", undefined, 560_000, "unseen"],
    [
      "what was sent again, with its longer interval",
      { "node#task": { g: 1, s0: { a: 0, s: "Q", d: 1, n: 1, t: 5000 } } },
      620_000,
      "unseen",
    ],
    ["a retry", { "node#task": { g: 1, s0: { a: 1, s: "W", d: 2, t: 5000 } } }, 560_000, "retry-due"],
    ["a timer", { "node#task": { g: 1, s0: { a: 1, s: "W", d: 2, t: 5000, w: 1 } } }, 500_000, "retry-due"],
  ];

  it.each(cases)("%s", (_, images, lateMs, kind) => {
    expect(since(images, lateMs - 1)).toMatchObject({ findings: [], nextTimerMs: lateMs });
    expect(since(images, lateMs).findings).toMatchObject([{ kind }]);
  });

  it("but a lease has its own end, and a later send its own time", () => {
    expect(since({ "node#task": { g: 1, s0: L } }, 32_001).findings).toMatchObject([{ kind: "lease-over" }]);
    const later = { "node#task": { g: 1, s0: { a: 0, s: "Q", d: 1, n: 1, t: 600_000 } } };
    expect(since(later, 719_999)).toMatchObject({ findings: [], nextTimerMs: 720_000 });
  });
});

it("counts settled and open nodes; what is not released is neither", () => {
  const images = { "tally#.#0#0": { g: 1, remaining: 1, s0: good, s1: { ...L, u: 90_000 } } };
  expect(diagnosed({ workflow: chord, images }, 10_000)).toMatchObject({ settled: 1, open: 1 });
});

it("brings up all that a counting join has held back in one visit, and one missing arrival of any other join", () => {
  const images = Object.fromEntries(
    [0, 1, 2, 3].map((leaf) => [`tally#.#0#${leaf}`, { g: 1, remaining: 0, s0: good }]),
  );
  const leaves = (workflow: Workflow) =>
    diagnosed({ workflow, images, shape: two }, 10_000).findings.map(({ kind, repair }) => [kind, repair]);
  const driven = (number: number) => ["arrival-missing", { do: "drive-tally", join: ".", place: { level: 0, number } }];
  expect(leaves(quorum(4))).toEqual([0, 1, 2, 3].map(driven));
  expect(leaves({ group: four.header })).toEqual([driven(0)]);
});

it("names a leaf once, whatever is behind above it", () => {
  const images = {
    "tally#.#0#0": { g: 1, remaining: 0, s0: good },
    "tally#.#1#0": { g: 1, remaining: 1, m1: mark(1, 0) },
    "tally#.#0#1": { g: 1, remaining: 0, s0: good },
    "tally#.#0#2": { g: 1, s0: alive },
    "tally#.#0#3": { g: 1, s0: alive },
  };
  const { findings } = diagnosed({ workflow: quorum(4), images, shape: two }, 10_000);
  expect(findings.map(({ repair }) => repair)).toEqual([
    { do: "drive-tally", join: ".", place: { level: 0, number: 0 } },
  ]);
});

it("names an item above the leaves where the way up from them is done, whether there is a first leaf or not", () => {
  const images = {
    "tally#.#1#0": { g: 1, remaining: 1, m1: mark(1, 0) },
    "tally#.#0#1": { g: 1, remaining: 0, s0: good },
  };
  const { findings } = diagnosed({ workflow: quorum(4), images, shape: two }, 10_000);
  const above = findings.filter(({ kind }) => kind === "arrival-missing");
  expect(above.map(({ repair }) => repair)).toEqual([{ do: "drive-tally", join: ".", place: { level: 1, number: 0 } }]);
});

describe("asleep", () => {
  const timer = { a: 0, s: "W", d: 1, t: 90_000, w: 1 };
  const both = (s0: object, s1: object) =>
    diagnosed({ workflow: chord, images: { "tally#.#0#0": { g: 1, s0, s1 } as Image } }, 10_000).asleep;

  it("is a run of which all that is open waits for a recorded time", () => {
    expect(both(timer, timer)).toBe(true);
    expect(both(timer, good)).toBe(true);
  });

  it.each([
    ["is held", { ...L, u: 90_000 }],
    ["was sent again", { a: 0, s: "Q", d: 1, n: 1, t: 5000 }],
    ["waits for a time that a message carries", { a: 0, s: "W", d: 1, t: 90_000 }],
  ])("is no run of which something %s", (_, s1) => {
    expect(both(timer, s1)).toBe(false);
  });

  it("is no run of which something was released and is not recorded", () => {
    expect(diagnosed({ workflow: asleep }, 10_000).asleep).toBe(false);
  });
});

it("finds the callback unseen since the last arrival, not since the submit", () => {
  const images = { "tally#.#0#0": { g: 1, remaining: 0, s0: good, s1: good, lastBy: "worker", lastAt: 50_000 } };
  const stored = { workflow: chord, images, head: { sweptSettled: 2 } };
  expect(diagnosed(stored, 109_999).findings).toEqual([]);
  expect(diagnosed(stored, 110_000).findings).toMatchObject([{ kind: "unseen", node: "callback", sinceMs: 50_000 }]);
});

it("waits eight times as long for a task that nobody has taken while others of its run still settle", () => {
  const images = { "tally#.#0#0": { g: 1, remaining: 1, s0: good } };
  const found = (sweptSettled: number, nowMs: number) =>
    diagnosed({ workflow: chord, images, head: { sweptSettled } }, nowMs).findings.map(({ kind, node }) => [
      kind,
      node,
    ]);
  expect(found(0, 480_999)).toEqual([]);
  expect(found(0, 481_000)).toEqual([["unseen", "header[1]"]]);
  expect(found(1, 60_999)).toEqual([]);
  expect(found(1, 61_000)).toEqual([["unseen", "header[1]"]]);
});

describe("expires", () => {
  it.each([
    [0, false],
    [1, false],
    [2, true],
  ])("a lease over after %d lost attempts of at most 3 ends the node: %s", (lost, ends) => {
    const node = planOf(single).nodes.task as PlanNode;
    expect(expires(node, leased({ lost }))).toBe(ends);
  });
});
