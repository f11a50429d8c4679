import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { chain, chord, dag, group } from "../../../lib/canvas/canvas.ts";
import { ref } from "../../../lib/canvas/reference.ts";
import { createPortClient } from "../../../lib/client/client.ts";
import { RunFailedError, RunNotFoundError, RunUnfinishedError, WaitTimedOutError } from "../../../lib/client/errors.ts";
import type { Progress } from "../../../lib/client/shapes.ts";
import { FatalError, InvalidRequestError, QueueError, RunConflictError, RunRemovedError } from "../../../lib/errors.ts";
import { rejectedKey } from "../../../lib/protocol/keys.ts";
import { storedBody } from "../../../lib/records/documents.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, startMs } from "./deployment.ts";

const add = defineTask({ name: "add", args: z.tuple([z.number(), z.number()]) }, (_ctx, a, b) => a + b);
const sum = defineTask({ name: "sum", args: z.tuple([z.array(z.number()), z.number()]) }, (_ctx, numbers, start) =>
  numbers.reduce((total, number) => total + number, start),
);
const fail = defineTask({ name: "fail", args: z.tuple([]) }, () => {
  throw new FatalError("it is broken");
});
const first = defineTask({ name: "first", args: z.tuple([z.string()]) }, (_ctx, text) => text.slice(0, 1));
const tasks = { add, sum, fail };

const sums = chord([add.with(1, 2), add.with(3, 4)], sum.with(100));

