import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord, group } from "../../../lib/canvas/canvas.ts";
import {
  FatalError,
  InvalidRequestError,
  RetryAfterError,
  RunConflictError,
  RunRemovedError,
} from "../../../lib/errors.ts";
import type { TaskContext } from "../../../lib/tasks/context.ts";
import { declareTask, defineTask, type TaskOptions } from "../../../lib/tasks/define-task.ts";
import { InvalidTasksError } from "../../../lib/tasks/invalid-tasks.ts";
import { createTestEngine, type TestEngine, type TestEngineOptions } from "../../../lib/testing/index.ts";

const startMs = Date.UTC(2026, 0, 1);
const any = z.array(z.any());

const engines: TestEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

function engineOf(tasks: TestEngineOptions["tasks"], more: Partial<TestEngineOptions> = {}): TestEngine {
  const engine = createTestEngine({ tasks, ...more });
  engines.push(engine);
  return engine;
}

const task = (
  name: string,
  body: (ctx: TaskContext, ...args: unknown[]) => unknown,
  more: Partial<TaskOptions<typeof any>> = {},
) => defineTask({ name, args: any, ...more }, body as never);

const double = task("double", (_, number) => Number(number) * 2);
const add = task("add", (_, numbers) => (numbers as number[]).reduce((sum, number) => sum + number, 0));
const tell = task("tell", (_, first) => first);
const postpone = task("postpone", () => {
  throw new RetryAfterError(3600);
});
const refuse = task("refuse", () => {
  throw new FatalError("not today");
});

/** Fails at every attempt before that one. */
const succeedsAt = (attempt: number, more: Partial<TaskOptions<typeof any>> = {}) =>
  task(
    "flaky",
    (ctx) => {
      if (ctx.attempt < attempt) throw new Error(`attempt ${ctx.attempt} fails`);
      return ctx.attempt;
    },
    more,
  );

/** A task that succeeded at once. */
const succeeded = { status: "SUCCEEDED", attempts: 1, settledAtMs: startMs };

