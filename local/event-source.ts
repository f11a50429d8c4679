/**
 * What stands in for Lambda's event source mapping: polls a queue, calls the very handler that runs in Lambda, with the
 * event Lambda would build, and deletes what the handler did not report as failed.
 *
 *  - E1 A message is deleted only after the handler has returned without naming it.
 *  - E2 What the handler reports, or a handler that throws, stays as it is: it comes back when its visibility ends.
 *  - E3 As in Lambda, no report is a success, and one that names what was not in the batch fails all of it.
 *  - E4 Stopping ends the polls at once and lets the handlers that run come to their end.
 *
 * Left to the handler: visibility of what it returns, and its own deadline.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { Clock, ConsumedQueue, HeldMessage, Log, QueueConsumer } from "../lib/ports/index.ts";
import { pause } from "./schedule.ts";

/** The part of Lambda's context that handlers here look at. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

export interface EventSourceOptions {
  readonly queue: ConsumedQueue;
  /** ARN of the queue, for the records. */
  readonly arn: string;
  readonly consumer: QueueConsumer;
  readonly handler: (event: SQSEvent, context: InvocationContext) => Promise<SQSBatchResponse | undefined>;
  /** Batches at once. */
  readonly concurrency: number;
  /** Messages a batch, 1–10. @default 10 */
  readonly batchSize?: number;
  /** What the context shows as time left at the start of a call. */
  readonly invocationSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface EventSource {
  /** Ends the polls; resolves when the last running handler has ended and its messages are settled. */
  stop(): Promise<void>;
}

/** The longest a receive may wait (AWS limit). */
const waitSeconds = 20;
/** After a poll that failed: doubling from the first to the last, so that an engine that starts is found quickly. */
const firstPauseMs = 100;
const lastPauseMs = 5_000;

/** Starts `concurrency` pollers, each of which handles what it received before it polls again. */
export function startEventSource(options: EventSourceOptions): EventSource {
  const stopping = new AbortController();
  const pollers = Array.from({ length: options.concurrency }, () => poll(options, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}

async function poll(options: EventSourceOptions, stopping: AbortSignal): Promise<void> {
  const { queue, consumer, clock, log, batchSize = 10 } = options;
  let pauseMs = firstPauseMs;
  while (!stopping.aborted) {
    try {
      const held = await consumer.receive(queue, batchSize, { waitSeconds, signal: stopping });
      if (held.length > 0) await deliver(options, held);
      pauseMs = firstPauseMs;
    } catch (error) {
      if (stopping.aborted) return;
      log.write("warn", "a queue could not be read", { queue, error: String(error), againInMs: pauseMs });
      await pause(clock, pauseMs, stopping);
      pauseMs = Math.min(pauseMs * 2, lastPauseMs);
    }
  }
}

async function deliver(options: EventSourceOptions, held: readonly HeldMessage[]): Promise<void> {
  const failed = await invoke(options, held);
  const done = held.filter(({ messageId }) => !failed.has(messageId));
  if (done.length === 0) return;
  try {
    await options.consumer.remove(...done.map(({ receipt }) => receipt));
  } catch (error) {
    const { queue, log } = options;
    log.write("warn", "messages could not be deleted and come again", {
      queue,
      count: done.length,
      error: String(error),
    });
  }
}

/** Calls the handler; returns the ids of the messages that stay. */
async function invoke(options: EventSourceOptions, held: readonly HeldMessage[]): Promise<ReadonlySet<string>> {
  const { handler, clock, log, queue, arn, invocationSeconds } = options;
  const all = new Set(held.map(({ messageId }) => messageId));
  const endsAtMs = clock.now() + invocationSeconds * 1000;
  try {
    const response = await handler(eventOf(held, arn), { getRemainingTimeInMillis: () => endsAtMs - clock.now() });
    const failed = new Set((response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier));
    return [...failed].every((id) => all.has(id)) ? failed : all;
  } catch (error) {
    log.write("error", "a handler threw", { queue, error: String(error) });
    return all;
  }
}

/** The event as Lambda builds it. */
export function eventOf(held: readonly HeldMessage[], arn: string): SQSEvent {
  return { Records: held.map((message) => recordOf(message, arn)) };
}

function recordOf(message: HeldMessage, arn: string): SQSRecord {
  const attributes = Object.entries(message.attributes).map(
    ([name, stringValue]) => [name, { stringValue, dataType: "String" }] as const,
  );
  return {
    messageId: message.messageId,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAtMs),
      SenderId: "local",
      ApproximateFirstReceiveTimestamp: String(message.sentAtMs),
      ...(message.fairnessKey === undefined ? {} : { MessageGroupId: message.fairnessKey }),
    },
    messageAttributes: Object.fromEntries(attributes),
    // Lambda's own handlers never look at the digest: the SDK has checked it.
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion: arn.split(":")[3] ?? "",
  };
}
