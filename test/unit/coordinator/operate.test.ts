/**
 * Requests about an existing run, by the real driver on the memory store and queue: what they change, what they refuse, and
 * what copies and rivals of them do not do.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { FatalError } from "../../../lib/errors.ts";
import type { Image, SetAction } from "../../../lib/ports/store.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { skip } from "../../../lib/tasks/skip.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";

let deployment: Deployment;
/** Every body that was entered: task id, and the generation it ran in. */
let entered: string[];
/** Why bodies were told to stop, and when. */
let told: { readonly taskId: string; readonly reason: string; readonly atMs: number }[];

const anything = z.array(z.any());
const one = defineTask({ name: "one", args: anything }, async (ctx, value) => {
  entered.push(`${ctx.taskId} ${ctx.generation}`);
  return value;
});
const pair = defineTask({ name: "pair", args: z.tuple([z.any(), z.any()]) }, async (ctx, a, b) => {
  entered.push(`${ctx.taskId} ${ctx.generation}`);
  return [a, b];
});
const fails = defineTask({ name: "fails", args: anything }, async (ctx) => {
  entered.push(`${ctx.taskId} ${ctx.generation}`);
  throw new FatalError("broken");
});
/** Fails in all generations before that. */
const failsBefore = defineTask({ name: "failsBefore", args: z.tuple([z.number()]) }, async (ctx, generation) => {
  entered.push(`${ctx.taskId} ${ctx.generation}`);
  if (ctx.generation < generation) throw new FatalError(`broken before ${generation}`);
  return ctx.generation;
});
const naps = defineTask({ name: "naps", args: z.tuple([z.number()]), timeoutSeconds: 3600 }, async (ctx, seconds) => {
  entered.push(`${ctx.taskId} ${ctx.generation}`);
  ctx.signal.addEventListener("abort", () => {
    told.push({ taskId: ctx.taskId, reason: (ctx.signal.reason as Error).name, atMs: deployment.clock.now() });
  });
  await deployment.sleep(seconds);
  return seconds;
});

beforeEach(() => {
  entered = [];
  told = [];
  deployment = createDeployment({ tasks: { one, pair, fails, failsBefore, naps } });
});

const chain = { chain: [{ task: "one", args: [1] }, { task: "fails" }] };
const about = { tutti: 1, id: "run", generation: 1 };

const begin = (workflow: object, more: object = {}) =>
  deployment.until(deployment.client.submit({ tutti: 1, type: "submit", workflow, ...more } as never, { id: "run" }));

/** Sends requests about the run at once, and lets the deployment come to rest. */
async function ask(...requests: readonly object[]): Promise<void> {
  await send(...requests);
  await deployment.advance(1);
}

async function send(...requests: readonly object[]): Promise<void> {
  const messages = requests.map((request) => ({ body: JSON.stringify({ ...about, ...request }), delaySeconds: 0 }));
  await deployment.queue.send("request", messages, "test");
}

const sweep = () => deployment.coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
const imageOf = (pk: string, sk: string): Image | undefined =>
  deployment.store.dump().find(({ key }) => key.pk === pk && key.sk === sk)?.image;
const head = () => imageOf("run", "head") as Image;
const refusal = (requestId: string) => imageOf(`rejected#${requestId}`, "rejected")?.error;

