/**
 * Revoke, pause, resume and retry by the client: what is sent, how the answer is learned, and previews that send nothing.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createPortClient } from "../../../lib/client/client.ts";
import { FatalError, InvalidRequestError, QueueError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment, type DeploymentOptions } from "./deployment.ts";

let deployment: Deployment;

const anything = z.array(z.any());
const tasks = {
  one: defineTask({ name: "one", args: anything }, async (_, value) => value ?? null),
  mended: defineTask({ name: "mended", args: anything }, async (ctx, value) => {
    if (ctx.generation > 1) return value;
    throw new FatalError("broken in generation 1");
  }),
  naps: defineTask({ name: "naps", args: z.tuple([z.number()]), timeoutSeconds: 3600 }, async (_, seconds) => {
    await deployment.sleep(seconds);
    return seconds;
  }),
};
const deploy = (options: DeploymentOptions = {}) => createDeployment({ tasks, ...options });

beforeEach(() => {
  deployment = deploy();
});

const one = (value: number) => ({ task: "one", args: [value] });
const naps = (seconds: number) => ({ task: "naps", args: [seconds] });

/** Submits a run `nightly`, lets a second pass, and forgets what that has sent. */
async function begin(workflow: object): Promise<void> {
  const request = { tutti: 1, type: "submit", id: "nightly", workflow };
  await deployment.until(deployment.client.submit(request as never, { wait: false }));
  await deployment.advance(1);
  deployment.sent.length = 0;
}

const bodies = () => deployment.sent.map(({ queue, message }) => ({ queue, ...JSON.parse(message.body) }));
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe("what is sent, and what is answered", () => {
  it("revoke of a run, by the beginning of its id", async () => {
    await begin({ chain: [naps(100), one(1)] });
    const report = await deployment.until(deployment.client.revoke("night", { reason: "not needed" }));
    expect(report).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      status: "REVOKED",
      generation: 1,
      pausedAt: null,
      changed: true,
    });
    expect(bodies()).toEqual([
      {
        queue: "request",
        tutti: 1,
        type: "revoke",
        requestId: expect.any(String),
        id: "nightly",
        generation: 1,
        reason: "not needed",
      },
    ]);
    const { run } = await deployment.until(deployment.client.inspect("nightly"));
    expect(run.error).toEqual({ name: "revoked", message: "not needed" });
  });

  it.each([
    ["a task", "header[1]"],
    ["a task with an item of its own", "header[2]/[0]"],
    ["a chord", "."],
  ])("revoke of %s", async (_, path) => {
    const header = [naps(50), naps(60), { chain: [naps(70), one(1)] }];
    await begin({
      chord: { header, callback: { ...naps(80), immutable: true }, when: "all-settled", onError: one(1) },
    });
    const changed = await deployment.until(deployment.client.revoke("nightly", { path }));
    expect(changed).toMatchObject({ status: "RUNNING", changed: true });
    expect(bodies()).toMatchObject([{ type: "revoke", path }]);
    const again = await deployment.until(deployment.client.revoke("nightly", { path }));
    expect(again).toMatchObject({ changed: false });
    expect(deployment.sent).toHaveLength(1);
  });

  it("pause and resume", async () => {
    await begin({ chain: [naps(40), one(1)] });
    const paused = await deployment.until(deployment.client.pause("nightly"));
    expect(paused).toMatchObject({ status: "RUNNING", pausedAt: time, changed: true });
    expect((await deployment.until(deployment.client.inspect("nightly"))).run).toMatchObject({ pausedAt: time });
    expect((await deployment.until(deployment.client.status())).recent).toMatchObject([
      { id: "nightly", pausedAt: time, generation: 1 },
    ]);
    const resumed = await deployment.until(deployment.client.resume("nightly"));
    expect(resumed).toMatchObject({ status: "RUNNING", pausedAt: null, changed: true });
    expect(bodies()).toMatchObject([
      { type: "pause", id: "nightly", generation: 1 },
      { type: "resume", id: "nightly", generation: 1 },
    ]);
  });

  it("retry, and retry of what has succeeded", async () => {
    await begin({ chain: [one(1), { task: "mended" }] });
    const retried = await deployment.until(deployment.client.retry("nightly"));
    expect(retried).toMatchObject({ generation: 2, changed: true });
    await deployment.advance(1);
    const again = await deployment.until(deployment.client.retry("nightly", { tasks: ["[1]"], args: { "[0]": [7] } }));
    expect(again).toMatchObject({ generation: 3, changed: true });
    await deployment.advance(1);
    expect(await deployment.until(deployment.client.result("nightly"))).toMatchObject({ value: 7 });
    expect(bodies()).toMatchObject([
      { type: "retry", generation: 1 },
      { type: "retry", generation: 2, tasks: ["[1]"], args: { "[0]": [7] } },
    ]);
  });
});

