/**
 * The rows of docs/requirements.md that a test run is asked for. Each name begins with its rows.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTestEngine, nothingLeft, type TestEngine, type TestEngineOptions } from "tutti/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as tasks from "./tasks.ts";
import example, { testRunWorkflow } from "./workflow.ts";

let folder: string;
let engine: TestEngine;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tutti-test-run-"));
  engine = createTestEngine({ tasks });
});
afterEach(() => {
  engine.close();
  rmSync(folder, { recursive: true });
});

const passing = `console.log('{"tests": 5, "failed": 0, "seconds": 1.5}');`;
const throwing = 'console.error("no browser found"); process.exitCode = 1;';

/** A run of shards with these programs, named a, b, c … */
function aRun(...programs: readonly string[]) {
  const files = programs.map((text, index) => {
    const file = path.join(folder, `${"abcdef"[index]}.mjs`);
    writeFileSync(file, text);
    return [path.basename(file, ".mjs"), file] as const;
  });
  return testRunWorkflow({
    id: "run-42",
    configId: "config-7",
    startedAt: "2026-11-21T02:00:00Z",
    shards: Object.fromEntries(files),
    folder,
    organizationId: null,
  });
}

const stubbed = (stubs: NonNullable<TestEngineOptions["stubs"]>) => {
  engine.close();
  engine = createTestEngine({ tasks, stubs });
};
const summary = () => JSON.parse(readFileSync(path.join(folder, "run-42.json"), "utf8"));
const callsOf = (name: string) => engine.calls.filter(({ task }) => task === name);

it("S1-02 S1-08 S1-09 S2-10: shards run side by side, their results are collected, and the summary is sent once", async () => {
  const run = await engine.run(aRun(passing, passing, passing), { id: "r" });
  expect(run).toMatchObject({ status: "SUCCEEDED", value: { status: "passed", total: 3, failed: 0 } });
  expect(summary()).toEqual({
    test_run_id: "run-42",
    test_config_id: "config-7",
    organization_id: null,
    started_at: "2026-11-21T02:00:00Z",
    status: "passed",
    total: 3,
    failed: 0,
    results: ["a", "b", "c"].map((test_id) => ({ test_id, status: "passed", error: null, execution_time: 1.5 })),
  });
  expect(callsOf("send-summary").map(({ taskId }) => taskId)).toEqual(["r/callback/[1]"]);
});

it("S1-06 S1-07 S2-09: members take named arguments, the callback bound ones after the results, and has a display name", async () => {
  await engine.run(aRun(passing));
  expect(callsOf("run-shard")[0]?.args).toEqual([
    { test_config_id: "config-7", test_run_id: "run-42", test_id: "a", file: path.join(folder, "a.mjs") },
  ]);
  expect(callsOf("collect-results")[0]?.args.slice(1)).toEqual(["2026-11-21T02:00:00Z", "config-7", "run-42", ["a"]]);
  expect(JSON.stringify(aRun(passing))).toContain('"label":"Test Execution Summary"');
});

it("S1-72 S1-75 S1-77: a shard that tells nothing is a failed line of the summary, and holds nothing up", async () => {
  const run = await engine.run(aRun(passing, ""));
  expect(run).toMatchObject({ status: "SUCCEEDED", value: { status: "failed", failed: 1 } });
  expect(callsOf("collect-results")[0]?.args[0]).toMatchObject([{}, { status: "SUCCEEDED", value: null }]);
  expect(summary().results[1]).toEqual({
    test_id: "b",
    status: "failed",
    error: "the shard told no result",
    execution_time: 0,
  });
});

it("S1-73 S1-74: a shard that throws is tried three times, and is then a failed line with its text", async () => {
  const run = await engine.run(aRun(passing, throwing));
  expect(run.status).toBe("SUCCEEDED");
  expect(run.tasks.slice(0, 2)).toMatchObject([{ attempts: 1 }, { attempts: 3, status: "FAILED" }]);
  expect(summary().results[1]).toMatchObject({ test_id: "b", status: "failed", execution_time: 0 });
  expect(summary().results[1].error).toMatch(/^FAILED: .*no browser found/s);
});

it("S1-74: a shard that succeeds at its last attempt has not failed", async () => {
  const fault = { error: new Error("no browser found") };
  stubbed({ "run-shard": [fault, fault, { value: { tests: 5, failed: 0, seconds: 1.5 } }] });
  const run = await engine.run(aRun(passing));
  expect(run).toMatchObject({ value: { failed: 0 } });
  expect(run.tasks[0]).toMatchObject({ status: "SUCCEEDED", attempts: 3 });
});

it("S1-22: a shard that hangs, and one whose worker dies, are lines of the summary or made up for", async () => {
  stubbed({
    "run-shard": async (ctx, { test_id }: { test_id: string }) => {
      if (test_id === "b") await engine.sleep(ctx, Number.POSITIVE_INFINITY);
      if (test_id === "c" && ctx.attempt === 1) await engine.crash(ctx);
      return { tests: 5, failed: 0, seconds: 1.5 };
    },
  });
  const run = await engine.run(aRun(passing, passing, passing));
  expect(run).toMatchObject({ status: "SUCCEEDED", value: { total: 3, failed: 1 } });
  expect(summary().results).toMatchObject([
    { status: "passed" },
    { status: "failed", error: expect.stringMatching(/^TIMED_OUT/) },
    { status: "passed" },
  ]);
  await engine.advance(600);
  await engine.check(async () => expect(await engine.left()).toEqual(nothingLeft));
});

it("calls the error callback once, and makes no summary, when more than half of the shards cannot run", async () => {
  const run = await engine.run(aRun(passing, throwing, throwing), { id: "r" });
  expect(run).toMatchObject({ status: "FAILED", decisions: [{ path: ".", decision: "error" }] });
  expect(callsOf("report-broken-run").map(({ args }) => args)).toMatchObject([[{ failed: 2, total: 3 }, "run-42"]]);
  expect(callsOf("collect-results")).toEqual([]);
});

it("sends a summary that could not be written, once more, and leaves one file", async () => {
  engine.inject({ fault: "crash", task: "send-summary", attempt: 1, when: "before-record" });
  expect(await engine.run(aRun(passing, passing))).toMatchObject({ status: "SUCCEEDED" });
  expect(callsOf("send-summary")).toHaveLength(2);
  expect(summary()).toMatchObject({ total: 2 });
});

it("runs as the README says: one shard passes, and three lines say why the others did not", async () => {
  stubbed({ "send-summary": (_ctx, value: object) => value });
  expect(await engine.run(example)).toMatchObject({
    status: "SUCCEEDED",
    value: {
      status: "failed",
      total: 4,
      failed: 3,
      results: [
        { test_id: "login", error: null },
        { test_id: "search", error: expect.stringMatching(/^FAILED/) },
        { test_id: "checkout", error: "1 of 31 tests failed" },
        { test_id: "mail", error: "the shard told no result" },
      ],
    },
  });
});
