/**
 * The queues as SQS promises them and no more: at least once, in no order, to anybody, in batches of any size. A message
 * that is received too often moves to the dead-letter queue.
 */
import type { ConsumedQueue, HeldMessage, OutgoingMessage, QueueRef } from "../../lib/ports/queue.ts";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

export interface QueueRules {
  readonly visibilitySeconds: number;
  /** Receives of a task message before it is a dead letter. */
  readonly maxTaskReceives: number;
  readonly batchSize: number;
  /** Share of messages that arrive twice. */
  readonly duplicates: number;
  /** By how much messages may overtake each other. */
  readonly disorderMs: number;
}

export interface Queues {
  send(queue: QueueRef, messages: readonly OutgoingMessage[]): void;
  remove(receipt: string): void;
  changeVisibility(receipt: string, seconds: number): void;
  /** Queues that hold messages. */
  queues(): readonly ConsumedQueue[];
  /** A task's message of a run, for who wants to send something like it. */
  sample(run: string): string | undefined;
}

interface Message {
  readonly id: string;
  readonly sentAtMs: number;
  readonly outgoing: OutgoingMessage;
  queue: ConsumedQueue;
  receives: number;
  /** Of the latest delivery. */
  receipt: string | undefined;
  isReady: boolean;
  cancel: () => void;
}

/** As deployed, and as the request queue always has it. */
export const maxReceives = 20;
const pollMs = 30;

export function createQueues(
  schedule: Schedule,
  random: Random,
  rules: QueueRules,
  deliver: (queue: ConsumedQueue, messages: readonly HeldMessage[]) => void,
): Queues {
  const messages = new Set<Message>();
  const held = new Map<string, Message>();
  const ready = new Map<ConsumedQueue, Message[]>();
  let sent = 0;

  const showAt = (message: Message, ms: number) => {
    message.cancel();
    message.cancel = schedule.at(ms, () => show(message));
  };

  const show = (message: Message) => {
    if (message.isReady || !messages.has(message)) return;
    message.isReady = true;
    const waiting = ready.get(message.queue) ?? [];
    ready.set(message.queue, waiting);
    if (waiting.push(message) === 1) pollLater(message.queue);
  };

  const pollLater = (queue: ConsumedQueue) =>
    void schedule.at(schedule.now() + random.below(pollMs), () => poll(queue));

  const poll = (queue: ConsumedQueue) => {
    const waiting = ready.get(queue) as Message[];
    const received: HeldMessage[] = [];
    for (let room = random.between(1, rules.batchSize); room > 0 && waiting.length > 0; room--) {
      const [message] = waiting.splice(random.below(waiting.length), 1) as [Message];
      message.isReady = false;
      if (!messages.has(message)) continue;
      if (isDead(message)) bury(message);
      else received.push(receive(message));
    }
    if (waiting.length > 0) pollLater(queue);
    if (received.length > 0) deliver(queue, received);
  };

  const isDead = ({ queue, receives }: Message) =>
    !queue.startsWith("dead:") && receives >= (queue === "request" ? maxReceives : rules.maxTaskReceives);

  const bury = (message: Message) => {
    message.queue = `dead:${message.queue as QueueRef}`;
    show(message);
  };

  const receive = (message: Message): HeldMessage => {
    if (message.receipt !== undefined) held.delete(message.receipt);
    const receipt = `${message.id}.${++message.receives}`;
    message.receipt = receipt;
    held.set(receipt, message);
    showAt(message, schedule.now() + rules.visibilitySeconds * 1000);
    const { id, outgoing, queue, receives, sentAtMs } = message;
    const { body, attributes = {}, fairnessKey } = outgoing;
    const fair = fairnessKey === undefined ? {} : { fairnessKey };
    return { messageId: id, body, receiveCount: receives, sentAtMs, attributes, ...fair, queue, receipt };
  };

  const add = (queue: QueueRef, outgoing: OutgoingMessage, laterMs: number) => {
    const message: Message = {
      id: `m${++sent}`,
      sentAtMs: schedule.now(),
      outgoing,
      queue,
      receives: 0,
      receipt: undefined,
      isReady: false,
      cancel: () => {},
    };
    messages.add(message);
    const disorderMs = rules.disorderMs > 0 && random.chance(0.5) ? random.below(rules.disorderMs) : 0;
    showAt(message, schedule.now() + outgoing.delaySeconds * 1000 + disorderMs + laterMs + random.below(10));
  };

  return {
    send(queue, batch) {
      for (const outgoing of batch) {
        add(queue, outgoing, 0);
        if (rules.duplicates > 0 && random.chance(rules.duplicates)) add(queue, outgoing, random.below(90_000));
      }
    },
    remove(receipt) {
      const message = held.get(receipt);
      if (message === undefined) return;
      held.delete(receipt);
      messages.delete(message);
      message.cancel();
    },
    changeVisibility(receipt, seconds) {
      const message = held.get(receipt);
      if (message !== undefined && !message.isReady) showAt(message, schedule.now() + seconds * 1000);
    },
    queues: () => [...new Set([...messages].map(({ queue }) => queue))],
    sample(run) {
      for (const { outgoing } of messages) {
        const { body } = outgoing;
        if (body.startsWith('{"tutti":1,"type":"task"') && body.includes(`"run":"${run}"`)) return body;
      }
      return undefined;
    },
  };
}
