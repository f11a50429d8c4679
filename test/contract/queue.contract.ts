/**
 * What every queue must do, whatever it is made of (lib/ports/queue.ts): the sending side, and the receiving side that
 * stands in for Lambda's.
 *
 * Each test has a task queue of its own. Nothing here asks for an order, nor for a message to come only once.
 */
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MessageTooLargeError } from "../../lib/errors.ts";
import type {
  HeldMessage,
  OutgoingMessage,
  Queue,
  QueueConsumer,
  QueueDepth,
  QueueRef,
} from "../../lib/ports/index.ts";

/** Queues made for one suite. */
export interface QueueUnderTest {
  readonly queue: Queue & QueueConsumer & { depth(queue: QueueRef): QueueDepth | Promise<QueueDepth> };
  close(): Promise<void>;
}

/** What the suite needs: times short enough to wait for, long enough for a busy machine. */
export interface QueueNeeds {
  readonly tasks: readonly string[];
  readonly visibilitySeconds: number;
  readonly maxReceiveCount: number;
}

const needs: QueueNeeds = {
  tasks: Array.from({ length: 40 }, (_, i) => `queue${i}`),
  visibilitySeconds: 2,
  maxReceiveCount: 2,
};

/** Long enough for every wait of the suite, and the upper end of none. */
const waitSeconds = 5;

export function queueContract(name: string, makeQueue: (needs: QueueNeeds) => Promise<QueueUnderTest>): void {
  // At once, since most of its time the suite waits.
  describe.concurrent(`${name} as a queue`, () => {
    let made: QueueUnderTest;
    beforeAll(async () => {
      made = await makeQueue(needs);
    });
    afterAll(() => made?.close());

    let used = 0;
    const fresh = (): Rig => {
      const task = needs.tasks[used++];
      if (task === undefined) throw new Error("more queues are used than needed");
      return rigOf(made.queue, `task:${task}`);
    };
    sendingContract(fresh);
    timesContract(fresh);
    receiptsContract(fresh);
    waitingContract(fresh);
  });
}

/** One queue with short words for what tests do to it. */
interface Rig {
  readonly queue: QueueUnderTest["queue"];
  readonly ref: QueueRef;
  send(...messages: (string | OutgoingMessage)[]): Promise<{ readonly failed: readonly number[] }>;
  /** The next message, waited for. */
  next(): Promise<HeldMessage>;
  /** What is there now. */
  now(): Promise<readonly HeldMessage[]>;
}

function rigOf(queue: QueueUnderTest["queue"], ref: QueueRef): Rig {
  return {
    queue,
    ref,
    send: (...messages) => queue.send(ref, messages.map(toMessage), "test.send"),
    async next() {
      const [message] = await queue.receive(ref, 1, { waitSeconds });
      if (!message) throw new Error(`nothing came on ${ref} within ${waitSeconds} s`);
      return message;
    },
    now: () => queue.receive(ref, 10),
  };
}

function toMessage(message: string | OutgoingMessage): OutgoingMessage {
  return typeof message === "string" ? { body: message, delaySeconds: 0 } : message;
}

/** Receives and removes until `count` different bodies have come. */
async function takeAll({ queue, ref }: Rig, count: number): Promise<string[]> {
  const bodies = new Set<string>();
  await vi.waitFor(
    async () => {
      const held = await queue.receive(ref, 10, { waitSeconds: 1 });
      for (const { body } of held) bodies.add(body);
      await queue.remove(...held.map(({ receipt }) => receipt));
      expect(bodies.size).toBe(count);
    },
    { timeout: 20_000, interval: 0 },
  );
  return [...bodies].sort();
}

