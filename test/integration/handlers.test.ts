/**
 * The Lambda handlers on the embedded engine, fed as Lambda feeds them.
 */
import type { SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveredIn, type GiveBack } from "../../lambdas/batch.ts";
import { createControlHandler } from "../../lambdas/control/handler.ts";
import { createWorkerHandler } from "../../lambdas/worker/handler.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { noMetrics } from "../../lib/adapters/system/metrics.ts";
import { createCoordinator } from "../../lib/coordinator/index.ts";
import { StoreError } from "../../lib/errors.ts";
import { epochMs } from "../../lib/model/ids.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { ConsumedQueue, HeldMessage, QueueRef, Store } from "../../lib/ports/index.ts";
import { protocol } from "../../lib/protocol/index.ts";
import { rejectedKey } from "../../lib/protocol/keys.ts";
import { readHead } from "../../lib/records/snapshots.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { type Engine, startEngine } from "../../local/engine.ts";
import { eventOf } from "../../local/event-source.ts";
import * as tasks from "../support/engine-tasks.ts";
import { aChord, aFolder, removeFolders, waitFor } from "./support.ts";

const visibilitySeconds = 30;
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ queues: ["default", "gated"], visibilitySeconds, clock: wallClock, ids: cryptoIds });
});
afterAll(async () => {
  await engine?.close();
  await removeFolders();
});

/** The handlers of one deployment of the code. */
function handlersOn(store: Store) {
  const registry = registryOf(tasks);
  const settings = {
    leaseSeconds: 5,
    clockSkewSeconds: 0,
    sweepSeconds: 60,
    visibilitySeconds,
    retentionSeconds: defaults.retentionSeconds,
    tasksPerInvocation: 10,
  };
  const ports = { store, queue: engine.queue, clock: wallClock, ids: cryptoIds, log: silentLog, metrics: noMetrics };
  const coordinator = createCoordinator({ ...ports, settings, registry, catalog: catalogOf(registry), protocol });
  const given: { readonly receipt: string; readonly seconds: number }[] = [];
  const giveBack: GiveBack = async (_queue, receipt, seconds) => {
    given.push({ receipt, seconds });
    await engine.queue.changeVisibility(receipt, 0);
  };
  const deps = { coordinator, clock: wallClock, log: silentLog, giveBack };
  return {
    given,
    control: createControlHandler(deps),
    work: createWorkerHandler({ ...deps, queue: "default" }),
  };
}

const context = { getRemainingTimeInMillis: () => 60_000 };
const sourceArn = (queue: QueueRef) => `arn:aws:sqs:us-east-1:000000000000:${queue.replace(":", "+")}`;

async function send(queue: QueueRef, ...bodies: readonly string[]): Promise<void> {
  await engine.queue.send(
    queue,
    bodies.map((body) => ({ body, delaySeconds: 0 })),
    "test",
  );
}

/** That many messages of a queue, in the order of their bodies' sending. */
async function receive(queue: ConsumedQueue, count: number): Promise<readonly HeldMessage[]> {
  const held: HeldMessage[] = [];
  await waitFor(`${count} messages on ${queue}`, async () => {
    held.push(...(await engine.queue.receive(queue, 10, { waitSeconds: 1 })));
    return held.length >= count;
  });
  return held.sort((a, b) => a.sentAtMs - b.sentAtMs);
}

const submit = (id: string, workflow: unknown) =>
  JSON.stringify({ tutti: 1, type: "submit", requestId: `r-${id}`, id, workflow });
const failedIn = (response: { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }) =>
  response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

/** A store that fails for one run, at one site. */
function failingFor(run: string, site: string): Store {
  return {
    ...engine.store,
    write: async (write, at) => {
      if (at === site && write.key.pk === run) throw new StoreError(`made to fail at ${at}`);
      return engine.store.write(write, at);
    },
  };
}

