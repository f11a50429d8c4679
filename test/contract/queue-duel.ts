/**
 * Two queues that are given the same operations, and must give the same answers as far as SQS promises one.
 *
 * Compared: what a send refuses; what is visible, with body, attributes, fairness key, time of sending, receive count and
 * a message id that stays; what a removal and a return do, by a last and by an old receipt; depths; what is dead.
 *
 * Left open by SQS, so not compared: the order of messages; when a message that had all its receives moves to the
 * dead-letter queue (in memory when it would be visible again, on SQS at a receive of its queue); what a return by an
 * old receipt does to a message that is in other hands; the class of the error for a number out of range.
 *
 * Out of scope: SQS refuses to hide a message until later than 12 hours after its receive, which the memory queue does not
 * know; and it drops messages after their retention.
 */
import { deepStrictEqual } from "node:assert/strict";
import type { VirtualClock } from "../../lib/adapters/memory/clock.ts";
import type { ConsumedQueue, HeldMessage, Queue, QueueConsumer, QueueDepth, QueueRef } from "../../lib/ports/index.ts";
import {
  type Draft,
  longestSeconds,
  maxReceiveCount,
  type Operation,
  refs,
  visibilitySeconds,
} from "./queue-operations.ts";

export type QueueSide = Queue & QueueConsumer & { depth(queue: ConsumedQueue): QueueDepth | Promise<QueueDepth> };

export interface Duel {
  /** @throws AssertionError when the answers differ. */
  perform(operation: Operation): Promise<void>;
  /** Lets every hidden message come again, removes it, and looks for more. */
  end(): Promise<void>;
  /** What was done so far, a line each. */
  readonly told: readonly string[];
}

/** A message in hand: once on both sides. */
interface Delivery {
  readonly number: number;
  readonly queue: ConsumedQueue;
  readonly receiveCount: number;
  readonly receipts: readonly string[];
  readonly receivedAtMs: number;
  hiddenUntilMs: number;
}

/** A message as both sides must give it. */
interface Seen {
  readonly number: number;
  readonly text: string;
  readonly receiveCount: number;
}

