/**
 * Tasks that run elsewhere, as their programs, the client and an observer see them.
 */
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Submittable } from "../../../lib/client/client.ts";
import {
  type AttemptReport,
  decodeToken,
  encodeToken,
  type OutsideTask,
  outsideTaskSchema,
} from "../../../lib/model/outside.ts";
import { rejectedKey } from "../../../lib/protocol/keys.ts";
import { declareTask, defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "./deployment.ts";

const tasks = {
  approve: declareTask({
    name: "approve",
    queue: "people",
    args: z.tuple([z.string()]),
    timeoutSeconds: 3600,
    label: "ask the boss",
    retry: { backoffSeconds: 0 },
  }),
  strict: declareTask({ name: "strict", queue: "people", args: z.tuple([z.number()]) }),
  order: defineTask({ name: "order", args: z.tuple([z.any()]) }, (_ctx, given) => ({ given })),
  text: defineTask({ name: "text", args: z.tuple([z.int()]) }, (_ctx, length) => "x".repeat(length)),
};

const approve = { task: "approve", args: ["order 7"] };

function aDeployment() {
  const deployment = createDeployment({ tasks });
  const submit = async (workflow: Submittable = { chain: [approve, { task: "order" }] }) => {
    const handle = await deployment.until(deployment.client.submit(workflow, { id: "run", headers: { tenant: "t" } }));
    await deployment.advance(0);
    return handle;
  };
  /** The messages that a program elsewhere receives. */
  const receive = async (): Promise<OutsideTask[]> => {
    const held = await deployment.queue.receive("task:people", 10);
    return held.map(({ body }) => outsideTaskSchema.strict().parse(JSON.parse(body)));
  };
  const report = (target: string, said: AttemptReport, requestId?: string) =>
    deployment.until(deployment.client.report(target, said, requestId === undefined ? {} : { requestId }));
  const raw = async (request: object) => {
    await deployment.queue.send("request", [{ body: JSON.stringify(request), delaySeconds: 0 }], "test");
    await deployment.advance(0);
  };
  const task = async (at = 0) =>
    (await deployment.until(deployment.client.inspect("run", { verbose: true }))).tasks?.[at];
  const rejected = (requestId: string) => deployment.store.get(rejectedKey(requestId), "test");
  return { deployment, submit, receive, report, raw, task, rejected };
}

describe("the message of a task that runs elsewhere", () => {
  it("holds everything its program needs", async () => {
    const { submit, receive } = aDeployment();
    await submit();
    const [message] = await receive();
    expect(message).toEqual({
      tutti: 1,
      type: "outside-task",
      token: expect.any(String),
      taskId: "run/[0]",
      task: "approve",
      args: ["order 7"],
      headers: { tenant: "t", traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) },
      label: "ask the boss",
      attempt: 1,
      deadline: "2026-11-21T10:00:00.000Z",
      timeoutSeconds: 3600,
      reportQueueUrl: "request",
    });
    expect(decodeToken(message?.token ?? "")).toEqual({
      run: "run",
      generation: 1,
      dispatch: 1,
      attempt: 1,
      lost: 0,
      node: "[0]",
    });
  });

  it("says where arguments are that it cannot hold", async () => {
    const { deployment, submit, receive } = aDeployment();
    await submit({ chain: [{ task: "text", args: [300_000] }, { task: "approve" }] });
    const [message] = await receive();
    expect(message).not.toHaveProperty("args");
    const { pk, sk, bytes, encoding } = message?.storedArgs ?? { pk: "", sk: [], bytes: 0, encoding: "text" };
    expect({ pk, keys: sk.length, bytes, encoding }).toEqual({ pk: "run", keys: 1, bytes: 300_004, encoding: "text" });
    const image = await deployment.store.get({ pk, sk: sk[0] as string }, "test");
    expect(JSON.parse(String(image?.text))).toEqual(["x".repeat(300_000)]);
  });

  it("says so of arguments in several parts too", async () => {
    const { deployment, submit, receive } = aDeployment();
    await submit({ chain: [{ task: "text", args: [400_000] }, { task: "approve" }] });
    const [message] = await receive();
    expect(message?.storedArgs).toMatchObject({ encoding: "gzip", bytes: 400_004 });
    const keys = (message?.storedArgs?.sk ?? []).map((sk) => ({ pk: "run", sk }));
    const images = await deployment.store.getMany(keys, "test");
    const joined = Buffer.concat(images.map((image) => image?.data as Uint8Array));
    expect(JSON.parse(gunzipSync(joined).toString("utf8"))).toEqual(["x".repeat(400_000)]);
  });

  it("is not sent for arguments that the task's schema refuses: the task fails", async () => {
    const { deployment, submit, receive } = aDeployment();
    const run = await submit({ chain: [{ task: "text", args: [3] }, { task: "strict" }] });
    await expect(deployment.until(run.result())).rejects.toThrow("FatalError: invalid argument [0]");
    expect(await receive()).toEqual([]);
  });
});