describe("what is refused, and changes nothing", () => {
  const refused: [name: string, request: object, error: object][] = [
    [
      "a run that is not there",
      { type: "pause", id: "other" },
      { path: "id", value: '"other"', rule: "must be the id of a run" },
    ],
    [
      "a generation that the run does not have",
      { type: "revoke", generation: 2 },
      { path: "generation", value: "2", rule: "must be the run's generation, which is 1: look at the run again" },
    ],
    [
      "a retry of a generation to come",
      { type: "retry", generation: 2 },
      { path: "generation", rule: "must be the run's generation, which is 1: look at the run again" },
    ],
    [
      "a path that the run does not have",
      { type: "revoke", path: "header[0]" },
      { path: "path", rule: "must be the path of a task, chord or group of the run" },
    ],
    [
      "a name that objects have of themselves",
      { type: "revoke", path: "constructor" },
      { path: "path", rule: "must be the path of a task, chord or group of the run" },
    ],
    [
      "a task to run again that the run does not have",
      { type: "retry", tasks: ["[7]"] },
      { path: "tasks", value: '"[7]"', rule: "must be the path of a task of the run" },
    ],
    [
      "arguments of a task that the run does not have",
      { type: "retry", args: { "[7]": [] } },
      { path: "args.[7]", rule: "must be the path of a task of the run" },
    ],
  ];

  it.each(refused)("%s", async (_, request, error) => {
    await begin(chain);
    await deployment.advance(1);
    const before = deployment.store.dump();
    await ask({ requestId: "q1", ...request });
    expect(refusal("q1")).toMatchObject({ code: "invalid-request", ...error });
    expect(deployment.store.dump().filter(({ key }) => !key.pk.startsWith("rejected#"))).toEqual(before);
  });

  it("a retry of a run that is running", async () => {
    await begin({ task: "naps", args: [100] });
    await ask({ type: "retry", requestId: "q1" });
    expect(refusal("q1")).toMatchObject({ path: "id", rule: "must have ended: revoke it first, or wait for its end" });
    expect(head()).toMatchObject({ generation: 1, status: "RUNNING" });
  });

  it.each([{}, { tasks: [] }, { args: {} }])("a retry of a run that has succeeded, with %j", async (named) => {
    await begin({ task: "one", args: [1] });
    await deployment.advance(1);
    await ask({ type: "retry", requestId: "q1", ...named });
    expect(refusal("q1")).toMatchObject({ rule: "has SUCCEEDED: name the tasks that are to run again" });
    expect(head()).toMatchObject({ generation: 1, status: "SUCCEEDED" });
  });

  it.each([
    [{ "[0]": [] }, "args.[0]", "0", "must make at least 1 arguments of first with what comes before"],
    [{ "[1]": [] }, "args.[1]", "0", "must make 2 arguments of pair with what comes before"],
    [{ "[1]": [1, 2] }, "args.[1]", "2", "must make 2 arguments of pair with what comes before"],
    [{ "[2]": [1, 2] }, "args.[2]", "2", "must make 1 to 2 arguments of last with what comes before"],
  ])("new arguments of another number: %j", async (args, path, value, rule) => {
    const first = defineTask({ name: "first", args: z.tuple([z.any()]).rest(z.any()) }, async (_, value) => value);
    const last = defineTask({ name: "last", args: z.tuple([z.any(), z.any().optional()]) }, async () => {
      throw new FatalError("broken");
    });
    deployment = createDeployment({ tasks: { first, pair, last } });
    await begin({
      chain: [
        { task: "first", args: [1] },
        { task: "pair", args: [2] },
        { task: "last", args: [] },
      ],
    });
    await deployment.advance(1);
    await ask({ type: "retry", requestId: "q1", args });
    expect(refusal("q1")).toMatchObject({ path, value, rule });
    expect(head().generation).toBe(1);
  });

  it("a retry while the error callback of the run still runs", async () => {
    const chord = { chord: { header: [{ task: "fails" }], onError: { task: "naps", args: [] } } };
    const onError = defineTask({ name: "naps", args: anything, timeoutSeconds: 3600 }, () => deployment.sleep(20));
    deployment = createDeployment({ tasks: { fails, naps: onError } });
    await begin(chord);
    await deployment.advance(1);
    await ask({ type: "retry", requestId: "q1" });
    expect(refusal("q1")).toMatchObject({ rule: "must have come to rest: onError is still running" });
    await deployment.advance(30);
    await ask({ type: "retry", requestId: "q2" });
    expect(refusal("q2")).toBeUndefined();
    expect(head().generation).toBe(2);
  });
});

