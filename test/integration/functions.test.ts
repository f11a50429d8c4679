/**
 * The functions as they are deployed: configured by their environment alone, with what Lambda gives them.
 */
import type { Context, SQSEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  createControlFunction,
  createDeadLetterFunction,
  createSweepFunction,
  createWorkerFunction,
} from "../../lambdas/functions.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { HeldMessage, QueueRef } from "../../lib/ports/index.ts";
import { readHead } from "../../lib/records/snapshots.ts";
import { variablesOf } from "../../local/connection.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { type Engine, startEngine } from "../../local/engine.ts";
import { eventOf } from "../../local/event-source.ts";
import * as tasks from "../support/engine-tasks.ts";
import { aChord, aFolder, removeFolders, waitFor } from "./support.ts";

const settings = {
  leaseSeconds: 5,
  clockSkewSeconds: 0,
  sweepSeconds: 1,
  visibilitySeconds: 30,
  retentionSeconds: defaults.retentionSeconds,
  tasksPerInvocation: 10,
};
/** More than a function ever has, so that the callback, with its 900 s, runs inline. */
const leftMs = 1_000_000;
const context = { awsRequestId: "request-1", functionName: "tutti", getRemainingTimeInMillis: () => leftMs } as Context;
let engine: Engine;
let printed: string[] = [];

beforeAll(async () => {
  engine = await startEngine({ queues: ["default", "gated"], visibilitySeconds: 30, clock: wallClock, ids: cryptoIds });
  for (const [name, value] of Object.entries(variablesOf(engine.connection, settings))) vi.stubEnv(name, value);
  vi.stubEnv("TUTTI_QUEUE", "default");
  // Powertools then writes through the console of the test.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "false");
  for (const method of ["log", "info", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => void printed.push(line));
  }
});
afterEach(() => {
  printed = [];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await engine?.close();
  await removeFolders();
});

/** The event of what is on a queue, with bare receipt handles, as in Lambda. */
async function eventFrom(queue: QueueRef, count: number): Promise<SQSEvent> {
  const held: HeldMessage[] = [];
  await waitFor(`${count} messages on ${queue}`, async () => {
    held.push(...(await engine.queue.receive(queue, 10, { waitSeconds: 1 })));
    return held.length >= count;
  });
  const { Records } = eventOf(held, `arn:aws:sqs:us-east-1:000000000000:tutti-${queue}`);
  return {
    Records: Records.map((record) => ({ ...record, receiptHandle: record.receiptHandle.replace(`${queue} `, "") })),
  };
}

async function submit(id: string, workflow: unknown): Promise<void> {
  const body = JSON.stringify({ tutti: 1, type: "submit", requestId: `r-${id}`, id, workflow });
  await engine.queue.send("request", [{ body, delaySeconds: 0 }], "test");
}

const json = (): readonly Record<string, unknown>[] =>
  printed.map((line) => JSON.parse(line) as Record<string, unknown>);

describe.skipIf(!dynoxideAvailable())("functions", () => {
  it("take a request and its tasks to the end, with logs and metrics that name the invocation", async () => {
    const control = createControlFunction(tasks);
    const worker = createWorkerFunction(tasks);
    await submit("deployed", aChord(await aFolder(), "tell", 4));

    expect(await control(await eventFrom("request", 1), context)).toEqual({ batchItemFailures: [] });
    expect(await worker(await eventFrom("task:default", 1), context)).toEqual({ batchItemFailures: [] });

    expect(await readHead(engine.store, "deployed")).toMatchObject({ status: "SUCCEEDED" });
    const metrics = json().filter((line) => "_aws" in line);
    expect(metrics).toContainEqual(expect.objectContaining({ service: "tutti", "runs.submitted": 1 }));
    expect(metrics).toContainEqual(expect.objectContaining({ service: "tutti", "runs.succeeded": 1 }));
    expect(json()).toContainEqual(
      expect.objectContaining({ service: "worker", message: "run ended", function_request_id: "request-1" }),
    );
  });

  it("set the visibility of what they return by its receipt handle", async () => {
    const control = createControlFunction(tasks);
    const workerOfOldCode = createWorkerFunction({});
    await submit("rolling", { task: "tell", args: [await aFolder(), 1] });
    await control(await eventFrom("request", 1), context);
    const event = await eventFrom("task:default", 1);

    const response = await workerOfOldCode(event, context);

    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: event.Records[0]?.messageId }] });
    // Two seconds after the first delivery, long before the visibility timeout of the queue.
    expect(await createWorkerFunction(tasks)(await eventFrom("task:default", 1), context)).toEqual({
      batchItemFailures: [],
    });
    expect(await readHead(engine.store, "rolling")).toMatchObject({ status: "SUCCEEDED" });
  });

  it("sweep what is due", async () => {
    await submit("due", { task: "wait-at-gate", args: [await aFolder(), 1] });
    await createControlFunction(tasks)(await eventFrom("request", 1), context);
    const sweep = createSweepFunction();
    const report = await waitFor("a due run", async () => {
      const found = await sweep({}, context);
      return found.visited > 0 && found;
    });
    expect(report).toMatchObject({ failed: 0 });
  });

  it("take dead letters", async () => {
    const arn = "arn:aws:sqs:us-east-1:000000000000:tutti-requests-dlq";
    const held = {
      messageId: "m1",
      body: "{}",
      receiveCount: 1,
      sentAtMs: 1,
      attributes: {},
      queue: "dead:request",
      receipt: "x",
    } as const;
    expect(await createDeadLetterFunction()(eventOf([held], arn), context)).toEqual({ batchItemFailures: [] });
    await waitFor("the request on its queue again", async () => (await engine.queue.depth("request")).visible === 1);
  });

  it("do not start with an environment that is not complete, or wrong (G2)", () => {
    vi.stubEnv("TUTTI_VISIBILITY_SECONDS", "0");
    expect(() => createSweepFunction()).toThrow("TUTTI_VISIBILITY_SECONDS must be a whole number from 1 to 43200");
    vi.stubEnv("TUTTI_VISIBILITY_SECONDS", undefined);
    vi.stubEnv("TUTTI_TABLE", "");
    expect(() => createSweepFunction()).toThrow("TUTTI_TABLE must be the name of a table");
    vi.stubEnv("TUTTI_TABLE", engine.connection.table);
    vi.stubEnv("TUTTI_QUEUE", undefined);
    expect(() => createWorkerFunction(tasks)).toThrow("TUTTI_QUEUE is not set");
  });
});