describe("what would change nothing is not sent", () => {
  it("of a run that has ended", async () => {
    await begin(one(1));
    const { client } = deployment;
    for (const change of [client.revoke("nightly"), client.pause("nightly"), client.resume("nightly")])
      expect(await deployment.until(change)).toMatchObject({ status: "SUCCEEDED", changed: false });
    expect(deployment.sent).toEqual([]);
  });

  it("of a run that is paused, or is not", async () => {
    await begin(naps(100));
    expect(await deployment.until(deployment.client.resume("nightly"))).toMatchObject({ changed: false });
    await deployment.until(deployment.client.pause("nightly"));
    expect(await deployment.until(deployment.client.pause("nightly"))).toMatchObject({
      changed: false,
      pausedAt: time,
    });
    expect(deployment.sent).toHaveLength(1);
  });

  it("of a task that has succeeded", async () => {
    await begin({ group: [one(1), naps(100)] });
    const report = await deployment.until(deployment.client.revoke("nightly", { path: "[0]" }));
    expect(report).toMatchObject({ changed: false });
    expect(deployment.sent).toEqual([]);
  });
});

describe("what is refused", () => {
  it("before it is sent: a run or part that is not there, a text that breaks a rule", async () => {
    await begin({ group: [naps(100), naps(100)] });
    const { client } = deployment;
    const refused = async (change: Promise<unknown>) =>
      deployment.until(
        change.then(
          () => undefined,
          (error) => error,
        ),
      );
    expect(await refused(client.pause("daily"))).toMatchObject({ code: "run-not-found" });
    expect(await refused(client.pause("a b"))).toMatchObject({ code: "invalid-request", path: "run id" });
    for (const path of ["[7]", "constructor"])
      expect(await refused(client.revoke("nightly", { path }))).toMatchObject({
        path: "path",
        value: path,
        rule: "must be the path of a task, chord or group of the run",
      });
    expect(await refused(client.revoke("nightly", { reason: "x".repeat(257) }))).toMatchObject({
      path: "reason",
      rule: "must have at most 256 characters",
    });
    const many = new Array(1001).fill("[0]");
    expect(await refused(client.retry("nightly", { tasks: many }))).toMatchObject({ path: "tasks", value: 1001 });
    expect(deployment.sent).toEqual([]);
  });

  it("by the driver: a retry of a run that has not ended", async () => {
    await begin(naps(100));
    const error = await deployment.until(deployment.client.retry("nightly").catch((thrown) => thrown));
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({
      path: "id",
      value: "nightly",
      rule: "must have ended: revoke it first, or wait for its end",
    });
  });

  it("by the driver: one of two retries at once", async () => {
    await begin({ task: "mended", args: [1] });
    const both = [deployment.client.retry("nightly"), deployment.client.retry("nightly")];
    const results = await deployment.until(Promise.allSettled(both));
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const { reason } = results.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(reason).toMatchObject({
      path: "generation",
      rule: expect.stringMatching(/^must be the run's generation, which is 2/),
    });
  });

  it("by the queue", async () => {
    await begin(naps(100));
    const { store, clock } = deployment;
    const queue = { send: async () => ({ failed: [0] }) };
    const client = createPortClient({ store, queue, clock, ids: { next: () => "q1", fraction: () => 0 } });
    await expect(client.pause("nightly")).rejects.toBeInstanceOf(QueueError);
    await expect(client.pause("nightly")).rejects.toThrow(/nothing was changed, send it again/);
  });

  it("a run that was removed meanwhile", async () => {
    await begin(naps(100));
    const asked = deployment.client.pause("nightly").catch((error) => error);
    const items = deployment.store.dump().map(({ key, image }) => ({
      key,
      image: key.sk === "head" ? { ...image, removedAt: 1 } : image,
    }));
    deployment.store.restore(items);
    expect(await deployment.until(asked)).toMatchObject({ code: "run-removed" });
  });
});

it("says after 10 s that nobody has answered: the request is on the queue", async () => {
  deployment = deploy();
  await begin(naps(1000));
  const items = deployment.store.dump();
  deployment = deploy({ control: false });
  deployment.store.restore(items);
  const startMs = deployment.clock.now();
  const report = await deployment.until(deployment.client.pause("nightly"));
  expect(report).toMatchObject({ status: "RUNNING", pausedAt: null, changed: null });
  expect(deployment.clock.now() - startMs).toBe(10_000);
  expect(deployment.sent).toHaveLength(1);
});

describe("previews write and send nothing", () => {
  const group = { group: [one(1), { task: "mended", args: [2] }, { chain: [naps(40), one(3)] }] };

  it("retry: what would run, and what is kept", async () => {
    await begin({ chain: [group, { task: "one", args: [] }] });
    await deployment.advance(60);
    const before = deployment.store.dump();
    const report = await deployment.until(deployment.client.previewRetry("night"));
    expect(report).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      generation: 2,
      runs: ["nightly/[0]/[1]", "nightly/[0]/[2]/[1]", "nightly/[1]"],
      runCount: 3,
      kept: ["nightly/[0]/[0]", "nightly/[0]/[2]/[0]"],
      keptCount: 2,
    });
    expect(deployment.store.dump()).toEqual(before);
    expect(deployment.sent).toEqual([]);
    // And so it comes.
    await deployment.until(deployment.client.retry("nightly"));
    await deployment.advance(60);
    const { tasks: shown } = await deployment.until(deployment.client.inspect("nightly", { verbose: true }));
    const since = Date.parse(String((shown ?? [])[1]?.startedAt));
    const ran = (shown ?? []).filter(({ startedAt }) => Date.parse(String(startedAt)) >= since).map(({ id }) => id);
    expect(ran).toEqual(report.runs);
  });

  it("retry: with tasks that are named, and refused as the retry itself", async () => {
    await begin({ chain: [one(1), one(2), one(3)] });
    const { client } = deployment;
    expect(await deployment.until(client.previewRetry("nightly", { tasks: ["[1]"] }))).toMatchObject({
      runs: ["nightly/[1]", "nightly/[2]"],
      kept: ["nightly/[0]"],
    });
    for (const [named, rule] of [
      [{}, "has SUCCEEDED: name the tasks that are to run again"],
      [{ tasks: ["[7]"] }, "must be the path of a task of the run"],
      [{ args: { "[7]": [] } }, "must be the path of a task of the run"],
    ] as const)
      expect(await deployment.until(client.previewRetry("nightly", named).catch((error) => error))).toMatchObject({
        rule,
      });
    expect(deployment.sent).toEqual([]);
  });

  it("retry: keeps what a chord has tolerated; error callbacks are in neither list", async () => {
    const tolerant = { chord: { header: [{ task: "mended" }, one(1)], callback: one(2), when: "all-settled" } };
    const failing = { chord: { header: [one(4), { task: "mended" }], callback: one(5), onError: one(6) } };
    await begin({ chain: [tolerant, failing] });
    await deployment.advance(60);
    expect(await deployment.until(deployment.client.previewRetry("nightly"))).toMatchObject({
      runs: ["nightly/[1]/header[1]", "nightly/[1]/callback"],
      kept: ["nightly/[0]/header[0]", "nightly/[0]/header[1]", "nightly/[0]/callback", "nightly/[1]/header[0]"],
    });
  });

  it("names 100 tasks, and counts the rest", async () => {
    await begin({ group: Array.from({ length: 120 }, () => naps(100)) });
    const report = await deployment.until(deployment.client.previewRevoke("nightly"));
    expect([report.tasks.length, report.taskCount, report.total]).toEqual([100, 120, 120]);
  });

  it("revoke: the tasks without an outcome, of the run or of a part", async () => {
    const tolerant = {
      chord: {
        header: [one(1), naps(50), { chain: [naps(60), one(2)] }, { chain: [naps(70), one(3)] }],
        when: "all-settled",
      },
    };
    await begin({ chord: { header: [tolerant, naps(80)], callback: one(4), onError: one(5), when: "all-settled" } });
    const ids = async (path?: string) => {
      const report = await deployment.until(
        deployment.client.previewRevoke("nightly", path === undefined ? {} : { path }),
      );
      expect(report).toMatchObject({ runId: "nightly", status: "RUNNING", path: path ?? null, total: 9 });
      return report.tasks.map((task) => task.slice("nightly/".length));
    };
    const inside = ["header[0]/header[1]", "header[0]/header[2]/[0]", "header[0]/header[2]/[1]"];
    const more = ["header[0]/header[3]/[0]", "header[0]/header[3]/[1]"];
    expect(await ids()).toEqual([...inside, ...more, "header[1]", "callback"]);
    expect(await ids("header[0]")).toEqual([...inside, ...more]);
    expect(await ids("header[0]/header[1]")).toEqual(["header[0]/header[1]"]);
    expect(await ids("header[0]/header[0]")).toEqual([]);
    expect(deployment.sent).toEqual([]);
    await expect(deployment.until(deployment.client.previewRevoke("nightly", { path: "x" }))).rejects.toThrow(
      /must be the path/,
    );
  });

  it("revoke: nothing of a run that has ended", async () => {
    await begin({ chain: [{ task: "mended" }, one(1)] });
    expect(await deployment.until(deployment.client.previewRevoke("nightly"))).toMatchObject({
      status: "FAILED",
      tasks: [],
      taskCount: 0,
    });
  });
});
