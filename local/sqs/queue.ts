/**
 * The core of one standard queue: a pure state machine; the clock, the ids and the faults are given from outside.
 *
 * What it leaves to others: waiting for a message (`polling.ts`), where dead letters go and what a queue's attributes
 * are (`broker.ts`), the wire (`operations.ts`, `http.ts`).
 *
 * Rules it upholds, each with its page of the AWS documentation:
 * - Q1 A received message is hidden for its visibility timeout, then visible again (sqs-visibility-timeout).
 * - Q2 One receive never returns a message twice, and returns what is there instead of waiting for more.
 * - Q3 A message received `maxReceiveCount` times is not received again but handed over as a dead letter, at the next
 *   receive and not before, with id, time of sending and counts unchanged (sqs-dead-letter-queues).
 * - Q4 A delete with an old receipt handle succeeds and deletes nothing (API_DeleteMessage).
 * - Q5 Visibility ends at most 12 hours after the receive (API_ChangeMessageVisibility).
 * - Q6 At most 120,000 messages are in flight (quotas-messages).
 */
import { invalidParameter, SqsError } from "./errors.ts";
import type { QueueFaults } from "./faults.ts";
import { sqsLimits } from "./limits.ts";
import type { MessageContent, MovedMessage } from "./message.ts";
import {
  advance,
  asMoved,
  clear,
  createQueueState,
  firstVisible,
  hide,
  type QueueCounts,
  type QueueState,
  remove,
  show,
  store,
} from "./queue-state.ts";
import { readReceipt } from "./receipt.ts";
import { type ReceiveRequest, type ReceiveResult, receive } from "./receiving.ts";

export interface QueueCoreOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new id, never the same twice: of a message, and the queue's secret in its receipt handles. */
  readonly newId: () => string;
  readonly faults: QueueFaults;
  /** The queue's retention in milliseconds; asked anew by every operation, so a change applies to stored messages. */
  readonly retentionMs: () => number;
  /** Messages that may be in flight. @default 120,000 */
  readonly inFlightLimit?: number;
}

/** One queue. Every method reads the clock once and first brings the queue up to date. */
export interface QueueCore {
  /** Stores a new message and returns its id. `delaySeconds` is 0–900. */
  send(content: MessageContent, delaySeconds: number): string;
  /** Takes a message from another queue with id and history as they are. */
  accept(message: MovedMessage): void;
  /** @throws {@link SqsError} `OverLimit` when too many messages are in flight. */
  receive(request: ReceiveRequest): ReceiveResult;
  /** @throws {@link SqsError} `ReceiptHandleIsInvalid`. */
  delete(receiptHandle: string): void;
  /** @throws {@link SqsError} `ReceiptHandleIsInvalid`, `MessageNotInflight`, `InvalidParameterValue`. */
  changeVisibility(receiptHandle: string, seconds: number): void;
  /** Undoes a receive whose answer could not be delivered: visible again, and not counted. */
  giveBack(receiptHandle: string): void;
  /** Removes and returns the first visible message. */
  takeVisible(): MovedMessage | undefined;
  purge(): void;
  counts(): QueueCounts;
  /** When the next hidden or delayed message becomes visible; `undefined` when there is none. */
  nextEventAt(): number | undefined;
}

interface Queue {
  readonly options: QueueCoreOptions;
  readonly secret: string;
  readonly state: QueueState;
}

/** Reads the clock and brings the queue up to date. */
function tick(queue: Queue): number {
  const nowMs = queue.options.now();
  advance(queue.state, nowMs, queue.options.retentionMs());
  return nowMs;
}

function send(queue: Queue, content: MessageContent, delaySeconds: number): string {
  const nowMs = tick(queue);
  const messageId = queue.options.newId();
  const visibleAtMs = nowMs + delaySeconds * 1000 + queue.options.faults.lateByMs();
  store(queue.state, { messageId, content, sentAtMs: nowMs, receiveCount: 0 }, visibleAtMs, nowMs);
  return messageId;
}