describe("revoke", () => {
  it("ends the run once: a copy, and another request, change nothing", async () => {
    await begin({ chain: [{ task: "naps", args: [100] }, { task: "one" }] });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", reason: "not needed" });
    const first = head();
    expect(first).toMatchObject({ status: "REVOKED", error: { name: "revoked", message: "not needed" } });
    await ask({ type: "revoke", requestId: "q1", reason: "not needed" }, { type: "revoke", requestId: "q2" });
    expect(head()).toEqual(first);
    expect(refusal("q2")).toBeUndefined();
    await deployment.advance(200);
    expect(entered).toEqual(["run/[0] 1"]);
    expect(head()).toEqual(first);
  });

  it("says so without a reason too", async () => {
    await begin({ task: "naps", args: [100] });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1" });
    expect(head().error).toEqual({ name: "revoked", message: "revoked by an operator" });
  });

  it("tells a running body within a heartbeat: run-ended; what it returns then is no outcome of the run", async () => {
    await begin({ task: "naps", args: [100] });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1" });
    const revokedAtMs = Number(head().endedAt);
    await deployment.advance(60);
    expect(told).toEqual([{ taskId: "run/task", reason: "run-ended", atMs: expect.any(Number) }]);
    // A heartbeat is sent every third of a lease of 30 s.
    expect((told[0]?.atMs ?? Infinity) - revokedAtMs).toBeLessThanOrEqual(10_000);
    await deployment.advance(100);
    expect(head()).toMatchObject({ status: "REVOKED" });
  });

  it("of one task tells its body: task-revoked; its late outcome is noted beside REVOKED", async () => {
    const workflow = {
      chord: { header: [{ task: "naps", args: [50] }], callback: { task: "one" }, when: "all-settled" },
    };
    await begin(workflow);
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", path: "header[0]", reason: "stuck" });
    expect(head().status).toBe("SUCCEEDED");
    const leaf = () => imageOf("run", "tally#.#0#0")?.s0 as Record<string, unknown>;
    expect(leaf()).toMatchObject({ s: "REVOKED", a: 1, e: { n: "revoked", m: "stuck" } });
    await deployment.advance(100);
    expect(told).toEqual([{ taskId: "run/header[0]", reason: "task-revoked", atMs: expect.any(Number) }]);
    expect(leaf()).toMatchObject({ s: "REVOKED", x: "SUCCEEDED" });
    const settled = leaf();
    await ask({ type: "revoke", requestId: "q2", path: "header[0]" });
    expect(leaf()).toEqual(settled);
  });

  it("of a task that has succeeded leaves it so", async () => {
    await begin(
      {
        chain: [
          { task: "one", args: [1] },
          { task: "naps", args: [20], immutable: true },
        ],
      },
      {},
    );
    await deployment.advance(1);
    const before = imageOf("run", "node#[0]");
    await ask({ type: "revoke", requestId: "q1", path: "[0]" });
    expect(imageOf("run", "node#[0]")).toEqual(before);
    expect(head().status).toBe("RUNNING");
  });

  it("of a group settles what is missing of it, and leaves its successes", async () => {
    const group = {
      group: [
        { task: "one", args: [1] },
        { task: "naps", args: [50] },
        { chain: [{ task: "naps", args: [50] }, { task: "one" }] },
      ],
    };
    await begin({
      chord: { header: [group, { task: "one", args: [2] }], callback: { task: "one" }, when: "all-settled" },
    });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", path: "header[0]" });
    const report = await deployment.until(deployment.client.inspect("run", { verbose: true }));
    expect(Object.fromEntries(report.tasks?.map(({ id, status }) => [id, status]) ?? [])).toEqual({
      "run/header[0]/[0]": "SUCCEEDED",
      "run/header[0]/[1]": "REVOKED",
      "run/header[0]/[2]/[0]": "REVOKED",
      "run/header[0]/[2]/[1]": "REVOKED",
      "run/header[1]": "SUCCEEDED",
      "run/callback": "SUCCEEDED",
    });
    expect(report.run.status).toBe("SUCCEEDED");
  });

  it("of a chord runs nothing of what is queued inside its members, and calls no callback there", async () => {
    const later = { task: "one", args: [1], delaySeconds: 60 };
    const inner = { chord: { header: [later], when: "all-settled", callback: { task: "one" } } };
    const header = [{ chain: [later, { task: "one" }] }, inner, { chain: [inner, inner] }, later];
    const callback = { task: "naps", args: [300], immutable: true };
    await begin({ chord: { header, when: "all-settled", callback } });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", path: "." });
    await deployment.advance(200);
    expect(entered).toEqual(["run/callback 1"]);
    expect(head().status).toBe("RUNNING");
  });

  const task = { task: "one", args: [7], immutable: true };
  const settled = (member: object, more: object = {}) => ({
    chord: { header: [member], when: "all-settled", ...more },
  });
  it.each([
    ["its callback", settled(task, { callback: task }), "[1]", ["[1]/callback"]],
    ["the end of the run", settled(task), "[1]", []],
    ["its slot", settled(settled(task)), "[1]/header[0]", []],
    ["the chord that follows it", { chain: [settled(task), settled(task)] }, "[1]/[0]", ["[1]/[1]/header[0]"]],
    [
      "what is decided already",
      { chain: [settled(task), settled(task, { callback: task })] },
      "[1]/[1]",
      ["[1]/[0]/header[0]", "[1]/[1]/callback"],
    ],
  ])("of a chord before its turn leaves %s to its release", async (_what, chord, path, after) => {
    await begin({ chain: [{ task: "naps", args: [50] }, chord] });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", path });
    await deployment.advance(10);
    await deployment.until(sweep());
    await deployment.advance(10);
    expect(head().status).toBe("RUNNING");
    expect(entered).toEqual(["run/[0] 1"]);
    await deployment.advance(60);
    expect(head().status).toBe("SUCCEEDED");
    expect(entered.slice(1)).toEqual(after.map((id) => `run/${id} 1`));
  });

  /** Minutes with a sweeper that visits what is due, and starts nothing. */
  const minutesOfSweeps = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await deployment.advance(60);
      await deployment.until(sweep());
    }
    await deployment.advance(1);
  };
  const nap = { task: "naps", args: [400], immutable: true };
  it.each([
    ["one before a task has ended", [nap, settled(task, { callback: task })], ["[1]"], ["[1]/callback"]],
    [
      "the first of two",
      [nap, settled(task), settled(task, { callback: task })],
      ["[1]"],
      ["[2]/header[0]", "[2]/callback"],
    ],
    [
      "the second of two",
      [nap, settled(task), settled(task, { callback: task })],
      ["[2]"],
      ["[1]/header[0]", "[2]/callback"],
    ],
    ["two, the first first", [nap, settled(task), settled(task, { callback: task })], ["[1]", "[2]"], ["[2]/callback"]],
    [
      "two, the second first",
      [nap, settled(task), settled(task, { callback: task })],
      ["[2]", "[1]"],
      ["[2]/callback"],
    ],
    ["two, and nothing follows them", [nap, settled(task), settled(task)], ["[1]", "[2]"], []],
    ["the second, while the first runs", [settled(nap), settled(task, { callback: task })], ["[1]"], ["[1]/callback"]],
  ])(
    "of chords in a row before their turn waits for what comes before, swept or not: %s",
    async (_what, links, paths, after) => {
      await begin({ chain: links });
      await deployment.advance(1);
      for (const [i, path] of paths.entries()) await ask({ type: "revoke", requestId: `q${i}`, path });
      const begun = [...entered];
      expect(begun).toHaveLength(1);
      await minutesOfSweeps(5);
      expect(head().status).toBe("RUNNING");
      expect(entered).toEqual(begun);
      await minutesOfSweeps(5);
      expect(head().status).toBe("SUCCEEDED");
      expect(entered.slice(1)).toEqual(after.map((id) => `run/${id} 1`));
    },
  );

  it("of a chord decides what lies inside its members skipped: no error callback of it is called", async () => {
    const later = { task: "one", args: [1], delaySeconds: 60 };
    const inner = { chord: { header: [later], onError: { task: "one" } } };
    const callback = { task: "naps", args: [300], immutable: true };
    await begin({ chord: { header: [inner, { chain: [later, inner] }], when: "all-settled", callback } });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", path: "." });
    await deployment.advance(200);
    expect(entered).toEqual(["run/callback 1"]);
    for (const id of ["header[0]", "header[1]/[1]"])
      expect(imageOf("run", `tally#${id}#0#0`)).toMatchObject({ decision: "skipped" });
    await deployment.advance(200);
    expect(head().status).toBe("SUCCEEDED");
    expect((await deployment.until(deployment.client.audit("run"))).violations).toEqual([]);
  });

  it.each([
    ["skipped by choice", "passes", "SUCCEEDED", "SKIPPED"],
    ["FAILED", "fallsOver", "FAILED", "SKIPPED"],
  ])("of a chord before its turn, and what comes before is %s then", async (_what, name, status, rest) => {
    const passes = defineTask({ name: "passes", args: anything, timeoutSeconds: 3600 }, async () => {
      await deployment.sleep(100);
      return skip("not today");
    });
    const fallsOver = defineTask({ name: "fallsOver", args: anything, timeoutSeconds: 3600 }, async () => {
      await deployment.sleep(100);
      throw new FatalError("broken");
    });
    deployment = createDeployment({ tasks: { one, passes, fallsOver } });
    const links = [{ task: name }, settled(task, { callback: task }), settled(task), settled(task)];
    await begin({ chain: links }, { onFailure: "finish" });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", path: "[1]" });
    await ask({ type: "revoke", requestId: "q2", path: "[3]" });
    await minutesOfSweeps(4);
    expect(entered).toEqual([]);
    expect(head().status).toBe(status);
    const { tasks = [] } = await deployment.until(deployment.client.inspect("run", { verbose: true }));
    expect(Object.fromEntries(tasks.map((one) => [one.id, one.status]))).toEqual({
      "run/[0]": name === "passes" ? "SKIPPED" : "FAILED",
      "run/[1]/header[0]": "REVOKED",
      "run/[1]/callback": rest,
      "run/[2]/header[0]": rest,
      "run/[3]/header[0]": "REVOKED",
    });
    expect((await deployment.until(deployment.client.audit("run"))).violations).toEqual([]);
  });

  it("of a chord before its turn: that what comes before was skipped is told by the sweeper when nobody else is left", async () => {
    deployment = createDeployment({ tasks: { one }, workers: false });
    await begin({ chain: [{ task: "one" }, settled(task), settled(task, { callback: task })] });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1", path: "[1]" });
    await ask({ type: "revoke", requestId: "q2", path: "[2]" });
    // What a worker has left behind that was killed right after its commit, and its message lost.
    const atMs = deployment.clock.now();
    const skipped = { s: "SKIPPED", a: 1, o: "worker", b: atMs, f: atMs, k: {} };
    const set: SetAction[] = [
      { path: ["g"], value: 1 },
      { path: ["s0"], value: skipped },
    ];
    await deployment.store.write({ key: { pk: "run", sk: "node#[0]" }, set }, "test");
    await minutesOfSweeps(3);
    expect(head().status).toBe("SUCCEEDED");
    expect(imageOf("run", "node#[2]/callback")?.s0).toMatchObject({ s: "SKIPPED" });
    expect((await deployment.until(deployment.client.audit("run"))).violations).toEqual([]);
  });
});