describe("submit", () => {
  it("sends one message, learns that the run was created, and names the callback's task", async () => {
    const { client, until, sent } = createDeployment({ tasks });
    const run = await until(client.submit(sums, { id: "nightly" }));
    expect(run).toMatchObject({
      schemaVersion: 1,
      runId: "nightly",
      callbackTaskId: "nightly/callback",
      created: true,
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.queue).toBe("request");
    expect(JSON.parse(sent[0]?.message.body ?? "")).toMatchObject({
      tutti: 1,
      type: "submit",
      id: "nightly",
      requestId: expect.stringMatching(/^[a-z0-9]{16}$/),
    });
  });

  it("lets the callback fire when the producer is gone right after the submit", async () => {
    const { client, until, advance } = createDeployment({ tasks });
    await client.submit(sums, { id: "orphan", wait: false });
    await advance(60);
    expect(await until(client.result("orphan"))).toEqual({
      schemaVersion: 1,
      runId: "orphan",
      status: "SUCCEEDED",
      value: 110,
    });
  });

  it("uses the request id as run id when none is given", async () => {
    const { client, until, sent } = createDeployment({ tasks });
    const run = await until(client.submit(add.with(1, 2)));
    expect(JSON.parse(sent[0]?.message.body ?? "").requestId).toBe(run.runId);
    expect(run).toMatchObject({ created: true, callbackTaskId: `${run.runId}/task` });
  });

  it("finds the same run for the same id and document, whatever the name", async () => {
    const { client, until } = createDeployment({ tasks });
    await until(client.submit(sums, { id: "nightly", name: "first" }));
    const again = await until(client.submit(sums, { id: "nightly", name: "second" }));
    expect(again).toMatchObject({ runId: "nightly", created: false, callbackTaskId: "nightly/callback" });
  });

  it("refuses another document under the same id, and changes nothing", async () => {
    const { client, until } = createDeployment({ tasks });
    await until(client.submit(sums, { id: "nightly" }));
    await expect(until(client.submit(add.with(1, 2), { id: "nightly" }))).rejects.toThrow(RunConflictError);
    expect((await until(client.inspect("nightly"))).run.progress.total).toBe(3);
  });

  it("raises what the request was rejected with: path, value and rule", async () => {
    const { client, until } = createDeployment({ tasks });
    const error = await until(client.submit({ task: "unheard-of" }).catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ code: "invalid-request", path: "workflow.task", value: "unheard-of" });
  });

  it("refuses a document that breaks the grammar before anything is sent", async () => {
    const { client, sent } = createDeployment({ tasks });
    await expect(client.submit({ task: "add", colour: "red" } as never)).rejects.toThrow(/workflow\.colour/);
    expect(sent).toHaveLength(0);
  });

  it.each([null, undefined, 1, "add", { task: "add", toJSON: 1 }])(
    "refuses what gives no document: %s",
    async (given) => {
      const { client, sent } = createDeployment({ tasks });
      await expect(client.submit(given as never)).rejects.toThrow(InvalidRequestError);
      expect(sent).toHaveLength(0);
    },
  );

  it("stores a workflow that makes the message larger than 256 KiB, and sends where it is", async () => {
    const { client, until, sent, store } = createDeployment({ tasks: { first } });
    const text = (length: number) => ({ task: "first", args: ["x".repeat(length)] });
    const small = JSON.stringify({ tutti: 1, type: "submit", workflow: text(0), id: "a", requestId: "q1" }).length;
    const run = await until(client.submit(text(262_144 - small), { id: "a", requestId: "q1" }));
    expect(JSON.parse(sent[0]?.message.body ?? "")).toHaveProperty("workflow");
    const large = await until(client.submit(text(262_145 - small), { id: "b", requestId: "q2" }));
    expect(JSON.parse(sent[1]?.message.body ?? "")).toEqual({
      tutti: 1,
      type: "submit",
      id: "b",
      requestId: "q2",
      document: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number), parts: 1 },
    });
    expect([run.created, large.created]).toEqual([true, true]);
    expect(await until(large.result())).toBe("x");
    const documents = store.dump().filter(({ key }) => key.pk.startsWith("document#"));
    expect(documents.map(({ key }) => key.pk)).toEqual(["document#q2"]);
  });

  it("finds the same run whether its document is sent or stored", async () => {
    const { client, until, store, clock, sent, queue } = createDeployment({ tasks: { first } });
    const workflow = { task: "first", args: ["small"] };
    const run = await until(client.submit(workflow, { id: "a" }));
    const request = { tutti: 1, type: "submit", id: "a", requestId: "q2", workflow } as const;
    const body = await storedBody({ store, clock }, request, 10);
    await queue.send("request", [{ body, delaySeconds: 0 }], "test");
    expect(await until(run.result())).toBe("s");
    expect(await store.get(rejectedKey("q2"), "test")).toBeUndefined();
    expect(sent).toHaveLength(1);
    const large = { task: "first", args: ["x".repeat(300_000)] };
    expect((await until(client.submit(large, { id: "b" }))).created).toBe(true);
    expect((await until(client.submit(large, { id: "b", name: "again" }))).created).toBe(false);
    const other = { task: "first", args: ["y".repeat(300_000)] };
    await expect(until(client.submit(other, { id: "b" }))).rejects.toThrow(RunConflictError);
  });

  it("refuses a workflow over 100 MiB before anything is stored or sent", async () => {
    const { client, sent, store } = createDeployment({ tasks: { first } });
    const large = { task: "first", args: ["x".repeat(104_857_600)] };
    await expect(client.submit(large)).rejects.toThrow("workflow: must have at most 104857600 bytes as JSON");
    expect([sent.length, store.dump().length]).toEqual([0, 0]);
  });

  it("refuses a reference to a stored document: that is for messages", async () => {
    const { client, sent } = createDeployment({ tasks });
    const document = { sha256: "0".repeat(64), bytes: 1, parts: 1 };
    await expect(client.submit({ tutti: 1, type: "submit", document } as never)).rejects.toThrow(
      "document: must not be there: only a message of the request queue refers to a stored document",
    );
    expect(sent).toHaveLength(0);
  });

  it("gives options the last word, under the rules of a request", async () => {
    const { client, until, sent } = createDeployment({ tasks });
    const request = {
      tutti: 1,
      type: "submit",
      id: "from-file",
      name: "file",
      workflow: add.with(1, 2).toJSON(),
    } as const;
    const run = await until(
      client.submit(request, { id: "from-option", headers: { tenant: "a" }, deadlineSeconds: 60 }),
    );
    expect(run.runId).toBe("from-option");
    expect(JSON.parse(sent[0]?.message.body ?? "")).toMatchObject({
      name: "file",
      headers: { tenant: "a" },
      deadlineSeconds: 60,
    });
    await expect(client.submit(request, { deadlineSeconds: 0 })).rejects.toThrow(/deadlineSeconds: must be at least 1/);
    await expect(client.submit(request, { id: "no spaces" })).rejects.toThrow(/^id: must match/);
  });

  it("does not ask for an answer when told not to wait", async () => {
    const { client, reads } = createDeployment({ tasks, control: false });
    const run = await client.submit(sums, { id: "later", wait: false });
    expect(run).toMatchObject({ runId: "later", created: null, callbackTaskId: null });
    expect(reads.size).toBe(0);
  });

  it("stops asking after 10 s when nobody handles the request", async () => {
    const { client, until, clock } = createDeployment({ tasks, control: false });
    const run = await until(client.submit(sums, { id: "later" }));
    expect(run).toMatchObject({ runId: "later", created: null, callbackTaskId: null });
    expect(clock.now()).toBe(startMs + 10_000);
  });

  it("says so when the queue refuses the request", async () => {
    const { store, clock } = createDeployment({ tasks });
    const client = createPortClient({
      store,
      clock,
      ids: createSeededIds(3),
      queue: { send: async () => ({ failed: [0] }) },
    });
    await expect(client.submit(sums)).rejects.toThrow(QueueError);
  });

  it("finds its answer though an older run of the id is a tombstone whose time is over", async () => {
    const { client, until, advance, coordinator, clock } = createDeployment({ tasks });
    await until(client.submit(add.with(1, 2), { id: "nightly" }));
    for (const day of [8, 2, 31]) {
      await advance(day * 86_400);
      await coordinator.sweep({ deadlineAtMs: clock.now() + 60_000 });
    }
    expect(await until(client.submit(add.with(3, 4), { id: "nightly" }))).toMatchObject({ created: true });
  });

  it("refuses the id of a removed run", async () => {
    const { client, until, advance, coordinator, clock } = createDeployment({ tasks });
    await until(client.submit(add.with(1, 2), { id: "nightly" }));
    await advance(8 * 86_400);
    await coordinator.sweep({ deadlineAtMs: clock.now() + 60_000 });
    await expect(until(client.submit(add.with(1, 2), { id: "nightly" }))).rejects.toThrow(RunRemovedError);
    await expect(until(client.inspect("nightly"))).rejects.toThrow(RunRemovedError);
  });
});