describe("control", () => {
  it("records poisoned requests and leaves their neighbours alone", async () => {
    const folder = await aFolder();
    const { control, given } = handlersOn(engine.store);
    const good = [submit("good-1", aChord(folder, "tell", 2)), submit("good-2", { task: "tell", args: [folder, 1] })];
    const unknownType = JSON.stringify({ tutti: 1, type: "explode", requestId: "r-explode" });
    await send(
      "request",
      good[0] as string,
      "{not json",
      unknownType,
      submit("bad", { task: "no-such-task" }),
      good[1] as string,
    );
    const held = await receive("request", 5);

    const response = await control(eventOf(held, sourceArn("request")));

    expect(response).toEqual({ batchItemFailures: [] });
    expect(given).toEqual([]);
    expect(await readHead(engine.store, "good-1")).toMatchObject({ status: "RUNNING" });
    expect(await readHead(engine.store, "good-2")).toMatchObject({ status: "RUNNING" });
    const notJson = held.find(({ body }) => body === "{not json");
    for (const requestId of [`message-${notJson?.messageId}`, "r-explode", "r-bad"]) {
      expect(await engine.store.get(rejectedKey(requestId), "test")).toMatchObject({ kind: "request", requestId });
    }
    await engine.queue.remove(...held.map(({ receipt }) => receipt));
    await engine.queue.remove(...(await receive("task:default", 2)).map(({ receipt }) => receipt));
  });

  it("reports the one record that fails, given back with its delay", async () => {
    const folder = await aFolder();
    const { control, given } = handlersOn(failingFor("unlucky", "head.create"));
    await send(
      "request",
      submit("lucky", { task: "tell", args: [folder, 1] }),
      submit("unlucky", { task: "tell", args: [folder, 2] }),
    );
    const held = await receive("request", 2);
    const unlucky = held.find(({ body }) => body.includes('"unlucky"')) as HeldMessage;

    const response = await control(eventOf(held, sourceArn("request")));

    expect(failedIn(response)).toEqual([unlucky.messageId]);
    expect(given).toEqual([{ receipt: unlucky.receipt, seconds: 2 }]);
    expect(await readHead(engine.store, "lucky")).toMatchObject({ status: "RUNNING" });
    expect(await readHead(engine.store, "unlucky")).toBeUndefined();
    await engine.queue.remove(...held.map(({ receipt }) => receipt));
    await engine.queue.remove(...(await receive("task:default", 1)).map(({ receipt }) => receipt));
  });

  it("throws for what is no SQS event, before anything is done", async () => {
    const { control } = handlersOn(engine.store);
    await expect(control({ Records: [{ messageId: "m1" }] } as never)).rejects.toThrow(/receiptHandle/);
  });
});

