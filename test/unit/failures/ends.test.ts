/** Failures on their way, and what is kept how long: sections E and H of docs/failures.md. */
import { describe, expect, it } from "vitest";
import { chain, chord, dag, group, after as nodeAfter } from "../../../lib/canvas/canvas.ts";
import { FatalError, RunRemovedError } from "../../../lib/errors.ts";
import type { HeldMessage } from "../../../lib/ports/queue.ts";
import type { TestEngine } from "../../../lib/testing/index.ts";
import { createDeployment } from "../client/deployment.ts";
import { byHand, engineOf, startsOf, task } from "./support.ts";

const day = 86_400;
const once = { retry: { maxAttempts: 1 } };

/** Tasks that take virtual time, fail, hang, or hand on what they get. */
function rig(settings: Parameters<typeof engineOf>[1] = {}) {
  const nap = task("nap", (ctx, seconds: number) => engine.sleep(ctx, seconds).then(() => seconds), {
    timeoutSeconds: 43_200,
  });
  const breaks = task("breaks", async (ctx, seconds: number) => {
    await engine.sleep(ctx, seconds);
    throw new FatalError("broken");
  });
  const hangs = task("hangs", (ctx) => engine.sleep(ctx, Number.POSITIVE_INFINITY), { timeoutSeconds: 40, ...once });
  const list = task("list", (_ctx, ...args: unknown[]) => args);
  const onError = task("onError", (_ctx, summary: unknown) => summary);
  const engine: TestEngine = engineOf({ nap, breaks, hangs, list, onError }, settings);
  const entered = (name: string) => engine.calls.filter((call) => call.task === name).length;
  return { engine, nap, breaks, hangs, list, onError, entered };
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe("failures", () => {
  it("E1: a chain in a header whose first link fails ends the chord: error callback once, links skipped", async () => {
    const { engine, nap, breaks, list, onError, entered } = rig();
    const header = [chain(breaks.with(1), list, list), chain(nap.with(2), list, list)];
    const run = await engine.run(chord(header, list, { onError }), { id: "r" });
    expect(run).toMatchObject({ status: "FAILED", error: { message: "broken", taskId: "r/header[0]/[0]" } });
    expect(entered("onError")).toBe(1);
    const state = Object.fromEntries(run.tasks.map(({ path, status }) => [path, status]));
    expect(state).toMatchObject({ "header[0]/[1]": "SKIPPED", "header[0]/[2]": "SKIPPED", callback: "SKIPPED" });
  });

  it.each<["all-succeeded" | "all-settled", string, string]>([
    ["all-succeeded", "breaks", "FAILED"],
    ["all-succeeded", "hangs", "FAILED"],
    ["all-succeeded", "chain", "FAILED"],
    ["all-settled", "breaks", "SUCCEEDED"],
    ["all-settled", "hangs", "SUCCEEDED"],
    ["all-settled", "chain", "SUCCEEDED"],
  ])("E2: an %s chord ends when a member %s", async (when, how, status) => {
    const { engine, nap, breaks, hangs, list } = rig();
    const member = { breaks: breaks.with(1), hangs, chain: chain(breaks.with(1), list) }[how] as typeof hangs;
    const run = await engine.run(chord([nap.with(5), member], list, { when }));
    expect(run.status).toBe(status);
    expect(startsOf(engine).callback === undefined).toBe(status === "FAILED");
  });

  it("E4: forty of a hundred members fail at once, and the error callback is called once", async () => {
    const { engine, nap, breaks, list, onError, entered } = rig();
    const header = times(100, (i) => (i % 5 < 2 ? breaks.with(3) : nap.with(3)));
    await engine.run(chord(header, list, { onError }), { id: "r" });
    await engine.advance(day);
    expect([entered("onError"), entered("list")]).toEqual([1, 0]);
    const calls = engine.calls.filter((call) => call.task === "onError");
    const [summary] = calls.flatMap(({ args }) => args) as [{ failed: number; total: number; failures: object[] }];
    expect(summary).toMatchObject({ total: 100, failures: expect.any(Array) });
    expect(summary.failed).toBe(summary.failures.length);
  });

  it("E9: a sibling that ends after the run has failed changes its own record, and nothing else", async () => {
    const { engine, nap, breaks, list } = rig();
    await engine.run(group([breaks.with(1), chain(nap.with(100), list)]), { id: "r" });
    const failed = await engine.inspect("r");
    await engine.advance(day);
    const later = await engine.inspect("r");
    expect({ ...later, tasks: [] }).toEqual({ ...failed, tasks: [] });
    expect(failed?.tasks.map(({ status }) => status)).toEqual(["FAILED", "SKIPPED", "SKIPPED"]);
    expect(later?.tasks.map(({ status }) => status)).toEqual(["FAILED", "SUCCEEDED", "SKIPPED"]);
  });
});

describe("what is kept", () => {
  /** Whether any item would be removed by the table itself. */
  const mortal = (store: ReturnType<typeof createDeployment>["store"]) =>
    store.dump().some(({ image }) => Object.hasOwn(image, "ttl"));

  it("H1: a chord of eight days has all its results, and nothing of it expires meanwhile", async () => {
    const one = task("one", (_ctx, value: unknown) => value);
    const { client, until, advance, store, coordinator } = createDeployment({ tasks: { one } });
    const late = { ...one.with(2).toJSON(), delaySeconds: 8 * day };
    const workflow = { chord: { header: [one.with(1).toJSON(), late], callback: { task: "one" } } };
    const run = await until(client.submit(workflow, { deadlineSeconds: 30 * day }));
    for (let hours = 0; hours < 9 * 24; hours += 6) {
      expect(mortal(store)).toBe(false);
      await advance(6 * 3600);
      await coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
    }
    await advance(60);
    expect(await until(run.result())).toEqual([1, 2]);
  });

  it("H1: a retention of nothing removes a run when it has ended, and not before", async () => {
    const { engine, nap } = rig({ retentionSeconds: 0 });
    const run = await engine.submit(chain(nap.with(3600), nap.with(3600)), { id: "r" });
    await engine.advance(3700);
    expect(await engine.inspect("r")).toMatchObject({ status: "RUNNING", tasks: [{ value: 3600 }, {}] });
    await engine.advance(2 * day);
    expect(await engine.inspect("r")).toBe(undefined);
    await expect(run.end()).rejects.toThrow(RunRemovedError);
  });

  it("H2: a result of ten days ago is there for the task that needs it", async () => {
    const { engine, nap, list } = rig();
    const sleeper = { ...list.toJSON(), args: [{ $result: "a" }], delaySeconds: 10 * day };
    const nodes = { a: nap.with(1), b: nodeAfter(["a"], sleeper) };
    const run = await engine.run(dag({ nodes, output: "b" }), { deadlineSeconds: 30 * day });
    expect(run).toMatchObject({ status: "SUCCEEDED", value: [1] });
  });

  it("H3: a group of 25 hours calls its callback", async () => {
    const { engine, nap, list } = rig();
    const header = [nap.with(1), { ...nap.with(3600).toJSON(), delaySeconds: day }];
    expect(await engine.run(chord(header, list))).toMatchObject({ status: "SUCCEEDED", value: [[1, 3600]] });
    expect(startsOf(engine).callback).toBeGreaterThanOrEqual(25 * 3600);
  });

  it("H4: a run that was removed is not there, whoever asks, and a late message makes nothing of it anew", async () => {
    const one = task("one", (_ctx, value: unknown) => value);
    const world = byHand({ one });
    await world.submit(chord([one.with(1), one.with(2)], one));
    const messages = await world.take();
    for (const message of messages) await world.deliver(message);
    await world.finish();
    for (let days = 0; days < 9; days++) {
      world.clock.advanceTo(world.clock.now() + day * 1000);
      await world.coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
    }
    expect(world.store.dump().map(({ key }) => `${key.pk}/${key.sk}`)).toEqual(["r/head"]);
    const before = world.table();
    for (const message of messages) await world.deliver(message as HeldMessage);
    expect(world.table()).toBe(before);
    await expect(world.until(world.client.result("r"))).rejects.toThrow(RunRemovedError);
    await expect(world.until(world.client.submit(one.with(1), { id: "r" }))).rejects.toThrow(RunRemovedError);
  });
});