function sendingContract(fresh: () => Rig): void {
  describe("sending", () => {
    it("delivers body and attributes, and says when it was sent and how often received", async () => {
      const rig = fresh();
      const beforeMs = Date.now();
      const sent = await rig.send({
        body: '{"a":1}',
        delaySeconds: 0,
        attributes: { returned: "1", cause: "Grüße 🎉" },
      });
      expect(sent).toEqual({ failed: [] });
      const message = await rig.next();
      expect(message).toMatchObject({ body: '{"a":1}', receiveCount: 1, queue: rig.ref });
      expect(message.attributes).toEqual({ returned: "1", cause: "Grüße 🎉" });
      expect(message.messageId).not.toBe("");
      expect(message.sentAtMs).toBeGreaterThanOrEqual(beforeMs - 1);
      expect(message.sentAtMs).toBeLessThanOrEqual(Date.now() + 1);
    });

    it("says which messages of a batch were refused, and delivers the others", async () => {
      const rig = fresh();
      const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`name${i}`, "1"]));
      const sent = await rig.send(
        "1",
        { body: "2", delaySeconds: 0, attributes: { cause: "" } },
        { body: "3", delaySeconds: 0, attributes: { "a name": "1" } },
        { body: "4", delaySeconds: 0, attributes: { cause: "\uffff" } },
        { body: "5", delaySeconds: 0, attributes: eleven },
        { body: "6", delaySeconds: 0, fairnessKey: "two words" },
        "7",
      );
      expect([...sent.failed].sort()).toEqual([1, 2, 3, 4, 5]);
      expect(await takeAll(rig, 2)).toEqual(["1", "7"]);
    });

    it("takes messages for several tenants in one call, and delivers each with its key", async () => {
      const rig = fresh();
      const message = { body: "1", delaySeconds: 0 };
      await rig.send({ ...message, fairnessKey: "acme" }, { ...message, body: "2" }, { ...message, fairnessKey: "!~" });
      const keys = [(await rig.next()).fairnessKey, (await rig.next()).fairnessKey, (await rig.next()).fairnessKey];
      expect(keys.map(String).sort()).toEqual(["!~", "acme", "undefined"]);
    });

    it("delivers ten messages of one call, with an id each", async () => {
      const rig = fresh();
      const bodies = Array.from({ length: 10 }, (_, i) => `"${i}"`);
      await rig.send(...bodies);
      expect(await takeAll(rig, 10)).toEqual(bodies);
    });

    it("takes no messages", async () => {
      const rig = fresh();
      expect(await rig.send()).toEqual({ failed: [] });
      expect(await rig.now()).toEqual([]);
    });

    it("keeps queues apart", async () => {
      const [rig, other] = [fresh(), fresh()];
      await rig.send("1");
      expect(await other.now()).toEqual([]);
      await rig.queue.send("request", [{ body: "2", delaySeconds: 0 }], "test.send");
      expect((await rig.queue.receive("request", 10, { waitSeconds })).map(({ body }) => body)).toEqual(["2"]);
      expect((await rig.next()).body).toBe("1");
    });

    it("carries every character that JSON can hold", async () => {
      const rig = fresh();
      const everyUnit = String.fromCharCode(...Array.from({ length: 0x10000 }, (_, i) => i));
      const values = [everyUnit, "🎉\u{1fffe}\u{10ffff}", "x\uffff\ufffe\u0000\ud800", { "\udc00\uffff": ["\u0007"] }];
      await rig.send(JSON.stringify(values));
      // Not shown when it fails: 65,536 characters tell nobody anything.
      expect(isDeepStrictEqual(JSON.parse((await rig.next()).body), values)).toBe(true);
    });

    it("carries ten messages that are too large for one batch together", async () => {
      const rig = fresh();
      const bodies = Array.from({ length: 10 }, (_, i) => `"${i}${"ü".repeat(100 * 1024)}"`);
      expect(await rig.send(...bodies)).toEqual({ failed: [] });
      expect((await takeAll(rig, 10)).map((body) => body.length)).toEqual(bodies.map((body) => body.length));
    });

    it("refuses a message over 1 MiB, and sends nothing of its batch", async () => {
      const rig = fresh();
      await expect(rig.send('"small"', `"${"x".repeat(1024 * 1024)}"`)).rejects.toThrow(MessageTooLargeError);
      expect(await rig.now()).toEqual([]);
    });

    it.each([-1, 0.5, 901])("refuses a delay of %d s", async (delaySeconds) => {
      await expect(fresh().send({ body: "1", delaySeconds })).rejects.toThrow(RangeError);
    });

    it("delivers 300 messages to eight receivers", async () => {
      const rig = fresh();
      const bodies = Array.from({ length: 300 }, (_, i) => `"${String(i).padStart(3, "0")}"`);
      await Promise.all(Array.from({ length: 30 }, (_, i) => rig.send(...bodies.slice(10 * i, 10 * i + 10))));
      const received = new Set<string>();
      const receiver = async (): Promise<void> => {
        while (received.size < bodies.length) {
          const held = await rig.queue.receive(rig.ref, 10, { waitSeconds: 1 });
          for (const { body } of held) received.add(body);
          await rig.queue.remove(...held.map(({ receipt }) => receipt));
        }
      };
      await Promise.all(Array.from({ length: 8 }, receiver));
      expect([...received].sort()).toEqual(bodies);
    });
  });
}

