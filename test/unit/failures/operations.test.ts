/** Runs that are ended, held or retried, and failures that are counted: sections B, D, E and K of docs/failures.md. */
import { describe, expect, it } from "vitest";
import { chain, chord, dag, group, after as nodeAfter } from "../../../lib/canvas/canvas.ts";
import { ref } from "../../../lib/canvas/reference.ts";
import { FatalError } from "../../../lib/errors.ts";
import { createDeployment, type Deployment, type DeploymentOptions } from "../client/deployment.ts";
import { engineOf, task } from "./support.ts";

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Tasks that hand on what they get, take time, fail always, or fail in the first generation. */
function rig(options: DeploymentOptions = {}) {
  const entered: string[] = [];
  const enter = (taskId: string) => void entered.push(taskId.replace(/^[^/]*\//, ""));
  const list = task("list", (ctx, ...args: unknown[]) => {
    enter(ctx.taskId);
    return args;
  });
  const nap = task(
    "nap",
    async (ctx, seconds: number) => {
      enter(ctx.taskId);
      await deployment.sleep(seconds);
      return seconds;
    },
    { timeoutSeconds: 3600 },
  );
  const breaks = task("breaks", () => {
    throw new FatalError("broken");
  });
  const deployment: Deployment = createDeployment({ tasks: { list, nap, breaks }, ...options });
  const { client, until } = deployment;
  return {
    ...deployment,
    entered,
    list,
    nap,
    breaks,
    submit: (workflow: object, id = "r") => until(client.submit(workflow as never, { id, wait: false })),
    run: async () => (await until(client.inspect("r"))).run,
    tasks: async () => (await until(client.inspect("r", { verbose: true }))).tasks ?? [],
  };
}

describe("a run that is ended", () => {
  it("B7 K4: while it is created or sent, at any call: nothing of it starts later, or the revoke is told that there is no run", async () => {
    const workflow = group(times(25, () => task("list", () => null).with()));
    const calls = (await revokedAt(workflow, Number.POSITIVE_INFINITY)).calls;
    expect(calls).toBeGreaterThan(2);
    const ends = new Set<string>();
    for (let at = 1; at <= calls + 1; at++) ends.add((await revokedAt(workflow, at)).end);
    expect([...ends].sort()).toEqual(["no such run", "revoked"]);
  });

  /** Submits, and hands over a revoke at that call of the driver. Then whoever has a message of it goes to work. */
  async function revokedAt(workflow: object, at: number) {
    let calls = 0;
    const body = JSON.stringify({ tutti: 1, type: "revoke", requestId: "q", id: "r", generation: 1 });
    const revoke = { messageId: "m", body, receiveCount: 1, sentAtMs: 0, attributes: {} };
    const held: Deployment = createDeployment({
      tasks: { list: task("list", () => entered.push("list")) },
      workers: false,
      onCall: () => {
        calls += 1;
        if (calls === at) void held.coordinator.control(revoke);
      },
    });
    const entered: string[] = [];
    await held.until(held.client.submit(workflow as never, { id: "r", wait: false }));
    await held.advance(1);
    const counted = calls;
    if (at > counted) await held.coordinator.control(revoke);
    const { status } = (await held.until(held.client.inspect("r"))).run;
    const refused = held.store.dump().some(({ key }) => key.pk === "rejected#q");
    expect({ status }).toEqual({ status: refused ? "RUNNING" : "REVOKED" });
    if (status === "RUNNING") return { end: "no such run", calls: counted };
    for (const name of held.queue.queues().filter((queue) => queue.startsWith("task:"))) {
      const messages = await held.queue.receive(name, 10);
      const batch = { messages, queue: name.slice("task:".length), deadlineAtMs: held.clock.now() + 870_000 };
      for (const { kind } of await held.coordinator.work(batch)) expect(kind).toBe("acknowledge");
    }
    await held.coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
    expect(entered).toEqual([]);
    return { end: "revoked", calls: counted };
  }

  it.each([
    ["all-settled", "SUCCEEDED"],
    ["all-succeeded", "FAILED"],
  ] as const)(
    "E2 E3 E6: a member that is revoked is settled as one that fails, once, in an %s chord",
    async (when, end) => {
      const { client, until, advance, submit, run, entered, list, nap, breaks } = rig();
      const header = when === "all-settled" ? [nap.with(50), breaks, list.with(1)] : [nap.with(50), list.with(1)];
      await submit(chord(header, list, { when }));
      await advance(1);
      await until(client.revoke("r", { path: "header[0]" }));
      await until(client.revoke("r", { path: "header[0]" }));
      await advance(200);
      expect(await run()).toMatchObject({ status: end, progress: { revoked: 1, running: 0, waiting: 0 } });
      expect(entered.filter((path) => path === "callback")).toHaveLength(when === "all-settled" ? 1 : 0);
      if (when === "all-succeeded") return;
      const { value } = (await until(client.result("r"))) as { value?: unknown };
      expect(value).toMatchObject([[{ status: "REVOKED" }, { status: "FAILED" }, { status: "SUCCEEDED" }]]);
    },
  );

  it("E6: a callback that is revoked ends its run", async () => {
    const { client, until, advance, submit, run, list, nap } = rig();
    await submit(chord([list.with(1)], nap.with(100).immutable()));
    await advance(1);
    await until(client.revoke("r", { path: "callback" }));
    await advance(1);
    expect(await run()).toMatchObject({ status: "FAILED", progress: { revoked: 1 } });
  });
});

it("E10: a member of a paused run that has not started has not ended, and the callback waits for it", async () => {
  const { client, until, advance, submit, run, tasks, entered, list, nap } = rig();
  await submit(chord([nap.with(10), chain(nap.with(20), list)], list));
  await advance(1);
  await until(client.pause("r"));
  await advance(3600);
  expect(entered.toSorted()).toEqual(["header[0]", "header[1]/[0]"]);
  expect((await tasks()).map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED", "QUEUED", "WAITING"]);
  await until(client.resume("r"));
  await advance(5);
  expect(await run()).toMatchObject({ status: "SUCCEEDED" });
  expect(entered.slice(2)).toEqual(["header[1]/[1]", "callback"]);
});

/** Tasks of the engine: one fails in the first generation, each tells what it was called with. */
function engineRig() {
  const mends = task("mends", (ctx, ...args: unknown[]) => {
    if (ctx.generation === 1) throw new FatalError("broken");
    return args.length === 0 ? "mended" : args;
  });
  const list = task("list", (_ctx, ...args: unknown[]) => args);
  const nap = task("nap", (ctx, seconds: number) => engine.sleep(ctx, seconds).then(() => seconds), {
    timeoutSeconds: 3600,
  });
  const breaks = task("breaks", () => {
    throw new FatalError("broken");
  });
  const engine = engineOf({ mends, list, nap, breaks });
  const paths = (from = 0) => engine.calls.slice(from).map(({ taskId }) => taskId.replace(/^[^/]*\//, ""));
  return { engine, mends, list, nap, breaks, paths };
}

describe("a retry", () => {
  it("B8: keeps an outcome that came when the run was closed, and does not wait for it", async () => {
    const { engine, mends, nap, paths } = engineRig();
    const failed = await engine.run(group([mends, nap.with(100)]), { id: "r" });
    expect(failed.tasks.map(({ status }) => status)).toEqual(["FAILED", "SKIPPED"]);
    await engine.advance(200);
    const again = await (await engine.retry("r")).end();
    expect(again).toMatchObject({ status: "SUCCEEDED", value: ["mended", 100] });
    expect(paths(2)).toEqual(["[0]"]);
  });

  it("D3 D4: has chords of as many members as before, and empty ones hold nothing up", async () => {
    const { engine, mends, list } = engineRig();
    const workflow = chain(list.with(1), chord([], list), chord([list, mends, list], list));
    expect(await engine.run(workflow, { id: "r" })).toMatchObject({ status: "FAILED" });
    const again = await (await engine.retry("r")).end();
    expect(again).toMatchObject({ status: "SUCCEEDED", value: [[[[[]]], [[[]]], [[[]]]]] });
  });

  it("K2: runs what had not succeeded alone, and keeps every edge", async () => {
    const { engine, mends, list, paths } = engineRig();
    const nodes = {
      top: list.with("top"),
      left: list.with(ref("top")),
      right: mends.with(ref("top")),
      aside: nodeAfter(["right"], list.with("aside")),
      bottom: list.with(ref("left"), ref("right")),
    };
    expect(await engine.run(dag({ nodes, output: "bottom" }), { id: "r" })).toMatchObject({ status: "FAILED" });
    const before = engine.calls.length;
    const again = await (await engine.retry("r")).end();
    expect(again).toMatchObject({ status: "SUCCEEDED", value: [[["top"]], [["top"]]] });
    expect(paths(before).sort()).toEqual(["aside", "bottom", "right"]);
  });

  it("K3: fires the callback, though the chord was decided before; and once more when it is named after it has fired", async () => {
    const { engine, mends, list, paths } = engineRig();
    const failed = await engine.run(chord([list.with(1), mends], list, { onError: list }), { id: "r" });
    expect(failed.decisions).toMatchObject([{ decision: "error" }]);
    expect(await (await engine.retry("r")).end()).toMatchObject({ status: "SUCCEEDED", value: [[[1], "mended"]] });
    const before = engine.calls.length;
    expect(await (await engine.retry("r", { tasks: ["callback"] })).end()).toMatchObject({ status: "SUCCEEDED" });
    expect(paths(before)).toEqual(["callback"]);
  });
});

it("E9: with the policy finish siblings and what follows them go on, and then the run has failed", async () => {
  const { engine, nap, list, breaks } = engineRig();
  const workflow = group([chain(breaks, list), chain(nap.with(100), list)]);
  const run = await engine.run(workflow, { id: "r", onFailure: "finish" });
  expect(run).toMatchObject({
    status: "FAILED",
    error: { taskId: "r/[0]/[0]", name: "FatalError", message: "broken" },
  });
  expect(run.tasks.map(({ status }) => status)).toEqual(["FAILED", "SKIPPED", "SUCCEEDED", "SUCCEEDED"]);
});

it.each([
  [7, 20, 1],
  [10, 20, 2],
  [10, 0, 0],
  [3, 100, 3],
])(
  "E12: of %d members %d percent are %d, counted of all that are written and not of those that have ended",
  async (size, percent, tolerated) => {
    const { engine, list, breaks, nap } = engineRig();
    const members = (bad: number) => times(size, (index) => (index < bad ? breaks : nap.with(5)));
    const when = { tolerate: { percent } };
    expect(await engine.run(chord(members(tolerated), list, { when }))).toMatchObject({ status: "SUCCEEDED" });
    if (tolerated < size)
      expect(await engine.run(chord(members(tolerated + 1), list, { when }))).toMatchObject({ status: "FAILED" });
  },
);
