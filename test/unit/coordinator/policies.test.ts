/**
 * Chords that are decided by a count, and runs that go on after a failure, through the driver on table and queue in memory.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FatalError } from "../../../lib/errors.ts";
import type { When } from "../../../lib/model/workflow.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment, type DeploymentOptions, startMs } from "../client/deployment.ts";

const args = z.array(z.any());
const hour = 3600;

/** Bodies that take virtual time, and what the callbacks were called with. */
function deploy(options: DeploymentOptions = {}) {
  const calls: { readonly task: string; readonly atSeconds: number; readonly first: unknown }[] = [];
  const note = (task: string, first: unknown) => {
    calls.push({ task, atSeconds: (deployment.clock.now() - startMs) / 1000, first });
  };
  const tasks = {
    ok: defineTask({ name: "ok", args }, async (_ctx, seconds = 0, value = seconds) => {
      if (seconds > 0) await deployment.sleep(seconds);
      return value;
    }),
    broken: defineTask({ name: "broken", args }, async (_ctx, seconds = 0) => {
      if (seconds > 0) await deployment.sleep(seconds);
      throw new FatalError("it is broken");
    }),
    /** Fails in the first generation. */
    mended: defineTask({ name: "mended", args }, async (ctx, seconds = 0) => {
      if (seconds > 0) await deployment.sleep(seconds);
      if (ctx.generation === 1) throw new FatalError("it is broken");
      return seconds;
    }),
    list: defineTask({ name: "list", args }, (_ctx, first) => {
      note("list", first);
      return first;
    }),
    later: defineTask(
      { name: "later", args, retry: { maxAttempts: 3, backoffSeconds: 400, maxBackoffSeconds: 400 } },
      (ctx, first) => {
        note("later", first);
        if (ctx.attempt < 3) throw new Error("not yet");
        return first;
      },
    ),
    streamed: defineTask(
      { name: "streamed", args: z.tuple([z.array(z.any())]), stream: true },
      async (_ctx, members) => {
        const all: unknown[] = [];
        for await (const member of members) all.push(member);
        await deployment.sleep(200);
        const again: unknown[] = [];
        for await (const member of members) again.push(member);
        note("streamed", [all, again]);
        return null;
      },
    ),
    failed: defineTask({ name: "failed", args }, (_ctx, first) => note("failed", first)),
  };
  const deployment: Deployment = createDeployment({ tasks, ...options });
  return { ...deployment, calls };
}

const ok = (seconds = 0, value: unknown = seconds) => ({ task: "ok", args: [seconds, value] });
const mended = (seconds = 0) => ({ task: "mended", args: [seconds], immutable: true });
const broken = (seconds = 0) => ({ task: "broken", args: [seconds] });
const chord = (when: When, header: readonly object[], more: object = {}) => ({
  chord: { header, callback: { task: "list" }, when, ...more },
});
const succeeded = (index: number, value: unknown) => ({ status: "SUCCEEDED", value, taskId: `r/header[${index}]` });
const failed = (index: number) => ({
  status: "FAILED",
  error: { name: "FatalError", message: "it is broken" },
  taskId: `r/header[${index}]`,
});
const notNeeded = (index: number) => ({
  status: "SKIPPED",
  error: { name: "not-needed", message: "the quorum was reached without this member" },
  taskId: `r/header[${index}]`,
});

type Deployed = ReturnType<typeof deploy>;

/** Runs a workflow until that much time has passed, and shows it. */
async function shownAfter(deployed: Deployed, seconds: number, workflow: object, request: object = {}) {
  const { client, until, advance } = deployed;
  await until(client.submit({ tutti: 1, type: "submit", ...request, workflow } as never, { id: "r" }));
  await advance(seconds);
  return client.inspect("r", { verbose: true });
}

/** One visit of the sweeper, and the time for what it sends. */
async function sweep({ coordinator, clock, advance }: Deployed): Promise<void> {
  await coordinator.sweep({ deadlineAtMs: clock.now() + 60_000 });
  await advance(1);
}

