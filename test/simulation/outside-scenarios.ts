/**
 * Tasks that programs elsewhere run: what becomes of their messages and of what they report, or do not.
 */
import { gunzipSync } from "node:zlib";
import { fails, onError, one, type Scenario, settledChord, sum } from "./scenario-parts.ts";
import type { OutsideProgram } from "./world.ts";

/** The programs, by task name. Each gives its first argument, sooner or later. */
export const outsidePrograms: Readonly<Record<string, OutsideProgram>> = {
  elsewhere: ({ args }, report) => report({ status: "succeeded", result: args?.[0] }),
  /** Reads its argument from the table, as docs/outside-workers.md says, and gives its length. */
  async elsewhereStored({ storedArgs }, report, { store }) {
    const { pk = "", sk = [] } = storedArgs ?? {};
    const images = await store.getMany(
      sk.map((key) => ({ pk, sk: key })),
      "test",
    );
    const text = gunzipSync(Buffer.concat(images.map((image) => image?.data as Uint8Array))).toString("utf8");
    await report({ status: "succeeded", result: (JSON.parse(text) as string[])[0]?.length });
  },
  elsewhereFailing: (_, report) =>
    report({ status: "failed", error: { name: "Broken", message: "no" }, retryable: false }),
  elsewhereFlaky: ({ args, attempt }, report) =>
    attempt < 2
      ? report({ status: "failed", error: { name: "Busy", message: "not yet" } })
      : report({ status: "succeeded", result: args?.[0] }),
  elsewherePatient: ({ args, attempt }, report) =>
    attempt < 2
      ? report({ status: "failed", error: { name: "Busy", message: "tomorrow" }, afterSeconds: 5000 })
      : report({ status: "succeeded", result: args?.[0] }),
  async elsewhereSlow({ args }, report, { sleep }) {
    for (let done = 1; done <= 2; done++) {
      await sleep(40);
      await report({ status: "heartbeat", details: { done } });
    }
    await sleep(40);
    await report({ status: "succeeded", result: args?.[0] });
  },
  async elsewhereSilent({ args, attempt }, report) {
    if (attempt > 1) await report({ status: "succeeded", result: args?.[0] });
  },
  async elsewhereNever() {},
  /** Its first attempt answers when the second has begun, and says something else. */
  async elsewhereLate({ args, attempt }, report, { sleep }) {
    if (attempt === 1) {
      await sleep(400);
      return report({ status: "succeeded", result: "stale" });
    }
    for (let beat = 0; beat < 7; beat++) {
      await report({ status: "heartbeat" });
      await sleep(50);
    }
    await report({ status: "succeeded", result: args?.[0] });
  },
  /** Says the same twice, and then the contrary. */
  async elsewhereTwice({ args }, report, { sleep }) {
    await report({ status: "succeeded", result: args?.[0] });
    await report({ status: "succeeded", result: args?.[0] });
    await sleep(5);
    await report({ status: "failed", error: { name: "Broken", message: "after all" } });
    await report({ status: "heartbeat" });
  },
  async elsewhereDropped({ args, attempt }, report) {
    if (attempt < 2) throw new Error("cannot read this");
    await report({ status: "succeeded", result: args?.[0] });
  },
};

const outside = (task: string, value: unknown) => ({ task, args: [value] });

