/**
 * What `clean` hands out: schema first, as in operating-reports.ts. Fields may be added, never changed.
 */
import { z } from "zod";
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

export type CleanReport = z.infer<typeof cleanReportSchema>;
