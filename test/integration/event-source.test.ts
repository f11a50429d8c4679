/**
 * What stands in for Lambda's triggers: the event source mapping and the schedule.
 */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../lib/adapters/memory/clock.ts";
import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import type { QueueConsumer } from "../../lib/ports/index.ts";
import { type EventSourceOptions, startEventSource } from "../../local/event-source.ts";
import { startSchedule } from "../../local/schedule.ts";
import { waitFor } from "./support.ts";

const aQueue = () => createMemoryQueue({ clock: wallClock, visibilitySeconds: 30, maxReceiveCount: 20 });
type TestQueue = ReturnType<typeof aQueue>;

async function withMessages(...bodies: readonly string[]): Promise<TestQueue> {
  const queue = aQueue();
  await queue.send(
    "task:default",
    bodies.map((body) => ({ body, delaySeconds: 0, attributes: { kind: "test" }, fairnessKey: "acme" })),
    "test",
  );
  return queue;
}

function aSource(
  consumer: QueueConsumer,
  handler: EventSourceOptions["handler"],
  more: Partial<EventSourceOptions> = {},
) {
  const arn = "arn:aws:sqs:eu-west-1:123456789012:tutti-task-default";
  const fixed = {
    queue: "task:default",
    arn,
    concurrency: 1,
    invocationSeconds: 60,
    clock: wallClock,
    log: silentLog,
  } as const;
  return startEventSource({ ...fixed, consumer, handler, ...more });
}

const allDone: SQSBatchResponse = { batchItemFailures: [] };

describe("event source", () => {
  it("hands over the event that Lambda would build, and deletes what succeeded", async () => {
    const queue = await withMessages("one");
    const events: SQSEvent[] = [];
    const left: number[] = [];
    const source = aSource(queue, async (event, context) => {
      events.push(event);
      left.push(context.getRemainingTimeInMillis());
      return allDone;
    });
    await waitFor("an empty queue", () => events.length === 1 && queue.queues().length === 0);
    await source.stop();
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: "m1",
            receiptHandle: expect.any(String),
            body: "one",
            attributes: {
              ApproximateReceiveCount: "1",
              SentTimestamp: expect.stringMatching(/^\d{13}$/),
              SenderId: "local",
              ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
              MessageGroupId: "acme",
            },
            messageAttributes: { kind: { stringValue: "test", dataType: "String" } },
            md5OfBody: "",
            eventSource: "aws:sqs",
            eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:tutti-task-default",
            awsRegion: "eu-west-1",
          },
        ],
      },
    ]);
    expect(left[0]).toBeGreaterThan(59_000);
    expect(left[0]).toBeLessThanOrEqual(60_000);
  });

  it("leaves what the handler reports", async () => {
    const queue = await withMessages("good", "bad", "good");
    const source = aSource(queue, async (event) => ({
      batchItemFailures: event.Records.filter(({ body }) => body === "bad").map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    }));
    await waitFor("two to be gone", () => queue.depth("task:default").inFlight === 1);
    await source.stop();
    expect(queue.depth("task:default")).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  });

  it.each([
    ["throws", () => Promise.reject(new Error("fault"))],
    ["reports a record that it was not given", async () => ({ batchItemFailures: [{ itemIdentifier: "another" }] })],
    ["reports a record without a name", async () => ({ batchItemFailures: [{ itemIdentifier: "" }] })],
  ])("leaves the whole batch when the handler %s", async (_, handler) => {
    const queue = await withMessages("one", "two");
    let calls = 0;
    const source = aSource(queue, () => {
      calls++;
      return handler();
    });
    await waitFor("the call", () => calls === 1);
    await source.stop();
    expect(queue.depth("task:default").inFlight).toBe(2);
  });

  it.each([undefined, {} as SQSBatchResponse, allDone])("takes %j for a success", async (response) => {
    const queue = await withMessages("one", "two");
    const source = aSource(queue, async () => response);
    await waitFor("an empty queue", () => queue.queues().length === 0);
    await source.stop();
  });

  it("delivers again what could not be deleted", async () => {
    const queue = await withMessages("one");
    let removals = 0;
    const flaky: QueueConsumer = {
      ...queue,
      remove: async (...receipts) => {
        if (++removals > 1) return queue.remove(...receipts);
        for (const receipt of receipts) await queue.changeVisibility(receipt, 0);
        throw new Error("no answer");
      },
    };
    const counts: number[] = [];
    const source = aSource(flaky, async (event) => {
      for (const { attributes } of event.Records) counts.push(Number(attributes.ApproximateReceiveCount));
      return allDone;
    });
    await waitFor("an empty queue", () => queue.queues().length === 0);
    await source.stop();
    expect(counts).toEqual([1, 2]);
  });

  it("calls as many handlers at once as it is told to", async () => {
    const queue = await withMessages("a", "b", "c", "d");
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const handler = async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => release.push(resolve));
      running--;
      return allDone;
    };
    const source = aSource(queue, handler, { concurrency: 2, batchSize: 1 });
    await waitFor("two calls", () => release.length === 2);
    for (let done = 0; done < 4; done++) (await waitFor("a call", () => release.shift()))();
    await source.stop();
    expect(most).toBe(2);
    expect(queue.queues()).toEqual([]);
  });

  it("ends its polls at once when it stops, and lets what runs come to its end", async () => {
    const queue = await withMessages("slow");
    let release = () => {};
    let started = false;
    const source = aSource(
      queue,
      async () => {
        started = true;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return allDone;
      },
      { concurrency: 3 },
    );
    await waitFor("the call", () => started);
    let stopped = false;
    const stopping = source.stop().then(() => {
      stopped = true;
    });
    await queue.send("task:default", [{ body: "late", delaySeconds: 0 }], "test");
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(queue.depth("task:default")).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it("polls again after a poll that failed", async () => {
    const queue = await withMessages("one");
    let polls = 0;
    const flaky: QueueConsumer = {
      ...queue,
      receive: (...args) => (++polls < 3 ? Promise.reject(new Error("engine is starting")) : queue.receive(...args)),
    };
    const source = aSource(flaky, async () => allDone);
    await waitFor("an empty queue", () => queue.queues().length === 0);
    await source.stop();
    expect(polls).toBeGreaterThanOrEqual(3);
  });
});

describe("schedule", () => {
  it("calls at once and then every so many seconds, never two at a time, whatever a call comes to", async () => {
    const clock = createVirtualClock(1_000_000);
    const calls: number[] = [];
    let ends: (() => void)[] = [];
    const run = () => {
      calls.push(clock.now());
      return new Promise<void>((resolve, reject) =>
        ends.push(calls.length === 2 ? () => reject(new Error("fault")) : resolve),
      );
    };
    const schedule = startSchedule({ everySeconds: 5, run, clock, log: silentLog });
    const endCall = async () => {
      for (const end of ends.splice(0)) end();
      await settled();
    };
    await settled();
    expect(calls).toEqual([1_000_000]);
    clock.advanceTo(1_003_000);
    await endCall();
    clock.advanceTo(1_005_000);
    await settled();
    expect(calls).toEqual([1_000_000, 1_005_000]);
    clock.advanceTo(1_017_000);
    await settled();
    expect(calls).toHaveLength(2);
    await endCall();
    expect(calls).toEqual([1_000_000, 1_005_000, 1_017_000]);
    ends = [...ends];
    const stopping = schedule.stop();
    await endCall();
    await stopping;
    clock.advanceTo(1_100_000);
    expect(calls).toHaveLength(3);
  });
});

/** Lets every promise that can settle do so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