const secondsOf = (time: string | null | undefined) => (Date.parse(time ?? "") - startMs) / 1000;

describe("tolerate", () => {
  it("gives the callback what became of every member, in header order, when all have settled", async () => {
    const deployed = deploy();
    const { run, joins } = await shownAfter(
      deployed,
      60,
      chord({ tolerate: { count: 2 } }, [ok(9, "a"), broken(5), ok(1, { b: 1 }), broken(30)]),
    );
    expect(run).toMatchObject({ status: "SUCCEEDED" });
    expect(run.result).toEqual([succeeded(0, "a"), failed(1), succeeded(2, { b: 1 }), failed(3)]);
    expect(deployed.calls.map(({ task, atSeconds }) => [task, atSeconds])).toEqual([["list", 30]]);
    expect(joins).toMatchObject([{ when: "tolerate", count: 2, arrived: 4, decision: "callback" }]);
  });

  it("fails as soon as one more has failed, while others still run, and tells onError once which", async () => {
    const deployed = deploy();
    const { run, joins } = await shownAfter(
      deployed,
      60,
      chord({ tolerate: { count: 1 } }, [ok(9), broken(5), ok(1), broken(12), ok(50), broken(55)], {
        onError: { task: "failed" },
      }),
    );
    expect(run).toMatchObject({ status: "FAILED", error: { name: "FatalError" }, result: null });
    expect(secondsOf(run.finishedAt)).toBe(12);
    expect(joins).toMatchObject([{ decision: "error" }]);
    expect(secondsOf(joins[0]?.firedAt)).toBe(12);
    expect(deployed.calls).toMatchObject([{ task: "failed", atSeconds: 12, first: { failed: 2, total: 6 } }]);
    expect(deployed.calls).toMatchObject([
      {
        first: {
          failures: [
            { index: 1, taskId: "r/header[1]" },
            { index: 3, taskId: "r/header[3]" },
          ],
        },
      },
    ]);
  });

  it("none: the first failure is one too many", async () => {
    const { run } = await shownAfter(deploy(), 60, chord({ tolerate: { count: 0 } }, [ok(50), broken(3)]));
    expect([run.status, secondsOf(run.finishedAt)]).toEqual(["FAILED", 3]);
  });

  it.each([
    [50, "SUCCEEDED", 9],
    [49, "FAILED", 2],
  ])("%d %% are of the members there are, not of those that have settled: %s", async (percent, status, seconds) => {
    const { run } = await shownAfter(
      deploy(),
      60,
      chord({ tolerate: { percent } }, [broken(1), broken(2), ok(3), ok(9)]),
    );
    expect([run.status, secondsOf(run.finishedAt)]).toEqual([status, seconds]);
  });

  it("takes over what became of chains and chords inside", async () => {
    const { run } = await shownAfter(
      deploy(),
      60,
      chord({ tolerate: { count: 2 } }, [
        { chain: [broken(1), ok(1)] },
        { group: [ok(2), broken(3)] },
        chord({ quorum: 1 }, [broken(1), ok(2)]),
      ]),
    );
    expect(run.status).toBe("SUCCEEDED");
    const [first, second, third] = run.result as { status: string; taskId: string; value?: unknown }[];
    expect(first).toMatchObject({ status: "FAILED", taskId: "r/header[0]/[0]" });
    expect(second).toMatchObject({ status: "FAILED", taskId: "r/header[1]/[1]" });
    expect(third).toMatchObject({ status: "SUCCEEDED", value: [{ status: "FAILED" }, { status: "SUCCEEDED" }] });
  });
});

