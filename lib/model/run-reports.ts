/**
 * What `status`, `inspect`, `wait`, `run`, `result`, `cost` and `audit` print with `--json`, as shipped in
 * `schema/reports-1.json`. Fields may be added, never changed. Times are ISO-8601 in UTC; null: not known, or not there yet.
 */
import { z } from "zod";
import { outcomeStatuses, runStatuses } from "./outcome.ts";
import { priceTableSchema } from "./prices.ts";

const version = z.literal(1);
const time = z.string().describe("ISO-8601, UTC");
const runStatus = z.enum(runStatuses);
const taskStatus = z.enum(["WAITING", "QUEUED", "RUNNING", "RETRYING", ...outcomeStatuses]);
const count = z.int().nonnegative();

export const storedErrorSchema = z
  .object({
    name: z.string(),
    message: z.string(),
    taskId: z.string().optional().describe("The task that caused it, where that is another one"),
  })
  .meta({ id: "StoredError" });

export const progressSchema = z
  .object({
    total: count,
    succeeded: count,
    failed: count,
    timedOut: count,
    revoked: count,
    skipped: count,
    running: count,
    waiting: count.describe("Not released, queued, or between two attempts"),
  })
  .meta({ id: "Progress" });

const budgetSchema = z
  .object({
    run: z.string(),
    maxTasks: z.number().nullable(),
    maxAttemptsTotal: z.number().nullable(),
    maxCost: z.number().nullable(),
    used: z.object({ tasks: z.number(), attempts: z.number(), cost: z.number() }),
  })
  .meta({ id: "BudgetReport" });

const runSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    status: runStatus,
    generation: count,
    submittedAt: time,
    finishedAt: time.nullable(),
    pausedAt: time.nullable(),
    progress: progressSchema,
    error: storedErrorSchema.nullable(),
    result: z.json(),
    parent: z.string().optional().describe("The map that has expanded into this run"),
    budget: budgetSchema.optional(),
  })
  .meta({ id: "RunReport" });

export const when = z.enum(["all-succeeded", "all-settled", "tolerate", "quorum"]);
export const joinKind = z.enum(["chord", "group", "dag"]);

const joinSchema = z
  .object({
    id: z.string(),
    kind: joinKind,
    when,
    count: count.nullable(),
    expected: count,
    maxConcurrency: count.nullable(),
    arrived: count,
    decision: z.enum(["callback", "error", "skipped"]).nullable(),
    missing: z.array(z.string()).describe("Task ids in header order: the first 100"),
    missingCount: count,
    firedAt: time.nullable(),
    firedBy: z.string().nullable(),
  })
  .meta({ id: "JoinReport" });

const mapSchema = z
  .object({ id: z.string(), status: taskStatus, run: z.string().nullable(), progress: progressSchema.nullable() })
  .meta({ id: "MapReport" });

const taskSchema = z
  .object({
    id: z.string(),
    task: z.string(),
    label: z.string().nullable(),
    queue: z.string(),
    fairnessKey: z.string().nullable(),
    status: taskStatus,
    waitingUntil: time.nullable(),
    attempt: count,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    worker: z.string().nullable(),
    heartbeat: z.object({ at: time, details: z.json() }).nullable(),
    token: z.string().nullable(),
    error: storedErrorSchema.nullable(),
    skip: z.object({ reason: z.string().nullable(), taskId: z.string().nullable() }).nullable(),
    late: z.enum(outcomeStatuses).optional(),
    afterQuorum: z.boolean(),
  })
  .meta({ id: "TaskReport" });

export const inspectReportSchema = z
  .object({
    schemaVersion: version,
    run: runSchema,
    joins: z.array(joinSchema),
    maps: z.array(mapSchema).optional(),
    tasks: z.array(taskSchema).optional().describe("With --verbose: 1,000 a page"),
    cursor: z.string().nullable().optional(),
  })
  .meta({ id: "InspectReport" });

const ended = { schemaVersion: version, runId: z.string() };
const failedStatus = z.enum(["FAILED", "TIMED_OUT", "REVOKED"]);

export const resultReportSchema = z
  .union([
    z.object({ ...ended, status: z.literal("SUCCEEDED"), value: z.json() }),
    z.object({ ...ended, status: failedStatus, error: storedErrorSchema }),
    z.object({ ...ended, status: z.literal("RUNNING"), progress: progressSchema }),
  ])
  .meta({ id: "ResultReport" });

export const waitReportSchema = z
  .union([
    z.object({ ...ended, status: z.literal("SUCCEEDED"), value: z.json(), progress: progressSchema }),
    z.object({ ...ended, status: failedStatus, error: storedErrorSchema, progress: progressSchema }),
    z
      .object({ ...ended, status: z.literal("RUNNING"), progress: progressSchema.nullable() })
      .describe("Time is up; null: nothing is known of the run yet"),
  ])
  .meta({ id: "WaitReport" });

const submitted = { callbackTaskId: z.string().nullable(), created: z.boolean().nullable() };

export const submitReportSchema = z.object({ ...ended, ...submitted }).meta({ id: "SubmitReport" });

export const runAndWaitReportSchema = z
  .union([
    z.object({ ...ended, ...submitted, status: z.literal("SUCCEEDED"), value: z.json(), progress: progressSchema }),
    z.object({ ...ended, ...submitted, status: failedStatus, error: storedErrorSchema, progress: progressSchema }),
  ])
  .meta({ id: "RunAndWaitReport" });

const queueSchema = z
  .object({ queue: z.string(), visible: count, inFlight: count, delayed: count, dead: count })
  .meta({ id: "QueueReport" });

/** @param line - A run in a list. */
export const statusReportSchemaOf = <Line extends z.ZodType>(line: Line) =>
  z
    .object({
      schemaVersion: version,
      runs: z.record(runStatus, count),
      activeJoins: count,
      oldestWaiting: z.object({ taskId: z.string(), status: taskStatus, since: time }).nullable(),
      rejected: count,
      queues: z.array(queueSchema).nullable().describe("Null: they could not be asked"),
      recent: z.array(line).describe("The newest runs, newest first"),
      partial: z.boolean(),
    })
    .meta({ id: "StatusReport" });

const costLineSchema = z
  .object({
    service: z.enum(["DynamoDB", "SQS", "Lambda"]),
    call: z.string(),
    unit: z.enum(["write unit", "read unit", "SQS request", "Lambda request", "GB-second"]),
    amount: z.number(),
    basis: z.enum(["counted", "estimated"]),
    usd: z.number(),
  })
  .meta({ id: "CostLine" });

export const costReportSchema = z
  .object({
    ...ended,
    status: runStatus,
    generation: count,
    runs: count,
    prices: priceTableSchema,
    lines: z.array(costLineSchema),
    totals: z.object({
      writeUnits: z.number(),
      readUnits: z.number(),
      sqsRequests: z.number(),
      lambdaRequests: z.number(),
      lambdaGbSeconds: z.number(),
      usd: z.number(),
    }),
    notCounted: z.array(z.string()),
  })
  .meta({ id: "CostReport" });

export const auditReportSchema = z
  .object({
    schemaVersion: version,
    runs: count,
    found: count,
    violations: z.array(
      z.object({
        invariant: z.string(),
        run: z.string(),
        node: z.string().optional(),
        join: z.string().optional(),
        explanation: z.string(),
        key: z.record(z.enum(["pk", "sk"]), z.string()),
      }),
    ),
    unsteady: z.array(z.string()),
  })
  .meta({ id: "AuditReport" });
