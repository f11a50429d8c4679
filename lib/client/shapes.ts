/**
 * What the client and the CLI hand out. Scripts rely on these: fields may be added, never changed.
 *
 * Times are ISO-8601 in UTC. What is not known, or not there yet, is null.
 */
import type { Json } from "../model/json.ts";
import type { OutcomeStatus, RunStatus, StoredError, TaskStatus } from "../model/outcome.ts";
import type { PriceTable } from "../model/prices.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { Violation } from "../protocol/audit/index.ts";
import type { Decision } from "../protocol/decision.ts";

/** Version of all shapes in here. */
export const schemaVersion = 1;

/** Tasks by state; the seven counts add up to `total`. */
export interface Progress {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly revoked: number;
  readonly skipped: number;
  readonly running: number;
  /** Not released, queued, or between two attempts. */
  readonly waiting: number;
}

/** Answer to a submit. */
export interface SubmitReport {
  readonly schemaVersion: 1;
  readonly runId: string;
  /** The task that gives the run its value; null when there is none, or when the answer was not waited for. */
  readonly callbackTaskId: string | null;
  /** False: the run existed already. Null: the request is sent, and its answer was not waited for or did not come in time. */
  readonly created: boolean | null;
}

/** What became of a revoke, pause, resume or retry; and the run after it. */
export interface OperationReport {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly status: RunStatus;
  readonly generation: number;
  readonly pausedAt: string | null;
  /** False: there was nothing to change. Null: the request is sent, and nobody has handled it in time. */
  readonly changed: boolean | null;
}

/** What a revoke would end. */
export interface RevokePreview {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly status: RunStatus;
  readonly generation: number;
  /** The task, chord or group; null: the whole run. */
  readonly path: string | null;
  /** Tasks of the run. */
  readonly total: number;
  /** Ids of the tasks without an outcome that it concerns: the first 100. */
  readonly tasks: readonly string[];
  readonly taskCount: number;
}

/** What a retry would run, and what it would keep. */
export interface RetryPreview {
  readonly schemaVersion: 1;
  readonly runId: string;
  /** The generation that it would begin. */
  readonly generation: number;
  /** Ids of the tasks that would run, again or for the first time: the first 100. Error callbacks are decided anew, and not in here. */
  readonly runs: readonly string[];
  readonly runCount: number;
  /** Ids of the tasks that would stay as they are: the first 100. */
  readonly kept: readonly string[];
  readonly keptCount: number;
}

/** A run that has failed, or ran out of time. */
export interface FailedRun {
  readonly id: string;
  readonly status: RunStatus;
  readonly generation: number;
  /** The kind of its error: the same for errors that differ in ids, numbers and quoted parts alone. */
  readonly fingerprint: string;
  readonly error: StoredError;
}

/** Runs that have failed, newest first. */
export interface FailuresReport {
  readonly schemaVersion: 1;
  readonly runs: readonly FailedRun[];
  /** True when there are older runs that were not looked at. */
  readonly partial: boolean;
}

/** One run, without its joins and tasks. */
export interface RunReport {
  readonly id: string;
  readonly name: string | null;
  readonly status: RunStatus;
  readonly generation: number;
  readonly submittedAt: string;
  readonly finishedAt: string | null;
  /** Since when nothing new starts; null unless the run is paused. */
  readonly pausedAt: string | null;
  readonly progress: Progress;
  readonly error: StoredError | null;
  /** The run's value; null unless it has succeeded (and where the value is null). */
  readonly result: Json;
  /** The map that has expanded into this run, as a task id of its own run. Absent where none has. */
  readonly parent?: string;
  /** The budget that holds for it. Absent where there is none. */
  readonly budget?: BudgetReport;
}

/** What a run may use, and what is counted of it, with everything that its maps expand into. */
export interface BudgetReport {
  /** The run that was submitted with it. */
  readonly run: string;
  /** Null: no limit. */
  readonly maxTasks: number | null;
  readonly maxAttemptsTotal: number | null;
  /** US dollars, as predicted: Lambda's time apart. */
  readonly maxCost: number | null;
  readonly used: { readonly tasks: number; readonly attempts: number; readonly cost: number };
}

/** What one kind of call has cost. */
export interface CostLine {
  readonly service: "DynamoDB" | "SQS" | "Lambda";
  /** What for. */
  readonly call: string;
  readonly unit: "write unit" | "read unit" | "SQS request" | "Lambda request" | "GB-second";
  readonly amount: number;
  /** `counted`: from what the stored items show. `estimated`: it leaves no trace in them. */
  readonly basis: "counted" | "estimated";
  /** US dollars. */
  readonly usd: number;
}

/** What a run has cost, with everything that its maps have expanded into. */
export interface CostReport {
  readonly schemaVersion: 1;
  readonly runId: string;
  /** RUNNING: the cost so far. */
  readonly status: RunStatus;
  readonly generation: number;
  /** Runs that were counted: this one, and those of its maps. */
  readonly runs: number;
  readonly prices: PriceTable;
  readonly lines: readonly CostLine[];
  readonly totals: {
    readonly writeUnits: number;
    readonly readUnits: number;
    readonly sqsRequests: number;
    readonly lambdaRequests: number;
    readonly lambdaGbSeconds: number;
    readonly usd: number;
  };
  /** What is in none of the figures. */
  readonly notCounted: readonly string[];
}

