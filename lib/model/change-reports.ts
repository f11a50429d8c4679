/**
 * What commands that change something print with `--json`, what `plan` and the commands that stay print, and what any command
 * prints on stderr when it fails; as shipped in `schema/reports-1.json`. Fields may be added, never changed.
 */
import { z } from "zod";
import { runStatuses } from "./outcome.ts";
import { joinKind, progressSchema, storedErrorSchema, when } from "./run-reports.ts";

const version = z.literal(1);
const count = z.int().nonnegative();
const names = z.array(z.string());
const changed = { schemaVersion: version, runId: z.string() };

export const operationReportSchema = z
  .object({
    ...changed,
    status: z.enum(runStatuses),
    generation: count,
    pausedAt: z.string().nullable(),
    changed: z.boolean().nullable().describe("Null: the request is sent, and nobody has handled it in time"),
  })
  .meta({ id: "OperationReport" });

export const revokePreviewSchema = z
  .object({
    ...changed,
    status: z.enum(runStatuses),
    generation: count,
    path: z.string().nullable(),
    total: count,
    tasks: names.describe("The first 100"),
    taskCount: count,
  })
  .meta({ id: "RevokePreview" });

export const revokeStuckReportSchema = z
  .object({ schemaVersion: version, dryRun: z.boolean(), runs: names, revoked: z.array(operationReportSchema) })
  .meta({ id: "RevokeStuckReport" });

export const retryPreviewSchema = z
  .object({ ...changed, generation: count, runs: names, runCount: count, kept: names, keptCount: count })
  .meta({ id: "RetryPreview" });

export const errorKindsReportSchema = z
  .object({
    schemaVersion: version,
    kinds: z.array(z.object({ fingerprint: z.string(), runs: count, error: storedErrorSchema })),
    partial: z.boolean(),
  })
  .meta({ id: "ErrorKindsReport" });

export const failuresReportSchema = z
  .object({
    schemaVersion: version,
    runs: z.array(
      z.object({
        id: z.string(),
        status: z.enum(runStatuses),
        generation: count,
        fingerprint: z.string(),
        error: storedErrorSchema,
      }),
    ),
    partial: z.boolean(),
  })
  .meta({ id: "FailuresReport" });

export const retriedKindReportSchema = z
  .object({
    schemaVersion: version,
    retried: names,
    refused: z.array(z.object({ id: z.string(), message: z.string() })),
    partial: z.boolean(),
  })
  .meta({ id: "RetriedKindReport" });

export const reportReportSchema = z
  .object({ schemaVersion: version, taskId: z.string(), attempt: count, recorded: z.literal(true).nullable() })
  .meta({ id: "ReportReport" });

const prediction = z.object({ writeUnits: z.number(), sqsRequests: z.number(), usd: z.number() });
const conditions = z.array(z.object({ result: z.string(), path: z.string().nullable(), equals: z.json() }));

export const planReportSchema = z
  .object({
    schemaVersion: version,
    tasks: count,
    nodes: z.array(
      z.object({
        id: z.string(),
        task: z.string(),
        label: z.string().nullable(),
        queue: z.string(),
        fairnessKey: z.string().nullable(),
        softTimeoutSeconds: z.number().nullable(),
        timeoutSeconds: z.number(),
        delaySeconds: z.number().optional(),
        at: z.string().optional(),
        if: conditions,
      }),
    ),
    joins: z.array(
      z.object({
        id: z.string(),
        kind: joinKind,
        when,
        count: count.nullable(),
        cancelRest: z.boolean(),
        hedgePercentile: count.nullable(),
        expected: count,
        deadlineSeconds: z.number().nullable(),
        maxConcurrency: count.nullable(),
        rounds: count,
        if: conditions,
      }),
    ),
    waitSeconds: z.number(),
    predicted: prediction,
    secondCopies: prediction.extend({ executions: z.number() }).optional(),
    maps: z.array(z.object({ id: z.string(), perExpansion: prediction, perItem: prediction })).optional(),
    budget: z
      .object({
        maxTasks: z.number().optional(),
        maxAttemptsTotal: z.number().optional(),
        maxCost: z.number().optional(),
      })
      .optional(),
  })
  .meta({ id: "PlanReport" });

const tasksModule = z.object({ file: z.string(), names }).nullable();

export const workerReadyReportSchema = z
  .object({ schemaVersion: version, pid: z.int(), roles: names, queues: names, tasks: tasksModule, table: z.string() })
  .meta({ id: "WorkerReadyReport" });

export const devReadyReportSchema = z
  .object({
    schemaVersion: version,
    pid: z.int(),
    endpoints: z.object({ dynamodb: z.string().optional(), sqs: z.string() }),
    region: z.string(),
    table: z.string(),
    requestQueueUrl: z.string(),
    taskQueueUrls: z.record(z.string(), z.string()),
    deadLetterQueueUrls: z.record(z.string(), z.string()),
    engine: z.string(),
    tasks: tasksModule,
    schedules: names,
    workers: z.array(z.int()),
  })
  .meta({ id: "DevReadyReport" });

export const completionReportSchema = z
  .object({ schemaVersion: version, shell: z.string(), script: z.string() })
  .meta({ id: "CompletionReport" });

export const errorReportSchema = z
  .object({
    schemaVersion: version,
    kind: z.enum(["error", "warning"]).describe("warning: nothing has failed, a wait ran out of time"),
    code: z.string(),
    message: z.string(),
    path: z.string().optional(),
    value: z.json().optional(),
    rule: z.string().optional(),
    runId: z.string().optional(),
    progress: progressSchema.optional(),
  })
  .meta({ id: "ErrorReport" });
