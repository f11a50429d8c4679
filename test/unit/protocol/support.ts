/**
 * Slots, joins and plans with literal values: what a test does not say is the plainest there is.
 */
import { requestOf } from "../../../lib/model/request.ts";
import type { Workflow } from "../../../lib/model/workflow.ts";
import { type CompileOptions, compile } from "../../../lib/plan/compile.ts";
import type { Plan, PlanJoin, RetryPolicy, TaskInfo } from "../../../lib/plan/types.ts";
import type { Head } from "../../../lib/protocol/head.ts";
import type { LeasedSlot, QueuedSlot, SettledSlot, WaitingSlot } from "../../../lib/protocol/slot.ts";

export const retry: RetryPolicy = { maxAttempts: 3, maxLost: 3, backoffSeconds: 1, maxBackoffSeconds: 60 };

export const absent = { state: "absent" } as const;

export function queued(more: Partial<QueuedSlot> = {}): QueuedSlot {
  return { state: "queued", dispatch: 1, attempt: 0, lost: 0, resends: 1, atMs: 5000, ...more };
}

export function leased(more: Partial<LeasedSlot> = {}): LeasedSlot {
  return {
    state: "leased",
    dispatch: 1,
    attempt: 1,
    lost: 0,
    owner: "me",
    carrier: "token",
    untilMs: 30_000,
    startedAtMs: 0,
    ...more,
  };
}

export function waiting(more: Partial<WaitingSlot> = {}): WaitingSlot {
  return { state: "waiting", dispatch: 2, attempt: 1, lost: 0, atMs: 5000, timer: false, ...more };
}

export function succeeded(more: Partial<SettledSlot> = {}): SettledSlot {
  const value = { kind: "inline", text: "7" } as const;
  return {
    state: "settled",
    status: "SUCCEEDED",
    attempt: 1,
    lost: 0,
    owner: "me",
    startedAtMs: 0,
    settledAtMs: 9000,
    value,
    ...more,
  };
}

export const failedSlot: SettledSlot = {
  state: "settled",
  status: "FAILED",
  attempt: 3,
  lost: 0,
  owner: "me",
  startedAtMs: 0,
  settledAtMs: 9000,
  error: { name: "Error", message: "broken" },
};

export function joinOfSize(size: number, more: Partial<PlanJoin> = {}): PlanJoin {
  return {
    id: ".",
    kind: "chord",
    size,
    leafSize: 4,
    fan: 256,
    buckets: 1,
    when: "all-succeeded",
    next: [{ kind: "end" }],
    onError: null,
    failure: { decide: [], then: { kind: "head" } },
    releasedBy: null,
    afterEnd: false,
    ...more,
  };
}

const anyArguments: TaskInfo = { queue: "default", minArgs: 0, maxArgs: Number.POSITIVE_INFINITY };

/** The plan of a workflow whose tasks are `a`, `b` and `c`. */
export function planOf(workflow: Workflow, options: CompileOptions = {}, onFailure?: "finish"): Plan {
  const request = { ...requestOf(workflow), ...(onFailure === undefined ? {} : { onFailure }) };
  return compile(request, new Map(["a", "b", "c"].map((name) => [name, anyArguments])), {
    tasksPerMessage: () => 1,
    ...options,
  });
}

export function headOf(more: Partial<Head> = {}): Head {
  return {
    runId: "r",
    status: "RUNNING",
    generation: 1,
    documentHash: "document",
    planHash: "plan",
    planPages: 1,
    requestId: "request",
    taskCount: 1,
    errorBranches: false,
    submittedAtMs: 1000,
    deadlineAtMs: 100_000_000,
    dueMs: 61_000,
    ...more,
  };
}
