/**
 * Good inputs of every kind: what is damaged begins as something that would be taken.
 */
import { encodeToken } from "../../lib/model/outside.ts";

const plan = { hash: "h".repeat(64), pages: 1 };
const fragment = { nodes: { a: {} }, joins: {} };
/** What our own functions say, in the order in which they write it: a message is known by its first two keys. */
const ours = (type: string) => ({ tutti: 1, type, run: "r-1", generation: 1 });
const dispatched = (type: string) => ({ ...ours(type), dispatch: 1, plan });
const submit = { tutti: 1, type: "submit", requestId: "q-1", id: "r-1" };
const operate = (type: string) => ({ tutti: 1, type, requestId: "q-3", id: "r-1", generation: 1 });
const token = encodeToken({ run: "r-1", generation: 1, dispatch: 1, attempt: 1, lost: 0, node: "." });
const report = { tutti: 1, type: "report", requestId: "q-2", token };
const budget = { maxTasks: 10, maxAttemptsTotal: 20, maxCost: 0.5 };
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
    fairnessKey: "a",
    budget,
    workflow: echo,
  },
  {
    ...submit,
    name: "stored apart",
    headers: { user: "u" },
    deadlineSeconds: 3600,
    onFailure: "fail-fast",
    fairnessKey: "a",
    budget,
    document: { sha256: "0".repeat(64), bytes: 100, parts: 1 },
  },
  { ...operate("revoke"), path: "header[0]", reason: "a reason" },
  operate("pause"),
  operate("resume"),
  { ...operate("retry"), tasks: ["."], args: { ".": [1] }, budget },
  { ...operate("remove"), reason: "a reason" },
];

const reports: readonly unknown[] = [
  { ...report, status: "succeeded", result: { any: [1, "x"] } },
  { ...report, status: "failed", error: { name: "E", message: "m" }, retryable: true, afterSeconds: 3 },
  { ...report, status: "heartbeat", details: { at: 1 } },
];

const taskMessages: readonly unknown[] = [
  { ...dispatched("task"), node: "." },
  { ...dispatched("task"), node: "header[3]/[1]", fragment },
  { ...dispatched("task"), node: "header[3]", copyOf: 1, fragment },
  { ...dispatched("pack"), nodes: ["header[0]", "header[1]"], fragment },
];

const controlMessages: readonly unknown[] = [
  { ...dispatched("wake"), node: "[1]", fragment },
  { ...dispatched("range"), list: "start", range: 0 },
  { ...ours("map"), node: "[1]" },
  { tutti: 1, type: "follow", run: "r-1" },
  { ...ours("hedge"), join: "." },
];

const outsideTask = {
  tutti: 1,
  type: "outside-task",
  token,
  taskId: "r-1/.",
  task: "echo",
  headers: { tenant: "a", trace: null },
  label: null,
  attempt: 1,
  deadline: "2026-12-01T08:00:00.000Z",
  timeoutSeconds: 60,
  reportQueueUrl: "https://sqs.us-east-1.amazonaws.com/000000000000/tutti-request",
};

/** For programs elsewhere; we get them back as dead letters. */
const outsideMessages: readonly unknown[] = [
  { ...outsideTask, args: [1, "two", { three: [null, true] }] },
  {
    ...outsideTask,
    label: "one",
    storedArgs: { pk: "r-1", sk: ["value#0", "value#1"], bytes: 400_000, encoding: "gzip" },
  },
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

export const corpus = {
  workflows,
  requests,
  reports,
  taskMessages,
  controlMessages,
  outsideMessages,
  events,
} as const;

/** Whatever a queue may hold. */
export const messages: readonly unknown[] = [
  ...requests,
  ...reports,
  ...taskMessages,
  ...controlMessages,
  ...outsideMessages,
];
