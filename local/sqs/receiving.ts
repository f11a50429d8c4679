/**
 * What one receive does to a queue: which messages it takes, counts, hides and hands over as dead letters.
 */
import { SqsError } from "./errors.ts";
import type { QueueFaults } from "./faults.ts";
import type { MovedMessage, ReceivedMessage } from "./message.ts";
import { asMoved, firstVisible, hide, type QueueState, remove, type StoredMessage, store } from "./queue-state.ts";
import { writeReceipt } from "./receipt.ts";

export interface ReceiveRequest {
  /** 1–10. */
  readonly maxMessages: number;
  /** 0–43,200. */
  readonly visibilitySeconds: number;
  /** From the redrive policy; `undefined` when there is none or its target is gone. */
  readonly maxReceiveCount: number | undefined;
}

export interface ReceiveResult {
  readonly messages: readonly ReceivedMessage[];
  /** Removed from this queue; the caller puts them into the dead-letter queue. */
  readonly deadLetters: readonly MovedMessage[];
}

/** The queue at the moment of the receive, already brought up to date. */
export interface ReceivingQueue {
  readonly state: QueueState;
  readonly secret: string;
  readonly faults: QueueFaults;
  readonly inFlightLimit: number;
  readonly nowMs: number;
}

/** The visible message the receive takes next: the first, or another one under the reorder fault. */
function pickVisible({ state, faults }: ReceivingQueue): StoredMessage | undefined {
  const offered = firstVisible(state, faults.window());
  return offered[faults.pick(offered.length)];
}

/** Counts and hides a message. With a visibility of 0 it stays hidden until time is advanced: Q2. */
function deliver(
  { state, secret, nowMs }: ReceivingQueue,
  message: StoredMessage,
  visibilitySeconds: number,
): ReceivedMessage {
  message.receiveCount += 1;
  message.receivesHere += 1;
  message.lastReceipt += 1;
  message.firstReceivedAtMs ??= nowMs;
  message.receivedAtMs = nowMs;
  hide(state, message, nowMs + visibilitySeconds * 1000);
  return {
    ...asMoved(message),
    receiptHandle: writeReceipt(secret, { key: message.key, receive: message.lastReceipt }),
  };
}

/** Stores second copies of messages just received, as they were before. They are there for the next receive. */
function storeCopies({ state, nowMs }: ReceivingQueue, messages: readonly StoredMessage[]): void {
  for (const message of messages) {
    const { content, history } = asMoved(message);
    store(state, { content, ...history, receiveCount: history.receiveCount - 1, isCopy: true }, nowMs, nowMs);
  }
}

/** Whether the message had all its receives (Q3). */
function isExhausted(message: StoredMessage, maxReceiveCount: number | undefined): boolean {
  return maxReceiveCount !== undefined && message.receivesHere >= maxReceiveCount;
}

/** Takes exhausted messages out until a deliverable one is found; it is left in place. */
function nextDeliverable(
  queue: ReceivingQueue,
  maxReceiveCount: number | undefined,
  deadLetters: MovedMessage[],
): StoredMessage | undefined {
  for (;;) {
    const message = pickVisible(queue);
    if (message === undefined || !isExhausted(message, maxReceiveCount)) {
      return message;
    }
    remove(queue.state, message);
    deadLetters.push(asMoved(message));
  }
}

/**
 * Receives up to `maxMessages` messages.
 *
 * @throws {@link SqsError} `OverLimit` when too many messages are in flight and nothing was found (Q6).
 */
export function receive(queue: ReceivingQueue, request: ReceiveRequest): ReceiveResult {
  const messages: ReceivedMessage[] = [];
  const deadLetters: MovedMessage[] = [];
  const toCopy: StoredMessage[] = [];
  while (messages.length < request.maxMessages) {
    const message = nextDeliverable(queue, request.maxReceiveCount, deadLetters);
    if (message === undefined) {
      break;
    }
    if (queue.state.counts.inFlight >= queue.inFlightLimit) {
      if (messages.length === 0 && deadLetters.length === 0) {
        throw new SqsError("OverLimit", `the queue reached its limit of ${queue.inFlightLimit} messages in flight`);
      }
      break;
    }
    const received = deliver(queue, message, request.visibilitySeconds);
    if (!queue.faults.swallows()) {
      messages.push(received);
    }
    if (!message.isCopy && queue.faults.duplicates()) {
      toCopy.push(message);
    }
  }
  storeCopies(queue, toCopy);
  return { messages, deadLetters };
}