describe("a run's handle", () => {
  it("gives the value of every canvas", async () => {
    const { client, until } = createDeployment({ tasks });
    const value = async (workflow: Parameters<typeof client.submit>[0]) =>
      until((await until(client.submit(workflow))).result());
    expect(await value(add.with(1, 2))).toBe(3);
    expect(await value(chain(add.with(1, 2), add.with(10)))).toBe(13);
    expect(await value(group([add.with(1, 2), add.with(3, 4)]))).toEqual([3, 7]);
    expect(await value(group([]))).toEqual([]);
    expect(await value(sums)).toBe(110);
    expect(
      await value(dag({ nodes: { a: add.with(1, 2), b: { task: "add", args: [ref("a"), 5] } as never } })),
    ).toEqual({ b: 8 });
  });

  it("throws what ended a run that failed", async () => {
    const { client, until } = createDeployment({ tasks });
    const run = await until(client.submit(group([fail.with(), add.with(1, 2)]), { id: "bad" }));
    const error = await until(run.result().catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(RunFailedError);
    expect(error).toMatchObject({
      code: "run-failed",
      status: "FAILED",
      error: { name: "FatalError", message: "it is broken", taskId: "bad/[0]" },
    });
  });

  it("throws the rejection of a request whose answer was not waited for", async () => {
    const { client, until } = createDeployment({ tasks });
    const run = await client.submit({ task: "unheard-of" }, { id: "bad", wait: false });
    await expect(until(run.result())).rejects.toThrow(/workflow\.task/);
  });

  it("reads the run's head and value, never the whole run, for its value alone", async () => {
    const { client, until, reads } = createDeployment({ tasks });
    const run = await until(client.submit(add.with(1, 2)));
    reads.clear();
    expect(await until(run.result())).toBe(3);
    expect([...reads.keys()].sort()).toEqual(["head.read", "input.read", "plan.read"]);
  });

  it("waits for a run that its request has not made yet", async () => {
    const { client, until } = createDeployment({ tasks });
    const run = await client.submit(add.with(1, 2), { wait: false });
    expect(await until(run.result())).toBe(3);
  });

  it("runs out of time when nobody handles the request", async () => {
    const { client, until } = createDeployment({ tasks, control: false });
    const run = await client.submit(add.with(1, 2), { id: "later", wait: false });
    const error = await until(run.wait({ timeoutSeconds: 5 }).catch((reason: unknown) => reason));
    expect(error).toMatchObject({ code: "wait-timed-out", progress: undefined });
  });
});

describe("wait", () => {
  const slow = (seconds: number) => {
    const deployment = createDeployment({
      tasks: { nap: defineTask({ name: "nap", args: z.tuple([]) }, () => deployment.sleep(seconds)), sum },
    });
    return deployment;
  };

  it("reports how the run ended, with its progress", async () => {
    const { client, until } = slow(20);
    await until(client.submit(group([{ task: "nap" }, { task: "nap" }]), { id: "nightly" }));
    expect(await until(client.wait("nightly"))).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      status: "SUCCEEDED",
      value: [null, null],
      progress: { total: 2, succeeded: 2, failed: 0, timedOut: 0, revoked: 0, skipped: 0, running: 0, waiting: 0 },
    });
  });

  it("throws with the progress when time is up, and the run goes on", async () => {
    const { client, until, clock } = slow(20);
    await until(client.submit(chain({ task: "nap" }, { task: "nap", immutable: true }), { id: "nightly" }));
    const before = clock.now();
    const error = await until(client.wait("nightly", { timeoutSeconds: 5 }).catch((reason: unknown) => reason));
    expect(clock.now() - before).toBe(5000);
    expect(error).toBeInstanceOf(WaitTimedOutError);
    expect(error).toMatchObject({
      runId: "nightly",
      timeoutSeconds: 5,
      progress: { total: 2, running: 1, waiting: 1 },
    });
    expect(await until(client.wait("nightly"))).toMatchObject({ status: "SUCCEEDED" });
  });

  it("has an end of its own: an hour unless told otherwise", async () => {
    const { client, until, clock } = createDeployment({ tasks, workers: false });
    await until(client.submit(add.with(1, 2), { id: "nightly" }));
    const before = clock.now();
    await expect(until(client.wait("nightly"))).rejects.toThrow(WaitTimedOutError);
    expect(clock.now() - before).toBe(3_600_000);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 366 * 86_400])(
    "refuses a time-out of %s",
    async (timeoutSeconds) => {
      const { client, until } = createDeployment({ tasks, workers: false });
      await until(client.submit(add.with(1, 2), { id: "nightly" }));
      await expect(until(client.wait("nightly", { timeoutSeconds }))).rejects.toThrow(
        /timeoutSeconds: must be above 0/,
      );
    },
  );

  it("looks often at first and once a second later", async () => {
    const { client, until, reads } = slow(60);
    await until(client.submit({ task: "nap" }, { id: "nightly" }));
    reads.clear();
    await until(client.wait("nightly"));
    const looks = reads.get("head.read") ?? 0;
    expect(looks).toBeGreaterThan(60);
    expect(looks).toBeLessThan(75);
  });

  it("tells of progress as it changes, and reads the run whole only then", async () => {
    const { client, until, reads } = slow(10);
    await until(client.submit(chain({ task: "nap" }, { task: "nap", immutable: true }), { id: "nightly" }));
    const seen: Progress[] = [];
    await until(client.wait("nightly", { onProgress: (progress) => seen.push(progress) }));
    expect(seen.map(({ succeeded }) => succeeded)).toEqual([0, 1]);
    reads.clear();
    await until(client.submit(chain({ task: "nap" }, { task: "nap", immutable: true }), { id: "quiet" }));
    reads.clear();
    await until(client.wait("quiet"));
    expect(reads.get("run.read")).toBe(2);
  });

  it("ends with the signal's reason", async () => {
    const { client, until, clock } = slow(60);
    await until(client.submit({ task: "nap" }, { id: "nightly" }));
    const abort = new AbortController();
    clock.after(3000, () => abort.abort(new Error("enough")));
    await expect(until(client.wait("nightly", { signal: abort.signal }))).rejects.toThrow("enough");
  });
});