describe("a report", () => {
  it("by the token of the message settles the task, and its result goes on", async () => {
    const { deployment, submit, receive, report } = aDeployment();
    const run = await submit();
    const [message] = await receive();
    expect(await report(message?.token as string, { status: "succeeded", result: { ok: true } })).toEqual({
      schemaVersion: 1,
      taskId: "run/[0]",
      attempt: 1,
      recorded: true,
    });
    expect(await deployment.until(run.result())).toEqual({ given: { ok: true } });
  });

  it("by the task's id does as well, also by the beginning of the run's", async () => {
    const { deployment, submit, report } = aDeployment();
    const run = await submit();
    expect(await report("ru/[0]", { status: "succeeded" })).toMatchObject({ recorded: true });
    expect(await deployment.until(run.result())).toEqual({ given: null });
  });

  it("of a failure is followed by the next attempt, after the time it asks for", async () => {
    const { deployment, submit, receive, report, task } = aDeployment();
    const run = await submit();
    const failure = { status: "failed", error: { name: "Busy", message: "later" }, afterSeconds: 30 } as const;
    expect(await report("run/[0]", failure)).toMatchObject({ recorded: true, attempt: 1 });
    expect(await task()).toMatchObject({ status: "RETRYING", error: { name: "Busy", message: "later" }, token: null });
    expect(await receive()).toMatchObject([{ attempt: 1 }]);
    await deployment.advance(31);
    expect(await receive()).toMatchObject([{ attempt: 2 }]);
    await report("run/[0]", { status: "succeeded", result: 2 });
    expect(await deployment.until(run.result())).toEqual({ given: 2 });
  });

  it("of a failure that no attempt mends ends the task; what is too long is cut", async () => {
    const { deployment, submit, report } = aDeployment();
    const run = await submit();
    const error = { name: "N".repeat(100), message: "m".repeat(1000) };
    await report("run/[0]", { status: "failed", error, retryable: false });
    const { tasks: shown } = await deployment.until(deployment.client.inspect("run", { verbose: true }));
    expect(shown?.[0]).toMatchObject({ status: "FAILED", worker: "outside" });
    expect(shown?.[0]?.error?.name).toBe(`${"N".repeat(61)}…`);
    expect(shown?.[0]?.error?.message).toBe(`${"m".repeat(253)}…`);
    await expect(deployment.until(run.result())).rejects.toThrow("ended FAILED");
  });

  it("of a sign of life moves the deadline, and is shown with what it says", async () => {
    const { deployment, submit, report, task } = aDeployment();
    await submit();
    await deployment.advance(1800);
    expect(await report("run/[0]", { status: "heartbeat", details: { asked: 2 } })).toMatchObject({ recorded: true });
    const shown = await task();
    expect(shown).toMatchObject({
      status: "RUNNING",
      heartbeat: { at: expect.stringContaining("2026-11-21T09:30:00."), details: { asked: 2 } },
    });
    const image = await deployment.store.get({ pk: "run", sk: "node#[0]" }, "test");
    const { u: untilMs } = (image?.s0 ?? {}) as { u?: number };
    expect(new Date(untilMs ?? 0).toISOString()).toContain("2026-11-21T10:30:00.");
  });

  it("finds the token where inspect shows it", async () => {
    const { submit, receive, task } = aDeployment();
    await submit();
    const [message] = await receive();
    expect((await task())?.token).toBe(message?.token);
    expect((await task(1))?.token).toBeNull();
  });

  it("is refused before it is sent where the task is not waiting for one", async () => {
    const { deployment, submit, report } = aDeployment();
    await submit({ chain: [approve, { ...approve, immutable: true }] });
    const said = { status: "succeeded" } as const;
    await expect(report("run/[1]", said)).rejects.toThrow("run/[1]: it has not been handed out");
    await report("run/[0]", said);
    await expect(report("run/[0]", said)).rejects.toThrow("run/[0]: it has ended SUCCEEDED");
    await expect(report("run/[7]", said)).rejects.toThrow("must name a task of run run");
    await expect(report("nonsense", said)).rejects.toThrow("must be the token of a task's message, or a task id");
    await expect(report("run/[1]", { status: "heartbeat", details: "x".repeat(300) })).rejects.toThrow(
      "at most 256 bytes",
    );
    expect(deployment.sent.filter(({ message }) => message.body.includes('"report"'))).toHaveLength(1);
  });
});

