import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { FatalError, type TaskContext } from "tutti";
import { describe, expect, it } from "vitest";
import { findPackages } from "./find-packages.ts";
import { classifyPackage, makeReport } from "./tasks.ts";
import { addPackage, aFolder, spdxText } from "./test-packages.ts";
import { auditWorkflow } from "./workflow.ts";

function aContext(attempt = 1): TaskContext {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return {
    runId: "run",
    taskId: "run:0",
    task: "task",
    attempt,
    generation: 1,
    headers: {},
    label: undefined,
    signal: new AbortController().signal,
    heartbeat() {},
    log,
  };
}

function aRoot(): string {
  const root = aFolder();
  addPackage(root, { path: "node_modules/good", manifest: { license: "MIT" }, files: { LICENSE: spdxText("MIT") } });
  addPackage(root, { path: "node_modules/bare", manifest: { license: "MIT" } });
  return root;
}

async function outcomesOf(root: string) {
  return Promise.all(
    (await findPackages(root)).map(async ({ path: place }, at) => ({
      status: "SUCCEEDED" as const,
      value: await classifyPackage.body?.(aContext(), root, place),
      taskId: `run:${at}`,
    })),
  );
}

describe("classify-package", () => {
  it("returns the classification as JSON", async () => {
    const result = await classifyPackage.body?.(aContext(), aRoot(), "node_modules/good");
    expect(result).toMatchObject({ name: "good", verdict: "ok" });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it("is not tried again for a package that is gone", async () => {
    const attempt = classifyPackage.body?.(aContext(), aRoot(), "node_modules/gone");
    await expect(attempt).rejects.toThrow(FatalError);
    await expect(attempt).rejects.toThrow("node_modules/gone holds no package.json inside the audited folder");
  });
});

describe("make-report", () => {
  it("writes both files and returns where they are and what is in them", async () => {
    const root = aRoot();
    const output = path.join(aFolder(), "not", "there", "yet");
    const result = await makeReport.body?.(aContext(), await outcomesOf(root), root, output);
    expect(result).toMatchObject({
      packages: 2,
      flagged: 1,
      notAudited: 0,
      reportFile: path.join(output, "licence-report.md"),
      jsonFile: path.join(output, "licence-report.json"),
      summary: expect.arrayContaining(["2 packages audited: 1 fine, 1 to look at"]),
    });
    expect(readFileSync(path.join(output, "licence-report.md"), "utf8")).toContain("## Missing text");
    expect(JSON.parse(readFileSync(path.join(output, "licence-report.json"), "utf8"))).toMatchObject({
      totals: { packages: 2 },
    });
  });

  it("leaves the same bytes when it runs again, and nothing of an attempt that was killed", async () => {
    const root = aRoot();
    const output = aFolder();
    const outcomes = await outcomesOf(root);
    await makeReport.body?.(aContext(1), outcomes, root, output);
    const first = readFileSync(path.join(output, "licence-report.md"));
    writeFileSync(path.join(output, "licence-report.md.1.partial"), "half a rep");
    await makeReport.body?.(aContext(2), outcomes, root, output);
    expect(readFileSync(path.join(output, "licence-report.md"))).toEqual(first);
    expect(readdirSync(output).toSorted()).toEqual(["licence-report.json", "licence-report.md"]);
  });

  it("writes into the audited folder when no other is named", async () => {
    const root = aRoot();
    await makeReport.body?.(aContext(), await outcomesOf(root), root);
    expect(readdirSync(root).toSorted()).toEqual(["licence-report.json", "licence-report.md", "node_modules"]);
  });

  it("accepts every kind of outcome an all-settled chord has", () => {
    const settled = ["FAILED", "TIMED_OUT", "REVOKED", "SKIPPED"].map((status) => ({
      status,
      error: { name: "Error", message: "why" },
      taskId: "run:1",
    }));
    expect(makeReport.args.safeParse([settled, "/root"]).success).toBe(true);
    expect(makeReport.args.safeParse([[{ status: "DONE" }], "/root"]).success).toBe(false);
  });
});

describe("auditWorkflow", () => {
  it("is an all-settled chord with one member for each package, in order", async () => {
    const root = aRoot();
    const workflow = auditWorkflow({ rootFolder: root, packages: await findPackages(root), outputFolder: "reports" });
    expect(workflow).toEqual({
      chord: {
        header: [
          { task: "classify-package", args: [root, "node_modules/bare"], label: "bare@1.0.0" },
          { task: "classify-package", args: [root, "node_modules/good"], label: "good@1.0.0" },
        ],
        callback: { task: "make-report", args: [root, path.resolve("reports")] },
        when: "all-settled",
      },
    });
  });

  it("hands the time of the audit on when it is given", () => {
    const { chord } = auditWorkflow({ rootFolder: "/root", packages: [], auditedAt: "2026-11-21T04:00:00Z" });
    expect(chord.callback).toEqual({ task: "make-report", args: ["/root", "/root", "2026-11-21T04:00:00Z"] });
  });
});
