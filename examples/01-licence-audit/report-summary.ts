/**
 * The report in a few lines for a terminal.
 */
import { noAssertion, verdicts } from "./classification.ts";
import type { AuditDocument, FlaggedPackage } from "./report-document.ts";

const maxColumns = 100;
const maxBarCharacters = 24;
const maxLicences = 8;
/** Lines for one verdict; the report has all. */
const maxPerVerdict = 10;

/** Renders the summary: totals, licences by frequency, what needs a look and why. No colour. */
export function renderSummary(audit: AuditDocument): readonly string[] {
  return [totalsLine(audit), "", ...licenceLines(audit), ...flaggedLines(audit), ...notAuditedLines(audit)].map(
    (line) => cut(line.trimEnd(), maxColumns),
  );
}

function totalsLine({ totals }: AuditDocument): string {
  const audited = `${totals.packages} packages audited: ${totals.fine} fine, ${totals.flagged} to look at`;
  return totals.notAudited === 0 ? audited : `${audited}; ${totals.notAudited} not audited`;
}

function licenceLines({ licences }: AuditDocument): readonly string[] {
  const shown = licences.slice(0, maxLicences);
  const rest = licences.slice(maxLicences).reduce((sum, { packages }) => sum + packages, 0);
  const rows = shown.map(({ licence, packages }) => ({
    title: licence === noAssertion ? "cannot say" : licence,
    packages,
  }));
  if (rest > 0) rows.push({ title: `${licences.length - maxLicences} others`, packages: rest });
  const width = Math.min(40, Math.max(0, ...rows.map(({ title }) => title.length)));
  const most = Math.max(1, ...rows.map(({ packages }) => packages));
  return rows.map(({ title, packages }) => {
    const bar = "█".repeat(Math.max(1, Math.round((packages / most) * maxBarCharacters)));
    return `  ${cut(title, width).padEnd(width)}  ${String(packages).padStart(4)}  ${bar}`;
  });
}

function flaggedLines({ flagged }: AuditDocument): readonly string[] {
  if (flagged.length === 0) return [];
  const width = Math.min(38, Math.max(...flagged.map((row) => label(row).length)));
  const sections = verdicts.map((verdict) => {
    const lines = flagged
      .filter((row) => row.verdict === verdict)
      .map((row) => `  ${verdict.padEnd(12)}  ${cut(label(row), width).padEnd(width)}  ${row.notes[0] ?? ""}`);
    return firstOf(lines);
  });
  return ["", "To look at", ...sections.flat()];
}

function notAuditedLines({ notAudited }: AuditDocument): readonly string[] {
  if (notAudited.length === 0) return [];
  return ["", "Not audited", ...firstOf(notAudited.map(({ status, reason }) => `  ${status.padEnd(12)}  ${reason}`))];
}

function firstOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= maxPerVerdict) return lines;
  const shown = lines.slice(0, maxPerVerdict - 1);
  return [...shown, `  … and ${lines.length - shown.length} more like this in the report`];
}

function label({ name, version, paths }: FlaggedPackage): string {
  const copies = paths.length > 1 ? ` ×${paths.length}` : "";
  return `${name}${version === null ? "" : `@${version}`}${copies}`;
}

function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, columns - 1).join("")}…`;
}
