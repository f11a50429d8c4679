/**
 * Groups whose slow members get a second copy, through the driver on table and queue in memory.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord, group, map } from "../../../lib/canvas/canvas.ts";
import { FatalError } from "../../../lib/errors.ts";
import { declareTask, defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "../client/deployment.ts";

const args = z.array(z.any());

/** What an attempt does: how many seconds it takes, and how it ends. */
type Step = readonly [seconds: number, end?: "fails" | "fatal"];

function deploy(options: { readonly tasksPerInvocation?: number } = {}) {
  const begun: string[] = [];
  const told: { readonly what: string; readonly reason: string; readonly seconds: number }[] = [];
  const calls: string[] = [];
  const seconds = () => (deployment.clock.now() - startedAtMs) / 1000;
  const body = async (
    ctx: Parameters<Parameters<typeof defineTask>[1]>[0],
    value: unknown,
    script: readonly Step[],
  ) => {
    const what = `${ctx.taskId} attempt ${ctx.attempt}`;
    begun.push(what);
    ctx.signal.addEventListener("abort", () => told.push({ what, reason: ctx.signal.reason.name, seconds: seconds() }));
    const [takes, end] = script[ctx.attempt - 1] ?? [0];
    await deployment.sleep(takes);
    if (end === "fatal") throw new FatalError("for good");
    if (end === "fails") throw new Error("not this time");
    return value;
  };
  const retry = { backoffSeconds: 0 };
  const tasks = {
    works: defineTask({ name: "works", args, timeoutSeconds: 3600, retry }, (ctx, value, ...script) =>
      body(ctx as never, value, script),
    ),
    once: defineTask({ name: "once", args, timeoutSeconds: 3600, retry: { maxAttempts: 1 } }, (ctx, value, ...script) =>
      body(ctx as never, value, script),
    ),
    byItem: defineTask({ name: "byItem", args, timeoutSeconds: 3600, retry }, (ctx, value) =>
      body(ctx as never, value, value === 4 ? [[600], [5]] : []),
    ),
    sum: defineTask({ name: "sum", args }, (_ctx, list: number[]) => list.reduce((a, b) => a + b, 0)),
    elsewhere: declareTask({ name: "elsewhere", args, queue: "elsewhere" } as never) as never,
  };
  const deployment = createDeployment({ tasks, onCall: (site) => calls.push(site), ...options });
  const startedAtMs = deployment.clock.now();
  return { ...deployment, begun, told, calls, seconds };
}

const works = (value: number, ...script: readonly Step[]) => ({ task: "works", args: [value, ...script] as never });
const quick = [works(1), works(2), works(3)];
const sum = { task: "sum" };
const hedge = { afterPercentile: 75 };

/** The run as it has ended, and when. */
async function ran(deployed: ReturnType<typeof deploy>, workflow: object, request: object = {}) {
  const { client, until, seconds } = deployed;
  const run = await until(client.submit(workflow as never, { id: "r", ...request }));
  const result = await until(
    run.result().then(
      (value) => value as unknown,
      (error) => error,
    ),
  );
  return { result, seconds: seconds() };
}