describe("pause and resume", () => {
  // Long enough for a heartbeat, which reads the head: without one a delivery's head is at most a minute old.
  const two = { chain: [{ task: "naps", args: [40] }, { task: "one" }] };

  it("starts nothing while the run is paused; what runs goes on, and resume starts the rest", async () => {
    await begin(two);
    await deployment.advance(1);
    await ask({ type: "pause", requestId: "p1" });
    expect(head()).toMatchObject({ status: "RUNNING", pausedBy: "p1" });
    await deployment.advance(1000);
    await sweep();
    await deployment.advance(1000);
    expect(entered).toEqual(["run/[0] 1"]);
    expect(imageOf("run", "node#[0]")?.s0).toMatchObject({ s: "SUCCEEDED" });
    await ask({ type: "resume", requestId: "r1" });
    expect(entered).toEqual(["run/[0] 1", "run/[1] 1"]);
    expect(head().status).toBe("SUCCEEDED");
  });

  it("a late copy of the pause after the resume changes nothing, and a new pause does", async () => {
    await begin({ chain: [{ task: "naps", args: [100] }, { task: "one" }] });
    await deployment.advance(1);
    await ask({ type: "pause", requestId: "p1" });
    await ask({ type: "resume", requestId: "r1" });
    const resumed = head();
    expect(resumed).not.toHaveProperty("pausedAt");
    await ask({ type: "pause", requestId: "p1" });
    expect(head()).toEqual(resumed);
    await ask({ type: "pause", requestId: "p2" });
    expect(head()).toMatchObject({ pausedAt: expect.any(Number), pausedBy: "p2" });
  });

  it("a second pause leaves the first one's, and a resume of a run that is not paused leaves it running", async () => {
    await begin({ task: "naps", args: [100] });
    await deployment.advance(1);
    await ask({ type: "resume", requestId: "r0" });
    expect(head()).not.toHaveProperty("restartedAt");
    await ask({ type: "pause", requestId: "p1" });
    const paused = head();
    await ask({ type: "pause", requestId: "p2" });
    expect(head()).toEqual(paused);
    for (const requestId of ["r0", "p2"]) expect(refusal(requestId)).toBeUndefined();
  });

  it("the deadline of a paused run ends it all the same", async () => {
    await begin(two, { deadlineSeconds: 600 });
    await deployment.advance(1);
    await ask({ type: "pause", requestId: "p1" });
    await deployment.advance(700);
    await sweep();
    await deployment.advance(1);
    expect(head()).toMatchObject({ status: "TIMED_OUT", error: { name: "run-timed-out" } });
    expect(entered).toEqual(["run/[0] 1"]);
    // Too late: it has ended.
    await ask({ type: "resume", requestId: "r1" });
    expect(head().status).toBe("TIMED_OUT");
    expect(entered).toEqual(["run/[0] 1"]);
  });

  it("the deadline of a chord passes while its run is paused, and its callback comes after the resume", async () => {
    await begin({
      chord: {
        header: [{ task: "naps", args: [3000] }],
        callback: { task: "one" },
        when: "all-settled",
        deadlineSeconds: 60,
      },
    });
    await deployment.advance(1);
    await ask({ type: "pause", requestId: "p1" });
    await deployment.advance(100);
    await sweep();
    await deployment.advance(1);
    expect(imageOf("run", "tally#.#0#0")).toMatchObject({ remaining: 0, s0: { s: "TIMED_OUT" } });
    expect(entered).toEqual(["run/header[0] 1"]);
    await ask({ type: "resume", requestId: "r1" });
    expect(entered).toEqual(["run/header[0] 1", "run/callback 1"]);
    expect(head().status).toBe("SUCCEEDED");
  });

  it("a pause of an ended run changes nothing", async () => {
    await begin(chain);
    await deployment.advance(1);
    const ended = head();
    await ask({ type: "pause", requestId: "p1" });
    expect(head()).toEqual(ended);
  });
});