/** @param sides - What is expected, and what is found. */
export function createDuel(clock: VirtualClock, sides: readonly [QueueSide, QueueSide]): Duel {
  const told: string[] = [];
  const deliveries: Delivery[] = [];
  const ids = sides.map(() => new Map<number, string>());
  let sent = 0;

  const compare = async <T>(ask: (side: QueueSide, which: number) => Promise<T>): Promise<T> => {
    const [expected, found] = [await ask(sides[0], 0), await ask(sides[1], 1)];
    deepStrictEqual(found, expected);
    return expected;
  };

  const numbersOf = (some: readonly Delivery[]): string =>
    some.map(({ number, receiveCount }) => `#${number}/${receiveCount}`).join(" ") || "nothing";
  const isLast = (delivery: Delivery): boolean =>
    deliveries.findLast(({ number }) => number === delivery.number) === delivery;
  const picked = (some: readonly Delivery[], pick: number): Delivery[] =>
    some.length === 0 ? [] : [some.at(-1 - (pick % some.length)) as Delivery];

  const send = async (queue: QueueRef, drafts: readonly Draft[]): Promise<void> => {
    const messages = drafts.map(({ text, ...rest }, i) => ({ ...rest, body: JSON.stringify([sent + i + 1, text]) }));
    told.push(`send to ${queue}: ${messages.map((message) => JSON.stringify(message)).join(", ") || "nothing"}`);
    sent += drafts.length;
    await compare((side) => classOr(side.send(queue, messages, "test.send")));
  };

  /** Everything that is visible. */
  const receive = async (queue: ConsumedQueue, max: number): Promise<void> => {
    // What had all its receives is then dead on both sides.
    if (queue.startsWith("dead:")) await receive(queue.slice("dead:".length) as QueueRef, max);
    told.push(`receive from ${queue}, ${max} at a time`);
    const held: HeldMessage[][] = [];
    const seen = await compare(async (side, which) => {
      held[which] = byNumber(await drain(side, queue, max));
      return held[which].map((message) => seenOf(message, ids[which] as Map<number, string>));
    });
    const receivedAtMs = clock.now();
    const hiddenUntilMs = receivedAtMs + visibilitySeconds * 1000;
    const taken = seen.map(({ number, receiveCount }, i) => {
      const receipts = held.map((side) => side[i]?.receipt ?? "");
      return { number, queue, receiveCount, receipts, receivedAtMs, hiddenUntilMs };
    });
    deliveries.push(...taken);
    told.push(`${told.pop()}: ${numbersOf(taken)}`);
  };

  /** Whether it stands open where the message is: it is due to be dead. */
  const isBetween = (delivery: Delivery): boolean =>
    !delivery.queue.startsWith("dead:") &&
    delivery.receiveCount >= maxReceiveCount &&
    delivery.hiddenUntilMs <= clock.now() &&
    isLast(delivery);

  const remove = async (chosen: readonly Delivery[]): Promise<void> => {
    for (const ref of refs) {
      if (chosen.some((delivery) => delivery.queue === ref && isBetween(delivery))) await receive(ref, 10);
    }
    told.push(`remove ${numbersOf(chosen)}`);
    await compare((side, which) => classOr(side.remove(...chosen.map(({ receipts }) => receipts[which] as string))));
  };

  const giveBack = async (chosen: readonly Delivery[], seconds: number): Promise<void> => {
    for (const delivery of chosen) {
      const leftMs = delivery.receivedAtMs + longestSeconds * 1000 - clock.now();
      if (seconds <= longestSeconds && seconds * 1000 > leftMs) continue;
      told.push(`give back ${numbersOf([delivery])} for ${seconds} s`);
      const answer = await compare((side, which) =>
        side.changeVisibility(delivery.receipts[which] as string, seconds).then(
          () => "done",
          () => "refused",
        ),
      );
      const isHidden = delivery.hiddenUntilMs > clock.now();
      if (answer === "done" && isHidden) delivery.hiddenUntilMs = clock.now() + seconds * 1000;
    }
  };

  const pass = (seconds: number): void => {
    told.push(`${seconds} s pass`);
    clock.advanceTo(clock.now() + seconds * 1000);
  };

  const count = async (): Promise<unknown> => {
    told.push("count");
    return await compare(depthsOf);
  };

  const perform = async (operation: Operation): Promise<void> => {
    switch (operation.is) {
      case "send":
        return await send(operation.queue, operation.drafts);
      case "receive":
        return await receive(operation.queue, operation.max);
      case "remove":
        return await remove(operation.picks.flatMap((pick) => picked(deliveries, pick)));
      case "give back":
        return await giveBack(picked(deliveries.filter(isLast), operation.pick), operation.seconds);
      case "pass":
        return pass(operation.seconds);
      case "count":
        return void (await count());
      default:
        return operation satisfies never;
    }
  };

  return {
    told,
    perform,
    async end() {
      pass(longestSeconds);
      for (const ref of refs) await receive(`dead:${ref}`, 10);
      await count();
      await remove(deliveries.filter(isLast));
      const nothing = { visible: 0, inFlight: 0, delayed: 0, dead: 0 };
      deepStrictEqual(await count(), Object.fromEntries(refs.map((ref) => [ref, nothing])));
    },
  };
}

/** By queue; a visible message that is due to be dead counts the same before and after it has moved. */
async function depthsOf(side: QueueSide): Promise<unknown> {
  const entries = refs.map(async (ref) => {
    const [live, dead] = await Promise.all([side.depth(ref), side.depth(`dead:${ref}`)]);
    const { inFlight, delayed } = live;
    return [ref, { visible: live.visible + dead.visible, inFlight, delayed, dead: dead.inFlight }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** What is answered, or the class alone of what is thrown. */
const classOr = (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: unknown) => ({ thrown: error instanceof Error ? error.name : error }));

/** Receives until nothing comes, or a message comes a second time. */
async function drain(side: QueueSide, queue: ConsumedQueue, max: number): Promise<readonly HeldMessage[]> {
  const all = new Map<string, HeldMessage>();
  for (;;) {
    const held = await side.receive(queue, max);
    if (held.length === 0) return [...all.values()];
    if (held.length > max) throw new Error(`${held.length} messages came from ${queue}, at most ${max} were asked for`);
    for (const message of held) {
      if (all.has(message.messageId)) throw new Error(`${message.body} came twice from ${queue} at the same time`);
      all.set(message.messageId, message);
    }
  }
}

const numberOf = ({ body }: HeldMessage): number => (JSON.parse(body) as [number, string])[0];

const byNumber = (held: readonly HeldMessage[]): HeldMessage[] => [...held].sort((a, b) => numberOf(a) - numberOf(b));

/** A message without what each side names in its own way; the id must be that of the first time. */
function seenOf(message: HeldMessage, ids: Map<number, string>): Seen {
  const { body, messageId, receipt, ...rest } = message;
  const [number, text] = JSON.parse(body) as [number, string];
  const first = ids.get(number) ?? messageId;
  ids.set(number, first);
  if (first !== messageId) throw new Error(`#${number} was ${first} and came as ${messageId}`);
  return { number, text, ...rest };
}
