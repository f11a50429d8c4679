import { AssertionError, strictEqual } from "node:assert";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chord, group } from "../../../lib/canvas/canvas.ts";
import { declareTask, defineTask } from "../../../lib/tasks/define-task.ts";
import { nothingLeft, type TestEngine } from "../../../lib/testing/index.ts";
import { add, chordOfThree, double, engineOf, startMs } from "./support.ts";

describe("decisions", () => {
  it("tell for each chord and group what it was decided to, who fired it and when", async () => {
    const nested = chord(
      [double.with(1), chord([double.with(2), double.with(3).withOptions({ delaySeconds: 30 })], add)],
      add,
    );
    const run = await engineOf().run(group([double.with(1), nested]), { id: "r" });
    expect(run.decisions).toEqual([
      { path: "[1]/header[1]", decision: "callback", by: "r/[1]/header[1]/header[1]", atMs: startMs + 30_000 },
      { path: "[1]", decision: "callback", by: "r/[1]/header[1]/callback", atMs: startMs + 30_000 },
      { path: ".", decision: "callback", by: "r/[1]/callback", atMs: startMs + 30_000 },
    ]);
  });

  it("tell of a chord with tallies above its leaves whose arrival filled it", async () => {
    const run = await engineOf().run(
      chord(
        Array.from({ length: 25 }, () => double.with(1)),
        add,
      ),
      { id: "r" },
    );
    expect(run.decisions).toEqual([{ path: ".", decision: "callback", by: "r/header[24]", atMs: startMs }]);
  });

  it("tell of the sweeper when a deadline made it", async () => {
    const elsewhere = declareTask({ name: "elsewhere", args: z.tuple([]), queue: "outside" });
    const engine = engineOf({ tasks: { double, add, elsewhere } });
    const run = await engine.run(chord([double.with(1), elsewhere.with()], add, { deadlineSeconds: 600 }));
    expect(run.decisions).toMatchObject([{ path: ".", decision: "error", by: "sweeper" }]);
  });
});

