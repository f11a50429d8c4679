/**
 * Makes the audit's report from what became of each package. Pure: the same outcomes give the same report, byte for byte.
 */
import { z } from "zod";
import { type Classification, classificationSchema, verdicts } from "./classification.ts";
import type { LicenceFamily } from "./licence-families.ts";
import type { AuditDocument, FlaggedPackage, NotAudited } from "./report-document.ts";
import { renderMarkdown } from "./report-markdown.ts";
import { renderSummary } from "./report-summary.ts";

/** What the callback of an all-settled chord gets for each package. */
export const auditOutcomeSchema = z.discriminatedUnion("status", [
  z.object({ status: z.literal("SUCCEEDED"), value: classificationSchema, taskId: z.string() }),
  z.object({
    status: z.enum(["FAILED", "TIMED_OUT", "REVOKED", "SKIPPED"]),
    error: z.object({ name: z.string(), message: z.string() }),
    taskId: z.string(),
  }),
]);
export type AuditOutcome = z.infer<typeof auditOutcomeSchema>;

export interface AuditReport {
  readonly markdown: string;
  /** For a terminal, at most 100 columns, without colour. */
  readonly summaryLines: readonly string[];
  readonly json: AuditDocument;
}

export interface ReportOptions {
  /** Name of what was audited, for the title. */
  readonly folder: string;
  /** When, as ISO 8601. @default not mentioned */
  readonly auditedAt?: string | undefined;
}

/** Makes the report. The order of the outcomes does not matter, but for the positions of what was not audited. */
export function createReport(outcomes: readonly AuditOutcome[], options: ReportOptions): AuditReport {
  const json = documentOf(outcomes, options);
  return { markdown: renderMarkdown(json), summaryLines: renderSummary(json), json };
}

function documentOf(outcomes: readonly AuditOutcome[], { folder, auditedAt }: ReportOptions): AuditDocument {
  const packages = outcomes
    .flatMap((outcome) => (outcome.status === "SUCCEEDED" ? [outcome.value] : []))
    .toSorted((a, b) => compare(a.name, b.name) || compare(a.path, b.path));
  const notAudited = outcomes.flatMap((outcome, index) => notAuditedOf(outcome, index + 1));
  const flagged = packages.filter(({ verdict }) => verdict !== "ok");
  const remarkable = packages.filter(({ verdict, notes }) => verdict === "ok" && notes.length > 0);
  return {
    schemaVersion: 1,
    folder,
    ...(auditedAt === undefined ? {} : { auditedAt }),
    totals: {
      packages: packages.length,
      fine: packages.length - flagged.length,
      flagged: flagged.length,
      notAudited: notAudited.length,
    },
    licences: countLicences(packages),
    flagged: groupCopies(flagged),
    remarks: groupCopies(remarkable),
    notAudited,
    packages,
  };
}

function notAuditedOf(outcome: AuditOutcome, position: number): readonly NotAudited[] {
  if (outcome.status === "SUCCEEDED") return [];
  const { taskId, status, error } = outcome;
  return [{ taskId, position, status, reason: `${error.name}: ${error.message}` }];
}

function countLicences(packages: readonly Classification[]): AuditDocument["licences"] {
  const counts = new Map<string, { licence: string; family: LicenceFamily; packages: number }>();
  for (const { concluded, family } of packages) {
    const row = counts.get(concluded) ?? { licence: concluded, family, packages: 0 };
    counts.set(concluded, { ...row, packages: row.packages + 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.packages - a.packages || compare(a.licence, b.licence));
}

/** One row for all copies of a version that say the same. Given in order of names, so copies keep that order. */
function groupCopies(packages: readonly Classification[]): readonly FlaggedPackage[] {
  const rows = new Map<string, FlaggedPackage>();
  for (const { name, version, path, declared, family, verdict, found, notes } of packages) {
    const key = JSON.stringify([name, version, verdict, declared, notes]);
    const row = rows.get(key);
    const ids = found.filter(({ scope }) => scope === undefined).map(({ id }) => id);
    rows.set(
      key,
      row === undefined
        ? { name, version, verdict, family, declared, found: ids, notes, paths: [path] }
        : { ...row, paths: [...row.paths, path] },
    );
  }
  return [...rows.values()].toSorted((a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict));
}

/** By code unit, not by locale, so that two machines agree. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