describe("quorum", () => {
  const header = [ok(50), ok(10, "b"), broken(20), broken(100), ok(30, "e")];
  const accepted = [notNeeded(0), succeeded(1, "b"), failed(2), notNeeded(3), succeeded(4, "e")];

  it("calls the callback at the n-th success with what has settled; whoever has not is SKIPPED for it", async () => {
    const deployed = deploy();
    const { run, joins } = await shownAfter(deployed, 40, chord({ quorum: 2 }, header));
    expect(run.status).toBe("SUCCEEDED");
    expect(run.result).toEqual(accepted);
    expect(deployed.calls.map(({ task, atSeconds }) => [task, atSeconds])).toEqual([["list", 30]]);
    expect(joins).toMatchObject([
      { when: "quorum", count: 2, expected: 5, arrived: 3, decision: "callback", missingCount: 2 },
    ]);
    expect(secondsOf(joins[0]?.firedAt)).toBe(30);
  });

  it("keeps what comes later, marked as late", async () => {
    const deployed = deploy();
    const { tasks, joins } = await shownAfter(deployed, 200, chord({ quorum: 2 }, header));
    expect(tasks?.map(({ id, status, afterQuorum }) => [id, status, afterQuorum])).toEqual([
      ["r/header[0]", "SUCCEEDED", true],
      ["r/header[1]", "SUCCEEDED", false],
      ["r/header[2]", "FAILED", false],
      ["r/header[3]", "FAILED", true],
      ["r/header[4]", "SUCCEEDED", false],
      ["r/callback", "SUCCEEDED", false],
    ]);
    expect(joins).toMatchObject([{ arrived: 5, decision: "callback" }]);
    expect(deployed.calls).toHaveLength(1);
  });

  it("gives every attempt of the callback the same, though stragglers settle in between", async () => {
    const deployed = deploy();
    const { run } = await shownAfter(deployed, hour, chord({ quorum: 2 }, header, { callback: { task: "later" } }));
    expect(deployed.calls.map(({ first }) => first)).toEqual([accepted, accepted, accepted]);
    expect(deployed.calls.at(-1)?.atSeconds).toBeGreaterThan(100);
    expect(run).toMatchObject({ status: "SUCCEEDED", result: accepted });
  });

  it("gives a streaming callback the same, each time it goes over it", async () => {
    const deployed = deploy();
    await shownAfter(deployed, hour, chord({ quorum: 2 }, header, { callback: { task: "streamed" } }));
    expect(deployed.calls).toMatchObject([{ task: "streamed", first: [accepted, accepted] }]);
  });

  it("gives the same to whoever refers to it, and as the run's value", async () => {
    const deployed = deploy();
    const { run } = await shownAfter(deployed, 200, { chord: { header, when: { quorum: 2 } } });
    expect(run).toMatchObject({ status: "SUCCEEDED", result: accepted });
    const { run: named } = await shownAfter(deploy(), 200, {
      dag: {
        nodes: {
          some: { chord: { header: [ok(1), ok(90)], when: { quorum: 1 } } },
          use: { task: "ok", args: [100, { $result: "some", path: "[1].status" }] },
        },
      },
    });
    expect(named.result).toEqual({ use: "SKIPPED" });
  });

  it("fails as soon as too few are left, and tells onError once", async () => {
    const deployed = deploy();
    const { run, joins } = await shownAfter(
      deployed,
      60,
      chord({ quorum: 3 }, [ok(1), broken(5), ok(50), broken(12), ok(55)].slice(0, 4), { onError: { task: "failed" } }),
    );
    expect([run.status, secondsOf(run.finishedAt)]).toEqual(["FAILED", 12]);
    expect(joins).toMatchObject([{ decision: "error", arrived: 4 }]);
    expect(deployed.calls).toMatchObject([{ task: "failed", atSeconds: 12, first: { failed: 2, total: 4 } }]);
  });

  it("of all that the last member decides: callback or error by that one", async () => {
    const of = async (last: object) =>
      (await shownAfter(deploy(), 60, chord({ quorum: 2 }, [ok(1), broken(2), last]))).run;
    expect([(await of(ok(3))).status, (await of(broken(3))).status]).toEqual(["SUCCEEDED", "FAILED"]);
  });

  it("is decided by its deadline when that leaves too few: with the next visit of the sweeper", async () => {
    const deployed = deploy();
    await shownAfter(deployed, 101, chord({ quorum: 2 }, [ok(0), ok(5000)], { deadlineSeconds: 100 }));
    await sweep(deployed);
    const { run, joins, tasks } = await deployed.client.inspect("r", { verbose: true });
    expect([run.status, joins[0]?.decision]).toEqual(["FAILED", "error"]);
    expect(tasks?.map(({ status }) => status)).toEqual(["SUCCEEDED", "TIMED_OUT", "SKIPPED"]);
  });

  it("above 4,096 members is decided one visit of the sweeper later at the latest", { timeout: 120_000 }, async () => {
    // Counts go to the top by steps of two, and below each of its 40 children one member is quick.
    const members = Array.from({ length: 5000 }, (_, i) => (i % 128 === 0 ? ok() : ok(20_000)));
    const deployed = deploy({ shape: { leafSize: 1, fan: 128, tasksPerMessage: () => 1 } });
    const before = await shownAfter(deployed, 61, chord({ quorum: 40 }, members, { callback: ok() }));
    expect(before.joins).toMatchObject([{ expected: 5000, arrived: 40, decision: null }]);
    await sweep(deployed);
    expect((await deployed.client.inspect("r")).joins).toMatchObject([{ arrived: 40, decision: "callback" }]);
    expect((await deployed.client.inspect("r")).run.status).toBe("SUCCEEDED");
  });

  it("of a large chord on three levels is decided exactly at the n-th success", { timeout: 120_000 }, async () => {
    // Of every three members, two are quick and one is slow; the last quick one takes 100 s. Leaves of four, all mixed.
    const members = Array.from({ length: 3000 }, (_, i) => (i % 3 === 2 ? ok(1000) : ok(i === 2998 ? 100 : 0)));
    const deployed = deploy({ shape: { leafSize: 4, fan: 32, tasksPerMessage: () => 1 } });
    const before = await shownAfter(deployed, 99, chord({ quorum: 2000 }, members, { callback: ok() }));
    expect(before.joins).toMatchObject([{ expected: 3000, arrived: 1999, decision: null }]);
    await deployed.advance(2);
    const { joins, run } = await deployed.client.inspect("r");
    expect(joins).toMatchObject([{ arrived: 2000, decision: "callback" }]);
    expect(secondsOf(joins[0]?.firedAt)).toBe(100);
    expect(run.status).toBe("SUCCEEDED");
  });
});

