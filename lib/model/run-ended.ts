/**
 * What is told outside when a run has ended (docs/events.md). Fields may be added, never changed.
 */
import { z } from "zod";
import { runStatuses } from "./outcome.ts";
import { progressSchema } from "./run-reports.ts";

const time = z.string().describe("ISO-8601, UTC");
const count = z.int().nonnegative();

export const runEndedSchema = z
  .object({
    schemaVersion: z.literal(1),
    id: z.string().describe("Of this end: the same in every copy of the event. <run id>#<generation>"),
    table: z.string().describe("Tells deployments apart"),
    runId: z.string(),
    generation: z.int().positive(),
    name: z.string().nullable(),
    status: z.enum(runStatuses).exclude(["RUNNING"]),
    submittedAt: time,
    endedAt: time,
    taskCount: count,
    progress: progressSchema
      .nullable()
      .describe("Tasks by state when the event was made; null: too many to count, or the run has gone on since"),
    error: z
      .object({ name: z.string(), taskId: z.string().nullable() })
      .nullable()
      .describe("Its name alone: what it says is with the run"),
  })
  .meta({ id: "RunEnded" });

export type RunEnded = z.infer<typeof runEndedSchema>;