export const outsideScenarios: readonly Scenario[] = [
  {
    name: "outside task",
    workflow: { chain: [outside("elsewhere", 1), { task: "plus", args: [2] }] },
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "outside members and callback",
    workflow: {
      chord: {
        header: [outside("elsewhere", 1), one(2), outside("elsewhere", 3)],
        callback: { task: "elsewhere" },
      },
    },
    shape: { tasksPerMessage: () => 10 },
    status: "SUCCEEDED",
    value: [1, 2, 3],
  },
  {
    name: "outside task with an argument that no message holds",
    workflow: { chain: [{ task: "huge" }, { task: "elsewhereStored" }] },
    partBytes: 100,
    status: "SUCCEEDED",
    value: 300_000,
  },
  {
    name: "outside task with a large result",
    workflow: settledChord({ chain: [{ task: "large", args: ["a"] }, { task: "elsewhere" }] }),
    status: "SUCCEEDED",
    value: ["a".repeat(5000)],
  },
  {
    name: "outside task that fails",
    workflow: settledChord(outside("elsewhereFailing", 1), one(2)),
    status: "SUCCEEDED",
    value: ["FAILED", 2],
  },
  {
    name: "outside task that fails the run",
    workflow: { chord: { header: [outside("elsewhereFailing", 1), one(2)], callback: sum, onError } },
    status: "FAILED",
    open: true,
  },
  {
    name: "outside error callback after the end",
    workflow: { chord: { header: [fails, one(2)], callback: sum, onError: { task: "elsewhere" } } },
    status: "FAILED",
    open: true,
  },
  {
    name: "outside task that is retried",
    workflow: { chord: { header: [outside("elsewhereFlaky", 1), one(2)], callback: sum } },
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "outside task that is retried by timer",
    workflow: outside("elsewherePatient", 1),
    settings: { sweepSeconds: 2000 },
    sweeper: true,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task with a delay",
    workflow: { ...outside("elsewhere", 1), delaySeconds: 30 },
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task that comes after the end of its run",
    workflow: { chord: { header: [fails, { ...outside("elsewhere", 1), delaySeconds: 30 }], callback: sum } },
    status: "FAILED",
    open: true,
  },
  {
    name: "outside task with heartbeats",
    workflow: outside("elsewhereSlow", 1),
    settings: { sweepSeconds: 300, visibilitySeconds: 150 },
    sweeper: true,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task that is silent once",
    workflow: { group: [outside("elsewhereSilent", 1), one(2)] },
    sweeper: true,
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "outside task that never answers",
    workflow: settledChord(outside("elsewhereNever", 1), one(2)),
    sweeper: true,
    status: "SUCCEEDED",
    value: ["FAILED", 2],
  },
  {
    name: "outside task delivered to several workers",
    workflow: outside("elsewhereSlow", 1),
    settings: { sweepSeconds: 300, visibilitySeconds: 50 },
    maxReceiveCount: 3,
    sweeper: true,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task that reports late",
    workflow: outside("elsewhereLate", 1),
    settings: { sweepSeconds: 120, visibilitySeconds: 500 },
    sweeper: true,
    rejects: 1,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task that contradicts itself",
    workflow: { group: [outside("elsewhereTwice", 1), one(2)] },
    rejects: 1,
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "outside task, dead-lettered",
    workflow: { group: [outside("elsewhereDropped", 1), one(2)] },
    maxReceiveCount: 2,
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "outside task under a chord deadline",
    workflow: {
      chord: {
        header: [{ task: "elsewhereNever", timeoutSeconds: 3600 }, one(2)],
        callback: { task: "outcomes" },
        when: "all-settled",
        deadlineSeconds: 90,
      },
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: ["TIMED_OUT", 2],
  },
  {
    // The member's value is that of a task which goes on, and succeeds, when the member is ended.
    name: "branch under a chord deadline",
    workflow: {
      chord: {
        header: [
          {
            dag: {
              nodes: { a: { task: "slow", args: [400, 1] }, b: { task: "plus", args: [1, { $result: "a" }] } },
              output: "a",
            },
          },
        ],
        deadlineSeconds: 90,
      },
    },
    request: { onFailure: "finish" },
    sweeper: true,
    status: "FAILED",
    open: true,
  },
  {
    name: "outside task claimed, and not sent",
    workflow: outside("elsewhere", 1),
    base: [{ site: "outside.send", mode: "crash-before" }],
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task claimed, dead-lettered before it is sent",
    workflow: outside("elsewhere", 1),
    base: [{ site: "outside.send", mode: "crash-before" }],
    maxReceiveCount: 1,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task never handed out, message gone",
    workflow: outside("elsewhere", 1),
    base: [{ site: "release.send", mode: "lost" }],
    sweeper: true,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "outside task whose arguments cannot be made",
    workflow: {
      dag: { nodes: { a: one(1), b: { task: "elsewhere", args: [{ $result: "a", path: "missing" }] } } },
    },
    status: "FAILED",
  },
  {
    name: "report whose commit is not recorded",
    workflow: { chain: [outside("elsewhere", 1), { task: "plus", args: [2] }] },
    base: [{ site: "slot.commit", mode: "crash-before" }],
    maxReceiveCount: 1,
    sweeper: true,
    status: "SUCCEEDED",
    value: 3,
  },
];
