import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord } from "../../../lib/canvas/canvas.ts";
import { FatalError, InvalidRequestError } from "../../../lib/errors.ts";
import { declareTask } from "../../../lib/tasks/define-task.ts";
import { nothingLeft, type Stub, type StubOutcome } from "../../../lib/testing/index.ts";
import { add, chordOfThree, double, engineOf, entered } from "./support.ts";

describe("a stub that is a function", () => {
  it("runs in the place of the body, with its context and arguments; other tasks are real", async () => {
    const engine = engineOf({ stubs: { double: (ctx, number: number) => number + ctx.attempt * 100 } });
    expect(await engine.run(chordOfThree)).toMatchObject({ status: "SUCCEEDED", value: 306 });
  });

  it("keeps limits, retries and the check of arguments of the task", async () => {
    const engine = engineOf({ stubs: { double: () => Promise.reject(new Error("down")) } });
    expect(await engine.run(double.with(1))).toMatchObject({ status: "FAILED", tasks: [{ attempts: 3 }] });
    await expect(engine.run({ task: "double", args: ["one"] })).rejects.toThrow(InvalidRequestError);
  });

  it("stands for a program in another language", async () => {
    const shrink = declareTask({ name: "shrink", args: z.tuple([z.number()]), queue: "outside" });
    const engine = engineOf({ tasks: { shrink, double }, stubs: { shrink: (_ctx, size: number) => size / 2 } });
    expect(await engine.run(chain(shrink.with(8), { task: "double" }))).toMatchObject({ value: 8 });
  });
});

describe("a stub that is a list", () => {
  it("gives one outcome to each call, in order of the calls", async () => {
    const outcomes: StubOutcome[] = [{ value: 5 }, { error: new Error("busy") }, { value: 7 }, { value: 6 }];
    const engine = engineOf({ stubs: { double: outcomes } });
    const run = await engine.run(chordOfThree);
    expect(run).toMatchObject({ value: 18 });
    expect(entered(engine)).toEqual(["header[0] #1", "header[1] #1", "header[2] #1", "header[1] #2", "callback #1"]);
    expect(run.tasks.map(({ value }) => value)).toEqual([5, 6, 7, 18]);
  });

  it("fails for good with a fatal error, as such or as it was recorded", async () => {
    for (const error of [new FatalError("no"), { name: "FatalError", message: "no" }]) {
      const engine = engineOf({ stubs: { double: [{ error }] } });
      expect(await engine.run(double.with(1))).toMatchObject({
        status: "FAILED",
        error: { name: "FatalError", message: "no" },
        tasks: [{ attempts: 1 }],
      });
    }
  });

  it("gives a recorded error its name", async () => {
    const engine = engineOf({
      stubs: { double: [{ error: { name: "Throttled", message: "slow down" } }, { value: 3 }] },
    });
    const run = await engine.submit(double.with(1), { id: "r" });
    expect((await engine.inspect("r"))?.tasks[0]?.error).toEqual({ name: "Throttled", message: "slow down" });
    expect(await run.end()).toMatchObject({ value: 3 });
  });

  it("never ends where it says so: TIMED_OUT at the task's limit, in virtual time", async () => {
    const engine = engineOf({ stubs: { double: [{ hangs: true }, { hangs: true }, { hangs: true }] } });
    const run = await engine.run(double.with(1));
    expect(run).toMatchObject({ status: "FAILED", tasks: [{ status: "TIMED_OUT", attempts: 3 }] });
    expect(run.endedAtMs - Date.UTC(2026, 0, 1)).toBeGreaterThanOrEqual(900_000);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("may be the tasks of an earlier run", async () => {
    const earlier = await engineOf().run(chordOfThree);
    const recorded = earlier.tasks.filter(({ task }) => task === "double");
    const engine = engineOf({ stubs: { double: recorded, add: (_ctx, numbers: number[]) => numbers } });
    expect(await engine.run(chord([double.with(0), double.with(0), double.with(0)], add))).toMatchObject({
      value: [2, 4, 6],
    });
  });

  it("ends the test when it has no outcome left, with the timeline", async () => {
    const engine = engineOf({ seed: 11, stubs: { double: [{ value: 1 }] } });
    const run = engine.run(chordOfThree);
    await expect(run).rejects.toThrow("the stub of double has 1 outcomes, and was called once more");
    await expect(run).rejects.toThrow(/timeline of seed 11[\s\S]*double #1 begins \[2\]/);
  });
});

it.each([
  [{ dubble: () => 1 }, "stubs.dubble: must be one of double, add"],
  [{ double: 5 }, "stubs.double: must be a function or a list of outcomes, found 5"],
])("refuses %j", (stubs, message) => {
  expect(() => engineOf({ stubs: stubs as unknown as Record<string, Stub> })).toThrow(message);
});
