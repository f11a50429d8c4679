/**
 * Time limits as the sources ask for them (docs/requirements.md), in virtual time and to their second. Each name begins with
 * its rows. What only the sweeper can do comes at its next round: up to a minute late.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chord } from "../../../lib/canvas/canvas.ts";
import { limits } from "../../../lib/model/limits.ts";
import type { Deadline, Task } from "../../../lib/model/workflow.ts";
import { parseDocument } from "../../../lib/plan/parse-request.ts";
import { declareTask } from "../../../lib/tasks/define-task.ts";
import type { TestEngine } from "../../../lib/testing/index.ts";
import { refusal } from "../plan/support.ts";
import { engineOf, startMs, task } from "./support.ts";

const sweepSeconds = 60;
const day = 86_400;

/** Tasks that hang, stop when asked, and fail; and when their signals were aborted, in seconds. */
function rig() {
  const abortedAt: number[] = [];
  const seconds = () => (engine.clock.now() - startMs) / 1000;
  const noted = () => abortedAt.push(seconds());
  const deaf = task("deaf", (ctx) => {
    ctx.signal.addEventListener("abort", noted);
    return new Promise(() => {});
  });
  const listens = task("listens", async (ctx) => {
    await engine.sleep(ctx, Number.POSITIVE_INFINITY).catch(noted);
    return "stopped in time";
  });
  const hangs = task("hangs", (ctx) => engine.sleep(ctx, Number.POSITIVE_INFINITY), { timeoutSeconds: 43_200 });
  const fails = task("fails", () => {
    throw new Error("not yet");
  });
  const statuses = task("statuses", (_ctx, list: { status: string }[]) => list.map(({ status }) => status));
  const seen = task("seen", (_ctx, list: unknown) => list);
  const elsewhere = declareTask({ name: "elsewhere", args: z.tuple([]), queue: "outside", timeoutSeconds: 8 * day });
  const engine: TestEngine = engineOf({ deaf, listens, hangs, fails, statuses, seen, elsewhere });
  /** Of a run whose only task does not listen to its signal: its state after that time. */
  const stateAfter = async (atSeconds: number) => {
    await engine.advance(atSeconds - seconds(), { evenWhileRunning: true });
    return (await engine.inspect("r"))?.tasks[0]?.status;
  };
  return { engine, abortedAt, seconds, stateAfter };
}

describe("a task", () => {
  const onceOnly = { retry: { maxAttempts: 1 } };

  it("S1-69: is asked to stop at its soft limit of 300 s, and ends by itself", async () => {
    const { engine, abortedAt, seconds } = rig();
    const run = await engine.run({ task: "listens", softTimeoutSeconds: 300, timeoutSeconds: 600 });
    expect(run).toMatchObject({ status: "SUCCEEDED", value: "stopped in time" });
    expect([abortedAt, seconds()]).toEqual([[300], 300]);
  });

  it("S1-69: is TIMED_OUT at its hard limit of 600 s, whatever it does", async () => {
    const { engine, abortedAt, stateAfter } = rig();
    await engine.submit({ task: "deaf", softTimeoutSeconds: 300, timeoutSeconds: 600, ...onceOnly }, { id: "r" });
    expect(await stateAfter(599)).toBe("RUNNING");
    expect(abortedAt).toEqual([300]);
    expect(await stateAfter(600)).toBe("TIMED_OUT");
  });

  it("S1-71: as callback has a soft limit of 600 s and a hard one of 900 s", async () => {
    const { engine, abortedAt, stateAfter } = rig();
    await engine.submit(chord([], { task: "deaf", ...onceOnly }), { id: "r" });
    expect(await stateAfter(899)).toBe("RUNNING");
    expect(abortedAt).toEqual([600]);
    expect(await stateAfter(900)).toBe("TIMED_OUT");
  });

  it("S1-66 S1-67 S1-68 S1-70: is tried three times, after pauses with jitter that double up to 60 s", async () => {
    const pausesOf = async (workflow: Task, from = 0) => {
      const { engine } = rig();
      const run = await engine.run(chord([], workflow), { id: "r" });
      expect(run.status).toBe("FAILED");
      const starts = engine.calls.map(({ atMs }) => (atMs - startMs) / 1000);
      return starts
        .slice(1)
        .map((start, i) => start - (starts[i] as number))
        .slice(from);
    };
    expect(await pausesOf({ task: "fails" })).toHaveLength(2);
    const pauses = await pausesOf({ task: "fails", retry: { maxAttempts: 40 } });
    // A message is delayed by whole seconds, so a pause is rounded up.
    for (const [i, pause] of pauses.entries()) expect(pause).toBeLessThanOrEqual(Math.min(60, 2 ** i));
    expect(Math.max(...pauses)).toBeGreaterThan(45);
    expect(new Set(pauses.slice(6)).size).toBeGreaterThan(10);
  });
});

