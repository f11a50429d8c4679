/**
 * Each fault is shown twice: that it truly happened, by what a run without it does not do, and that the run got over it.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord } from "../../../lib/canvas/canvas.ts";
import { FatalError, InvalidRequestError } from "../../../lib/errors.ts";
import type { TaskContext } from "../../../lib/tasks/context.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { type Fault, nothingLeft, type TestEngine, type TestEngineOptions } from "../../../lib/testing/index.ts";
import { add, chordOfThree, double, engineOf, entered, secondsOf } from "./support.ts";

/** A tally of effects outside: what a body has done is done, whatever becomes of its process. */
function effects() {
  const done: string[] = [];
  const charge = defineTask({ name: "charge", args: z.tuple([z.string()]) }, (_ctx, customer) => {
    done.push(customer);
    return customer;
  });
  return { done, charge };
}

async function chordWith(fault: Fault, options: Partial<TestEngineOptions> = {}) {
  const engine = engineOf(options);
  engine.inject(fault);
  const run = await engine.run(chordOfThree, { id: "r" });
  return { engine, run };
}

const oneDecision = [expect.objectContaining({ path: ".", decision: "callback" })];

async function expectRecovered(engine: TestEngine, run: unknown): Promise<void> {
  expect(run).toMatchObject({ status: "SUCCEEDED", value: 12, decisions: oneDecision });
  expect(await engine.left()).toEqual(nothingLeft);
}

describe("a run without a fault", () => {
  it("takes no time, enters each body once, and leaves nothing", async () => {
    const engine = engineOf();
    const run = await engine.run(chordOfThree, { id: "r" });
    await expectRecovered(engine, run);
    expect(entered(engine)).toEqual(["header[0] #1", "header[1] #1", "header[2] #1", "callback #1"]);
    expect(secondsOf(engine)).toBe(0);
  });
});

describe("fail", () => {
  it("throws in the place of the body, at that attempt of that task only", async () => {
    const { done, charge } = effects();
    const engine = engineOf({ tasks: { charge } });
    engine.inject({ fault: "fail", task: "charge", attempt: 1 });
    const run = await engine.run(charge.with("ann"));
    expect(run).toMatchObject({ status: "SUCCEEDED", value: "ann", tasks: [{ attempts: 2 }] });
    expect(done).toEqual(["ann"]);
    expect(engine.timeline()).toContain("charge #1 throws Error: failed by the test");
  });

  it("throws the error that is given: a fatal one is not tried again", async () => {
    const { run } = await chordWith({
      fault: "fail",
      task: "double",
      path: "header[1]",
      error: new FatalError("gone"),
    });
    expect(run).toMatchObject({
      status: "FAILED",
      error: { name: "FatalError", message: "gone", taskId: "r/header[1]" },
    });
    expect(run.tasks.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 0]);
    expect(run.decisions).toMatchObject([{ decision: "error", by: "r/header[1]" }]);
  });

  it("happens as often as it is told to", async () => {
    const engine = engineOf();
    engine.inject({ fault: "fail", task: "double", times: 2 });
    expect(await engine.run(double.with(1))).toMatchObject({ status: "SUCCEEDED", tasks: [{ attempts: 3 }] });
    engine.inject({ fault: "fail", task: "double", times: Number.POSITIVE_INFINITY });
    expect(await engine.run(double.with(1))).toMatchObject({ status: "FAILED", tasks: [{ attempts: 3 }] });
  });
});