describe("finish", () => {
  const finish = { onFailure: "finish" };
  const statusesOf = ({ tasks = [] }: Awaited<ReturnType<typeof shownAfter>>) =>
    Object.fromEntries(tasks.map(({ id, status }) => [id.slice(2), status]));
  const decisionsOf = ({ joins }: Awaited<ReturnType<typeof shownAfter>>) =>
    Object.fromEntries(joins.map(({ id, decision }) => [id, decision]));

  it("skips the rest of a chain, and its run has failed when that is recorded", async () => {
    const report = await shownAfter(deploy(), 60, { chain: [ok(1, 2), broken(), ok(3), ok(4)] }, finish);
    expect(statusesOf(report)).toEqual({ "[0]": "SUCCEEDED", "[1]": "FAILED", "[2]": "SKIPPED", "[3]": "SKIPPED" });
    expect(report.run).toMatchObject({
      status: "FAILED",
      result: null,
      error: { taskId: "r/[1]" },
      progress: { succeeded: 1, failed: 1, skipped: 2, running: 0, waiting: 0 },
    });
    expect(secondsOf(report.run.finishedAt)).toBe(3);
    expect(report.tasks?.map(({ attempt, error }) => [attempt, error?.name, error?.taskId])).toEqual([
      [1, undefined, undefined],
      [1, "FatalError", undefined],
      [0, "FatalError", "r/[1]"],
      [0, "FatalError", "r/[1]"],
    ]);
  });

  it("ends the run after the last independent branch, whose tasks all run", async () => {
    const deployed = deploy();
    const workflow = { group: [{ chain: [broken(1), ok(1)] }, { chain: [ok(20, 30), ok()] }, ok(5)] };
    const meanwhile = await shownAfter(deployed, 30, workflow, finish);
    expect(meanwhile.run.status).toBe("RUNNING");
    expect(decisionsOf(meanwhile)).toEqual({ ".": null });
    await deployed.advance(30);
    const report = await deployed.client.inspect("r", { verbose: true });
    expect([report.run.status, secondsOf(report.run.finishedAt)]).toEqual(["FAILED", 50]);
    expect(decisionsOf(report)).toEqual({ ".": "error" });
    expect(statusesOf(report)).toEqual({
      "[0]/[0]": "FAILED",
      "[0]/[1]": "SKIPPED",
      "[1]/[0]": "SUCCEEDED",
      "[1]/[1]": "SUCCEEDED",
      "[2]": "SUCCEEDED",
    });
    expect(await deployed.client.result("r")).toMatchObject({ status: "FAILED", error: { taskId: "r/[0]/[0]" } });
  });

  it("waits in a chord for all its members, skips its callback, and calls onError once with every failure", async () => {
    const deployed = deploy();
    const header = [broken(1), ok(9), broken(5)];
    const workflow = { chain: [{ chord: { header, callback: ok(), onError: { task: "failed" } } }, ok()] };
    const report = await shownAfter(deployed, 60, workflow, finish);
    expect(statusesOf(report)).toEqual({
      "[0]/header[0]": "FAILED",
      "[0]/header[1]": "SUCCEEDED",
      "[0]/header[2]": "FAILED",
      "[0]/callback": "SKIPPED",
      "[0]/onError": "SUCCEEDED",
      "[1]": "SKIPPED",
    });
    expect(secondsOf(report.run.finishedAt)).toBe(9);
    expect(deployed.calls).toMatchObject([{ task: "failed", atSeconds: 9, first: { failed: 2, total: 3 } }]);
  });

  it("skips chords and groups that are never released, with all that is in them, and what follows", async () => {
    const deployed = deploy();
    const inner = { chord: { header: [ok(), { group: [ok()] }], callback: ok(), onError: { task: "failed" } } };
    const report = await shownAfter(deployed, 60, { chain: [broken(1), inner, { group: [] }, ok()] }, finish);
    expect(new Set(Object.values(statusesOf(report)).slice(1))).toEqual(new Set(["SKIPPED"]));
    expect(decisionsOf(report)).toMatchObject({ "[1]": "skipped", "[2]": null });
    expect(report.run).toMatchObject({ status: "FAILED", error: { taskId: "r/[0]" } });
    expect(deployed.calls).toEqual([]);
  });

  it("skips in a graph what comes after the failure by any way, and nothing else", async () => {
    const behind = (...names: string[]) => ({ after: names });
    const nodes = {
      a: broken(1),
      b: ok(2),
      c: { ...ok(), ...behind("a", "b") },
      d: { ...ok(30), ...behind("b") },
      e: { ...ok(), ...behind("c", "d") },
      f: { ...ok(5), ...behind("d") },
      g: { ...ok(), ...behind("a") },
    };
    const report = await shownAfter(deploy(), 60, { dag: { nodes } }, finish);
    expect(statusesOf(report)).toEqual({
      a: "FAILED",
      b: "SUCCEEDED",
      c: "SKIPPED",
      d: "SUCCEEDED",
      e: "SKIPPED",
      f: "SUCCEEDED",
      g: "SKIPPED",
    });
    expect([report.run.status, secondsOf(report.run.finishedAt)]).toEqual(["FAILED", 37]);
  });

  it("takes failures that a chord absorbs as outcomes: the run succeeds", async () => {
    const header = [{ chain: [broken(1), ok()] }, { group: [broken(2), ok(3)] }, ok(9)];
    const report = await shownAfter(deploy(), 60, chord({ tolerate: { count: 2 } }, header), finish);
    expect(report.run.status).toBe("SUCCEEDED");
    expect(report.run.result).toMatchObject([{ status: "FAILED" }, { status: "FAILED" }, succeeded(2, 9)]);
  });

  it("skips what follows a chord that a count has decided error, at once", async () => {
    const deployed = deploy();
    const chords = chord({ quorum: 2 }, [broken(1), broken(2), ok(40)], { onError: { task: "failed" } });
    const report = await shownAfter(deployed, 60, { group: [{ chain: [chords, ok()] }, ok(20)] }, finish);
    expect(statusesOf(report)).toMatchObject({
      "[0]/[0]/callback": "SKIPPED",
      "[0]/[1]": "SKIPPED",
      "[1]": "SUCCEEDED",
    });
    expect([report.run.status, secondsOf(report.run.finishedAt)]).toEqual(["FAILED", 20]);
    expect(deployed.calls).toMatchObject([{ task: "failed", atSeconds: 2 }]);
  });

  it("leaves nothing open: the sweeper finds nothing to do after the end", async () => {
    const deployed = deploy();
    const inner = { chord: { header: [ok(), ok()], callback: ok() } };
    await shownAfter(deployed, 61, { group: [{ chain: [broken(1), inner, ok()] }, broken(3), ok(5)] }, finish);
    const report = await deployed.coordinator.sweep({ deadlineAtMs: deployed.clock.now() + 60_000 });
    expect(report).toMatchObject({ repaired: 0, failed: 0 });
    const { run } = await deployed.client.inspect("r");
    expect(run.progress).toMatchObject({ total: 7, skipped: 4, running: 0, waiting: 0 });
  });

  it("succeeds like any other run where nothing fails", async () => {
    const { run } = await shownAfter(deploy(), 60, { chain: [ok(1, "a"), ok(2, "b")] }, finish);
    expect(run.status).toBe("SUCCEEDED");
  });
});

