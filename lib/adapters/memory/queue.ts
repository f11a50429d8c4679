/**
 * The queues in memory: the reference implementation of `Queue`, with the receiving side.
 *
 * Delivers in order of availability, then of sending, so that one seed replays a history; SQS promises no order, and a
 * test that wants disorder or duplicates wraps this queue. Time is the clock's: a message is visible when its delay or its
 * visibility timeout is over, and moves to the dead-letter queue when it would be delivered once too often.
 */

import { MessageTooLargeError } from "../../errors.ts";
import type {
  ConsumedQueue,
  HeldMessage,
  OutgoingMessage,
  Queue,
  QueueConsumer,
  QueueDepth,
  QueueRef,
} from "../../ports/queue.ts";
import type { Clock } from "../../ports/system.ts";
import { createHeap, type Heap } from "./heap.ts";

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
}

interface Message extends OutgoingMessage {
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly sequence: number;
  queue: ConsumedQueue;
  visibleAtMs: number;
  receiveCount: number;
  /** Receipt of the last delivery. */
  receipt: string | undefined;
  /** Raised by each change of place, so that older entries of the heaps are known as stale. */
  place: number;
}

/** A message's place in its queue; stale when the message was removed, moved or hidden since. */
interface Entry {
  readonly message: Message;
  readonly queue: ConsumedQueue;
  readonly visibleAtMs: number;
  readonly place: number;
}

/** Limits of SQS: messages a batch, bytes a message, and seconds of delay and visibility. */
const maxBatch = 10;
const maxMessageBytes = 1024 * 1024;
const maxDelaySeconds = 900;
const maxVisibilitySeconds = 43_200;