describe("retry", () => {
  const mends = {
    chain: [
      { task: "one", args: [1] },
      { task: "failsBefore", args: [], immutable: true },
      { task: "pair", args: [2] },
    ],
  };
  const mendedIn = (generation: number) => ({
    chain: [mends.chain[0], { task: "failsBefore", args: [generation], immutable: true }, mends.chain[2]],
  });

  it("runs again what did not succeed, and goes on from there", async () => {
    await begin(mendedIn(2));
    await deployment.advance(1);
    expect(head()).toMatchObject({ status: "FAILED", generation: 1 });
    await ask({ type: "retry", requestId: "q1" });
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 2, raisedBy: "q1" });
    expect(head()).not.toHaveProperty("error");
    expect(entered).toEqual(["run/[0] 1", "run/[1] 1", "run/[1] 2", "run/[2] 2"]);
    expect(await deployment.until(deployment.client.result("run"))).toMatchObject({ value: [2, 2] });
  });

  it("runs again what a revoke of the run has left", async () => {
    await begin({
      group: [
        { task: "one", args: [1] },
        { task: "naps", args: [40] },
      ],
    });
    await deployment.advance(1);
    await ask({ type: "revoke", requestId: "q1" });
    await deployment.advance(60);
    await ask({ type: "retry", requestId: "q2" });
    await deployment.advance(60);
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(entered.filter((name) => name.startsWith("run/[0]"))).toEqual(["run/[0] 1"]);
  });

  it("after a retry makes one more generation, and keeps what the second one did", async () => {
    const workflow = { group: [2, 3, 1].map((generation) => ({ task: "failsBefore", args: [generation] })) };
    await begin(workflow);
    await deployment.advance(1);
    await ask({ type: "retry", requestId: "q1" });
    expect(head()).toMatchObject({ status: "FAILED", generation: 2 });
    await ask({ type: "retry", requestId: "q2", generation: 2 });
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 3, raisedBy: "q2" });
    expect(await deployment.until(deployment.client.result("run"))).toMatchObject({ value: [2, 3, 1] });
    // A late copy of the first one.
    const before = deployment.store.dump();
    await ask({ type: "retry", requestId: "q1" });
    expect(refusal("q1")).toMatchObject({ path: "generation", rule: expect.stringContaining("which is 3") });
    expect(deployment.store.dump().filter(({ key }) => key.pk === "run")).toEqual(
      before.filter(({ key }) => key.pk === "run"),
    );
  });

  it("by two requests at once makes one generation, and the other is told", async () => {
    await begin(mendedIn(2));
    await deployment.advance(1);
    await ask({ type: "retry", requestId: "q1" }, { type: "retry", requestId: "q2" });
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    const told = ["q1", "q2"].filter((requestId) => refusal(requestId) !== undefined);
    expect(told).toHaveLength(1);
    expect(told[0]).not.toBe(head().raisedBy);
    expect(entered).toEqual(["run/[0] 1", "run/[1] 1", "run/[1] 2", "run/[2] 2"]);
  });

  it("by copies of one request makes one generation, while it runs and when it has ended", async () => {
    await begin({
      chain: [
        { task: "failsBefore", args: [2] },
        { task: "naps", args: [20], immutable: true },
      ],
    });
    await deployment.advance(1);
    const request = { type: "retry", requestId: "q1" };
    await ask(request, request);
    await ask(request);
    await deployment.advance(30);
    await ask(request);
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 2 });
    expect(refusal("q1")).toBeUndefined();
    expect(entered).toEqual(["run/[0] 1", "run/[0] 2", "run/[1] 2"]);
  });

  it("runs tasks that have succeeded again when they are named, with all that follows, and with new arguments", async () => {
    await begin({ chain: [{ task: "one", args: [1] }, { task: "one" }, { task: "pair", args: [2] }] });
    await deployment.advance(1);
    await ask({ type: "retry", requestId: "q1", tasks: ["[1]"] });
    expect(entered.slice(3)).toEqual(["run/[1] 2", "run/[2] 2"]);
    await ask({ type: "retry", requestId: "q2", generation: 2, args: { "[2]": [5] } });
    expect(entered.slice(5)).toEqual(["run/[2] 3"]);
    expect(await deployment.until(deployment.client.result("run"))).toMatchObject({ value: [1, 5] });
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 3 });
  });

  it("of the path of a chord runs all tasks in it again", async () => {
    const inner = {
      chord: {
        header: [
          { task: "one", args: [1] },
          { task: "one", args: [2] },
        ],
        callback: { task: "one" },
      },
    };
    await begin({ chain: [{ task: "one", args: [0] }, inner] });
    await deployment.advance(1);
    await ask({ type: "retry", requestId: "q1", tasks: ["[1]"] });
    expect(entered.slice(4).sort()).toEqual(["run/[1]/callback 2", "run/[1]/header[0] 2", "run/[1]/header[1] 2"]);
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 2 });
  });

  it("gives the new generation as long as the old one had (G3)", async () => {
    await begin(mendedIn(3), { deadlineSeconds: 600 });
    await deployment.advance(1000);
    await ask({ type: "retry", requestId: "q1" });
    const second = head();
    expect(Number(second.deadlineAt) - Number(second.restartedAt)).toBe(600_000);
    await deployment.advance(1000);
    await ask({ type: "retry", requestId: "q2", generation: 2 });
    const third = head();
    expect(Number(third.deadlineAt) - Number(third.restartedAt)).toBe(600_000);
    expect(Number(third.restartedAt) - Number(second.restartedAt)).toBeGreaterThanOrEqual(1_000_000);
  });

  it("gives the new generation that much also when the old one was resumed, be it after its end", async () => {
    await begin({ chain: [{ task: "naps", args: [40] }, { task: "one" }] }, { deadlineSeconds: 600 });
    await deployment.advance(1);
    await ask({ type: "pause", requestId: "p1" });
    await deployment.advance(700);
    await sweep();
    await deployment.advance(1);
    expect(head().status).toBe("TIMED_OUT");
    await ask({ type: "resume", requestId: "r1" });
    await ask({ type: "retry", requestId: "q1" });
    expect(Number(head().deadlineAt) - Number(head().restartedAt)).toBe(600_000);
  });

  it("counts the deadline of a chord from the new generation on", async () => {
    const header = [
      { task: "naps", args: [3] },
      { task: "failsBefore", args: [2] },
    ];
    await begin({ chord: { header, callback: { task: "one" }, deadlineSeconds: 60 } });
    await deployment.advance(1000);
    await ask({ type: "retry", requestId: "q1" });
    expect(head()).toMatchObject({ status: "SUCCEEDED", generation: 2 });
  });

  it("makes messages of the old generation stale: they are acknowledged, and run nothing", async () => {
    await begin({ group: [{ task: "fails" }, { task: "naps", args: [100] }] });
    await deployment.advance(1);
    const [copy] = deployment.sent;
    expect(copy?.queue).toBe("request");
    await ask({ type: "retry", requestId: "q1" });
    const late = { tutti: 1, type: "task", run: "run", generation: 1, dispatch: 1, node: "[0]" };
    const plan = { hash: String(head().planHash), pages: Number(head().planPages) };
    const before = deployment.store.dump();
    const count = entered.length;
    await deployment.queue.send("task:default", [{ body: JSON.stringify({ ...late, plan }), delaySeconds: 0 }], "test");
    await deployment.advance(1);
    expect(entered).toHaveLength(count);
    expect(deployment.store.dump()).toEqual(before);
  });
});