describe("a retry", () => {
  const about = { tutti: 1, type: "retry", id: "r", requestId: "q2", generation: 1 };
  const retry = (deployed: Deployed) =>
    deployed.queue.send("request", [{ body: JSON.stringify(about), delaySeconds: 0 }], "test");

  it("of a run that went on to its end runs what failed, and what was skipped", async () => {
    const deployed = deploy();
    const workflow = { group: [{ chain: [mended(1), { group: [ok(), ok()] }, ok()] }, ok(9)] };
    const { run } = await shownAfter(deployed, 60, workflow, { onFailure: "finish" });
    expect(run).toMatchObject({ status: "FAILED", progress: { succeeded: 1, failed: 1, skipped: 3 } });
    await retry(deployed);
    await deployed.advance(60);
    const report = await deployed.client.inspect("r", { verbose: true });
    expect(report.run).toMatchObject({ status: "SUCCEEDED", generation: 2, progress: { total: 5, succeeded: 5 } });
    expect(report.joins.map(({ decision }) => decision)).toEqual(["callback", "callback"]);
  });

  it("decides a quorum that was out of reach anew", async () => {
    const deployed = deploy();
    const header = [ok(1), mended(2), mended(3), ok(50)];
    const { run, joins } = await shownAfter(deployed, 10, chord({ quorum: 3 }, header));
    expect([run.status, joins[0]?.decision]).toEqual(["FAILED", "error"]);
    await retry(deployed);
    await deployed.advance(10);
    const again = await deployed.client.inspect("r");
    expect(again.run).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(again.run.result).toMatchObject([
      { status: "SUCCEEDED" },
      { status: "SUCCEEDED" },
      { status: "SUCCEEDED" },
      { status: "SKIPPED" },
    ]);
  });

  it("keeps a quorum that was reached, and its list", async () => {
    const deployed = deploy();
    const callback = { chain: [{ task: "list" }, mended(1)] };
    const header = [ok(1, "a"), ok(30, "late"), ok(2, "c")];
    const { run } = await shownAfter(deployed, 60, chord({ quorum: 2 }, header, { callback }));
    expect(run.status).toBe("FAILED");
    await retry(deployed);
    await deployed.advance(200);
    for (let visit = 0; visit < 3; visit++) await sweep(deployed);
    const { run: again, tasks } = await deployed.client.inspect("r", { verbose: true });
    expect(again).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(tasks?.filter(({ afterQuorum }) => afterQuorum).map(({ id }) => id)).toEqual(["r/header[1]"]);
    expect(deployed.calls.map(({ task }) => task)).toEqual(["list"]);
  });
});