/** A map whose list is known at run time. */
export interface MapReport {
  /** As a task id. */
  readonly id: string;
  readonly status: TaskStatus;
  /** The run it has expanded into; null before that, and where there was none to make. */
  readonly run: string | null;
  /** Tasks of that run; null where there is none, or it is gone. */
  readonly progress: Progress | null;
}

/** One join: a chord header, a group, or several parents in a dag. */
export interface JoinReport {
  readonly id: string;
  readonly kind: "chord" | "group" | "dag";
  readonly when: PlanJoin["when"];
  /** Failures that are tolerated, or successes that are enough; null for joins that are not decided by a count. */
  readonly count: number | null;
  readonly expected: number;
  /** Members that may run at the same time; null: all. */
  readonly maxConcurrency: number | null;
  /** Settled member slots. */
  readonly arrived: number;
  readonly decision: Decision | null;
  /** Task ids of members that are not settled, in header order: the first 100. */
  readonly missing: readonly string[];
  readonly missingCount: number;
  readonly firedAt: string | null;
  /** Owner id of the delivery whose arrival, or decision, fired it. */
  readonly firedBy: string | null;
}

/** One task. */
export interface TaskReport {
  readonly id: string;
  readonly task: string;
  readonly label: string | null;
  /** Empty for a sleep: no worker takes it. */
  readonly queue: string;
  readonly fairnessKey: string | null;
  readonly status: TaskStatus;
  /** When its delay, sleep or pause before a retry ends; null where it waits for nothing but others or a worker. */
  readonly waitingUntil: string | null;
  /** Attempts claimed so far; 0 before the first. */
  readonly attempt: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Owner id of the delivery that runs it, or that settled it. */
  readonly worker: string | null;
  /** The last heartbeat of the attempt that runs, and what it said of itself; null before the first, and when it has ended. */
  readonly heartbeat: { readonly at: string; readonly details: Json } | null;
  /** What a report of the attempt names that a program elsewhere, or a person, has in hand; null for all others. */
  readonly token: string | null;
  readonly error: StoredError | null;
  /**
   * Why it was skipped by choice, and the task or chord that chose it, where that is another one. Null for everything else:
   * SKIPPED with an error follows from a failure.
   */
  readonly skip: { readonly reason: string | null; readonly taskId: string | null } | null;
  /** What its worker came to after others had settled it: it counts for nothing. Absent where that did not happen. */
  readonly late?: OutcomeStatus;
  /** True for a member that has settled after the quorum of its chord was decided: the callback does not get its outcome. */
  readonly afterQuorum: boolean;
}

/** Answer to a report. */
export interface ReportReport {
  readonly schemaVersion: 1;
  readonly taskId: string;
  readonly attempt: number;
  /** True: it is recorded. Null: it is sent, and its answer was not waited for or did not come in time. */
  readonly recorded: true | null;
}

/** A run in detail. */
export interface InspectReport {
  readonly schemaVersion: 1;
  readonly run: RunReport;
  readonly joins: readonly JoinReport[];
  /** Maps whose list is known at run time. Absent where there are none. */
  readonly maps?: readonly MapReport[];
  /** Only when asked for (`verbose`): 1,000 a page. */
  readonly tasks?: readonly TaskReport[];
  /** Where the next page of tasks starts; null on the last one. Goes with `tasks`. */
  readonly cursor?: string | null;
}

/** How a run ended. */
export type ResultReport =
  | { readonly schemaVersion: 1; readonly runId: string; readonly status: "SUCCEEDED"; readonly value: Json }
  | {
      readonly schemaVersion: 1;
      readonly runId: string;
      readonly status: Exclude<RunStatus, "RUNNING" | "SUCCEEDED">;
      readonly error: StoredError;
    };

/** How a run ended, and how far its tasks got. */
export type WaitReport = ResultReport & { readonly progress: Progress };

/** A run in a list. */
export interface RunLine {
  readonly id: string;
  readonly name: string | null;
  readonly status: RunStatus;
  readonly generation: number;
  readonly taskCount: number;
  readonly submittedAt: string;
  readonly finishedAt: string | null;
  readonly pausedAt: string | null;
}

/** A released task that no worker has. */
export interface WaitingTask {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly since: string;
}

/** What is going on in the whole deployment. */
export interface StatusReport {
  readonly schemaVersion: 1;
  /** Runs that are stored, by state. */
  readonly runs: Readonly<Record<RunStatus, number>>;
  /** Released joins of running runs that are not decided. */
  readonly activeJoins: number;
  /** The released task that has waited longest for a worker. */
  readonly oldestWaiting: WaitingTask | null;
  /** Requests and messages that were rejected and are still kept. */
  readonly rejected: number;
  /** Messages by queue; null where the queues cannot be asked. */
  readonly queues: readonly QueueReport[] | null;
  /** The newest runs, newest first. */
  readonly recent: readonly RunLine[];
  /** Set when there are more runs than were looked at: counts are then lower bounds. */
  readonly partial: boolean;
}

/** One queue, about as SQS counts it. */
export interface QueueReport {
  readonly queue: string;
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
  /** Messages given up, in its dead-letter queue. */
  readonly dead: number;
}

/** What an audit of stored items has found. */
export interface AuditReport {
  readonly schemaVersion: 1;
  /** Runs that were looked at. */
  readonly runs: number;
  /** Violations in all. */
  readonly found: number;
  /** The first 1,000 of them. */
  readonly violations: readonly Violation[];
  /** Ids of runs that kept changing while they were read, with something that may only look wrong for that. */
  readonly unsteady: readonly string[];
}
