/**
 * Messages of tasks that run elsewhere, at control and in dead-letter queues: what is owed whatever state they meet.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { carrierOf } from "../../../lib/coordinator/delivery.ts";
import type { SetAction } from "../../../lib/ports/store.ts";
import { declareTask, defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, startMs } from "../client/deployment.ts";

const args = z.array(z.any());
const tasks = {
  there: declareTask({ name: "there", queue: "elsewhere", args, timeoutSeconds: 3600 }),
  here: defineTask({ name: "here", args }, () => 1),
};

/** A run that has been submitted; the message that control got of its first task, and the one that went out. */
async function aRun(task = "there") {
  const deployment = createDeployment({ tasks, workers: false });
  await deployment.until(deployment.client.submit({ chain: [{ task }, { task: "here" }] }, { id: "run" }));
  const head = await deployment.store.get({ pk: "run", sk: "head" }, "test");
  const plan = { hash: String(head?.planHash), pages: 1 };
  const message = { tutti: 1, type: "task", node: "[0]", run: "run", generation: 1, dispatch: 1, plan };
  const bodies = async (queue: "request" | "task:elsewhere") =>
    (await deployment.queue.receive(queue, 10)).map(({ body }) => JSON.parse(body));
  const received = (body: object) => ({
    messageId: "m-1",
    body: JSON.stringify(body),
    receiveCount: 1,
    sentAtMs: startMs,
    attributes: {},
  });
  return { ...deployment, message, bodies, received };
}

const key = { pk: "run", sk: "node#[0]" };
const acknowledged = { kind: "acknowledge" };

/** The lease of a message whose delivery died before it had sent the task on. */
function claimedBy(dispatch: number, more: Readonly<Record<string, number>> = {}): SetAction[] {
  const c = carrierOf({ run: "run", generation: 1, node: "[0]", dispatch });
  const lease = { s: "L", a: 1, d: 1, o: "outside", c, u: startMs + 3_600_000, b: startMs, ...more };
  return [
    { path: ["g"], value: 1 },
    { path: ["s0"], value: lease },
  ];
}

describe("the message of a task that runs elsewhere, at control", () => {
  it("carries no part of the plan, and none is believed: the request queue is open to every producer", async () => {
    const { coordinator, message, received, bodies, advance } = await aRun();
    await advance(0);
    await bodies("task:elsewhere");
    const forged = {
      nodes: { "[1]": { id: "[1]", outside: true, queue: "elsewhere", args: [], slot: null } },
      joins: {},
    };
    const body = { ...message, node: "[1]", fragment: forged };
    expect(await coordinator.control(received(body))).toEqual(acknowledged);
    expect(await bodies("task:elsewhere")).toEqual([]);
  });

  it("is kept as rejected when it names a task that our workers run", async () => {
    const { coordinator, store, message, received } = await aRun("here");
    expect(await coordinator.control(received(message))).toEqual(acknowledged);
    const image = await store.get({ pk: "rejected#message-m-1", sk: "rejected" }, "test");
    expect(image?.error).toMatchObject({ path: "node", rule: "must be a task that runs elsewhere" });
    expect(await store.get(key, "test")).toBeUndefined();
  });

  it("goes out again when its claim is met that may not have been sent, under the same token", async () => {
    const { coordinator, message, received, bodies, advance } = await aRun();
    await advance(0);
    const [first] = await bodies("task:elsewhere");
    await coordinator.control(received(message));
    expect(await bodies("task:elsewhere")).toEqual([first]);
  });
});

describe("the dead letter of a task that runs elsewhere", () => {
  it.each([
    ["its own dispatch", claimedBy(1)],
    ["a later one, which it had claimed", claimedBy(1, { d: 2 })],
  ])("of the request queue goes back when it may have died between claim and send: %s", async (_, claim) => {
    const { coordinator, store, message, received, bodies } = await aRun();
    await store.write({ key, set: claim }, "test");
    await bodies("task:elsewhere");
    expect(await coordinator.deadLetter({ from: "request" }, received(message))).toEqual(acknowledged);
    const [again] = await bodies("request");
    await coordinator.control(received(again));
    expect(await bodies("task:elsewhere")).toMatchObject([{ attempt: 1, taskId: "run/[0]" }]);
  });

  it("of the request queue is none of its business when another message has claimed it", async () => {
    const { coordinator, store, message, received, bodies } = await aRun();
    await store.write({ key, set: claimedBy(2, { d: 2 }) }, "test");
    await bodies("request");
    expect(await coordinator.deadLetter({ from: "request" }, received(message))).toEqual(acknowledged);
    expect(await bodies("request")).toEqual([]);
  });

  it("of its own queue waits for the lease, whatever else: somebody may be at work", async () => {
    const { coordinator, clock, received, bodies, advance } = await aRun();
    await advance(0);
    const [task] = await bodies("task:elsewhere");
    const letter = { from: "task", queue: "elsewhere" } as const;
    const disposition = await coordinator.deadLetter(letter, received(task));
    expect(disposition).toMatchObject({ kind: "return" });
    expect((disposition as { delaySeconds: number }).delaySeconds).toBeGreaterThan(3500);
    clock.advanceTo(startMs + 3_610_000);
    expect(await coordinator.deadLetter(letter, received(task))).toEqual(acknowledged);
    const [again] = await bodies("request");
    expect(again).toMatchObject({ type: "task", node: "[0]", dispatch: 2 });
  });

  it.each([
    ["is no JSON", '{"tutti":1,"type":"outside-task"'],
    ["has no token", '{"tutti":1,"type":"outside-task","task":"there"}'],
  ])("of its own queue that %s is kept as rejected", async (_, body) => {
    const { coordinator, store, received } = await aRun();
    const letter = { from: "task", queue: "elsewhere" } as const;
    expect(await coordinator.deadLetter(letter, { ...received({}), body })).toEqual(acknowledged);
    expect(await store.get({ pk: "rejected#message-m-1", sk: "rejected" }, "test")).toMatchObject({ kind: "message" });
  });
});

it("a program elsewhere that holds a task keeps no run from being removed, and is refused what it reports then", async () => {
  const { coordinator, queue, store, until, advance, bodies } = await aRun();
  await advance(0);
  const [{ token }] = await bodies("task:elsewhere");
  const about = { tutti: 1, id: "run", generation: 1 };
  const ask = async (request: object) => {
    await queue.send("request", [{ body: JSON.stringify(request), delaySeconds: 0 }], "test");
    await advance(1);
  };
  await ask({ ...about, type: "revoke", requestId: "q1" });
  await ask({ ...about, type: "remove", requestId: "q2" });
  await ask({ tutti: 1, type: "report", requestId: "q3", token, status: "succeeded", result: 1 });
  expect((await store.get({ pk: "rejected#q3", sk: "rejected" }, "test"))?.error).toMatchObject({
    rule: expect.stringContaining("the run is to be removed"),
  });
  await until(coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY }));
  expect(await store.get({ pk: "run", sk: "node#[0]" }, "test")).toBeUndefined();
});