describe("worker", () => {
  /** The messages of runs of one `tell` each, in order. */
  async function taskMessages(folder: string, ...ids: readonly string[]): Promise<readonly HeldMessage[]> {
    const { control } = handlersOn(engine.store);
    await send("request", ...ids.map((id, index) => submit(id, { task: "tell", args: [folder, index] })));
    const requests = await receive("request", ids.length);
    await control(eventOf(requests, sourceArn("request")));
    await engine.queue.remove(...requests.map(({ receipt }) => receipt));
    const held = await receive("task:default", ids.length);
    return ids.map((id) => held.find(({ body }) => body.includes(`"run":"${id}"`)) as HeldMessage);
  }

  it("records poisoned messages and runs their neighbours", async () => {
    const [one, two] = await taskMessages(await aFolder(), "beside-1", "beside-2");
    await send("task:default", "not json", JSON.stringify({ tutti: 1, type: "mystery" }));
    const poison = await receive("task:default", 2);
    const batch = [poison[0], one, poison[1], two] as HeldMessage[];

    const response = await handlersOn(engine.store).work(eventOf(batch, sourceArn("task:default")), context);

    expect(response).toEqual({ batchItemFailures: [] });
    for (const run of ["beside-1", "beside-2"])
      expect(await readHead(engine.store, run)).toMatchObject({ status: "SUCCEEDED" });
    for (const { messageId } of poison) {
      expect(await engine.store.get(rejectedKey(`message-${messageId}`), "test")).toMatchObject({ kind: "message" });
    }
    await engine.queue.remove(...batch.map(({ receipt }) => receipt));
  });

  it("answers with a partial failure when one record cannot be committed, which alone comes back", async () => {
    const batch = await taskMessages(await aFolder(), "whole-1", "broken", "whole-2");
    const broken = batch[1] as HeldMessage;
    const { work, given } = handlersOn(failingFor("broken", "slot.commit"));

    const response = await work(eventOf(batch, sourceArn("task:default")), context);

    expect(failedIn(response)).toEqual([broken.messageId]);
    expect(given).toEqual([{ receipt: broken.receipt, seconds: 2 }]);
    expect(await readHead(engine.store, "whole-1")).toMatchObject({ status: "SUCCEEDED" });
    expect(await readHead(engine.store, "whole-2")).toMatchObject({ status: "SUCCEEDED" });
    expect(await readHead(engine.store, "broken")).toMatchObject({ status: "RUNNING" });
    const [again] = await receive("task:default", 1);
    expect(again).toMatchObject({ messageId: broken.messageId, receiveCount: 2 });
    await engine.queue.remove(...batch.map(({ receipt }) => receipt), (again as HeldMessage).receipt);
  });

  it("reports every record when the coordinator itself fails", async () => {
    const coordinator = { work: () => Promise.reject(new Error("out of order")) };
    const giveBack = async () => {};
    const work = createWorkerHandler({ coordinator, clock: wallClock, log: silentLog, giveBack, queue: "default" });
    const records = [aRecord("m1"), aRecord("m2")];
    expect(failedIn(await work({ Records: records }, context))).toEqual(["m1", "m2"]);
  });

  it("reports a record whose visibility cannot be set", async () => {
    const coordinator = {
      work: async () => [{ kind: "return", delaySeconds: 5 }, { kind: "acknowledge" }] as const as never,
    };
    const giveBack = () => Promise.reject(new Error("no such receipt"));
    const work = createWorkerHandler({ coordinator, clock: wallClock, log: silentLog, giveBack, queue: "default" });
    expect(failedIn(await work({ Records: [aRecord("m1"), aRecord("m2")] }, context))).toEqual(["m1"]);
  });

  it("gives the coordinator the time that is left, less a margin", async () => {
    const seen: number[] = [];
    const coordinator = {
      work: async (batch: { deadlineAtMs: number }) => [void seen.push(batch.deadlineAtMs)] as never,
    };
    const clock = { now: () => epochMs(1_000_000), after: () => () => {} };
    const work = createWorkerHandler({
      coordinator,
      clock,
      log: silentLog,
      giveBack: async () => {},
      queue: "default",
    });
    await work({ Records: [aRecord("m1")] }, { getRemainingTimeInMillis: () => 60_000 });
    expect(seen).toEqual([1_055_000]);
  });
});

it("hand over whose work a message is, as Lambda tells it, and nothing where it does not", () => {
  const keyed = aRecord("m1");
  const record = { ...keyed, attributes: { ...keyed.attributes, MessageGroupId: "acme" } };
  const [first, second] = deliveredIn({ Records: [record, aRecord("m2")] });
  expect(first?.message.fairnessKey).toBe("acme");
  expect(second?.message).not.toHaveProperty("fairnessKey");
});

function aRecord(messageId: string) {
  const held = {
    messageId,
    body: "{}",
    receiveCount: 1,
    sentAtMs: 1,
    attributes: {},
    queue: "task:default",
    receipt: `receipt of ${messageId}`,
  } as const;
  return eventOf([held], sourceArn("task:default")).Records[0] as SQSRecord;
}