/** A promise that a test settles itself. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("run", () => {
  it("hands a chord's results to its callback in header order, and tells what every task did", async () => {
    const engine = engineOf({ double, add });
    const run = await engine.run(chord([double.with(1), double.with(2), double.with(3)], add), { id: "r" });
    expect(run).toEqual({
      runId: "r",
      status: "SUCCEEDED",
      value: 12,
      endedAtMs: startMs,
      tasks: [
        { path: "header[0]", taskId: "r/header[0]", task: "double", ...succeeded, value: 2 },
        { path: "header[1]", taskId: "r/header[1]", task: "double", ...succeeded, value: 4 },
        { path: "header[2]", taskId: "r/header[2]", task: "double", ...succeeded, value: 6 },
        { path: "callback", taskId: "r/callback", task: "add", ...succeeded, value: 12 },
      ],
      decisions: [{ path: ".", decision: "callback", by: "r/header[2]", atMs: startMs }],
    });
  });

  it("tells which bodies were entered, with attempt, arguments and time", async () => {
    const engine = engineOf({ double, flaky: succeedsAt(2) });
    await engine.run(chain(double.with(4), { task: "flaky" }), { id: "r" });
    expect(engine.calls.map(({ task, attempt, args }) => [task, attempt, args])).toEqual([
      ["double", 1, [4]],
      ["flaky", 1, [8]],
      ["flaky", 2, [8]],
    ]);
    expect(engine.calls[0]).toMatchObject({ runId: "r", taskId: "r/[0]", atMs: startMs });
  });

  it("retries within the back-off, in virtual time", async () => {
    const engine = engineOf({ flaky: succeedsAt(3, { retry: { backoffSeconds: 600, maxBackoffSeconds: 600 } }) });
    expect(await engine.run({ task: "flaky" })).toMatchObject({ status: "SUCCEEDED", value: 3 });
    const [first, second, third] = engine.calls.map((call) => call.atMs);
    expect(first).toBe(startMs);
    expect(Number(second) - Number(first)).toBeLessThanOrEqual(600_000);
    expect(Number(third)).toBeGreaterThan(Number(second));
  });

  it("waits as long as RetryAfterError says, even beyond what a message can be delayed", async () => {
    const later = task("later", (ctx) => {
      if (ctx.attempt === 1) throw new RetryAfterError(7200);
      return "done";
    });
    const engine = engineOf({ later });
    expect(await engine.run({ task: "later" })).toMatchObject({ value: "done" });
    expect(Number(engine.calls[1]?.atMs) - startMs).toBeGreaterThanOrEqual(7_200_000);
    expect(Number(engine.calls[1]?.atMs) - startMs).toBeLessThan(7_400_000);
  });

  it("repeats itself: the same seed gives the same calls at the same times, another seed another jitter", async () => {
    const callsOf = async (seed: number) => {
      const engine = engineOf({ flaky: succeedsAt(3), add }, { seed });
      await engine.run(chord([{ task: "flaky" }, { task: "flaky" }], add));
      return engine.calls.map(({ taskId, atMs }) => [taskId, atMs]);
    };
    expect(await callsOf(7)).toEqual(await callsOf(7));
    expect(await callsOf(7)).not.toEqual(await callsOf(8));
  });

  it("fails with the member's error when one fails, and calls the error callback before it returns", async () => {
    const engine = engineOf({ refuse, double, add, tell });
    const run = await engine.run(chord([double.with(1), refuse], add, { onError: tell }), { id: "r" });
    expect(run).toMatchObject({
      status: "FAILED",
      error: { name: "FatalError", message: "not today", taskId: "r/header[1]" },
    });
    expect(run.tasks.map(({ path, status }) => [path, status])).toEqual([
      ["header[0]", "SUCCEEDED"],
      ["header[1]", "FAILED"],
      ["callback", "SKIPPED"],
      ["onError", "SUCCEEDED"],
    ]);
    expect(engine.calls.map((call) => call.task)).not.toContain("add");
    expect(engine.calls.at(-1)).toMatchObject({ task: "tell", args: [{ failed: 1, total: 2 }] });
  });

  it("tells an error callback of a failing link as of a failing member", async () => {
    const engine = engineOf({ refuse, double, add, tell });
    await engine.run(chord([chain(refuse, double)], add, { onError: tell }), { id: "r" });
    const error = { name: "FatalError", message: "not today" };
    const failures = [{ taskId: "r/header[0]/[0]", index: 0, status: "FAILED", error }];
    expect(engine.calls.at(-1)?.args).toEqual([{ failed: 1, total: 1, failures }]);
  });

  it("gives an all-settled callback the outcome of every member", async () => {
    const engine = engineOf({ refuse, double, tell });
    const run = await engine.run(chord([refuse, double.with(5)], tell, { when: "all-settled" }), { id: "r" });
    expect(run).toMatchObject({
      status: "SUCCEEDED",
      value: [
        { status: "FAILED", error: { name: "FatalError", message: "not today" }, taskId: "r/header[0]" },
        { status: "SUCCEEDED", value: 10, taskId: "r/header[1]" },
      ],
    });
  });

  it("passes a delay of a day in milliseconds", async () => {
    const engine = engineOf({ double });
    const beforeMs = performance.now();
    expect(await engine.run({ task: "double", args: [3], delaySeconds: 86_400 })).toMatchObject({ value: 6 });
    expect(performance.now() - beforeMs).toBeLessThan(1000);
    expect(Number(engine.calls[0]?.atMs) - startMs).toBeGreaterThanOrEqual(86_400_000);
    expect(Number(engine.calls[0]?.atMs) - startMs).toBeLessThan(86_400_000 + 120_000);
  });

  it("times out a chord at its deadline while a member waits", async () => {
    const engine = engineOf({ double, add, postpone });
    const run = await engine.run(chord([double.with(1), postpone], add, { deadlineSeconds: 600 }));
    expect(run.status).toBe("FAILED");
    expect(run.tasks.map((one) => one.status)).toEqual(["SUCCEEDED", "TIMED_OUT", "SKIPPED"]);
    expect(engine.clock.now() - startMs).toBeLessThan(800_000);
  });

  it("times out a run at its own deadline", async () => {
    const engine = engineOf({ double, postpone });
    const run = await engine.run(chain(postpone, double), { deadlineSeconds: 60 });
    expect(run).toMatchObject({ status: "TIMED_OUT", error: { name: "run-timed-out" } });
    expect(engine.calls.map((call) => call.task)).toEqual(["postpone"]);
  });

  it("runs several workflows in one time", async () => {
    const engine = engineOf({ double });
    const delayed = (delaySeconds: number) => engine.run({ task: "double", args: [delaySeconds], delaySeconds });
    const runs = await Promise.all([delayed(600), delayed(60), delayed(300)]);
    expect(runs.map((run) => "value" in run && run.value)).toEqual([1200, 120, 600]);
    expect(engine.calls.map((call) => call.args)).toEqual([[60], [300], [600]]);
  });

  it("takes hundreds of members", async () => {
    const engine = engineOf({ double, add });
    const members = Array.from({ length: 300 }, (_, i) => double.with(i));
    expect(await engine.run(chord(members, add))).toMatchObject({ value: 89_700 });
  });
});

describe("a body that is really asynchronous", () => {
  it("is waited for: a real timer costs no virtual time", async () => {
    const real = task("real", () => new Promise((resolve) => setTimeout(resolve, 30, "slept")), { timeoutSeconds: 1 });
    const engine = engineOf({ real });
    expect(await engine.run({ task: "real" })).toMatchObject({ status: "SUCCEEDED", value: "slept" });
    expect(engine.clock.now()).toBe(startMs);
    expect(engine.calls).toHaveLength(1);
  });

  it("holds time still for everybody, and lets other work of the same moment go on", async () => {
    const { opened, open } = gate();
    const real = task("real", () => opened);
    const engine = engineOf({ real, double });
    const waiting = engine.run(
      group([{ task: "real" }, double.with(1), { task: "double", delaySeconds: 30, args: [2] }]),
    );
    while (engine.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(engine.calls.map((call) => call.task).sort()).toEqual(["double", "real"]);
    expect(engine.clock.now()).toBe(startMs);
    open();
    expect(await waiting).toMatchObject({ status: "SUCCEEDED", value: [null, 2, 4] });
  });

  it("may be several at once, with a callback that is one too", async () => {
    const real = task("real", (_, ms) => new Promise((resolve) => setTimeout(resolve, Number(ms), ms)));
    const sum = task("sum", async (_, numbers) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return (numbers as number[]).reduce((total, number) => total + number, 0);
    });
    const engine = engineOf({ real, sum });
    const run = await engine.run(
      chord(
        [20, 5, 10].map((ms) => ({ task: "real", args: [ms] })),
        sum,
      ),
    );
    expect(run).toMatchObject({ value: 35 });
    expect(engine.clock.now()).toBe(startMs);
  });

  it("is waited for by advance too", async () => {
    const real = task("real", () => new Promise((resolve) => setTimeout(resolve, 20, "slept")), { timeoutSeconds: 1 });
    const engine = engineOf({ real });
    const run = await engine.submit({ task: "real" });
    await engine.advance(60);
    expect(await engine.inspect(run.runId)).toMatchObject({ status: "SUCCEEDED", value: "slept" });
    expect(engine.clock.now()).toBe(startMs + 60_000);
  });

  it("that hangs meets its hard limit when time is told to pass anyway", async () => {
    const hang = task("hang", () => new Promise(() => {}), { timeoutSeconds: 60, retry: { maxAttempts: 1 } });
    const engine = engineOf({ hang });
    const run = await engine.submit({ task: "hang" });
    await engine.advance(61, { evenWhileRunning: true });
    expect(await run.end()).toMatchObject({
      status: "FAILED",
      error: { name: "task-timed-out" },
      tasks: [{ status: "TIMED_OUT", attempts: 1 }],
    });
  });

  it("that hangs is named when the engine is closed", async () => {
    const hang = task("hang", () => new Promise(() => {}));
    const engine = engineOf({ hang });
    const run = await engine.submit({ task: "hang" }, { id: "r" });
    const end = expect(run.end()).rejects.toThrow("the engine was closed; it was waiting for r/task (attempt 1)");
    engine.close();
    await end;
    await expect(engine.run({ task: "hang" })).rejects.toThrow("the engine is closed");
  });
});

describe("sleep", () => {
  it("costs virtual time only, and heartbeats keep the lease meanwhile", async () => {
    const slow: ReturnType<typeof task> = task("slow", (ctx) => engine.sleep(ctx, 3600).then(() => "slept"), {
      timeoutSeconds: 7200,
    });
    const engine: TestEngine = engineOf({ slow });
    expect(await engine.run({ task: "slow" })).toMatchObject({ status: "SUCCEEDED", value: "slept" });
    expect(engine.clock.now()).toBe(startMs + 3_600_000);
    expect(engine.calls).toHaveLength(1);
  });

  it("lets members sleep side by side", async () => {
    const slow = task("slow", (ctx, seconds) => engine.sleep(ctx, Number(seconds)));
    const engine: TestEngine = engineOf({ slow });
    await engine.run(
      group([
        { task: "slow", args: [100] },
        { task: "slow", args: [200] },
      ]),
    );
    expect(engine.clock.now()).toBe(startMs + 200_000);
  });

  it("without an end is a body that hangs: TIMED_OUT at its hard limit, attempt after attempt", async () => {
    const hang = task("hang", (ctx) => engine.sleep(ctx, Number.POSITIVE_INFINITY), {
      timeoutSeconds: 60,
      retry: { maxAttempts: 2, backoffSeconds: 1 },
    });
    const engine: TestEngine = engineOf({ hang });
    const run = await engine.run({ task: "hang" });
    expect(run.tasks).toMatchObject([{ status: "TIMED_OUT", attempts: 2, error: { name: "task-timed-out" } }]);
    expect(engine.clock.now() - startMs).toBeGreaterThanOrEqual(120_000);
    expect(engine.clock.now() - startMs).toBeLessThan(130_000);
  });

  it("ends with the reason of the signal at the soft limit, so that a body can give up in time", async () => {
    const careful = task(
      "careful",
      (ctx) =>
        engine.sleep(ctx, 3600).then(
          () => "slept",
          (reason: Error) => reason.name,
        ),
      { timeoutSeconds: 60, softTimeoutSeconds: 30 },
    );
    const engine: TestEngine = engineOf({ careful });
    expect(await engine.run({ task: "careful" })).toMatchObject({ status: "SUCCEEDED", value: "task-timed-out" });
    expect(engine.clock.now()).toBe(startMs + 30_000);
  });

  it("refuses a ctx that is none of this engine's", () => {
    const engine = engineOf({ double });
    expect(() => engine.sleep({} as TaskContext, 1)).toThrow("the ctx of a body that this engine has called");
  });
});

describe("submit and advance", () => {
  it("starts what can start now, and the rest when its time comes", async () => {
    const engine = engineOf({ double });
    const run = await engine.submit(group([double.with(1), { task: "double", args: [2], delaySeconds: 60 }]), {
      id: "r",
    });
    expect(await engine.inspect("r")).toMatchObject({
      status: "RUNNING",
      tasks: [
        { status: "SUCCEEDED", value: 2 },
        { status: "QUEUED", attempts: 0 },
      ],
    });
    await engine.advance(59);
    expect(engine.calls).toHaveLength(1);
    expect(engine.clock.now()).toBe(startMs + 59_000);
    await engine.advance(1);
    expect(engine.calls).toHaveLength(2);
    expect(await run.end()).toMatchObject({ status: "SUCCEEDED", value: [2, 4] });
  });

  it("hands back the id of the callback", async () => {
    const engine = engineOf({ double, add });
    const run = await engine.submit(chord([double.with(1)], add), { id: "r" });
    expect(run).toMatchObject({ runId: "r", callbackTaskId: "r/callback" });
  });

  it("names an unknown task, where it stands, and starts nothing", async () => {
    const engine = engineOf({ double });
    const submitted = engine.run(chain(double.with(1), { task: "dubble" }));
    await expect(submitted).rejects.toThrow(InvalidRequestError);
    await expect(submitted).rejects.toMatchObject({ path: "workflow.chain[1].task", value: "dubble" });
    expect(engine.calls).toEqual([]);
  });

  it("rejects one request without disturbing another", async () => {
    const engine = engineOf({ double });
    const good = engine.run({ task: "double", args: [1], delaySeconds: 60 });
    await expect(engine.run({ task: "dubble" })).rejects.toThrow("dubble");
    expect(await good).toMatchObject({ value: 2 });
  });

  it("takes the same id and document for the same run, and refuses another document", async () => {
    const engine = engineOf({ double });
    await engine.run(double.with(1), { id: "r" });
    expect(await engine.run(double.with(1), { id: "r" })).toMatchObject({ value: 2 });
    expect(engine.calls).toHaveLength(1);
    await expect(engine.run(double.with(2), { id: "r" })).rejects.toThrow(RunConflictError);
  });

  it("lets a test answer for tasks that run elsewhere", async () => {
    const approve = declareTask({
      name: "approve",
      queue: "people",
      args: z.tuple([z.string()]),
      timeoutSeconds: 86_400,
    });
    const engine = engineOf({ approve, tell });
    const run = await engine.submit(chain(approve.with("order 7"), tell), { id: "r" });
    await expect(engine.report("r/[1]", { status: "succeeded" })).rejects.toThrow("workers run tell");
    await engine.advance(3600);
    expect(await engine.inspect("r")).toMatchObject({
      status: "RUNNING",
      tasks: [{ status: "RUNNING" }, { status: "WAITING" }],
    });
    await engine.report("r/[0]", { status: "heartbeat" });
    await engine.report("r/[0]", { status: "succeeded", result: "yes" });
    expect(await run.end()).toMatchObject({ status: "SUCCEEDED", value: "yes" });
    await expect(engine.report("r/[0]", { status: "succeeded" })).rejects.toThrow("it has ended SUCCEEDED");
  });

  it("hands a task that runs elsewhere out again when nobody answers, until that was too often", async () => {
    const approve = declareTask({
      name: "approve",
      queue: "people",
      args: z.tuple([]),
      timeoutSeconds: 600,
      retry: { maxLost: 2 },
    });
    const engine = engineOf({ approve });
    expect(await engine.run(approve.with())).toMatchObject({
      status: "FAILED",
      error: { name: "worker-lost" },
      tasks: [{ status: "FAILED", attempts: 2 }],
    });
    expect((engine.clock.now() - startMs) / 1000).toBeGreaterThanOrEqual(1200);
  });

  it("forgets a run when its retention is over, as a deployment does", async () => {
    const engine = engineOf({ double }, { settings: { retentionSeconds: 3600 } });
    await engine.run(double.with(1), { id: "r" });
    await engine.advance(3600 + 120);
    expect(await engine.inspect("r")).toBe(undefined);
    expect(await engine.inspect("other")).toBe(undefined);
  });

  it("begins at the time it is given", async () => {
    const engine = engineOf({ double }, { startAt: new Date("2030-05-06T07:08:09Z") });
    await engine.run(double.with(1));
    expect(engine.calls[0]?.atMs).toBe(Date.UTC(2030, 4, 6, 7, 8, 9));
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to advance by %d seconds", async (seconds) => {
    await expect(engineOf({}).advance(seconds)).rejects.toThrow(RangeError);
  });

  it("refuses two tasks of one name", () => {
    expect(() => engineOf({ one: tell, two: task("tell", () => 1) })).toThrow(InvalidTasksError);
  });
});

describe("a retry", () => {
  const mended = task("mended", (ctx, value) => {
    if (ctx.generation === 1) throw new FatalError("broken");
    return value;
  });

  it("runs again what did not succeed, as the next generation", async () => {
    const engine = engineOf({ double, mended });
    expect(await engine.run(chain(double.with(1), mended), { id: "r" })).toMatchObject({ status: "FAILED" });
    const run = await engine.retry("r");
    expect(await run.end()).toMatchObject({ status: "SUCCEEDED", value: 2 });
    expect(engine.calls.map(({ task: name }) => name)).toEqual(["double", "mended", "mended"]);
  });

  it("is refused as a deployment refuses it, and for a run that is not there", async () => {
    const engine = engineOf({ double });
    await engine.run(double.with(1), { id: "r" });
    await expect(engine.retry("r")).rejects.toThrow(InvalidRequestError);
    await expect(engine.retry("r", { tasks: ["other"] })).rejects.toThrow(InvalidRequestError);
    await expect(engine.retry("s")).rejects.toThrow(RunRemovedError);
  });
});

it("goes on beside a failure when onFailure is finish", async () => {
  const engine = engineOf({ double, refuse });
  const workflow = group([refuse, chain(double.with(1), double)]);
  expect(await engine.run(workflow, { onFailure: "finish" })).toMatchObject({ status: "FAILED" });
  expect(engine.calls.map(({ task: name }) => name)).toEqual(["refuse", "double", "double"]);
});
