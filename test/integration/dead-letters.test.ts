/**
 * Dead letters on the embedded engine: what a queue gives up is not lost.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createDeadLetterHandler } from "../../lambdas/dead-letter/handler.ts";
import { readEnvironment } from "../../lambdas/environment.ts";
import { letterSources } from "../../lambdas/letter-sources.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { noMetrics } from "../../lib/adapters/system/metrics.ts";
import type { Letter } from "../../lib/coordinator/index.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { QueueRef } from "../../lib/ports/index.ts";
import { rejectedKey } from "../../lib/protocol/keys.ts";
import { variablesOf } from "../../local/connection.ts";
import { type Engine, startEngine } from "../../local/engine.ts";
import { eventOf } from "../../local/event-source.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { type Role, startWorker, type Worker } from "../../local/worker.ts";
import { aFolder, clientOf, endOf, removeFolders, shortTimes, startsIn, tasksFile, waitFor } from "./support.ts";

let engine: Engine;
const workers: Worker[] = [];
const settings = {
  ...shortTimes,
  visibilitySeconds: 1,
  sweepSeconds: 600,
  clockSkewSeconds: 0,
  retentionSeconds: defaults.retentionSeconds,
  tasksPerInvocation: 10,
};

beforeAll(async () => {
  engine = await startEngine({
    queues: ["default", "gated"],
    visibilitySeconds: 1,
    maxReceiveCount: 1,
    clock: wallClock,
    ids: cryptoIds,
  });
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
});
afterAll(async () => {
  await engine?.close();
  await removeFolders();
});

async function aWorker(...roles: readonly Role[]): Promise<Worker> {
  const { store, queue, connection } = engine;
  const ports = { store, queue, clock: wallClock, ids: cryptoIds, log: silentLog, metrics: noMetrics };
  const environment = readEnvironment(variablesOf(connection, settings));
  const worker = startWorker({ ports, environment, tasks: await loadTasksModule(tasksFile), roles, concurrency: 1 });
  workers.push(worker);
  return worker;
}

/** Receives a message and dies: its only delivery is used up. */
async function loseOne(queue: QueueRef): Promise<void> {
  await waitFor(
    `a message on ${queue}`,
    async () => (await engine.queue.receive(queue, 1, { waitSeconds: 1 })).length === 1,
  );
}

describe("dead letters", () => {
  it("of a task start it anew (J2)", async () => {
    const folder = await aFolder();
    const control = await aWorker("control");
    await clientOf(engine).submit({ task: "tell", args: [folder, 3] }, { id: "letter" });
    await control.stop();
    await loseOne("task:default");

    await aWorker("tasks", "dead-letter");
    expect(await endOf(engine.store, "letter")).toMatchObject({ status: "SUCCEEDED" });
    expect(await clientOf(engine).result("letter")).toMatchObject({ value: 3 });
    expect(await startsIn(folder)).toMatchObject([{ taskId: "letter/task", attempt: 2 }]);
  });

  it("of a request put it back, once", async () => {
    const folder = await aFolder();
    const workflow = { task: "tell", args: [folder, 4] };
    const body = JSON.stringify({ tutti: 1, type: "submit", requestId: "r-back", id: "back", workflow });
    await engine.queue.send("request", [{ body, delaySeconds: 0 }], "test");
    await loseOne("request");

    await aWorker("control", "tasks", "dead-letter");
    expect(await endOf(engine.store, "back")).toMatchObject({ status: "SUCCEEDED" });
  });

  it("of a request that was put back before are recorded where an operator finds them", async () => {
    const body = JSON.stringify({ tutti: 1, type: "submit", workflow: { task: "tell", args: ["", 1] } });
    await engine.queue.send("request", [{ body, delaySeconds: 0, attributes: { "tutti-returned": "1" } }], "test");
    const [held] = await waitFor("the message", async () => {
      const found = await engine.queue.receive("request", 1, { waitSeconds: 1 });
      return found.length > 0 && found;
    });

    await aWorker("control", "dead-letter");
    const item = await waitFor("the record", () => engine.store.get(rejectedKey(`message-${held?.messageId}`), "test"));
    expect(item).toMatchObject({ kind: "dead-letter" });
  });

  it("are told apart by the queue they lie in; one from nowhere is reported alone", async () => {
    const seen: Letter[] = [];
    const coordinator = {
      deadLetter: async (letter: Letter) => {
        seen.push(letter);
        return { kind: "acknowledge" } as const;
      },
    };
    const sourceOf = letterSources(readEnvironment(variablesOf(engine.connection, settings)).deadLetterQueueUrls);
    const handler = createDeadLetterHandler({ coordinator, sourceOf, giveBack: async () => {}, log: silentLog });
    const records = ["tutti-requests-dlq", "tutti-task-gated-dlq", "elsewhere"].flatMap((name) => {
      const held = {
        messageId: name,
        body: "{}",
        receiveCount: 1,
        sentAtMs: 1,
        attributes: {},
        queue: "dead:request",
        receipt: name,
      } as const;
      return eventOf([held], `arn:aws:sqs:eu-west-1:123456789012:${name}`).Records;
    });
    expect(await handler({ Records: records })).toEqual({ batchItemFailures: [{ itemIdentifier: "elsewhere" }] });
    expect(seen).toEqual([{ from: "request" }, { from: "task", queue: "gated" }]);
  });
});