describe("a crash of the worker", () => {
  it("in the body: none of it ran, and its message comes back to another worker", async () => {
    const { done, charge } = effects();
    const engine = engineOf({ tasks: { charge } });
    engine.inject({ fault: "crash", task: "charge", when: "in-body" });
    const run = await engine.run(charge.with("ann"), { id: "r" });
    expect(run).toMatchObject({ status: "SUCCEEDED", tasks: [{ attempts: 2 }] });
    expect(entered(engine)).toEqual(["task #1", "task #2"]);
    expect(done).toEqual(["ann"]);
    expect(secondsOf(engine)).toBe(60);
    expect(engine.timeline()).toContain("the worker is gone; its message comes back after 60 s");
  });

  it("before the record: what the body did is done, and it is done again", async () => {
    const { done, charge } = effects();
    const engine = engineOf({ tasks: { charge } });
    engine.inject({ fault: "crash", task: "charge", when: "before-record" });
    const run = await engine.run(charge.with("ann"));
    expect(run).toMatchObject({ status: "SUCCEEDED", tasks: [{ attempts: 2 }] });
    expect(done).toEqual(["ann", "ann"]);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("after the record: the outcome counts, the body is not entered again, and somebody else goes on", async () => {
    const { engine, run } = await chordWith({
      fault: "crash",
      task: "double",
      path: "header[2]",
      when: "after-record",
    });
    await expectRecovered(engine, run);
    expect(entered(engine)).toEqual(["header[0] #1", "header[1] #1", "header[2] #1", "callback #1"]);
    expect(run.decisions).toMatchObject([{ by: "r/header[2]", atMs: Date.UTC(2026, 0, 1) }]);
    expect(engine.calls.at(-1)).toMatchObject({ task: "add", atMs: Date.UTC(2026, 0, 1, 0, 1) });
  });

  it("after the wait for a retry is recorded, before its message is sent", async () => {
    const engine = engineOf();
    engine.inject({ fault: "fail", task: "double" });
    engine.inject({ fault: "crash", task: "double", attempt: 1, when: "after-record" });
    const run = await engine.run(double.with(1));
    expect(run).toMatchObject({ status: "SUCCEEDED", value: 2, tasks: [{ attempts: 2 }] });
    expect(secondsOf(engine)).toBeGreaterThan(30);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("takes its neighbours with it: all that it held is done by others", async () => {
    const { engine, run } = await chordWith({ fault: "crash", task: "double", path: "header[1]", when: "in-body" });
    await expectRecovered(engine, run);
    expect(entered(engine)).toEqual([
      "header[0] #1",
      "header[1] #1",
      "header[0] #2",
      "header[1] #2",
      "header[2] #2",
      "callback #1",
    ]);
  });

  it("at every attempt ends the task as worker-lost", async () => {
    const always = Number.POSITIVE_INFINITY;
    const { engine, run } = await chordWith({ fault: "crash", task: "double", when: "in-body", times: always });
    expect(run).toMatchObject({ status: "FAILED", error: { name: "worker-lost" } });
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("at any place of a body: what stands before it was done", async () => {
    const steps: string[] = [];
    const work = defineTask({ name: "work", args: z.tuple([]) }, async (ctx) => {
      steps.push(`first #${ctx.attempt}`);
      await engine.sleep(ctx, 100);
      if (ctx.attempt === 1) await engine.crash(ctx);
      steps.push(`second #${ctx.attempt}`);
    });
    const engine: TestEngine = engineOf({ tasks: { work } });
    expect(await engine.run(work.with())).toMatchObject({ status: "SUCCEEDED", tasks: [{ attempts: 2 }] });
    expect(steps).toEqual(["first #1", "first #2", "second #2"]);
    expect(secondsOf(engine)).toBe(100 + 60 + 100);
  });

  it("is refused for a body that has ended: its worker is at other work by then", async () => {
    const seen: TaskContext[] = [];
    const engine = engineOf({ stubs: { double: (ctx) => seen.push(ctx) } });
    await engine.run(double.with(1));
    expect(() => engine.crash(seen[0] as TaskContext)).toThrow("crash takes the ctx of a body that is at work");
    expect(() => engine.crash({} as TaskContext)).toThrow("crash takes the ctx of a body that this engine has called");
    expect(await engine.run(double.with(1))).toMatchObject({ status: "SUCCEEDED" });
  });

  it("ends the sleep of its neighbours for ever, and their heartbeats", async () => {
    const woken: string[] = [];
    const nap = defineTask({ name: "nap", args: z.tuple([z.string()]) }, async (ctx, who) => {
      await engine.sleep(ctx, 10);
      woken.push(`${who} #${ctx.attempt}`);
      return 1;
    });
    const engine: TestEngine = engineOf({ tasks: { nap, add } });
    engine.inject({ fault: "crash", task: "nap", path: "header[1]", when: "in-body" });
    expect(await engine.run(chord([nap.with("a"), nap.with("b")], add))).toMatchObject({ value: 2 });
    expect(woken.sort()).toEqual(["a #2", "b #2"]);
  });

  it.each([
    ["before", "head.create"],
    ["after", "head.create"],
    ["before", "plan.write"],
    ["after", "slot.claim"],
    ["before", "head.end"],
    ["after", "head.end"],
    ["before", "node.send"],
    ["after", "release.send"],
  ] as const)("%s %s: the run goes on when its message comes back", async (when, site) => {
    const other = defineTask({ name: "add", args: add.args, queue: "other" }, (_ctx, numbers) => numbers.length);
    const engine = engineOf({ tasks: { double, other } });
    engine.inject({ fault: "crash", site, when });
    expect(await engine.run(chordOfThree)).toMatchObject({ value: 3, decisions: oneDecision });
    await engine.advance(120);
    expect(await engine.left()).toEqual(nothingLeft);
    expect(engine.timeline()).toContain(`FAULT crash ${when} ${site}`);
  });

  it("of the sweeper: the next one does its work", async () => {
    const engine = engineOf();
    engine.inject({ fault: "lose", task: "double" });
    engine.inject({ fault: "crash", site: "head.visit", when: "before" });
    const run = await engine.run(chordOfThree);
    await expectRecovered(engine, run);
    expect(engine.timeline()).toContain("the sweeper is gone");
    expect(secondsOf(engine)).toBe(120);
  });
});

describe("duplicate", () => {
  it("delivers the message twice, and the body is entered once", async () => {
    const { engine, run } = await chordWith({ fault: "duplicate", task: "double" });
    await expectRecovered(engine, run);
    expect(entered(engine)).toEqual(["header[0] #1", "header[1] #1", "header[2] #1", "callback #1"]);
    expect(engine.timeline()).toContain("the message of r/header[0], r/header[1], r/header[2] is delivered again");
  });

  it("lets the copy wait while the first one is at work", async () => {
    const nap = defineTask({ name: "nap", args: z.tuple([]) }, (ctx) => engine.sleep(ctx, 10));
    const engine: TestEngine = engineOf({ tasks: { nap } });
    engine.inject({ fault: "duplicate", task: "nap" });
    expect(await engine.run(nap.with(), { id: "r" })).toMatchObject({ status: "SUCCEEDED", tasks: [{ attempts: 1 }] });
    expect(engine.timeline()).toMatch(/the message of r\/task is given back for 3\d s/);
    expect(await engine.left()).toMatchObject({ messages: [{ queue: "task:default", taskIds: ["r/task"] }] });
    await engine.advance(60);
    expect(await engine.left()).toEqual(nothingLeft);
    expect(engine.calls).toHaveLength(1);
  });
});

describe("lose", () => {
  it("loses the message: the sweeper sends its tasks again", async () => {
    const { engine, run } = await chordWith({ fault: "lose", task: "double" });
    await expectRecovered(engine, run);
    expect(engine.calls[0]).toMatchObject({ task: "double", attempt: 1, atMs: Date.UTC(2026, 0, 1, 0, 1) });
    expect(engine.timeline()).toContain("is sent once more");
  });

  it("loses the message of a retry only", async () => {
    const engine = engineOf();
    engine.inject({ fault: "fail", task: "double", attempt: 1 });
    engine.inject({ fault: "lose", task: "double", attempt: 2 });
    expect(await engine.run(double.with(1))).toMatchObject({ status: "SUCCEEDED", tasks: [{ attempts: 2 }] });
    expect(engine.calls.map(({ atMs }) => atMs > Date.UTC(2026, 0, 1, 0, 0, 30))).toEqual([false, true]);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("is left over for a task that has no message, since it runs where its predecessor ran", async () => {
    const { engine } = await chordWith({ fault: "lose", task: "add" });
    expect(await engine.left()).toEqual({ ...nothingLeft, faults: [{ fault: "lose", task: "add" }] });
    expect(engine.timeline()).toMatch(/did not happen: FAULT lose add$/);
  });
});

describe("throttle", () => {
  it("refuses the record of the outcome: the attempt is lost, and the next one succeeds", async () => {
    const { engine, run } = await chordWith({ fault: "throttle", task: "add" });
    await expectRecovered(engine, run);
    expect(entered(engine).slice(-2)).toEqual(["callback #1", "callback #2"]);
    expect(engine.timeline()).toContain("is given back for 2 s");
  });

  it.each(["slot.claim", "head.read", "release.send", "head.end"] as const)("refuses calls of %s", async (site) => {
    const { engine, run } = await chordWith({ fault: "throttle", site, times: 2 });
    await expectRecovered(engine, run);
    expect(engine.timeline().match(new RegExp(`FAULT throttle ${site}`, "g"))).toHaveLength(2);
    expect(secondsOf(engine)).toBeGreaterThan(5);
  });

  it("refuses the sweeper, which comes again", async () => {
    const engine = engineOf();
    engine.inject({ fault: "lose", task: "double" });
    engine.inject({ fault: "throttle", site: "due.read" });
    await expectRecovered(engine, await engine.run(chordOfThree));
    expect(engine.timeline()).toContain("the sweep failed: StoreError: due.read was throttled by the test");
  });

  it("for ever brings the message to the dead letters", async () => {
    const engine = engineOf({ settings: { sweepSeconds: 3600 } });
    engine.inject({ fault: "throttle", site: "slot.claim", times: Number.POSITIVE_INFINITY });
    expect(await engine.run(double.with(1), { id: "r", deadlineSeconds: 86_400 })).toMatchObject({
      status: "FAILED",
      error: { name: "dead-letter" },
    });
    expect(engine.timeline()).toContain("the message of r/task is a dead letter");
    expect(engine.calls).toEqual([]);
  });
});

describe("a point", () => {
  it("is the task, the attempt and the path together", async () => {
    const engine = engineOf();
    engine.inject({ fault: "fail", task: "double", attempt: 2, path: "[0]" });
    engine.inject({ fault: "fail", task: "double", attempt: 1, path: "[1]" });
    const run = await engine.run(chain(double.with(1), { task: "double" }));
    expect(run.tasks.map(({ attempts }) => attempts)).toEqual([1, 2]);
    expect((await engine.left()).faults).toEqual([{ fault: "fail", task: "double", attempt: 2, path: "[0]" }]);
  });

  it.each([
    [{ fault: "fail", task: "dubble" }, 'fault.task: must be one of double, add, found "dubble"'],
    [{ fault: "explode", task: "double" }, "fault.fault: must be one of fail, crash, duplicate, lose, throttle"],
    [{ fault: "lose", site: "node.send" }, "fault.fault: must be one of crash, throttle"],
    [{ fault: "throttle", site: "slot.clam" }, "fault.site: must be one of budget.charge, "],
    [{ fault: "crash", task: "double" }, "fault.when: must be one of in-body, before-record, after-record"],
    [{ fault: "crash", site: "slot.claim", when: "in-body" }, "fault.when: must be one of before, after"],
    [{ fault: "fail", task: "double", attempt: 0 }, "fault.attempt: must be a whole number from 1, found 0"],
    [{ fault: "fail", task: "double", times: 1.5 }, "fault.times: must be a whole number from 1, found 1.5"],
  ])("is refused when there is none: %j", (fault, message) => {
    const engine = engineOf();
    expect(() => engine.inject(fault as Fault)).toThrow(InvalidRequestError);
    expect(() => engine.inject(fault as Fault)).toThrow(message);
  });
});
