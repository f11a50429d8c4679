/**
 * Chords as the sources ask for them (docs/requirements.md), on the engine in memory. Each name begins with its rows.
 */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord } from "../../../lib/canvas/canvas.ts";
import { FatalError, InvalidRequestError, RetryAfterError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import type { TestEngine } from "../../../lib/testing/index.ts";
import { createDeployment } from "../client/deployment.ts";
import { plan } from "../plan/support.ts";
import { engineOf, startMs, startsOf, task } from "./support.ts";

const day = 86_400;

describe("a run of tests", () => {
  const testCase = z.object({ test_config_id: z.string(), test_run_id: z.string(), test_id: z.string() });
  const executeTest = defineTask({ name: "execute-test", args: z.tuple([testCase]) }, (_ctx, { test_id }) => {
    if (test_id === "test-3") throw new FatalError("assertion failed");
    return { test_id, execution_time: 3783.852, metrics: { passed: true } };
  });
  const outcome = z.discriminatedUnion("status", [
    z.object({ status: z.literal("SUCCEEDED"), value: z.object({ test_id: z.string() }) }),
    z.object({ status: z.literal("FAILED"), error: z.object({ name: z.string(), message: z.string() }) }),
  ]);
  const collectResults = defineTask(
    { name: "collect-results", args: z.tuple([z.array(outcome), z.iso.datetime(), z.string(), z.string()]) },
    (_ctx, results, startedAt, configId, runId) => {
      const failed = results.filter((result) => result.status === "FAILED").length;
      return { runId, configId, startedAt, total: results.length, failed, status: failed > 0 ? "FAILED" : "COMPLETED" };
    },
  );
  const statuses = new Map<string, string>();
  const updateStatus = task("update-status", (_ctx, summary: { runId: string; status: string }) => {
    statuses.set(summary.runId, summary.status);
    return summary;
  });
  const mailed: string[] = [];
  const sendMail = task("send-mail", (ctx, summary: { runId: string; total: number; failed: number }) => {
    mailed.push(`${ctx.taskId}: ${summary.failed} of ${summary.total} failed`);
    return summary;
  });
  const tests = (...ids: readonly string[]) =>
    ids.map((test_id) => executeTest.with({ test_config_id: "config-7", test_run_id: "run-42", test_id }));
  const collect = collectResults.with("2026-01-01T00:00:00Z", "config-7", "run-42");

  it("S1-02 S1-06 S1-07 S1-08 S1-09: tests run side by side, their results are collected and set the run's status", async () => {
    const engine = engineOf({ executeTest, collectResults, updateStatus });
    const workflow = chord(tests("test-1", "test-2", "test-3"), chain(collect, updateStatus), { when: "all-settled" });
    expect(await engine.run(workflow)).toMatchObject({
      status: "SUCCEEDED",
      value: {
        runId: "run-42",
        configId: "config-7",
        startedAt: "2026-01-01T00:00:00Z",
        total: 3,
        failed: 1,
        status: "FAILED",
      },
    });
    expect(engine.calls[1]?.args).toEqual([{ test_config_id: "config-7", test_run_id: "run-42", test_id: "test-2" }]);
    expect(statuses.get("run-42")).toBe("FAILED");
  });

  it("S2-02 S2-10: the callback collects, and then the summary is mailed, once", async () => {
    mailed.splice(0);
    const engine = engineOf({ executeTest, collectResults, updateStatus, sendMail });
    const callback = chain(collect, updateStatus, sendMail);
    await engine.run(chord(tests("test-1", "test-2"), callback, { when: "all-settled" }), { id: "r" });
    expect(mailed).toEqual(["r/callback/[2]: 0 of 2 failed"]);
    expect(statuses.get("run-42")).toBe("COMPLETED");
  });

  it("S1-17: a callback that handles bad entries itself succeeds; one that throws ends the run with its error", async () => {
    const careless = task("careless", () => {
      throw new FatalError("no entry may be bad");
    });
    const engine = engineOf({ executeTest, collectResults, careless });
    const settled = { when: "all-settled" } as const;
    expect(await engine.run(chord(tests("test-3"), collect, settled))).toMatchObject({ status: "SUCCEEDED" });
    expect(await engine.run(chord(tests("test-3"), careless, settled), { id: "r" })).toMatchObject({
      status: "FAILED",
      error: { message: "no entry may be bad", taskId: "r/callback" },
    });
  });

  it("S2-12 S2-15: ten of ten members succeed, and the callback gets ten objects as they were returned", async () => {
    const seen = task("seen", (_ctx, results: unknown[]) => results);
    const engine = engineOf({ executeTest, seen });
    const ids = Array.from({ length: 10 }, (_, index) => `case-${index}`);
    expect(await engine.run(chord(tests(...ids), seen))).toMatchObject({
      status: "SUCCEEDED",
      value: ids.map((test_id) => ({ test_id, execution_time: 3783.852, metrics: { passed: true } })),
    });
  });

  it("S2-09: a callback is shown under its label", async () => {
    const { client, until } = createDeployment({ tasks: { executeTest, collectResults } });
    const callback = collect.withOptions({ label: "Test Execution Summary" });
    await until(client.submit(chord(tests("test-1"), callback, { when: "all-settled" }), { id: "r" }));
    const { tasks } = await client.inspect("r", { verbose: true });
    expect(tasks?.map(({ id, label }) => [id, label])).toContainEqual(["r/callback", "Test Execution Summary"]);
  });
});

it("S1-03: many files are read in parallel, and then added up", async () => {
  const folder = fileURLToPath(new URL("../../../lib/ports/", import.meta.url));
  const names = (await readdir(folder)).sort();
  const count = task("count", async (_ctx, name: string) => (await readFile(`${folder}${name}`, "utf8")).length);
  const total = task("total", (_ctx, sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0));
  const engine = engineOf({ count, total });
  const texts = await Promise.all(names.map((name) => readFile(`${folder}${name}`, "utf8")));
  const members = names.map((name) => count.with(name));
  expect(await engine.run(chord(members, total))).toMatchObject({ value: texts.join("").length });
});

describe("what a callback is called with", () => {
  const collect = defineTask(
    { name: "collect", args: z.tuple([z.array(z.number()), z.string()]) },
    (ctx, results, runId) => ({ runId, total: results.length, headers: ctx.headers }),
  );
  const one = task("one", () => 1);

  it("S2-04 S2-06 S2-07: results first, then what was bound; a run id needs no header, and the value is an object", async () => {
    const engine = engineOf({ collect, one });
    expect(await engine.run(chord([one, one], collect.with("run-42")))).toMatchObject({
      value: { runId: "run-42", total: 2, headers: {} },
    });
  });

  it("S2-08: headers reach it as they are, strings or null", async () => {
    const headers = { organization_id: "org-1", user_id: null };
    const engine = engineOf({ collect, one });
    const callback = collect.with("run-42").withOptions({ headers });
    expect(await engine.run(chord([one], callback))).toMatchObject({ value: { headers } });
  });

  it("S2-03 S2-05: with an argument too many it is refused at submit, with both counts, and no member starts", async () => {
    const engine = engineOf({ collect, one });
    const submitted = engine.run({
      chord: { header: [{ task: "one" }], callback: { task: "collect", args: ["run-42", "once more"] } },
    });
    await expect(submitted).rejects.toThrow(InvalidRequestError);
    await expect(submitted).rejects.toMatchObject({
      path: "workflow.chord.callback.args",
      rule: "task collect takes 2 arguments and would get 3: the result before it and 2 bound",
    });
    expect(engine.calls).toEqual([]);
  });
});

describe("when the callback starts", () => {
  /** Tasks that take virtual time. */
  function napping() {
    const nap = task("nap", (ctx, seconds: number) => engine.sleep(ctx, seconds).then(() => seconds), {
      timeoutSeconds: 43_200,
    });
    const hang = task("hang", (ctx) => engine.sleep(ctx, Number.POSITIVE_INFINITY), {
      timeoutSeconds: 40,
      retry: { maxAttempts: 1 },
    });
    const broken = task("broken", () => {
      throw new FatalError("broken");
    });
    const seen = task("seen", (_ctx, results: unknown) => results);
    const postpone = task("postpone", () => {
      throw new RetryAfterError(30 * day);
    });
    const engine: TestEngine = engineOf({ nap, hang, broken, postpone, seen });
    return { engine, nap, hang, broken, postpone, seen };
  }

  it("S0-08: not before the last member is terminal, however each of them ends", async () => {
    const { engine, nap, hang, broken, seen } = napping();
    const run = await engine.submit(chord([broken, nap.with(20), hang], seen, { when: "all-settled" }));
    await engine.advance(39);
    expect(engine.calls.map((call) => call.task)).not.toContain("seen");
    expect(await run.end()).toMatchObject({
      status: "SUCCEEDED",
      value: [{ status: "FAILED" }, { status: "SUCCEEDED", value: 20 }, { status: "TIMED_OUT" }],
    });
    expect(startsOf(engine).callback).toBe(40);
  });

  it("S2-13 S2-14: at the moment the last member ends, not minutes later", async () => {
    const { engine, nap, seen } = napping();
    const seconds = [7, 8.14, 11, 15, 20, 24, 27, 31, 33, 36];
    const members = seconds.map((one) => nap.with(one));
    expect(await engine.run(chord(members, seen))).toMatchObject({ status: "SUCCEEDED", value: seconds });
    expect(startsOf(engine).callback).toBe(36);
  });

  it("S0-05 S0-06: also when members take half a day and nobody waits for them", async () => {
    const { engine, nap, seen } = napping();
    await engine.submit(chord([nap.with(12 * 3600 - 1), nap.with(60)], seen), { id: "r" });
    expect(engine.clock.now()).toBe(startMs);
    await engine.advance(12 * 3600);
    expect(await engine.inspect("r")).toMatchObject({ status: "SUCCEEDED", value: [12 * 3600 - 1, 60] });
  });

  it("S1-10: nobody gives up on a join whose last member comes days later (G5)", async () => {
    const { engine, nap, seen } = napping();
    const late = { task: "nap", args: [1], delaySeconds: 6 * day };
    expect(await engine.run(chord([nap.with(1), late], seen))).toMatchObject({ status: "SUCCEEDED", value: [1, 1] });
    expect(engine.calls.filter((call) => call.task === "seen")).toHaveLength(1);
    expect(startsOf(engine).callback).toBeGreaterThanOrEqual(6 * day);
  });

  it("S1-20: a run without any deadline of its own is TIMED_OUT after seven days, and never goes on for ever", async () => {
    const { engine, nap, postpone, seen } = napping();
    const run = await engine.run(chord([nap.with(1), postpone], seen));
    expect(run).toMatchObject({ status: "TIMED_OUT", error: { name: "run-timed-out" } });
    expect(engine.clock.now() - startMs).toBeLessThan((7 * day + 120) * 1000);
  });
});

describe("a chord's deadline from its size", () => {
  const deadline = (members: number, secondsPerTask?: number) => {
    const auto = { auto: secondsPerTask === undefined ? {} : { secondsPerTask } };
    const header = Array.from({ length: members }, () => ({ task: "a" }));
    return plan({ chord: { header, deadlineSeconds: auto } }).joins["."]?.deadlineSeconds;
  };

  it.each([
    [29, 600],
    [50, 945],
    [100, 1755],
    [200, 3375],
  ])("S3-19 S3-20 S3-21 S3-22: %d chunks of 90 s on 8 workers have %d s", (members, seconds) => {
    expect(deadline(members)).toBe(seconds);
  });

  it.each([
    [29, 2400],
    [50, 4200],
    [100, 7800],
    [200, 15_000],
  ])("S3-14 S3-23: %d chunks of 400 s have %d s", (members, seconds) => {
    expect(deadline(members, 400)).toBe(seconds);
  });
});

it("S3-08: 39 of 40 chunks succeed, and the worker of one dies: inspect names that one, and another worker brings it in", async () => {
  const chunk = task("chunk", (ctx, seconds: number) => engine.sleep(ctx, seconds).then(() => seconds));
  const join = task("join", (_ctx, results: number[]) => results.length);
  const engine: TestEngine = engineOf({ chunk, join }, { tasksPerInvocation: 1 });
  engine.inject({ fault: "crash", task: "chunk", path: "header[39]", when: "in-body" });
  const header = Array.from({ length: 40 }, (_, i) => chunk.with(i === 39 ? 60 : 1));
  await engine.submit(chord(header, join), { id: "r" });
  await engine.advance(20);
  const before = await engine.inspect("r");
  expect(before?.status).toBe("RUNNING");
  const open = before?.tasks.filter(({ status }) => status !== "SUCCEEDED").map(({ path }) => path);
  expect(open).toEqual(["header[39]", "callback"]);
  await engine.advance(day);
  expect(await engine.inspect("r")).toMatchObject({ status: "SUCCEEDED", value: 40 });
  expect(engine.calls.filter(({ taskId }) => taskId === "r/header[39]")).toHaveLength(2);
});