function timesContract(fresh: () => Rig): void {
  describe("times", () => {
    it("holds a message back for its delay", async () => {
      const rig = fresh();
      const startMs = Date.now();
      await rig.send({ body: "1", delaySeconds: 1 });
      expect(await rig.now()).toEqual([]);
      await rig.next();
      expect(Date.now() - startMs).toBeGreaterThanOrEqual(990);
    });

    it("delivers again what was not removed within the visibility timeout, and counts", async () => {
      const rig = fresh();
      await rig.send("1");
      const startMs = Date.now();
      const first = await rig.next();
      expect(await rig.now()).toEqual([]);
      const second = await rig.next();
      expect(Date.now() - startMs).toBeGreaterThanOrEqual(990 * needs.visibilitySeconds);
      expect(second).toMatchObject({
        messageId: first.messageId,
        body: "1",
        sentAtMs: first.sentAtMs,
        receiveCount: 2,
      });
      expect(second.receipt).not.toBe(first.receipt);
    });

    it("delivers at once what was given back", async () => {
      const rig = fresh();
      await rig.send("1");
      await rig.queue.changeVisibility((await rig.next()).receipt, 0);
      expect((await rig.next()).receiveCount).toBe(2);
    });

    it("delivers later what was given back for later", async () => {
      const rig = fresh();
      await rig.send("1");
      const { receipt } = await rig.next();
      const startMs = Date.now();
      await rig.queue.changeVisibility(receipt, 2);
      expect((await rig.next()).receiveCount).toBe(2);
      expect(Date.now() - startMs).toBeGreaterThanOrEqual(1990);
    });

    it("moves what was delivered too often to the dead-letter queue, as it was", async () => {
      const rig = fresh();
      await rig.send({ body: '"dead"', delaySeconds: 0, attributes: { returned: "1" }, fairnessKey: "acme" });
      const first = await rig.next();
      await rig.queue.changeVisibility(first.receipt, 0);
      await rig.queue.changeVisibility((await rig.next()).receipt, 0);
      expect(await rig.now()).toEqual([]);
      const [dead] = await rig.queue.receive(`dead:${rig.ref}`, 10, { waitSeconds });
      const { messageId, sentAtMs } = first;
      expect(dead).toMatchObject({
        messageId,
        sentAtMs,
        body: '"dead"',
        attributes: { returned: "1" },
        fairnessKey: "acme",
        queue: `dead:${rig.ref}`,
      });
      await rig.queue.remove(dead?.receipt ?? "");
    });

    it("counts what is visible, in flight and delayed", async () => {
      const rig = fresh();
      await rig.send("1", "2", "3", { body: "4", delaySeconds: 900 });
      await rig.queue.changeVisibility((await rig.next()).receipt, 60);
      await vi.waitFor(async () =>
        expect(await rig.queue.depth(rig.ref)).toEqual({ visible: 2, inFlight: 1, delayed: 1 }),
      );
    });
  });
}

