/**
 * The report as a Markdown file.
 */
import { type Classification, noAssertion, type Verdict, verdicts } from "./classification.ts";
import type { AuditDocument, FlaggedPackage } from "./report-document.ts";

interface Explanation {
  readonly title: string;
  readonly meaning: string;
  readonly advice: string;
}

const explanations: Readonly<Record<Exclude<Verdict, "ok">, Explanation>> = {
  mismatch: {
    title: "Mismatch",
    meaning: "package.json and the licence text contradict each other.",
    advice: "Ask the authors which of the two holds; until then assume the more demanding one.",
  },
  unknown: {
    title: "Unknown terms",
    meaning: "The terms are not those of a known licence, or there are none.",
    advice: "Without terms there is no permission. Read what is there, or ask, before you ship it.",
  },
  restricted: {
    title: "Restricted",
    meaning: "Use is limited (for example non-commercial, or not for a competing service) or not permitted at all.",
    advice: "Check that your use is permitted; else get a permission or replace the package.",
  },
  copyleft: {
    title: "Copyleft",
    meaning: "What you pass on, or run for others, may have to come with source code under the same licence.",
    advice:
      "Weak copyleft: keep the package's files under their licence and offer their source with your changes. Strong or network copyleft: ask before you combine it with code under other terms.",
  },
  "extra-terms": {
    title: "Additional wording",
    meaning: "The licence is known, but its file says more than the licence, or says it in other words.",
    advice: "Read those words once: most are notes about authors or parts of the code, some are conditions.",
  },
  undeclared: {
    title: "Undeclared",
    meaning: "There is a licence, but package.json does not name it, so that other tools miss it.",
    advice: "The licence grants its rights all the same; record it in your list of licences.",
  },
  "missing-text": {
    title: "Missing text",
    meaning: "The licence asks to be passed on with the package, and its text is not in there.",
    advice: "Take the text from the package's repository into your list of notices.",
  },
};

/** Renders the whole report. */
export function renderMarkdown(audit: AuditDocument): string {
  return [
    ...header(audit),
    ...flaggedSections(audit),
    ...notAuditedSection(audit),
    ...remarksSection(audit),
    ...licencesSection(audit),
    ...packagesSection(audit),
    ...footer,
  ].join("\n");
}

function header({ folder, auditedAt, totals }: AuditDocument): readonly string[] {
  const when = auditedAt === undefined ? "" : ` on ${inline(auditedAt)}`;
  const failures = totals.notAudited === 0 ? "" : ` ${totals.notAudited} could not be audited.`;
  return [
    `# Licence audit of ${inline(folder)}`,
    "",
    `${totals.packages} packages were audited${when}: ${totals.fine} are fine, **${totals.flagged} need a look**.${failures}`,
    "",
  ];
}

function flaggedSections({ flagged }: AuditDocument): readonly string[] {
  return verdicts.flatMap((verdict) => {
    const rows = flagged.filter((row) => row.verdict === verdict);
    if (verdict === "ok" || rows.length === 0) return [];
    const { title, meaning, advice } = explanations[verdict];
    return [
      `## ${title}`,
      "",
      `${meaning} ${advice}`,
      "",
      ...table(
        ["Package", "Declared", "Found", "Why"],
        rows.map((row) => [label(row), row.declared ?? "–", row.found.join(", ") || "–", row.notes.join("; ")]),
      ),
    ];
  });
}

function notAuditedSection({ notAudited }: AuditDocument): readonly string[] {
  if (notAudited.length === 0) return [];
  return [
    "## Not audited",
    "",
    "The tasks of these packages did not succeed: nothing is known about their licences. `tutti inspect` shows more.",
    "",
    ...table(
      ["Member", "Task", "Status", "Reason"],
      notAudited.map(({ position, taskId, status, reason }) => [String(position), taskId, status, reason]),
    ),
  ];
}

function remarksSection({ remarks }: AuditDocument): readonly string[] {
  if (remarks.length === 0) return [];
  return [
    "## Remarks",
    "",
    "These packages are fine; this is worth knowing about them.",
    "",
    ...table(
      ["Package", "Licence", "Remark"],
      remarks.map((row) => [label(row), row.declared ?? row.found.join(", "), row.notes.join("; ")]),
    ),
  ];
}

function licencesSection({ licences }: AuditDocument): readonly string[] {
  const rows = licences.map(({ licence, family, packages }) =>
    licence === noAssertion ? ["cannot say", "–", String(packages)] : [licence, family, String(packages)],
  );
  return ["## Licences", "", ...table(["Licence", "Family", "Packages"], rows)];
}

function packagesSection({ packages }: AuditDocument): readonly string[] {
  const rows = packages.map((item) => [
    item.name,
    item.version ?? "–",
    item.concluded === noAssertion ? "cannot say" : item.concluded,
    item.verdict,
    evidenceOf(item),
    item.path,
  ]);
  return ["## All packages", "", ...table(["Package", "Version", "Licence", "Verdict", "Text", "Path"], rows)];
}

const footer: readonly string[] = [
  "## How to read this",
  "",
  "*Declared* is what package.json says. *Found* is what the licence files hold, by comparison with the texts of the SPDX list;",
  "100 % is the same wording, copyright lines and names apart. *Licence* is what the two together amount to. `OR` leaves the",
  "choice to you, `AND` binds you to both. This is a tool's reading of files, not legal advice.",
  "",
];

function evidenceOf({ found }: Classification): string {
  const own = found.filter(({ scope }) => scope === undefined);
  if (own.length === 0) return "–";
  return own
    .map(({ id, file, similarity }) =>
      similarity === null ? `${file} names ${id}` : `${file}: ${id} ${Math.floor(similarity * 100)} %`,
    )
    .join(", ");
}

function label({ name, version, paths }: FlaggedPackage): string {
  const copies = paths.length > 1 ? ` (${paths.length} copies)` : "";
  return `${name}${version === null ? "" : `@${version}`}${copies}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(inline).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line), ""];
}

/** Text from packages must not become markup of the report. */
function inline(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, "\\$&").replace(/\s+/g, " ");
}
