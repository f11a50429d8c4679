/**
 * What `clean`, `dlq` and `sweep` hand out: schema first, as in operating-reports.ts. Fields may be added, never changed.
 */
import { z } from "zod";
import { letterSchema } from "./letter-reports.ts";
import { runStatuses } from "./outcome.ts";

export const cleanReportSchema = z
  .object({
    schemaVersion: z.literal(1),
    dryRun: z.boolean(),
    runs: z.array(
      z.object({
        runId: z.string(),
        status: z.enum(runStatuses).describe("Before"),
        do: z.enum(["remove", "revoke and remove", "leave"]),
        done: z.boolean().nullable().describe("Null: asked for, and not known yet; or a dry run"),
        result: z.string(),
      }),
    ),
    queues: z.array(
      z.object({
        queue: z.string(),
        messages: z.int().describe("About as many as SQS counted before"),
        purged: z.boolean(),
      }),
    ),
  })
  .meta({ id: "CleanReport" });

export const redriveReportSchema = z
  .object({
    schemaVersion: z.literal(1),
    dryRun: z.boolean(),
    queue: z.string(),
    dead: z.int().describe("About as many as SQS counted before"),
    moved: z.int(),
    partial: z.boolean().describe("True when the limit was reached"),
  })
  .meta({ id: "RedriveReport" });

export const deadLettersReportSchema = z
  .object({
    schemaVersion: z.literal(1),
    queues: z
      .array(z.object({ queue: z.string(), dead: z.int() }))
      .nullable()
      .describe("Null: the queues cannot be asked"),
    rejected: z
      .array(
        z.object({
          requestId: z.string(),
          kind: z.string(),
          at: z.string().describe("ISO-8601, UTC"),
          runId: z.string().nullable(),
          code: z.string(),
          message: z.string(),
        }),
      )
      .describe("The newest 20"),
    rejectedCount: z.int(),
    letters: z.array(letterSchema).optional().describe("Each letter, oldest first, where that is asked for"),
  })
  .meta({ id: "DeadLettersReport" });

export const sweepReportSchema = z
  .object({
    schemaVersion: z.literal(1),
    dryRun: z.boolean(),
    visited: z.int().describe("Runs; of a dry run all that run"),
    repaired: z.int(),
    failed: z.int().describe("Runs whose visit failed: they stay due"),
    findings: z
      .array(z.object({ runId: z.string(), kind: z.string(), path: z.string().nullable(), explanation: z.string() }))
      .describe("Of a dry run: what would be mended"),
  })
  .meta({ id: "SweepReport" });

export type SweepReport = z.infer<typeof sweepReportSchema>;
export type DeadLettersReport = z.infer<typeof deadLettersReportSchema>;
export type CleanReport = z.infer<typeof cleanReportSchema>;