function receiptsContract(fresh: () => Rig): void {
  describe("receipts", () => {
    it("removes for good", async () => {
      const rig = fresh();
      await rig.send("1", "2");
      const held = [await rig.next(), await rig.next()];
      await rig.queue.remove(...held.map(({ receipt }) => receipt));
      await rig.queue.remove(...held.map(({ receipt }) => receipt));
      await rig.queue.remove();
      expect(await rig.queue.receive(rig.ref, 10, { waitSeconds: needs.visibilitySeconds + 1 })).toEqual([]);
    });

    it("removes more than one batch, of several queues", async () => {
      const [rig, other] = [fresh(), fresh()];
      await Promise.all(
        [0, 10].flatMap((from) =>
          [rig, other].map((one) => one.send(...Array.from({ length: 10 }, (_, i) => `${from + i}`))),
        ),
      );
      const empty = { visible: 0, inFlight: 0, delayed: 0 };
      await vi.waitFor(
        async () => {
          const held = [await rig.now(), await other.now(), await rig.now(), await other.now()].flat();
          await rig.queue.remove(...held.map(({ receipt }) => receipt));
          expect([await rig.queue.depth(rig.ref), await rig.queue.depth(other.ref)]).toEqual([empty, empty]);
        },
        { timeout: 10_000 },
      );
    });

    it("removes nothing by an old receipt: the message stays with whoever has it now", async () => {
      const rig = fresh();
      await rig.send("1");
      const first = await rig.next();
      const second = await rig.next();
      await rig.queue.remove(first.receipt);
      await vi.waitFor(async () => expect(await rig.queue.depth(rig.ref)).toMatchObject({ inFlight: 1 }));
      await rig.queue.changeVisibility(second.receipt, 0);
      const [dead] = await rig.queue
        .receive(rig.ref, 1)
        .then(() => rig.queue.receive(`dead:${rig.ref}`, 1, { waitSeconds }));
      expect(dead?.messageId).toBe(first.messageId);
    });

    it("gives back nothing that was removed", async () => {
      const rig = fresh();
      await rig.send("1");
      const { receipt } = await rig.next();
      await rig.queue.remove(receipt);
      await rig.queue.changeVisibility(receipt, 0);
      expect(await rig.queue.receive(rig.ref, 10, { waitSeconds: 1 })).toEqual([]);
    });
  });
}

function waitingContract(fresh: () => Rig): void {
  describe("waiting", () => {
    it("returns as soon as something comes", async () => {
      const rig = fresh();
      const startMs = Date.now();
      const receiving = rig.queue.receive(rig.ref, 10, { waitSeconds: 20 });
      await rig.send("1");
      expect((await receiving).map(({ body }) => body)).toEqual(["1"]);
      expect(Date.now() - startMs).toBeLessThan(3000);
    });

    it("returns empty when the time is over", async () => {
      const startMs = Date.now();
      const rig = fresh();
      expect(await rig.queue.receive(rig.ref, 10, { waitSeconds: 1 })).toEqual([]);
      expect(Date.now() - startMs).toBeGreaterThanOrEqual(990);
    });

    it("returns empty when told to stop, and takes no message with it", async () => {
      const rig = fresh();
      const stop = new AbortController();
      const receiving = rig.queue.receive(rig.ref, 10, { waitSeconds: 20, signal: stop.signal });
      stop.abort();
      expect(await receiving).toEqual([]);
      expect(await rig.queue.receive(rig.ref, 10, { waitSeconds: 20, signal: stop.signal })).toEqual([]);
      await rig.send("1");
      expect((await rig.next()).body).toBe("1");
    });

    it("gives one message to one of many who wait", async () => {
      const rig = fresh();
      const stop = new AbortController();
      const receivers = Array.from({ length: 10 }, () =>
        rig.queue.receive(rig.ref, 1, { waitSeconds: 20, signal: stop.signal }),
      );
      await rig.send("1", "2", "3");
      const first = await Promise.race(receivers);
      expect(first).toHaveLength(1);
      await vi.waitFor(async () => expect(await rig.queue.depth(rig.ref)).toMatchObject({ visible: 0 }));
      stop.abort();
      const received = (await Promise.all(receivers)).flat().map(({ body }) => body);
      expect(new Set(received).size).toBe(received.length);
    });
  });
}
