/**
 * Good inputs of every kind: what is damaged begins as something that would be taken.
 */
import { encodeToken } from "../../lib/model/outside.ts";

const plan = { hash: "h".repeat(64), pages: 1 };
const around = { tutti: 1, run: "r-1", generation: 1, dispatch: 1, plan };
const submit = { tutti: 1, type: "submit", requestId: "q-1", id: "r-1" };
const report = {
  tutti: 1,
  type: "report",
  requestId: "q-2",
  token: encodeToken({ run: "r-1", generation: 1, dispatch: 1, attempt: 1, lost: 0, node: "." }),
};
const echo = { task: "echo", args: [1, "two", { three: [null, true] }] };

/** Workflows with every canvas and every key. */
export const workflows: readonly unknown[] = [
  echo,
  {
    ...echo,
    label: "one",
    queue: "default",
    headers: { tenant: "a", trace: null },
    fairnessKey: "a",
    immutable: true,
    delaySeconds: 5,
    timeoutSeconds: 60,
    softTimeoutSeconds: 30,
    retry: { maxAttempts: 3, maxLost: 2, backoffSeconds: 0.5, maxBackoffSeconds: 60 },
  },
  { task: "echo", at: "2026-12-01T08:00:00Z" },
  { chain: [echo, { sleep: 5 }, { sleep: { until: "2026-12-01T08:00:00+01:00" } }, echo] },
  { group: [echo, { chain: [echo, echo] }, { group: [] }] },
  { group: [echo, echo, echo], hedge: { afterPercentile: 50 } },
  {
    chord: {
      header: [echo, echo, { chord: { header: [echo], callback: echo } }],
      callback: echo,
      when: { tolerate: { percent: 20 } },
      cancelRest: true,
      deadlineSeconds: { auto: { workers: 2, secondsPerTask: 1, buffer: 2, floorSeconds: 60 } },
      onError: echo,
    },
  },
  { chord: { header: { map: { each: echo, over: [1, 2, 3], maxConcurrency: 2 } }, when: { quorum: 2 } } },
  {
    dag: {
      nodes: {
        a: echo,
        b: { ...echo, args: [{ $result: "a", path: "[1]" }], after: ["a"] },
        c: { ...echo, if: { $result: "a", path: "[0]", equals: 1 } },
        d: { map: { each: echo, over: { $result: "a" } }, after: ["b", "c"] },
        e: { chain: [{ ...echo, args: [{ $literal: { $result: "x" } }] }] },
      },
      output: "d",
    },
  },
];

const requests: readonly unknown[] = [
  ...workflows.map((workflow) => ({ ...submit, workflow })),
  {
    ...submit,
    name: "all of it",
    headers: { user: "u" },
    deadlineSeconds: 3600,
    onFailure: "finish",
    budget: { maxTasks: 10, maxAttemptsTotal: 20, maxCost: 0.5 },
    workflow: echo,
  },
  { ...submit, document: { sha256: "0".repeat(64), bytes: 100, parts: 1 } },
  { tutti: 1, type: "revoke", requestId: "q-3", run: "r-1", path: "header[0]", reason: "a reason" },
  { tutti: 1, type: "pause", requestId: "q-4", run: "r-1" },
  { tutti: 1, type: "resume", requestId: "q-5", run: "r-1" },
  { tutti: 1, type: "retry", requestId: "q-6", run: "r-1", tasks: ["."], args: { ".": [1] } },
];

const reports: readonly unknown[] = [
  { ...report, status: "succeeded", result: { any: [1, "x"] } },
  { ...report, status: "failed", error: { name: "E", message: "m" }, retryable: true, afterSeconds: 3 },
  { ...report, status: "heartbeat", details: { at: 1 } },
];

const taskMessages: readonly unknown[] = [
  { ...around, type: "task", node: "." },
  { ...around, type: "task", node: "header[3]/[1]", fragment: { nodes: { a: {} }, joins: {} } },
  { ...around, type: "pack", nodes: ["header[0]", "header[1]"] },
];

const controlMessages: readonly unknown[] = [
  { ...around, type: "wake", node: "[1]" },
  { tutti: 1, type: "range", run: "r-1", generation: 1, dispatch: 1, plan, list: "start", range: 0 },
  { tutti: 1, type: "map", run: "r-1", generation: 1, node: "[1]" },
  { tutti: 1, type: "follow", run: "r-1" },
];

const events: readonly unknown[] = [
  {
    Records: [1, 2].map((at) => ({
      messageId: `m-${at}`,
      receiptHandle: `receipt-${at}`,
      body: "{}",
      attributes: { ApproximateReceiveCount: "1", SentTimestamp: "1700000000000", MessageGroupId: "g" },
      messageAttributes: { key: { stringValue: "value", dataType: "String" } },
      eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:tutti-task-default",
    })),
  },
];

export const corpus = { workflows, requests, reports, taskMessages, controlMessages, events } as const;