describe("a chord that never comes to its end", () => {
  const hangs = { task: "hangs" };
  const unanswered = { task: "elsewhere" };

  /** When its deadline settled the members, in seconds after the release: two that hang, and others that nobody reports on. */
  async function settledAt(members: number, deadlineSeconds: Deadline) {
    const { engine, seconds } = rig();
    const header = Array.from({ length: members }, (_, i) => (i < 2 ? hangs : unanswered));
    const run = await engine.run(chord(header, { task: "statuses" }, { when: "all-settled", deadlineSeconds }));
    expect(run).toMatchObject({ status: "SUCCEEDED", value: header.map(() => "TIMED_OUT") });
    return seconds();
  }

  it("is settled at an absolute deadline: not before it, and a round of the sweeper later at most", async () => {
    for (const deadlineSeconds of [1, 90, 601]) {
      const seconds = await settledAt(3, deadlineSeconds);
      expect(seconds).toBeGreaterThanOrEqual(deadlineSeconds);
      expect(seconds).toBeLessThanOrEqual(deadlineSeconds + sweepSeconds);
    }
  });

  it.each([
    [29, 600],
    [50, 945],
    [100, 1755],
    [200, 3375],
  ])('S3-11 S3-19 S3-20 S3-21 S3-22: of %d members and "auto" is settled after %d s', async (members, deadline) => {
    const seconds = await settledAt(members, "auto");
    expect(seconds).toBeGreaterThanOrEqual(deadline);
    expect(seconds).toBeLessThanOrEqual(deadline + sweepSeconds);
  });

  it.each([
    [29, 2400],
    [50, 4200],
    [100, 7800],
    [200, 15_000],
  ])("S3-14 S3-23: of %d members of 400 s is settled after %d s", async (members, deadline) => {
    const seconds = await settledAt(members, { auto: { secondsPerTask: 400 } });
    expect(seconds).toBeGreaterThanOrEqual(deadline);
    expect(seconds).toBeLessThanOrEqual(deadline + sweepSeconds);
  });

  it("fails at its deadline when all had to succeed, and calls its error callback once", async () => {
    const { engine, seconds } = rig();
    const run = await engine.run(
      chord([hangs, hangs], { task: "statuses" }, { deadlineSeconds: 90, onError: { task: "seen" } }),
    );
    expect(run).toMatchObject({ status: "FAILED", error: { name: "chord-timed-out" } });
    expect(engine.calls.filter(({ task: name }) => name === "seen")).toHaveLength(1);
    expect(engine.calls.at(-1)?.args[0]).toMatchObject({
      failed: 2,
      total: 2,
      failures: [{ status: "TIMED_OUT" }, { status: "TIMED_OUT" }],
    });
    expect(seconds()).toBeGreaterThanOrEqual(90);
  });
});

describe("a run", () => {
  it.each([
    [1, undefined],
    [3600, undefined],
    [7 * day, "by default"],
  ])("is TIMED_OUT after %d s, though a task hangs for ever", async (deadlineSeconds, byDefault) => {
    const { engine, seconds } = rig();
    const long = { task: byDefault === undefined ? "hangs" : "elsewhere" };
    const run = await engine.run(long, byDefault === undefined ? { deadlineSeconds } : {});
    expect(run).toMatchObject({ status: "TIMED_OUT", error: { name: "run-timed-out" } });
    expect(seconds()).toBeGreaterThanOrEqual(deadlineSeconds);
    // While nothing changes, a run is visited at times that are known before: its deadline is one of them.
    expect(seconds()).toBeLessThanOrEqual(deadlineSeconds + 2 * sweepSeconds);
  });
});

describe("S3-01 S3-02: no limit may be none, or for ever", () => {
  const request = (more: object) => parseDocument({ tutti: 1, type: "submit", workflow: { task: "a" }, ...more });
  const ofTask = (limit: string) => (value: unknown) => request({ workflow: { task: "a", [limit]: value } });
  const ofChord = (value: unknown) => request({ workflow: { chord: { header: [], deadlineSeconds: value } } });

  it.each([
    ["deadlineSeconds", (value: unknown) => request({ deadlineSeconds: value }), limits.runDeadlineSeconds],
    ["workflow.timeoutSeconds", ofTask("timeoutSeconds"), limits.outsideTimeoutSeconds],
    ["workflow.softTimeoutSeconds", ofTask("softTimeoutSeconds"), limits.taskTimeoutSeconds],
    ["workflow.chord.deadlineSeconds", ofChord, limits.chordDeadlineSeconds],
  ])("%s", (path, parse, longest) => {
    for (const value of [0, -1, 1.5, longest + 1, "60", null]) expect(refusal(() => parse(value)).path).toBe(path);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(refusal(() => parse(value)).path).toBe(path);
    for (const value of [1, longest]) expect(() => parse(value)).not.toThrow();
  });
});