describe("left", () => {
  it("tells of runs that go on, messages on their way and bodies at work", async () => {
    const nap = defineTask({ name: "nap", args: z.tuple([]) }, (ctx) => engine.sleep(ctx, 100));
    const engine: TestEngine = engineOf({ tasks: { nap, double } });
    await engine.submit(group([nap.with(), double.with(1).withOptions({ delaySeconds: 60 })]), { id: "r" });
    expect(await engine.left()).toMatchObject({
      runs: ["r"],
      stuck: [],
      messages: [
        { queue: "task:default", taskIds: ["r/[0]"] },
        { queue: "task:default", taskIds: ["r/[1]"], visibleAtMs: startMs + 60_000 },
      ],
      bodies: [{ taskId: "r/[0]", attempt: 1 }],
    });
    await engine.advance(101);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("tells what the sweeper would find", async () => {
    const engine = engineOf();
    engine.inject({ fault: "lose", task: "double" });
    await engine.submit(double.with(1), { id: "r" });
    expect((await engine.left()).stuck).toEqual([]);
    engine.inject({ fault: "throttle", site: "due.read", times: 2 });
    await engine.advance(90);
    expect((await engine.left()).stuck).toMatchObject([{ runId: "r", kind: "unseen", path: "task" }]);
    await engine.advance(90);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("passes no time", async () => {
    const engine = engineOf();
    await engine.submit(double.with(1).withOptions({ delaySeconds: 60 }));
    await engine.left();
    expect(engine.clock.now()).toBe(startMs);
  });
});

describe("timeline", () => {
  it("tells line by line what happened, in virtual time", async () => {
    const engine = engineOf({ seed: 7 });
    engine.inject({ fault: "fail", task: "double", path: "header[1]" });
    await engine.run(chordOfThree, { id: "r" });
    expect(engine.timeline().split("\n")).toEqual([
      "timeline of seed 7, from 2026-01-01T00:00:00.000Z",
      "       0.000 s  r            is accepted, with 4 tasks",
      "       0.000 s  r/header[0]  double #1 begins [1]",
      "       0.000 s  r/header[1]  double #1 begins [2]",
      "       0.000 s               FAULT fail double at header[1]: at double #1 (header[1])",
      "       0.000 s  r/header[1]  double #1 throws Error: failed by the test",
      "       0.000 s  r/header[2]  double #1 begins [3]",
      "       0.000 s  r/header[0]  double #1 returns 2",
      "       0.000 s  r/header[2]  double #1 returns 6",
      "       0.000 s  r/header[0]  is SUCCEEDED",
      "       0.000 s  r/header[2]  is SUCCEEDED",
      expect.stringMatching(/^ {7}0\.000 s {2}r\/header\[1\] {2}waits for its next attempt, at 0\.\d{3} s$/),
      "       1.000 s  r/header[1]  double #2 begins [2]",
      "       1.000 s  r/header[1]  double #2 returns 4",
      "       1.000 s  r/header[1]  is SUCCEEDED",
      "       1.000 s  r            is decided callback, fired by r/header[1]",
      "       1.000 s  r/callback   add #1 begins [[2,4,6]]",
      "       1.000 s  r/callback   add #1 returns 12",
      "       1.000 s  r/callback   is SUCCEEDED",
      "       1.000 s  r            is SUCCEEDED",
    ]);
  });

  it("is the same for the same seed and faults, whatever the faults are", async () => {
    const timelineOf = async (seed: number) => {
      const engine = engineOf({ seed });
      engine.inject({ fault: "fail", task: "double" });
      engine.inject({ fault: "crash", task: "double", attempt: 2, when: "before-record" });
      engine.inject({ fault: "throttle", site: "head.end" });
      await engine.run(chordOfThree, { id: "r" });
      return engine.timeline().replace(/seed \d+/, "");
    };
    expect(await timelineOf(3)).toBe(await timelineOf(3));
    expect(await timelineOf(3)).not.toBe(await timelineOf(4));
  });

  it("tells of one run when asked for one", async () => {
    const engine = engineOf();
    await engine.run(double.with(1), { id: "first" });
    await engine.run(double.with(1), { id: "second" });
    expect(engine.timeline("second")).not.toContain("first");
    expect(engine.timeline("second")).toContain("second/task");
  });

  it("cuts long values", async () => {
    const engine = engineOf({ stubs: { double: () => "x".repeat(10_000) } });
    await engine.run(double.with(1));
    expect(
      Math.max(
        ...engine
          .timeline()
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThan(200);
  });
});

describe("check", () => {
  const wrong = { status: "FAILED" };

  it("adds seed and timeline to what an assertion throws", async () => {
    const engine = engineOf({ seed: 42 });
    const run = await engine.run(chordOfThree);
    expect(() => engine.check(() => expect(run).toMatchObject(wrong))).toThrow(
      /to match object[\s\S]*timeline of seed 42[\s\S]*fired by/,
    );
  });

  it("does so for node:assert, in message and stack, and keeps the error what it is", async () => {
    const engine = engineOf({ seed: 42 });
    const run = await engine.run(chordOfThree);
    try {
      engine.check(() => strictEqual(run.status, "FAILED"));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AssertionError);
      expect(error).toMatchObject({
        expected: "FAILED",
        message: expect.stringContaining("timeline of seed 42"),
        stack: expect.stringContaining("timeline of seed 42"),
      });
    }
  });

  it("waits for asynchronous assertions, and returns what they return", async () => {
    const engine = engineOf();
    await engine.run(chordOfThree);
    await expect(engine.check(async () => expect(await engine.left()).toEqual({}))).rejects.toThrow(
      "timeline of seed 1",
    );
    expect(engine.check(() => 5)).toBe(5);
    expect(await engine.check(async () => engine.left())).toEqual(nothingLeft);
  });

  it("adds it once, where one check stands in another", () => {
    const engine = engineOf();
    const nested = () => engine.check(() => engine.check(() => expect(1).toBe(2)));
    try {
      nested();
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message.match(/timeline/g)).toHaveLength(1);
    }
  });

  it("leaves out the middle of a long one", async () => {
    const engine = engineOf();
    await engine.run(
      chord(
        Array.from({ length: 200 }, (_, i) => double.with(i)),
        add,
      ),
    );
    try {
      engine.check(() => expect(1).toBe(2));
      expect.unreachable();
    } catch (error) {
      const { message } = error as Error;
      expect(message).toMatch(/… \d+ more …/);
      expect(message.split("\n").length).toBeLessThan(130);
    }
  });

  it("is not needed for what the engine itself fails with", async () => {
    const engine = engineOf({ seed: 9, stubs: { double: [] } });
    await expect(engine.run(double.with(1))).rejects.toThrow(/has 0 outcomes[\s\S]*timeline of seed 9/);
  });
});
