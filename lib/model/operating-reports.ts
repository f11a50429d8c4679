/**
 * What `list`, `check`, `health`, `fix` and `monitor` hand out: schema first, so that what is shipped as
 * `schema/reports-1.json` is what is made. Fields may be added, never changed. Times are ISO-8601 in UTC.
 */
import { z } from "zod";
import { causes } from "./causes.ts";
import {
  completionReportSchema,
  devReadyReportSchema,
  errorKindsReportSchema,
  errorReportSchema,
  failuresReportSchema,
  operationReportSchema,
  planReportSchema,
  reportReportSchema,
  retriedKindReportSchema,
  retryPreviewSchema,
  revokePreviewSchema,
  revokeStuckReportSchema,
  workerReadyReportSchema,
} from "./change-reports.ts";
import {
  cleanReportSchema,
  deadLettersReportSchema,
  redriveReportSchema,
  sweepReportSchema,
} from "./cleaning-reports.ts";
import { doctorReportSchema } from "./doctor-report.ts";
import { dropReportSchema, letterReportSchema } from "./letter-reports.ts";
import { runStatuses } from "./outcome.ts";
import {
  auditReportSchema,
  costReportSchema,
  inspectReportSchema,
  resultReportSchema,
  runAndWaitReportSchema,
  statusReportSchemaOf,
  submitReportSchema,
  waitReportSchema,
} from "./run-reports.ts";
import { eventsReportSchema, graphReportSchema, watchReportSchema } from "./view-reports.ts";

const version = z.literal(1);
const time = z.string().describe("ISO-8601, UTC");
const kind = z.enum(causes).describe("The cause (docs/operations.md)");
const where = z.enum([
  "not sent",
  "queued",
  "running",
  "elsewhere",
  "retrying",
  "delayed",
  "lost",
  "dead-lettered",
  "inside",
  "recorded",
  "not started",
]);

const missingSchema = z
  .object({ taskId: z.string(), where, kind, why: z.string(), since: time })
  .meta({ id: "MissingMember" });

const groupSchema = z
  .object({
    members: z.string().describe("Folded: header[0..37,39]"),
    count: z.int(),
    where,
    kind,
    why: z.string().describe("Of the first of them"),
  })
  .meta({ id: "MissingGroup" });

export const issueSchema = z
  .object({
    kind,
    runId: z.string().nullable().describe("Null: it is about the whole deployment"),
    joinId: z.string().nullable().describe("Null: no chord, group or join waits for it"),
    since: time.describe("Of the last progress, or of the fault"),
    sinceSeconds: z.number(),
    expected: z.int(),
    arrived: z.int(),
    missing: z.array(missingSchema).describe("The first 100 in order; the groups name all"),
    missingCount: z.int(),
    groups: z.array(groupSchema),
    explanation: z.string(),
    fix: z.array(z.string()).describe("Commands that mend it, best first"),
    stuck: z.boolean().describe("No progress for longer than the threshold, or nothing in the deployment will mend it"),
  })
  .meta({ id: "Issue" });

const rejectedSchema = z
  .object({
    requestId: z.string(),
    kind: z.string(),
    at: time,
    runId: z.string().nullable(),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: "RejectedRequest" });

export const checkReportSchema = z
  .object({
    schemaVersion: version,
    healthy: z.boolean().describe("False as soon as there is an issue"),
    checkedAt: time,
    maxRuntimeHours: z.number(),
    runs: z.int().describe("Active runs that were looked at"),
    activeJoins: z.int(),
    issues: z.array(issueSchema),
    waiting: z.array(issueSchema).describe("What a run that was named waits for without an issue; else empty"),
    rejected: z.array(rejectedSchema).describe("Requests and messages that were refused: the newest 20"),
    rejectedCount: z.int(),
    unknown: z.array(z.string()).describe("Facts that could not be obtained, so that causes may be missing"),
    partial: z.boolean().describe("True when there are more runs than were looked at"),
  })
  .meta({ id: "CheckReport" });

