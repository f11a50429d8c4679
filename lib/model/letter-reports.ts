/**
 * What `dlq show` and `dlq drop` hand out: schema first, as in operating-reports.ts. Fields may be added, never changed.
 */
import { z } from "zod";

export const letterSchema = z
  .object({
    id: z.string().describe("Of the message as SQS gives it, or of the rejected request"),
    kind: z.enum(["letter", "rejected"]).describe("In a dead-letter queue, or recorded in the table"),
    queue: z.string().nullable().describe("The queue that gave it up; null: it was rejected"),
    at: z.string().describe("When it was sent, or rejected; ISO-8601, UTC"),
    deliveries: z.int().nullable().describe("So far, those of the dead-letter queue among them; null: rejected"),
    about: z.string().describe("What it is: task, pack, outside-task, submit, …; of a rejected one, what was rejected"),
    runId: z.string().nullable(),
    generation: z.int().nullable(),
    tasks: z
      .array(z.object({ taskId: z.string(), status: z.string() }))
      .describe("The tasks it names, as they are now"),
    bytes: z.int().nullable().describe("Of its body; null: rejected, the body is not kept"),
    body: z.string().nullable().describe("Its first 500 bytes"),
    why: z.string(),
    next: z.array(z.string()).describe("What to do, best first"),
  })
  .meta({ id: "Letter" });

export const letterReportSchema = z
  .object({ schemaVersion: z.literal(1), letter: letterSchema })
  .meta({ id: "LetterReport" });

export const dropReportSchema = z
  .object({
    schemaVersion: z.literal(1),
    id: z.string(),
    dropped: z.boolean().describe("False: declined to act (dry run), or nothing of that id is there"),
    dryRun: z.boolean(),
    reason: z.string().nullable(),
    letter: letterSchema.nullable().describe("What was there; null: nothing"),
  })
  .meta({ id: "DropReport" });

export type Letter = z.infer<typeof letterSchema>;
export type LetterReport = z.infer<typeof letterReportSchema>;
export type DropReport = z.infer<typeof dropReportSchema>;
