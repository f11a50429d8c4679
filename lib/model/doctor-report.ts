/**
 * What `doctor` hands out: schema first, as in operating-reports.ts. Fields may be added, never changed.
 */
import { z } from "zod";

export const doctorStates = ["ok", "wrong", "unknown", "advice"] as const;

export const doctorFindingSchema = z
  .object({
    check: z.enum([
      "connection",
      "credentials",
      "table",
      "table-layout",
      "expiry",
      "recovery",
      "deletion-protection",
      "queue",
      "visibility",
      "redrive",
      "encryption",
      "dead-letters",
      "reader",
      "tasks",
      "callbacks",
      "event-sources",
      "versions",
      "stored-data",
      "clock",
      "sweeper",
    ]),
    about: z.string().describe("What was looked at: the table, queue images"),
    state: z.enum(doctorStates).describe("unknown: it could not be asked, which is no fault"),
    found: z.string(),
    expected: z.string().nullable().describe("Beside what was found, where that is wrong or could be better"),
    fix: z.string().nullable().describe("What to do"),
  })
  .meta({ id: "DoctorFinding" });

export const doctorReportSchema = z
  .object({
    schemaVersion: z.literal(1),
    healthy: z.boolean().describe("False as soon as something is wrong; advice and what is unknown do not count"),
    checkedAt: z.string().describe("ISO-8601, UTC"),
    findings: z.array(doctorFindingSchema),
    workingConfiguration: z
      .array(z.object({ setting: z.string(), found: z.string(), expected: z.string() }))
      .describe("What is wrong here, beside what it is in a configuration that works"),
  })
  .meta({ id: "DoctorReport" });

export type DoctorFinding = z.infer<typeof doctorFindingSchema>;
export type DoctorReport = z.infer<typeof doctorReportSchema>;
