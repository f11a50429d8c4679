import { describe, expect, it } from "vitest";
import type { Classification } from "./classification.ts";
import { type AuditOutcome, createReport } from "./report.ts";

function aPackage(name: string, fields: Partial<Classification> = {}): Classification {
  return {
    name,
    version: "1.0.0",
    path: `node_modules/${name}`,
    declared: "MIT",
    concluded: "MIT",
    family: "permissive",
    verdict: "ok",
    found: [{ id: "MIT", file: "LICENSE", similarity: 0.993 }],
    notes: [],
    ...fields,
  };
}

function succeeded(value: Classification): AuditOutcome {
  return { status: "SUCCEEDED", value, taskId: `run:${value.path}` };
}

const gpl: Partial<Classification> = {
  declared: "MIT",
  concluded: "NOASSERTION",
  family: "strong-copyleft",
  verdict: "mismatch",
  found: [{ id: "GPL-3.0-only", file: "LICENSE", similarity: 1 }],
  notes: ["declares MIT, but LICENSE is GPL-3.0-only"],
};

const outcomes: readonly AuditOutcome[] = [
  succeeded(aPackage("zebra")),
  succeeded(aPackage("liar", gpl)),
  {
    status: "FAILED",
    error: { name: "FatalError", message: "node_modules/gone holds no package.json" },
    taskId: "run:2",
  },
  succeeded(aPackage("alpha", { concluded: "ISC", declared: "ISC" })),
  succeeded(
    aPackage("bare", { verdict: "missing-text", found: [], notes: ["declares MIT; no licence file in the package"] }),
  ),
  succeeded(aPackage("chatty", { notes: ["LICENSE is ISC too, which package.json does not declare"] })),
  { status: "TIMED_OUT", error: { name: "TimeoutError", message: "60 s" }, taskId: "run:6" },
];

describe("createReport", () => {
  const report = createReport(outcomes, { folder: "shop", auditedAt: "2026-11-21T04:00:00Z" });

  it("counts packages, what is fine, what needs a look and what was not audited", () => {
    expect(report.json.totals).toEqual({ packages: 5, fine: 3, flagged: 2, notAudited: 2 });
  });

  it("counts licences, the most frequent first", () => {
    expect(report.json.licences).toEqual([
      { licence: "MIT", family: "permissive", packages: 3 },
      { licence: "ISC", family: "permissive", packages: 1 },
      { licence: "NOASSERTION", family: "strong-copyleft", packages: 1 },
    ]);
  });

  it("lists what needs a look by weight, with the reason", () => {
    expect(report.json.flagged.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["liar", "mismatch"],
      ["bare", "missing-text"],
    ]);
    expect(report.markdown).toContain("## Mismatch");
    expect(report.markdown).toContain(
      "| liar@1.0.0 | MIT | GPL-3.0-only | declares MIT, but LICENSE is GPL-3.0-only |",
    );
  });

  it("names the members that were not audited, with position, task and reason", () => {
    expect(report.json.notAudited).toEqual([
      { taskId: "run:2", position: 3, status: "FAILED", reason: "FatalError: node_modules/gone holds no package.json" },
      { taskId: "run:6", position: 7, status: "TIMED_OUT", reason: "TimeoutError: 60 s" },
    ]);
    expect(report.markdown).toContain("| 7 | run:6 | TIMED\\_OUT | TimeoutError: 60 s |");
  });

  it("keeps remarks on fine packages apart", () => {
    expect(report.json.remarks.map(({ name }) => name)).toEqual(["chatty"]);
    expect(report.markdown).toContain("## Remarks");
  });

  it("lists every package by name with its evidence", () => {
    expect(report.json.packages.map(({ name }) => name)).toEqual(["alpha", "bare", "chatty", "liar", "zebra"]);
    expect(report.markdown).toContain("| zebra | 1.0.0 | MIT | ok | LICENSE: MIT 99 % | node\\_modules/zebra |");
  });

  it("mentions the time only when it is given one", () => {
    expect(report.markdown).toContain("were audited on 2026-11-21T04:00:00Z:");
    const timeless = createReport(outcomes, { folder: "shop" });
    expect(timeless.markdown).not.toMatch(/\d\d:\d\d/);
    expect(timeless.json).not.toHaveProperty("auditedAt");
  });

  it("does not depend on the order in which packages come", () => {
    const packages = outcomes.filter(({ status }) => status === "SUCCEEDED");
    expect(createReport(packages.toReversed(), { folder: "shop" })).toEqual(createReport(packages, { folder: "shop" }));
  });

  it("says in the terminal what the report says, within 100 columns", () => {
    expect(report.summaryLines).toEqual([
      "5 packages audited: 3 fine, 2 to look at; 2 not audited",
      "",
      "  MIT            3  ████████████████████████",
      "  ISC            1  ████████",
      "  cannot say     1  ████████",
      "",
      "To look at",
      "  mismatch      liar@1.0.0  declares MIT, but LICENSE is GPL-3.0-only",
      "  missing-text  bare@1.0.0  declares MIT; no licence file in the package",
      "",
      "Not audited",
      "  FAILED        FatalError: node_modules/gone holds no package.json",
      "  TIMED_OUT     TimeoutError: 60 s",
    ]);
    const long = createReport([succeeded(aPackage("n".repeat(214), gpl))], { folder: "shop" });
    expect(Math.max(...long.summaryLines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("gives copies of one version one line with their number", () => {
    const copies = ["a", "b", "c"].map((at) =>
      succeeded(aPackage("liar", { ...gpl, path: `node_modules/${at}/node_modules/liar` })),
    );
    const { json, markdown, summaryLines } = createReport(copies, { folder: "shop" });
    expect(json.flagged).toHaveLength(1);
    expect(json.flagged[0]?.paths).toHaveLength(3);
    expect(json.totals.flagged).toBe(3);
    expect(markdown).toContain("| liar@1.0.0 (3 copies) |");
    expect(summaryLines.join("\n")).toContain("liar@1.0.0 ×3");
  });

  it("shortens long lists in the terminal only", () => {
    const many = Array.from({ length: 30 }, (_, at) => succeeded(aPackage(`liar-${at}`, gpl)));
    const { markdown, summaryLines } = createReport(many, { folder: "shop" });
    expect(summaryLines.at(-1)).toBe("  … and 21 more like this in the report");
    expect(markdown.match(/declares MIT, but/g)).toHaveLength(30);
  });

  it("does not let a package write into the report's markup", () => {
    const evil = aPackage("x|y", { notes: ["<script>alert(1)</script> [a](b) `c`\n# d"] });
    const { markdown } = createReport([succeeded(evil)], { folder: "a_b*c" });
    expect(markdown).toContain("# Licence audit of a\\_b\\*c");
    expect(markdown).toContain("x\\|y");
    expect(markdown).toContain("\\<script\\>alert(1)\\</script\\> \\[a\\](b) \\`c\\` # d");
  });

  it("reports on no packages at all", () => {
    const { json, summaryLines } = createReport([], { folder: "shop" });
    expect(json.totals).toEqual({ packages: 0, fine: 0, flagged: 0, notAudited: 0 });
    expect(summaryLines[0]).toBe("0 packages audited: 0 fine, 0 to look at");
  });
});