describe("a hedged chord", () => {
  it("takes what its copy comes to, and tells the other at its next heartbeat", async () => {
    const deployed = deploy();
    const { begun, told, advance } = deployed;
    const { result, seconds } = await ran(deployed, chord([works(4, [600], [5]), ...quick], sum, { hedge }));
    expect(result).toBe(10);
    expect(seconds).toBeLessThan(10);
    await advance(600);
    expect(told).toEqual([{ what: "r/header[0] attempt 1", reason: "lease-lost", seconds: 10 }]);
    expect(begun.filter((what) => what.startsWith("r/header[0]"))).toEqual([
      "r/header[0] attempt 1",
      "r/header[0] attempt 2",
    ]);
    const { tasks = [] } = await deployed.client.inspect("r", { verbose: true });
    expect(tasks[0]).toMatchObject({ status: "SUCCEEDED", attempt: 2 });
  });

  it("takes what the first comes to, and tells the copy", async () => {
    const deployed = deploy();
    const { result, seconds } = await ran(deployed, chord([works(4, [50], [600]), ...quick], sum, { hedge }));
    expect([result, Math.floor(seconds)]).toEqual([10, 50]);
    await deployed.advance(600);
    expect(deployed.told).toMatchObject([{ what: "r/header[0] attempt 2", reason: "lease-lost" }]);
  });

  it.each<[name: string, script: readonly Step[], atSeconds: number]>([
    ["the first fails for good", [[5, "fatal"], [100]], 100],
    ["the copy fails for good", [[100], [5, "fatal"]], 100],
    ["the first fails, and the copy after it: the next attempt", [[5, "fails"], [50, "fails"], [7]], 57],
    ["the copy fails, and the first after it: the next attempt", [[50, "fails"], [5, "fails"], [7]], 57],
  ])("H3: a failure counts only where nobody else is at work: %s", async (_, script, atSeconds) => {
    const deployed = deploy();
    const { result, seconds } = await ran(deployed, chord([works(4, ...script), ...quick], sum, { hedge }));
    expect(result).toBe(10);
    expect(Math.floor(seconds)).toBe(atSeconds);
    // Each attempt once: whoever goes on has kept its lease longer than any lease lasts.
    expect(deployed.begun.filter((what) => what.startsWith("r/header[0]"))).toHaveLength(script.length);
  });

  it("fails as the last of both does, and counts both", async () => {
    const deployed = deploy();
    await ran(deployed, chord([works(4, [5, "fatal"], [50, "fatal"]), ...quick], sum, { hedge }));
    const { run, tasks = [] } = await deployed.client.inspect("r", { verbose: true });
    expect(run.status).toBe("FAILED");
    expect(tasks[0]).toMatchObject({ status: "FAILED", attempt: 2, error: { message: "for good" } });
  });

  it("copies nothing that may run only once, has not begun, or runs elsewhere", async () => {
    const deployed = deploy();
    const { begun, calls, advance } = deployed;
    const header = [{ task: "once", args: [4, [50]] }, { task: "elsewhere" }, works(9), works(9), ...quick, ...quick];
    await deployed.until(deployed.client.submit(chord(header as never, sum, { hedge }), { id: "r" }));
    await advance(40);
    expect(calls.filter((site) => site === "hedge.look").length).toBeGreaterThan(0);
    expect(begun.filter((what) => what.endsWith("attempt 2"))).toEqual([]);
    expect(calls).not.toContain("slot.claim-beside");
  });

  it("asks for copies once, and looks at leaves that are not full alone", async () => {
    const deployed = deploy();
    const header = [works(0, [100], [5]), ...Array.from({ length: 199 }, () => works(1))];
    const { result } = await ran(deployed, chord(header, sum, { hedge: { afterPercentile: 99 } }));
    expect(result).toBe(199);
    const count = (site: string) => deployed.calls.filter((call) => call === site).length;
    expect(count("join.hedge")).toBe(1);
    expect(deployed.begun).toContain("r/header[0] attempt 2");
    // Its top, and one read of the one leaf below that is not full.
    expect(count("hedge.look")).toBe(2);
  });

  it("costs an ask, a look and a claim for a copy, and an arrival for each change of a leaf", async () => {
    const counts = async (more: object) => {
      const deployed = deploy();
      const header = [works(0, [20], [5]), ...Array.from({ length: 39 }, () => works(1))];
      await ran(deployed, chord(header, sum, more));
      const sites: Record<string, number> = {};
      for (const site of deployed.calls) sites[site] = (sites[site] ?? 0) + 1;
      return sites;
    };
    const [plain, hedged] = [await counts({}), await counts({ hedge: { afterPercentile: 90 } })];
    const only = (sites: Record<string, number>, ...names: readonly string[]) => names.map((name) => sites[name] ?? 0);
    const sites = [
      "join.hedge",
      "hedge.look",
      "slot.claim-beside",
      "slot.claim",
      "slot.commit",
      "tally.arrive",
    ] as const;
    expect(only(plain, ...sites)).toEqual([0, 0, 0, 4, 41, 4]);
    // Bodies end one by one here: each commit is a change. The last of the quick ones are at work when copies are asked for.
    const [asked, looks, copies, claims, commits, arrivals] = only(hedged, ...sites);
    expect([asked, looks, copies, claims]).toEqual([1, 2, 4, 4]);
    expect(arrivals).toBeLessThan(commits as number);
    expect(arrivals).toBe(43);
  });

  it("goes without copies where the budget allows none", async () => {
    const deployed = deploy();
    const workflow = chord([works(4, [50], [5]), ...quick], sum, { hedge });
    const { result, seconds } = await ran(deployed, workflow, { budget: { maxAttemptsTotal: 5 } });
    expect([result, Math.floor(seconds)]).toEqual([10, 50]);
    expect(deployed.calls).not.toContain("slot.claim-beside");
  });

  it("counts a copy as an attempt of the budget", async () => {
    const deployed = deploy();
    const workflow = chord([works(4, [50], [5]), ...quick], sum, { hedge });
    await ran(deployed, workflow, { budget: { maxAttemptsTotal: 6 } });
    const { run } = await deployed.client.inspect("r");
    expect(run.budget?.used).toMatchObject({ attempts: 6 });
  });
});

describe("hedge", () => {
  const list = { task: "works", args: [[1, 2, 3, 4]] } as never;
  /** Of its first attempt the last item is slow. */
  const item = { task: "byItem", args: [] } as never;
  it.each([
    ["a group", chain(group([works(4, [600], [5]), ...quick], { hedge }), sum)],
    ["a map", chain(map(item, { over: [1, 2, 3, 4], hedge }), sum)],
    ["a map over a result", chain(list, map(item, { hedge }), sum)],
    ["a chord over a map", chord(map(item, { over: [1, 2, 3, 4] }), sum, { hedge })],
    ["a chord over a map that has it", chord(map(item, { over: [1, 2, 3, 4], hedge }), sum)],
  ])("is of %s", async (_, workflow) => {
    const deployed = deploy();
    const { result, seconds } = await ran(deployed, workflow);
    expect(result).toBe(10);
    expect(seconds).toBeLessThan(10);
  });

  it("rejects a request for copies of what is not hedged", async () => {
    const deployed = deploy();
    await deployed.until(deployed.client.submit(chord([works(4, [50], [5]), ...quick], sum), { id: "r" }));
    const body = JSON.stringify({ tutti: 1, type: "hedge", run: "r", generation: 1, join: "." });
    await deployed.queue.send("request", [{ body, delaySeconds: 0 }], "test");
    await deployed.advance(100);
    expect(deployed.calls).not.toContain("hedge.look");
    expect(deployed.calls).toContain("rejected.write");
  });
});