describe("result", () => {
  it("throws with the progress while the run is going", async () => {
    const { client, until } = createDeployment({ tasks, workers: false });
    await until(client.submit(sums, { id: "nightly" }));
    const error = await client.result("nightly").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RunUnfinishedError);
    expect(error).toMatchObject({ runId: "nightly", progress: { total: 3, waiting: 3 } });
  });

  it("has the error of a run that failed", async () => {
    const { client, until } = createDeployment({ tasks });
    await until((await until(client.submit(fail.with(), { id: "bad" }))).wait());
    expect(await client.result("bad")).toEqual({
      schemaVersion: 1,
      runId: "bad",
      status: "FAILED",
      error: { name: "FatalError", message: "it is broken", taskId: "bad/task" },
    });
  });
});

describe("inspect", () => {
  it("shows a run with its joins and, when asked for, its tasks", async () => {
    const { client, until } = createDeployment({ tasks });
    await until((await until(client.submit(sums, { id: "nightly", name: "sums" }))).wait());
    const report = await client.inspect("nightly", { verbose: true });
    expect(report.run).toMatchObject({
      id: "nightly",
      name: "sums",
      status: "SUCCEEDED",
      generation: 1,
      submittedAt: "2026-11-21T09:00:00.000Z",
      error: null,
      result: 110,
    });
    expect(report.joins).toMatchObject([
      { id: ".", expected: 2, arrived: 2, decision: "callback", missing: [], missingCount: 0 },
    ]);
    expect(report.tasks?.map(({ id, status, attempt }) => [id, status, attempt])).toEqual([
      ["nightly/header[0]", "SUCCEEDED", 1],
      ["nightly/header[1]", "SUCCEEDED", 1],
      ["nightly/callback", "SUCCEEDED", 1],
    ]);
    expect(report.cursor).toBeNull();
    expect(await client.inspect("nightly")).not.toHaveProperty("tasks");
  });

  it("says who fired the callback: the worker of a member", async () => {
    const { client, until } = createDeployment({ tasks });
    await until((await until(client.submit(sums, { id: "nightly" }))).wait());
    const { joins, tasks: listed } = await client.inspect("nightly", { verbose: true });
    expect(joins[0]?.firedAt).toMatch(/^2026-11-21T09:00:/);
    expect(listed?.map(({ worker }) => worker)).toContain(joins[0]?.firedBy);
  });

  it("pages through the tasks", async () => {
    const { client, until } = createDeployment({ tasks, workers: false });
    await until(client.submit(group(Array.from({ length: 2001 }, () => add.with(1, 2))), { id: "large" }));
    const first = await client.inspect("large", { verbose: true });
    expect([first.tasks?.length, first.cursor]).toEqual([1000, "1000"]);
    const last = await client.inspect("large", { verbose: true, cursor: "2000" });
    expect([last.tasks?.map(({ id }) => id), last.cursor]).toEqual([["large/[2000]"], null]);
    await expect(client.inspect("large", { cursor: "-1" })).rejects.toThrow(/cursor/);
  });

  it("shows a part of a run by its path", async () => {
    const { client, until } = createDeployment({ tasks });
    await until((await until(client.submit(chain(sums, add.with(1)), { id: "nightly" }))).wait());
    const part = await client.inspect("nightly/[0]", { verbose: true });
    expect(part.joins.map(({ id }) => id)).toEqual(["[0]"]);
    expect(part.tasks?.map(({ id }) => id)).toEqual([
      "nightly/[0]/header[0]",
      "nightly/[0]/header[1]",
      "nightly/[0]/callback",
    ]);
    await expect(client.inspect("nightly/[7]")).rejects.toThrow(/must name a join or task of run nightly/);
  });

  it("takes the beginning of an id that only one run has", async () => {
    const { client, until } = createDeployment({ tasks, workers: false });
    await until(client.submit(add.with(1, 2), { id: "nightly-1" }));
    await until(client.submit(add.with(1, 2), { id: "nightly-22" }));
    expect((await client.inspect("nightly-2")).run.id).toBe("nightly-22");
    await expect(client.inspect("night")).rejects.toThrow(/must name one run; 2 begin so: nightly-22?1?/);
    await expect(client.inspect("daily")).rejects.toThrow(RunNotFoundError);
    await expect(client.inspect("not an id")).rejects.toThrow(/must be the id of a run/);
  });

  it("takes a whole id that is the beginning of another", async () => {
    const { client, until } = createDeployment({ tasks, workers: false });
    await until(client.submit(add.with(1, 2), { id: "nightly" }));
    await until(client.submit(add.with(1, 2), { id: "nightly-2" }));
    expect((await client.inspect("nightly")).run.id).toBe("nightly");
  });
});

