/**
 * The messages of one queue and the three places a message can be in.
 *
 * | state | enters | leaves |
 * |---|---|---|
 * | `delayed` | a send with a delay | at `dueAtMs` → `visible` |
 * | `visible` | a send; an ended delay or visibility timeout; visibility set to 0 | a receive → `inFlight`, or to another queue |
 * | `inFlight` | a receive | at `dueAtMs` → `visible`; a delete |
 * | `gone` | a delete, a purge, a move, the end of retention | never |
 *
 * Time moves only in `advance`, which every operation calls first: a message whose timeout has ended is visible to the
 * operation, whether or not anything ran at that moment. No timers in here.
 */
import { createLazyList, type LazyList } from "./lazy-list.ts";
import type { MessageContent, MovedMessage } from "./message.ts";
import { createTimeHeap, type TimeHeap } from "./time-heap.ts";

export type MessageState = "delayed" | "visible" | "inFlight" | "gone";

/** A stored message. Only the functions of this file write `state`, `dueAtMs` and `moves`. */
export interface StoredMessage {
  /** Number in this queue; part of its receipt handles. */
  readonly key: number;
  readonly messageId: string;
  readonly content: MessageContent;
  readonly sentAtMs: number;
  readonly deadLetterSourceArn: string | undefined;
  /** Whether the duplicate fault made it: a copy is not copied again. */
  readonly isCopy: boolean;
  /** Receives in all queues it was in: what a consumer sees. */
  receiveCount: number;
  /** Receives in this queue: what the redrive policy counts. */
  receivesHere: number;
  /** Number of the last receive in its receipt handle; never taken back. */
  lastReceipt: number;
  firstReceivedAtMs: number | undefined;
  /** The last receive, from which the 12 hours of visibility run. */
  receivedAtMs: number;
  state: MessageState;
  dueAtMs: number;
  /** Changes of state so far: tells a stale entry of a list or heap. */
  moves: number;
}

/** A place in a list or heap, good until the message moves on. */
interface Ticket {
  readonly message: StoredMessage;
  readonly moves: number;
}

/** How many messages are where. */
export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface QueueState {
  readonly messages: Map<number, StoredMessage>;
  readonly visible: LazyList<Ticket>;
  /** Ends of delays and visibility timeouts. */
  readonly wakeups: TimeHeap<Ticket>;
  /** Times of sending, for the end of retention. */
  readonly ages: TimeHeap<StoredMessage>;
  readonly counts: Record<MessageState, number>;
  lastKey: number;
}

export function createQueueState(): QueueState {
  const isCurrent = (ticket: Ticket): boolean => ticket.message.moves === ticket.moves;
  return {
    messages: new Map(),
    visible: createLazyList(isCurrent),
    wakeups: createTimeHeap(isCurrent),
    ages: createTimeHeap((message) => message.state !== "gone"),
    counts: { delayed: 0, visible: 0, inFlight: 0, gone: 0 },
    lastKey: 0,
  };
}

/** Puts a message into a state and into the list or heap of that state. */
function place(queue: QueueState, message: StoredMessage, state: MessageState, dueAtMs: number): void {
  message.state = state;
  message.dueAtMs = dueAtMs;
  message.moves += 1;
  queue.counts[state] += 1;
  const ticket: Ticket = { message, moves: message.moves };
  if (state === "visible") {
    queue.visible.push(ticket);
  } else {
    queue.wakeups.push({ atMs: dueAtMs, value: ticket });
  }
}

/** What a message brings along when it enters a queue. */
export type EnteringMessage = Pick<StoredMessage, "messageId" | "content" | "sentAtMs" | "receiveCount"> &
  Partial<Pick<StoredMessage, "firstReceivedAtMs" | "deadLetterSourceArn" | "isCopy">>;

/** Stores a message, visible at `visibleAtMs`. */
export function store(queue: QueueState, entering: EnteringMessage, visibleAtMs: number, nowMs: number): void {
  queue.lastKey += 1;
  const message: StoredMessage = {
    firstReceivedAtMs: undefined,
    deadLetterSourceArn: undefined,
    isCopy: false,
    ...entering,
    key: queue.lastKey,
    receivesHere: 0,
    lastReceipt: 0,
    receivedAtMs: 0,
    state: "gone",
    dueAtMs: 0,
    moves: 0,
  };
  queue.messages.set(message.key, message);
  queue.ages.push({ atMs: message.sentAtMs, value: message });
  place(queue, message, visibleAtMs > nowMs ? "delayed" : "visible", visibleAtMs);
}

/** Hides a message until `dueAtMs`; for one that is hidden already, moves the end of its hiding. */
export function hide(queue: QueueState, message: StoredMessage, dueAtMs: number): void {
  queue.counts[message.state] -= 1;
  place(queue, message, "inFlight", dueAtMs);
}

/** Makes a message visible now. */
export function show(queue: QueueState, message: StoredMessage): void {
  queue.counts[message.state] -= 1;
  place(queue, message, "visible", 0);
}

/** Removes a message for good. */
export function remove(queue: QueueState, message: StoredMessage): void {
  queue.counts[message.state] -= 1;
  queue.messages.delete(message.key);
  message.state = "gone";
  message.moves += 1;
}

/** Removes everything. */
export function clear(queue: QueueState): void {
  for (const message of queue.messages.values()) {
    message.state = "gone";
    message.moves += 1;
  }
  queue.messages.clear();
  queue.visible.clear();
  queue.wakeups.clear();
  queue.ages.clear();
  Object.assign(queue.counts, { delayed: 0, visible: 0, inFlight: 0 });
}

/** Brings the queue up to date: drops what is past its retention, shows what is due. */
export function advance(queue: QueueState, nowMs: number, retentionMs: number): void {
  for (
    let old = queue.ages.popDue(nowMs - retentionMs);
    old !== undefined;
    old = queue.ages.popDue(nowMs - retentionMs)
  ) {
    remove(queue, old);
  }
  for (let due = queue.wakeups.popDue(nowMs); due !== undefined; due = queue.wakeups.popDue(nowMs)) {
    show(queue, due.message);
  }
}

/** A message without its place in this queue. */
export function asMoved(message: StoredMessage): MovedMessage {
  const { content, messageId, sentAtMs, receiveCount, firstReceivedAtMs, deadLetterSourceArn } = message;
  return { content, history: { messageId, sentAtMs, receiveCount, firstReceivedAtMs, deadLetterSourceArn } };
}

/** The first visible messages, at most `count`. */
export function firstVisible(queue: QueueState, count: number): readonly StoredMessage[] {
  return queue.visible.first(count).map((ticket) => ticket.message);
}
