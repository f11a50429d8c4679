import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { type Broker, createBroker, type Queue } from "../../../../local/sqs/broker.ts";
import { createFaults } from "../../../../local/sqs/faults.ts";
import { createPolling, type Polling } from "../../../../local/sqs/polling.ts";
import { content, startMs } from "./fake-queue.ts";

interface PollingWorld {
  readonly queue: Queue;
  readonly polling: Polling;
  /** How often the queue was asked for messages. */
  asked(): number;
}

/** A polling whose clock stands still: nothing becomes visible by itself. */
function createWorld(): PollingWorld {
  let lastId = 0;
  let asked = 0;
  const now = (): number => startMs;
  const broker: Broker = createBroker({
    now,
    newId: () => `id-${++lastId}`,
    faults: createFaults(() => 0),
    accountId: "000000000000",
    region: "us-east-1",
    onDeadLetters: () => {},
  });
  const counting: Pick<Broker, "receive"> = {
    receive(queue, maxMessages, visibilitySeconds) {
      asked += 1;
      return broker.receive(queue, maxMessages, visibilitySeconds);
    },
  };
  return { queue: broker.create("q", {}), polling: createPolling(counting, now), asked: () => asked };
}

const present = new AbortController().signal;
/** Stands for many callers, each of whom has a signal of its own. */
setMaxListeners(0, present);
const poll = { maxMessages: 10, visibilitySeconds: 30, waitSeconds: 20 };

/** Bodies of what a poll got. */
async function bodies(polled: ReturnType<Polling["receive"]>): Promise<readonly string[]> {
  return (await polled).map((message) => message.content.body);
}

describe("polling", () => {
  it("takes a poll whose caller has gone out of the line: the queue is not asked for it again", async () => {
    const { queue, polling, asked } = createWorld();
    const caller = new AbortController();
    const polled = polling.receive(queue, poll, caller.signal);
    expect(asked()).toBe(1);
    caller.abort();
    expect(await polled).toEqual([]);
    queue.core.send(content("kept"), 0);
    polling.wake(queue);
    expect(asked()).toBe(1);
    expect(queue.core.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it("answers nothing to a caller that had gone before", async () => {
    const { queue, polling } = createWorld();
    queue.core.send(content("kept"), 0);
    expect(await polling.receive(queue, poll, AbortSignal.abort())).toEqual([]);
    expect(queue.core.counts().visible).toBe(1);
  });

  it("serves polls in the order they came, and asks once more than it has messages", async () => {
    const { queue, polling, asked } = createWorld();
    const polls = Array.from({ length: 50 }, () => polling.receive(queue, { ...poll, maxMessages: 1 }, present));
    const askedBefore = asked();
    queue.core.send(content("a"), 0);
    queue.core.send(content("b"), 0);
    polling.wake(queue);
    expect(asked() - askedBefore).toBe(3);
    expect(await bodies(polls[0] as (typeof polls)[0])).toEqual(["a"]);
    expect(await bodies(polls[1] as (typeof polls)[0])).toEqual(["b"]);
    polling.close();
    expect((await Promise.all(polls.slice(2))).flat()).toEqual([]);
  });

  it("answers everything with nothing once it is closed", async () => {
    const { queue, polling } = createWorld();
    const waiting = polling.receive(queue, poll, present);
    polling.close();
    queue.core.send(content("kept"), 0);
    expect(await waiting).toEqual([]);
    expect(await polling.receive(queue, poll, present)).toEqual([]);
  });
});