describe("status", () => {
  it("is all zeros before the first run", async () => {
    const { client } = createDeployment();
    expect(await client.status()).toEqual({
      schemaVersion: 1,
      runs: { RUNNING: 0, SUCCEEDED: 0, FAILED: 0, TIMED_OUT: 0, REVOKED: 0 },
      activeJoins: 0,
      oldestWaiting: null,
      rejected: 0,
      queues: null,
      recent: [],
      partial: false,
    });
  });

  it("counts runs by state, active joins and rejected requests, and names what waits longest", async () => {
    const { client, until, advance } = createDeployment({
      tasks: { add, sum, fail: defineTask({ name: "fail", args: z.tuple([]), queue: "other" }, () => null) },
      workers: false,
    });
    await until(client.submit(add.with(1, 2), { id: "first" }));
    await advance(60);
    await until(client.submit(sums, { id: "second" }));
    await until(client.submit({ task: "unheard-of" }).catch(() => undefined));
    const report = await client.status();
    expect(report.runs).toMatchObject({ RUNNING: 2, SUCCEEDED: 0 });
    expect(report.activeJoins).toBe(1);
    expect(report.rejected).toBe(1);
    expect(report.oldestWaiting).toMatchObject({ taskId: "first/task", status: "QUEUED" });
    expect(report.recent.map(({ id }) => id)).toEqual(["second", "first"]);
  });
});
