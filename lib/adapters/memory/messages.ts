/**
 * The messages of all queues in memory: which are visible, which are in whose hands, which are dead. Knows the time, and
 * waits for nothing.
 *
 * A message is visible when its delay or its visibility timeout is over; it moves to the dead-letter queue when it would
 * be delivered once too often. Its place in a heap is never searched for: a place that it has left is known as stale.
 */
import type { ConsumedQueue, HeldMessage, OutgoingMessage, QueueDepth, QueueRef } from "../../ports/queue.ts";
import type { Clock } from "../../ports/system.ts";
import { createHeap, type Heap } from "./heap.ts";

export interface MessageRules {
  readonly clock: Clock;
  readonly visibilitySeconds: number;
  readonly maxReceiveCount: number;
}

export interface Messages {
  add(queue: QueueRef, message: OutgoingMessage): void;
  /** Delivers up to `max` visible messages: by time of visibility, then by time of sending. */
  take(queue: ConsumedQueue, max: number): HeldMessage[];
  /** Without effect when the receipt is not the message's last one. */
  remove(receipt: string): void;
  /** Without effect when the receipt is not the message's last one, or its time was over. */
  hide(receipt: string, untilMs: number): void;
  depth(queue: ConsumedQueue): QueueDepth;
  /** When a message of the queue is or becomes visible. */
  nextVisibleAt(queue: ConsumedQueue): number | undefined;
  /** Queues that hold a message. */
  queues(): readonly ConsumedQueue[];
  /** Every message that is not acknowledged: queue by queue, in order of arrival there. */
  list(): readonly QueuedMessage[];
}

/** A message that is not acknowledged. */
export interface QueuedMessage {
  readonly queue: ConsumedQueue;
  readonly body: string;
  readonly receiveCount: number;
  /** When it can be received, the first time or again. */
  readonly visibleAtMs: number;
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
  /** How often it was put somewhere. */
  placed: number;
}

/** A place of a message; stale when the message was put elsewhere or removed since. */
interface Place {
  readonly message: Message;
  readonly visibleAtMs: number;
  readonly placed: number;
}

interface State {
  readonly rules: MessageRules;
  readonly places: Map<ConsumedQueue, Heap<Place>>;
  readonly messages: Map<ConsumedQueue, Set<Message>>;
  /** By the receipt of the last delivery. */
  readonly held: Map<string, Message>;
}

/** @param changed - Called whenever a message was put somewhere: it may have become visible. */
export function createMessages(rules: MessageRules, changed: () => void): Messages {
  const state: State = { rules, places: new Map(), messages: new Map(), held: new Map() };
  const nowMs = (): number => rules.clock.now();
  let sequence = 0;

  const move = (message: Message, queue: ConsumedQueue, visibleAtMs: number): void => {
    put(state, message, queue, visibleAtMs);
    changed();
  };

  return {
    add(queue, message) {
      sequence++;
      const attributes = { ...message.attributes };
      const fixed = { ...message, attributes, messageId: `m${sequence}`, sequence, sentAtMs: nowMs() };
      const visibleAtMs = nowMs() + message.delaySeconds * 1000;
      move({ ...fixed, queue, visibleAtMs, receiveCount: 0, receipt: undefined, placed: 0 }, queue, visibleAtMs);
    },

    take(queue, max) {
      buryDead(state);
      const taken: HeldMessage[] = [];
      while (taken.length < max) {
        const next = firstPlace(state, queue);
        if (!next || next.visibleAtMs > nowMs()) break;
        if (isDead(state, queue, next)) {
          bury(state, queue, next);
          changed();
        } else taken.push(deliver(state, next.message));
      }
      return taken;
    },

    remove(receipt) {
      const message = state.held.get(receipt);
      if (!message) return;
      state.held.delete(receipt);
      message.placed++;
      state.messages.get(message.queue)?.delete(message);
    },

    hide(receipt, untilMs) {
      const message = state.held.get(receipt);
      if (message && message.visibleAtMs > nowMs()) move(message, message.queue, untilMs);
    },

    depth(queue) {
      buryDead(state);
      const all = [...(state.messages.get(queue) ?? [])];
      const hidden = all.filter(({ visibleAtMs }) => visibleAtMs > nowMs());
      const inFlight = hidden.filter(({ receipt }) => receipt !== undefined).length;
      return { visible: all.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
    },

    nextVisibleAt(queue) {
      buryDead(state);
      return firstPlace(state, queue)?.visibleAtMs;
    },

    queues: () => [...state.messages].filter(([, set]) => set.size > 0).map(([queue]) => queue),

    list() {
      buryDead(state);
      return [...state.messages.values()].flatMap((set) =>
        [...set].map(({ queue, body, receiveCount, visibleAtMs }) => ({ queue, body, receiveCount, visibleAtMs })),
      );
    },
  };
}

function put({ messages, places }: State, message: Message, queue: ConsumedQueue, visibleAtMs: number): void {
  message.queue = queue;
  message.visibleAtMs = visibleAtMs;
  message.placed++;
  const inQueue = messages.get(queue) ?? new Set();
  messages.set(queue, inQueue.add(message));
  const heap = places.get(queue) ?? createHeap<Place>(comparePlaces);
  places.set(queue, heap);
  heap.push({ message, visibleAtMs, placed: message.placed });
}

function comparePlaces(a: Place, b: Place): number {
  return a.visibleAtMs - b.visibleAtMs || a.message.sequence - b.message.sequence;
}

/** First place of a queue that is not stale. */
function firstPlace({ places }: State, queue: ConsumedQueue): Place | undefined {
  const heap = places.get(queue);
  for (let place = heap?.peek(); place; place = heap?.peek()) {
    if (place.placed === place.message.placed) return place;
    heap?.pop();
  }
  return undefined;
}

function deliver(state: State, message: Message): HeldMessage {
  const { clock, visibilitySeconds } = state.rules;
  if (message.receipt !== undefined) state.held.delete(message.receipt);
  message.receiveCount++;
  message.receipt = `${message.messageId}.${message.receiveCount}`;
  state.held.set(message.receipt, message);
  put(state, message, message.queue, clock.now() + visibilitySeconds * 1000);
  const { messageId, body, receiveCount, sentAtMs, fairnessKey, queue, receipt } = message;
  const key = fairnessKey === undefined ? {} : { fairnessKey };
  return { messageId, body, receiveCount, sentAtMs, attributes: { ...message.attributes }, ...key, queue, receipt };
}

/** Whether it is visible, and would be delivered once too often. */
function isDead({ rules }: State, queue: ConsumedQueue, { message, visibleAtMs }: Place): queue is QueueRef {
  const { clock, maxReceiveCount } = rules;
  return !queue.startsWith("dead:") && visibleAtMs <= clock.now() && message.receiveCount >= maxReceiveCount;
}

function bury(state: State, queue: QueueRef, { message, visibleAtMs }: Place): void {
  state.messages.get(queue)?.delete(message);
  if (message.receipt !== undefined) state.held.delete(message.receipt);
  put(state, message, `dead:${queue}`, visibleAtMs);
}

/** Moves what is dead and first in its queue, of every queue; what is behind others moves when it is its turn. */
function buryDead(state: State): void {
  for (const queue of [...state.places.keys()]) {
    for (let place = firstPlace(state, queue); place && isDead(state, queue, place); place = firstPlace(state, queue))
      bury(state, queue, place);
  }
}