describe("a report that is not of the attempt that runs", () => {
  const token = (more: object) =>
    encodeToken({ run: "run", generation: 1, dispatch: 1, attempt: 1, lost: 0, node: "[0]", ...more });
  const reportOf = (more: object) => ({
    tutti: 1,
    type: "report",
    requestId: "r-1",
    status: "succeeded",
    result: 1,
    ...more,
  });

  it.each<[string, object, string]>([
    ["no token", { token: "nonsense" }, "must be the token of a task's message, unchanged"],
    ["another run", { token: token({ run: "other" }) }, "attempt 1 of other/[0]: there is no such run"],
    ["another generation", { token: token({ generation: 2 }) }, "in generation 2: the run is at generation 1"],
    ["no task of the run", { token: token({ node: "[9]" }) }, "the run has no such task that runs elsewhere"],
    [
      "a key of every object",
      { token: token({ node: "constructor" }) },
      "the run has no such task that runs elsewhere",
    ],
    ["a task of our workers", { token: token({ node: "[1]" }) }, "the run has no such task that runs elsewhere"],
    ["a later attempt", { token: token({ attempt: 2 }) }, "the task has had 1 attempts"],
    ["another dispatch", { token: token({ dispatch: 2 }) }, "it was not handed out"],
    ["other losses", { token: token({ lost: 1 }) }, "its time was over, and the task was handed out once more"],
    ["not a report at all", { token: token({}), status: "perhaps" }, "must be one of succeeded, failed, heartbeat"],
  ])("%s: changes nothing, and is kept as rejected", async (_, more, rule) => {
    const { deployment, submit, raw, rejected, task } = aDeployment();
    await submit();
    const before = JSON.stringify(deployment.store.dump());
    await raw(reportOf(more));
    const image = await rejected("r-1");
    expect(String((image?.error as { message?: string } | undefined)?.message)).toContain(rule);
    expect(await task()).toMatchObject({ status: "RUNNING", attempt: 1 });
    const after = deployment.store.dump().filter(({ key }) => !key.pk.startsWith("rejected#"));
    expect(JSON.stringify(after)).toBe(before);
  });

  it("of an attempt whose time is over is told to its sender", async () => {
    const { deployment, submit, receive } = aDeployment();
    await submit();
    const [message] = await receive();
    await deployment.advance(3610);
    await deployment.until(deployment.coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY }));
    await deployment.advance(0);
    const late = deployment.client.report(message?.token as string, { status: "succeeded" });
    await expect(deployment.until(late)).rejects.toThrow("its time was over, and the task was handed out once more");
  });

  it("the same one again is fine, and one that says otherwise is refused", async () => {
    const { submit, receive, raw, rejected, task } = aDeployment();
    await submit();
    const [message] = await receive();
    const said = { token: message?.token };
    await raw(reportOf({ ...said, requestId: "first" }));
    await raw(reportOf({ ...said, requestId: "again" }));
    await raw({ ...reportOf({ ...said, requestId: "beat", status: "heartbeat" }), result: undefined });
    for (const requestId of ["first", "again", "beat"]) expect(await rejected(requestId)).toBeUndefined();
    await raw(reportOf({ ...said, requestId: "other", result: 2 }));
    await raw({
      tutti: 1,
      type: "report",
      requestId: "no",
      ...said,
      status: "failed",
      error: { name: "N", message: "" },
    });
    for (const requestId of ["other", "no"])
      expect((await rejected(requestId))?.error).toMatchObject({
        rule: expect.stringContaining("it has ended SUCCEEDED"),
      });
    expect(await task()).toMatchObject({ status: "SUCCEEDED" });
  });

  it("a failure again is fine while its next attempt waits, and when that runs", async () => {
    const { deployment, submit, receive, raw, rejected } = aDeployment();
    await submit();
    const [message] = await receive();
    const failed = { status: "failed", error: { name: "Busy", message: "" }, afterSeconds: 30, result: undefined };
    const again = (requestId: string) => raw(reportOf({ token: message?.token, requestId, ...failed }));
    await again("first");
    await again("waiting");
    await deployment.advance(40);
    await again("running");
    for (const requestId of ["first", "waiting", "running"]) expect(await rejected(requestId)).toBeUndefined();
    await raw(reportOf({ token: message?.token, requestId: "after all" }));
    expect(await rejected("after all")).toBeUndefined();
    await raw(reportOf({ token: message?.token, requestId: "after-all" }));
    expect((await rejected("after-all"))?.error).toMatchObject({ rule: expect.stringContaining("it has failed") });
  });
});
