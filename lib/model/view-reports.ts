/**
 * What `graph`, `events` and `watch` hand out: schema first, as in operating-reports.ts. Fields may be added, never changed.
 * Times are ISO-8601 in UTC.
 */
import { z } from "zod";
import { outcomeStatuses, runStatuses } from "./outcome.ts";

const version = z.literal(1);
const time = z.string().describe("ISO-8601, UTC");
const taskStatus = z.enum(["WAITING", "QUEUED", "RUNNING", "RETRYING", ...outcomeStatuses]);
const errorSchema = z.object({ name: z.string(), message: z.string(), taskId: z.string().optional() });

const unitSchema = z
  .object({
    id: z.string().describe("Path; of folded units that of the first"),
    parent: z.string().nullable().describe("The unit that this one lies in; null: the run"),
    role: z.enum(["member", "callback", "onError", "step"]).describe("What it is in its parent"),
    kind: z.enum(["task", "sleep", "map", "chord", "group", "chain", "dag"]),
    title: z.string().describe("Name of the task, else the kind"),
    label: z.string().nullable(),
    count: z.int().describe("Units folded into this one; 1: none"),
    members: z.string().nullable().describe("Their paths: header[0..249]; null: not folded"),
    tasks: z.int().describe("Tasks in it"),
    states: z.partialRecord(taskStatus, z.int()).describe("Those tasks by state; states of none are left out"),
    status: taskStatus.describe("One word for it: the worst of what has failed, else what is under way"),
    join: z
      .object({
        expected: z.int(),
        arrived: z.int(),
        decisions: z.partialRecord(z.enum(["callback", "error", "skipped"]), z.int()).describe("Of `count` joins"),
      })
      .nullable()
      .describe("Of chords and groups, together"),
    attempt: z.int().describe("Most attempts of a task in it"),
    startedAt: time.nullable().describe("The first start"),
    finishedAt: time.nullable().describe("The last end; null while something is open"),
    failing: z
      .array(z.object({ taskId: z.string(), status: taskStatus, error: errorSchema.nullable() }))
      .describe("The first 3 tasks in it that did not succeed, or are tried again"),
    run: z.string().nullable().describe("Of a map: the run it has expanded into, when that is one"),
  })
  .meta({ id: "GraphUnit" });

const edgeSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    kind: z.enum(["then", "member", "error"]).describe("`member`: it settles a slot of that chord or group"),
  })
  .meta({ id: "GraphEdge" });

const graphRunSchema = z.object({
  id: z.string(),
  name: z.string().nullable(),
  status: z.enum(runStatuses),
  generation: z.int(),
  submittedAt: time,
  finishedAt: time.nullable(),
  pausedAt: time.nullable(),
  tasks: z.int(),
  states: z.partialRecord(taskStatus, z.int()),
  error: errorSchema.nullable(),
});

export const graphReportSchema = z
  .object({
    schemaVersion: version,
    at: time.describe("Of the look"),
    run: graphRunSchema,
    units: z.array(unitSchema).describe("Parents before what lies in them, in the order of the workflow"),
    edges: z.array(edgeSchema),
    get children() {
      return z.array(graphReportSchema).describe("Runs that its maps have expanded into: the first 20");
    },
  })
  .meta({ id: "GraphReport" });

/** What may have been recorded: those of docs/events.md, and what is stored of requests about a run. */
export const stepNames = [
  "submitted",
  "generation",
  "paused",
  "resumed",
  "armed",
  "dispatched",
  "claimed",
  "heartbeat",
  "retried",
  "settled",
  "late",
  "decided",
  "ended",
] as const;

export const stepSchema = z
  .object({
    at: time.nullable().describe("Null: its time is not recorded"),
    event: z.enum(stepNames),
    id: z.string().nullable().describe("Task or join, as <run id>/<path>; null: the run"),
    task: z.string().nullable(),
    attempt: z.int().nullable(),
    status: z.string().nullable().describe("What it has come to: an outcome, a decision, a state of the run"),
    cause: z.string().nullable().describe("Who or what brought it about"),
  })
  .meta({ id: "Step" });

export const eventsReportSchema = z
  .object({
    schemaVersion: version,
    runId: z.string(),
    status: z.enum(runStatuses),
    generation: z.int(),
    total: z.int().describe("Steps that are recorded"),
    omitted: z.int().describe("Earlier ones that the limit leaves out"),
    events: z.array(stepSchema).describe("Oldest first"),
  })
  .meta({ id: "EventsReport" });

const watchedRunSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    status: z.enum(runStatuses),
    pausedAt: time.nullable(),
    tasks: z.int(),
    settled: z.int(),
    failed: z.int().describe("Of the settled: FAILED, TIMED_OUT and REVOKED"),
    running: z.int(),
    ratePerSecond: z.number().nullable().describe("Tasks settled, over the last minute of looks; null at the first"),
    etaSeconds: z.number().nullable().describe("At that rate; null: not known"),
  })
  .meta({ id: "WatchedRun" });

export const watchReportSchema = z
  .object({
    schemaVersion: version,
    at: time,
    running: z.int().describe("All that run"),
    runs: z.array(watchedRunSchema).describe("The one that was named, or the newest 20 that run"),
  })
  .meta({ id: "WatchReport" });

export type WatchedRun = z.infer<typeof watchedRunSchema>;
export type WatchReport = z.infer<typeof watchReportSchema>;
export type GraphUnit = z.infer<typeof unitSchema>;
export type GraphEdge = z.infer<typeof edgeSchema>;
export type GraphReport = z.infer<typeof graphReportSchema>;
export type RunStep = z.infer<typeof stepSchema>;
export type EventsReport = z.infer<typeof eventsReportSchema>;
