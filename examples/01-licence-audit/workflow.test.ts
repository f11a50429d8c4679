/**
 * The whole audit in memory: real tasks on real folders, with workers that die.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { createTestEngine, nothingLeft, type TestEngineOptions } from "tutti/testing";
import { expect, it } from "vitest";
import { findPackages } from "./find-packages.ts";
import * as tasks from "./tasks.ts";
import { addPackage, aFolder, spdxText } from "./test-packages.ts";
import { auditWorkflow } from "./workflow.ts";

async function anAudit(stubs: NonNullable<TestEngineOptions["stubs"]> = {}) {
  const rootFolder = aFolder();
  const outputFolder = aFolder();
  addPackage(rootFolder, { path: "node_modules/a", manifest: { license: "MIT" }, files: { LICENSE: spdxText("MIT") } });
  addPackage(rootFolder, { path: "node_modules/b", manifest: { license: "MIT" } });
  const workflow = auditWorkflow({ rootFolder, outputFolder, packages: await findPackages(rootFolder) });
  const readReport = () => readFileSync(path.join(outputFolder, "licence-report.md"), "utf8");
  return { engine: createTestEngine({ tasks, stubs }), workflow, rootFolder, outputFolder, readReport };
}

it("writes one report on all packages", async () => {
  const { engine, workflow, readReport } = await anAudit();
  expect(await engine.run(workflow)).toMatchObject({
    status: "SUCCEEDED",
    value: { packages: 2, flagged: 1, notAudited: 0 },
    decisions: [{ path: ".", decision: "callback" }],
  });
  expect(readReport()).toContain("## Missing text");
});

it("names a package that was removed meanwhile, and audits the others", async () => {
  const { engine, workflow, rootFolder, readReport } = await anAudit();
  rmSync(path.join(rootFolder, "node_modules", "a"), { recursive: true });
  expect(await engine.run(workflow)).toMatchObject({
    status: "SUCCEEDED",
    value: { packages: 1, notAudited: 1 },
    tasks: [{ status: "FAILED", attempts: 1 }, { status: "SUCCEEDED" }, { status: "SUCCEEDED" }],
  });
  expect(readReport()).toContain("FatalError: node\\_modules/a holds no package.json");
});

it("names a package that takes too long, after three attempts", async () => {
  const { engine, workflow, readReport } = await anAudit({ "classify-package": Array(6).fill({ hangs: true }) });
  expect(await engine.run(workflow)).toMatchObject({ status: "SUCCEEDED", value: { packages: 0, notAudited: 2 } });
  expect(readReport()).toContain("TIMED\\_OUT");
});

it("leaves the same report when its writer dies and another one writes it again", async () => {
  const { engine, workflow, outputFolder, readReport } = await anAudit();
  engine.inject({ fault: "crash", task: "classify-package", when: "in-body" });
  engine.inject({ fault: "crash", task: "make-report", attempt: 1, when: "before-record" });
  const run = await engine.run(workflow);
  await engine.advance(60);
  await engine.check(async () => {
    expect(run).toMatchObject({ status: "SUCCEEDED", value: { packages: 2 } });
    expect(run.tasks.map((task) => task.attempts)).toEqual([2, 2, 2]);
    expect(await engine.left()).toEqual(nothingLeft);
  });
  expect(readReport()).toContain("2 packages");
  expect(readdirSync(outputFolder).toSorted()).toEqual(["licence-report.json", "licence-report.md"]);
});