export function createMemoryQueue(options: MemoryQueueOptions): MemoryQueue {
  const { clock } = options;
  const heaps = new Map<ConsumedQueue, Heap<Entry>>();
  const messages = new Map<ConsumedQueue, Set<Message>>();
  const held = new Map<string, Message>();
  const waiting = new Set<() => void>();
  let sequence = 0;

  const place = (message: Message, queue: ConsumedQueue, visibleAtMs: number): void => {
    message.queue = queue;
    message.visibleAtMs = visibleAtMs;
    message.place++;
    at(messages, queue, () => new Set<Message>()).add(message);
    at(heaps, queue, () => createHeap<Entry>(compareEntries)).push({
      message,
      queue,
      visibleAtMs,
      place: message.place,
    });
    for (const wake of [...waiting]) wake();
  };

  const drop = (message: Message): void => {
    message.place++;
    messages.get(message.queue)?.delete(message);
    if (message.receipt !== undefined) held.delete(message.receipt);
  };

  /** Next message of a queue. One delivered too often moves to the dead-letter queue the moment it is visible again. */
  const peek = (queue: ConsumedQueue): Entry | undefined => {
    const heap = heaps.get(queue);
    for (let entry = heap?.peek(); heap && entry; entry = heap.peek()) {
      if (!isStale(entry) && !isDead(entry)) return entry;
      heap.pop();
      if (!isStale(entry)) bury(entry);
    }
    return undefined;
  };

  const isDead = ({ message, queue, visibleAtMs }: Entry): boolean =>
    !queue.startsWith("dead:") && message.receiveCount >= options.maxReceiveCount && visibleAtMs <= clock.now();

  const bury = ({ message, queue, visibleAtMs }: Entry): void => {
    messages.get(queue)?.delete(message);
    if (message.receipt !== undefined) held.delete(message.receipt);
    place(message, `dead:${queue}` as ConsumedQueue, visibleAtMs);
  };

  const buryAll = (): void => {
    for (const queue of [...heaps.keys()]) peek(queue);
  };

  const take = (queue: ConsumedQueue, max: number): HeldMessage[] => {
    buryAll();
    const taken: HeldMessage[] = [];
    for (
      let entry = peek(queue);
      entry && taken.length < max && entry.visibleAtMs <= clock.now();
      entry = peek(queue)
    ) {
      taken.push(deliver(entry.message));
    }
    return taken;
  };

  const deliver = (message: Message): HeldMessage => {
    if (message.receipt !== undefined) held.delete(message.receipt);
    message.receiveCount++;
    message.receipt = `${message.messageId}.${message.receiveCount}`;
    held.set(message.receipt, message);
    place(message, message.queue, clock.now() + options.visibilitySeconds * 1000);
    const { messageId, body, receiveCount, sentAtMs, queue, receipt } = message;
    return { messageId, body, receiveCount, sentAtMs, attributes: { ...message.attributes }, queue, receipt };
  };

  /** Resolves when something may have become visible, or at `untilMs`, or when the signal says so. */
  const change = (queue: ConsumedQueue, untilMs: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      const sources = queue.startsWith("dead:") ? [queue, queue.slice("dead:".length) as QueueRef] : [queue];
      const wakeAtMs = Math.min(untilMs, ...sources.map((source) => peek(source)?.visibleAtMs ?? untilMs));
      const done = (): void => {
        cancel();
        waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.after(wakeAtMs - clock.now(), done);
      waiting.add(done);
      signal?.addEventListener("abort", done);
    });

  return {
    async send(queue, batch) {
      if (batch.length > maxBatch)
        throw new RangeError(`${batch.length} messages in one batch, allowed are ${maxBatch}`);
      for (const message of batch) checkMessage(message);
      const sentAtMs = clock.now();
      for (const message of batch) {
        const number = ++sequence;
        const fields = {
          ...message,
          attributes: { ...message.attributes },
          messageId: `m${number}`,
          sequence: number,
          sentAtMs,
        };
        const visibleAtMs = sentAtMs + message.delaySeconds * 1000;
        place({ ...fields, queue, visibleAtMs, receiveCount: 0, receipt: undefined, place: 0 }, queue, visibleAtMs);
      }
      return { failed: [] };
    },

    async receive(queue, max, { waitSeconds = 0, signal } = {}) {
      if (!(max >= 1 && max <= maxBatch))
        throw new RangeError(`${max} messages asked for, allowed are 1 to ${maxBatch}`);
      const untilMs = clock.now() + waitSeconds * 1000;
      for (;;) {
        const taken = signal?.aborted ? [] : take(queue, max);
        if (taken.length > 0 || signal?.aborted || clock.now() >= untilMs) return taken;
        await change(queue, untilMs, signal);
      }
    },

    async remove(...receipts) {
      for (const receipt of receipts) {
        const message = held.get(receipt);
        if (message) drop(message);
      }
    },

    async changeVisibility(receipt, seconds) {
      checkSeconds("visibility timeout", seconds, maxVisibilitySeconds);
      const message = held.get(receipt);
      if (message && message.visibleAtMs > clock.now()) place(message, message.queue, clock.now() + seconds * 1000);
    },

    depth(queue) {
      buryAll();
      const nowMs = clock.now();
      const all = [...(messages.get(queue) ?? [])];
      const hidden = all.filter(({ visibleAtMs }) => visibleAtMs > nowMs);
      const inFlight = hidden.filter(({ receipt }) => receipt !== undefined).length;
      return { visible: all.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
    },

    nextEventAt(queue) {
      buryAll();
      const asked = queue === undefined ? [...heaps.keys()].filter((name) => !name.startsWith("dead:")) : [queue];
      const times = asked.flatMap((name) => peek(name)?.visibleAtMs ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },

    queues: () => [...messages].filter(([, set]) => set.size > 0).map(([queue]) => queue),
  };
}

function compareEntries(a: Entry, b: Entry): number {
  return a.visibleAtMs - b.visibleAtMs || a.message.sequence - b.message.sequence;
}

function isStale({ message, place }: Entry): boolean {
  return message.place !== place;
}

function checkMessage({ body, delaySeconds, attributes = {} }: OutgoingMessage): void {
  checkSeconds("delay", delaySeconds, maxDelaySeconds);
  const texts = Object.entries(attributes).flatMap(([name, value]) => [name, "String", value]);
  const bytes = [body, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > maxMessageBytes) throw new MessageTooLargeError(bytes, maxMessageBytes);
}

function checkSeconds(what: string, seconds: number, max: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > max)
    throw new RangeError(`${what} of ${seconds} s, allowed is an integer of 0 to ${max}`);
}

function at<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}