export const activeJoinSchema = z
  .object({
    runId: z.string(),
    joinId: z.string(),
    kind: z.enum(["chord", "group", "dag"]),
    expected: z.int(),
    arrived: z.int(),
    since: time.describe("Of its last progress"),
  })
  .meta({ id: "ActiveJoin" });

export const healthReportSchema = z
  .object({
    schemaVersion: version,
    status: z.enum(["healthy", "unhealthy"]),
    active_chord_unlocks: z.int().describe("Chords, groups and joins that wait for members"),
    stuck_chords: z.int().describe("Those of them that are stuck"),
    stuck_runs: z.int(),
    issues: z.int().describe("With those that the sweeper is about to mend"),
    oldest_stuck_seconds: z.number().nullable(),
    checkedAt: time,
    partial: z.boolean(),
  })
  .meta({ id: "HealthReport" });

export const runLineSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    status: z.enum(runStatuses),
    generation: z.int(),
    taskCount: z.int(),
    submittedAt: time,
    finishedAt: time.nullable(),
    pausedAt: time.nullable(),
  })
  .meta({ id: "RunLine" });

export const statusReportSchema = statusReportSchemaOf(runLineSchema);

export const listReportSchema = z
  .object({
    schemaVersion: version,
    listedAt: time,
    runs: z.array(runLineSchema).describe("Newest first"),
    cursor: z.string().nullable().describe("Where the next page starts; null on the last one"),
  })
  .meta({ id: "ListReport" });

export const fixReportSchema = z
  .object({
    schemaVersion: version,
    dryRun: z.boolean(),
    check: checkReportSchema,
    actions: z.array(
      z.object({
        do: z.enum(["repair", "revoke", "leave"]),
        runId: z.string(),
        why: z.string(),
        done: z.boolean().nullable().describe("Null: asked for, and not known yet"),
        result: z.string(),
      }),
    ),
    next: z.array(z.string()).describe("What to do next"),
  })
  .meta({ id: "FixReport" });

export const repairReportSchema = z
  .object({ schemaVersion: version, runId: z.string(), repaired: z.int() })
  .meta({ id: "RepairReport" });

export const changeSchema = z
  .object({ schemaVersion: version, at: time, change: z.enum(["new", "gone", "same"]), issue: issueSchema.nullable() })
  .meta({ id: "MonitorChange" });

export type Issue = z.infer<typeof issueSchema>;
export type RejectedRequest = z.infer<typeof rejectedSchema>;
export type CheckReport = z.infer<typeof checkReportSchema>;
export type ActiveJoin = z.infer<typeof activeJoinSchema>;
export type HealthReport = z.infer<typeof healthReportSchema>;
export type ListReport = z.infer<typeof listReportSchema>;
export type FixReport = z.infer<typeof fixReportSchema>;
export type RepairReport = z.infer<typeof repairReportSchema>;
export type MonitorChange = z.infer<typeof changeSchema>;

/** The reports as JSON Schema (draft 2020-12). Shipped as `schema/reports-1.json`. */
export function reportsJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(
    z.union([
      checkReportSchema,
      healthReportSchema,
      listReportSchema,
      fixReportSchema,
      repairReportSchema,
      changeSchema,
      graphReportSchema,
      eventsReportSchema,
      watchReportSchema,
      cleanReportSchema,
      deadLettersReportSchema,
      redriveReportSchema,
      sweepReportSchema,
      letterReportSchema,
      dropReportSchema,
      doctorReportSchema,
      statusReportSchema,
      inspectReportSchema,
      resultReportSchema,
      waitReportSchema,
      submitReportSchema,
      runAndWaitReportSchema,
      costReportSchema,
      auditReportSchema,
      operationReportSchema,
      revokePreviewSchema,
      revokeStuckReportSchema,
      retryPreviewSchema,
      errorKindsReportSchema,
      failuresReportSchema,
      retriedKindReportSchema,
      reportReportSchema,
      planReportSchema,
      workerReadyReportSchema,
      devReadyReportSchema,
      completionReportSchema,
      errorReportSchema,
    ]),
    { io: "input", reused: "inline" },
  );
  return { ...schema, title: "What Tutti's commands print with --json, version 1" };
}
