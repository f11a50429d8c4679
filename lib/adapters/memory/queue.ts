/**
 * The queues in memory: the reference implementation of `Queue`, with the receiving side.
 *
 * Delivers in order of availability, then of sending, so that one seed replays a history; SQS promises no order, and a
 * test that wants disorder, duplicates or refusals wraps this queue. Fairness keys are kept, and change no order.
 */
import { MessageTooLargeError } from "../../errors.ts";
import { limits } from "../../model/limits.ts";
import type { ConsumedQueue, OutgoingMessage, Queue, QueueConsumer, QueueDepth, QueueRef } from "../../ports/queue.ts";
import type { Clock } from "../../ports/system.ts";
import { createMessages, type QueuedMessage } from "./messages.ts";

export interface MemoryQueueOptions {
  readonly clock: Clock;
  /** How long a received message stays hidden. */
  readonly visibilitySeconds: number;
  /** Deliveries before a message moves to the dead-letter queue. */
  readonly maxReceiveCount: number;
}

export interface MemoryQueue extends Queue, QueueConsumer {
  depth(queue: ConsumedQueue): QueueDepth;
  /** When a message is or becomes visible, on any queue but the dead-letter ones unless named; undefined when none will. */
  nextEventAt(queue?: ConsumedQueue): number | undefined;
  /** Queues that hold a message, in order of their first message ever. */
  queues(): readonly ConsumedQueue[];
  /** Every message that is not acknowledged: queue by queue, in order of arrival there. */
  list(): readonly QueuedMessage[];
}

/** Limits of SQS: messages a batch, and seconds of delay and visibility. */
const maxBatch = 10;
const maxDelaySeconds = 900;
const maxVisibilitySeconds = 43_200;
const maxAttributes = 10;

export function createMemoryQueue(options: MemoryQueueOptions): MemoryQueue {
  const { clock } = options;
  const waiting = new Set<() => void>();
  const messages = createMessages(options, () => {
    for (const wake of [...waiting]) wake();
  });

  /** When a message may next become visible on the queue; on a dead-letter queue also by moving there. */
  const nextChangeAt = (queue: ConsumedQueue): number => {
    const atMs = (one: ConsumedQueue) => messages.nextVisibleAt(one) ?? Number.POSITIVE_INFINITY;
    if (!queue.startsWith("dead:")) return atMs(queue);
    // What is visible there and has not moved waits for its reader, who may never come: no reason to look again at once.
    const sourceMs = atMs(queue.slice("dead:".length) as QueueRef);
    return Math.min(atMs(queue), sourceMs > clock.now() ? sourceMs : Number.POSITIVE_INFINITY);
  };

  /** Resolves when a message may have become visible, or at `untilMs`, or when the signal says so. */
  const change = (queue: ConsumedQueue, untilMs: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        cancel();
        waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.after(Math.min(untilMs, nextChangeAt(queue)) - clock.now(), done);
      waiting.add(done);
      signal?.addEventListener("abort", done);
    });

  return {
    async send(queue, batch) {
      checkNumber("messages in one batch", batch.length, 0, maxBatch);
      for (const message of batch) checkMessage(message);
      const failed = batch.flatMap((message, position) => (isRefused(message) ? [position] : []));
      for (const [position, message] of batch.entries()) if (!failed.includes(position)) messages.add(queue, message);
      return { failed };
    },

    async receive(queue, max, { waitSeconds = 0, signal } = {}) {
      checkNumber("messages asked for", max, 1, maxBatch);
      const untilMs = clock.now() + waitSeconds * 1000;
      while (!signal?.aborted) {
        const taken = messages.take(queue, max);
        if (taken.length > 0 || clock.now() >= untilMs) return taken;
        await change(queue, untilMs, signal);
      }
      return [];
    },

    async remove(...receipts) {
      for (const receipt of receipts) messages.remove(receipt);
    },

    async changeVisibility(receipt, seconds) {
      checkNumber("seconds of visibility timeout", seconds, 0, maxVisibilitySeconds);
      messages.hide(receipt, clock.now() + seconds * 1000);
    },

    depth: messages.depth,

    nextEventAt(queue) {
      const asked = queue === undefined ? messages.queues().filter((name) => !name.startsWith("dead:")) : [queue];
      const times = asked.flatMap((name) => messages.nextVisibleAt(name) ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },

    queues: messages.queues,
    list: messages.list,
  };
}

function checkMessage({ body, delaySeconds, attributes = {} }: OutgoingMessage): void {
  checkNumber("seconds of delay", delaySeconds, 0, maxDelaySeconds);
  const texts = Object.entries(attributes).flatMap(([name, value]) => [name, "String", value]);
  const bytes = [body, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > limits.messageBytes) throw new MessageTooLargeError(bytes, limits.messageBytes);
}

/** What SQS takes as an attribute's name and value (AWS, SQS message metadata), and as a fairness key (AWS, MessageGroupId). */
const attributeName = /^(?!aws\.|amazon\.|\.)(?!.*\.\.)[a-z0-9_.-]{1,256}(?<!\.)$/i;
const attributeValue = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u;
const fairnessKeyForm = /^[!-~]{1,128}$/;

/** Whether SQS takes the others of a batch and not this one. */
function isRefused({ attributes = {}, fairnessKey }: OutgoingMessage): boolean {
  const named = Object.entries(attributes);
  if (named.length > maxAttributes) return true;
  if (fairnessKey !== undefined && !fairnessKeyForm.test(fairnessKey)) return true;
  return named.some(([name, value]) => !attributeName.test(name) || !attributeValue.test(value));
}

function checkNumber(what: string, number: number, min: number, max: number): void {
  if (Number.isInteger(number) && number >= min && number <= max) return;
  throw new RangeError(`${number} ${what}, allowed is an integer of ${min} to ${max}`);
}