function accept(queue: Queue, { content, history }: MovedMessage): void {
  const nowMs = tick(queue);
  store(queue.state, { content, ...history }, nowMs, nowMs);
}

function deleteMessage(queue: Queue, receiptHandle: string): void {
  tick(queue);
  const receipt = readReceipt(queue.secret, receiptHandle);
  const message = queue.state.messages.get(receipt.key);
  if (message?.lastReceipt === receipt.receive) {
    remove(queue.state, message);
  }
}

/**
 * Moves the end of a message's visibility timeout.
 *
 * An old handle of a message that is in flight again still works, as it does on AWS: a late worker can shorten or
 * extend the timeout of the one that has the message now. For a message that is visible again the error is the
 * documented one; AWS has also been seen to answer 200 and do nothing.
 */
function changeVisibility(queue: Queue, receiptHandle: string, seconds: number): void {
  const nowMs = tick(queue);
  const message = queue.state.messages.get(readReceipt(queue.secret, receiptHandle).key);
  if (message === undefined) {
    throw invalidParameter(
      "ReceiptHandle",
      receiptHandle,
      "Message does not exist or is not available for visibility timeout change.",
    );
  }
  if (message.state !== "inFlight") {
    throw new SqsError("MessageNotInflight", "The specified message isn't in flight.");
  }
  if (seconds === 0) {
    show(queue.state, message);
    return;
  }
  const dueAtMs = nowMs + seconds * 1000;
  if (dueAtMs > message.receivedAtMs + sqsLimits.visibilitySeconds * 1000) {
    const reason = `Total VisibilityTimeout for the message is beyond the limit [${sqsLimits.visibilitySeconds} seconds]`;
    throw invalidParameter("VisibilityTimeout", seconds, reason);
  }
  hide(queue.state, message, dueAtMs);
}

function giveBack(queue: Queue, receiptHandle: string): void {
  tick(queue);
  const receipt = readReceipt(queue.secret, receiptHandle);
  const message = queue.state.messages.get(receipt.key);
  if (message?.state !== "inFlight" || message.lastReceipt !== receipt.receive) {
    return;
  }
  message.receiveCount -= 1;
  message.receivesHere -= 1;
  if (message.receiveCount === 0) {
    message.firstReceivedAtMs = undefined;
  }
  show(queue.state, message);
}

function takeVisible(queue: Queue): MovedMessage | undefined {
  tick(queue);
  const [message] = firstVisible(queue.state, 1);
  if (message === undefined) {
    return undefined;
  }
  remove(queue.state, message);
  return asMoved(message);
}

function counts(queue: Queue): QueueCounts {
  tick(queue);
  const { visible, inFlight, delayed } = queue.state.counts;
  return { visible, inFlight, delayed };
}

/** Creates an empty queue. */
export function createQueueCore(options: QueueCoreOptions): QueueCore {
  const queue: Queue = { options, secret: options.newId(), state: createQueueState() };
  const { inFlightLimit = sqsLimits.inFlightMessages } = options;
  return {
    send: (content, delaySeconds) => send(queue, content, delaySeconds),
    accept: (message) => accept(queue, message),
    receive: (request) => {
      const nowMs = tick(queue);
      return receive({ ...queue, faults: options.faults, inFlightLimit, nowMs }, request);
    },
    delete: (receiptHandle) => deleteMessage(queue, receiptHandle),
    changeVisibility: (receiptHandle, seconds) => changeVisibility(queue, receiptHandle, seconds),
    giveBack: (receiptHandle) => giveBack(queue, receiptHandle),
    takeVisible: () => takeVisible(queue),
    purge: () => clear(queue.state),
    counts: () => counts(queue),
    nextEventAt: () => queue.state.wakeups.peek()?.atMs,
  };
}
