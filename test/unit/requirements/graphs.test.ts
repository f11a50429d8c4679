/**
 * Graphs as the fifth source asks for them (docs/requirements.md), on the engine in memory. Each name begins with its rows.
 */
import { describe, expect, it } from "vitest";
import { chord, dag, group, after as nodeAfter } from "../../../lib/canvas/canvas.ts";
import { FatalError } from "../../../lib/errors.ts";
import type { TestEngine } from "../../../lib/testing/index.ts";
import { engineOf, startMs, startsOf, task } from "./support.ts";

const day = 86_400;

/** An engine with tasks that take virtual time, fail, or meet a fault of another system once. */
function rig() {
  const nap = task("nap", (ctx, seconds: number) => engine.sleep(ctx, seconds).then(() => seconds));
  const breaks = task("breaks", async (ctx, seconds: number) => {
    await engine.sleep(ctx, seconds);
    throw new FatalError("broken");
  });
  const calls = task("calls", (ctx) => {
    if (ctx.attempt === 1) throw Object.assign(new Error("bad gateway"), { status: 502 });
    if (ctx.attempt === 2) throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
    return "answered";
  });
  const asks = task("asks", () => {
    throw Object.assign(new Error("not found"), { status: 404 });
  });
  const hangs = task("hangs", (ctx) => engine.sleep(ctx, Number.POSITIVE_INFINITY));
  const engine: TestEngine = engineOf({ nap, breaks, calls, asks, hangs });
  return { engine, nap, breaks };
}

describe("fan-in", () => {
  it("S4-04 S4-06: a node waits for all its parents, and starts when the last one ends, with nobody polling", async () => {
    const { engine, nap } = rig();
    const nodes = {
      left: nap.with(10),
      right: nap.with(31.5),
      end: nodeAfter(["left", "right"], nap.with(1)),
      side: nodeAfter(["left"], nap.with(1)),
    };
    expect(await engine.run(dag({ nodes }))).toMatchObject({ status: "SUCCEEDED" });
    expect(startsOf(engine)).toEqual({ left: 0, right: 0, side: 10, end: 31.5 });
  });

  it("S4-01 S4-08: parents that end in the same millisecond start their child once", async () => {
    const { engine, nap } = rig();
    const parents = Array.from({ length: 40 }, (_, index) => `p${index}`);
    const nodes = {
      ...Object.fromEntries(parents.map((name) => [name, nap.with(5)])),
      child: nodeAfter(parents, nap.with(0)),
    };
    expect(await engine.run(dag({ nodes }), { id: "r" })).toMatchObject({ status: "SUCCEEDED", value: { child: 0 } });
    expect(engine.calls.filter((call) => call.taskId === "r/child")).toHaveLength(1);
    expect(startsOf(engine).child).toBe(5);
  });
});

describe("a failure", () => {
  it("S4-14: makes the run FAILED at once, though others still run", async () => {
    const { engine, nap, breaks } = rig();
    const run = await engine.run(group([breaks.with(3), nap.with(200)]));
    expect(run).toMatchObject({ status: "FAILED", error: { message: "broken" } });
    expect(engine.clock.now()).toBe(startMs + 3000);
  });

  it("S4-15 S4-16 S4-17 S4-18: stays FAILED when others end later, and nothing new starts", async () => {
    const { engine, nap, breaks } = rig();
    const nodes = {
      bad: breaks.with(3),
      slow: nap.with(200),
      next: nodeAfter(["slow"], nap.with(1)),
      last: nodeAfter(["bad", "next"], nap.with(1)),
    };
    const ended = await engine.run(dag({ nodes }), { id: "r" });
    await engine.advance(day);
    expect(await engine.inspect("r")).toMatchObject({ status: "FAILED", error: "error" in ended && ended.error });
    const { tasks } = (await engine.inspect("r")) ?? {};
    expect(tasks?.map(({ path, status }) => `${path} ${status}`)).toEqual([
      "bad FAILED",
      "slow SUCCEEDED",
      "next SKIPPED",
      "last SKIPPED",
    ]);
    expect(engine.calls.map(({ taskId }) => taskId)).toEqual(["r/bad", "r/slow"]);
  });

  it("S4-14 S4-16: of a member keeps the callback from starting", async () => {
    const { engine, nap, breaks } = rig();
    await engine.run(chord([breaks.with(3), nap.with(20)], nap), { id: "r" });
    await engine.advance(day);
    expect(engine.calls.map(({ taskId }) => taskId)).not.toContain("r/callback");
  });
});

it("S4-23: errors 5xx and of the network are tried again by themselves, 404 is not", async () => {
  const { engine } = rig();
  expect(await engine.run({ task: "calls" })).toMatchObject({ value: "answered", tasks: [{ attempts: 3 }] });
  expect(await engine.run({ task: "asks" })).toMatchObject({ status: "FAILED", tasks: [{ attempts: 1 }] });
});

it("S4-24: a task that hangs is TIMED_OUT at its limit", async () => {
  const { engine } = rig();
  const run = await engine.run({ task: "hangs", timeoutSeconds: 90, retry: { maxAttempts: 1 } });
  expect(run.tasks).toMatchObject([{ status: "TIMED_OUT" }]);
  expect(engine.clock.now()).toBe(startMs + 90_000);
});

it("S4-22: a run is kept for seven days, counted from its end", async () => {
  const { engine } = rig();
  await engine.run({ task: "nap", args: [1], delaySeconds: 2 * day }, { id: "r" });
  await engine.advance(7 * day - 300);
  expect(await engine.inspect("r")).toMatchObject({ status: "SUCCEEDED", value: 1 });
  await engine.advance(600);
  expect(await engine.inspect("r")).toBe(undefined);
});
