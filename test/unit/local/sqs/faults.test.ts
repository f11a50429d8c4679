import { describe, expect, it } from "vitest";
import { createFaults } from "../../../../local/sqs/faults.ts";
import { createSeededRandom } from "../../../../local/sqs/random.ts";
import { content, createFakeQueue, type FakeQueue } from "./fake-queue.ts";

function sendAll(queue: FakeQueue, bodies: readonly string[]): void {
  for (const body of bodies) {
    queue.core.send(content(body), 0);
  }
}

const letters = ["a", "b", "c", "d", "e", "f", "g", "h"];

describe("duplicate", () => {
  it("delivers the next messages twice, with one id and two handles, each to be deleted on its own", () => {
    const queue = createFakeQueue();
    sendAll(queue, ["a", "b"]);
    queue.faults.set({ duplicate: { next: 1 } });
    const [first] = queue.receive().messages;
    const copies = queue.receive().messages;
    expect(copies).toHaveLength(1);
    expect(copies[0]?.history).toMatchObject({ messageId: first?.history.messageId, receiveCount: 1 });
    queue.core.delete(first?.receiptHandle ?? "");
    expect(queue.core.counts().inFlight).toBe(2);
    expect(queue.faults.get()).toEqual({ duplicate: { next: 0 } });
  });

  it("does not copy a copy: every message twice when always on", () => {
    const queue = createFakeQueue();
    queue.faults.set({ duplicate: { probability: 1 } });
    sendAll(queue, letters);
    expect(queue.bodies()).toEqual(letters);
    expect(queue.bodies()).toEqual(letters);
    expect(queue.bodies()).toEqual([]);
  });
});

describe("delay", () => {
  it("makes the next message late, between the two bounds", () => {
    const queue = createFakeQueue({ random: () => 0.5 });
    queue.faults.set({ delay: { next: 1, minMs: 1000, maxMs: 3000 } });
    sendAll(queue, ["late", "prompt"]);
    expect(queue.bodies()).toEqual(["prompt"]);
    queue.passSeconds(1.999);
    expect(queue.bodies()).toEqual([]);
    queue.passSeconds(0.001);
    expect(queue.bodies()).toEqual(["late"]);
  });
});

describe("reorder", () => {
  it("delivers all messages once, in another order", () => {
    const queue = createFakeQueue({ random: createSeededRandom(7) });
    queue.faults.set({ reorder: { probability: 1, window: 5 } });
    sendAll(queue, letters);
    const bodies = queue.bodies();
    expect(bodies).not.toEqual(letters);
    expect([...bodies].sort()).toEqual(letters);
  });
});

describe("swallow", () => {
  it("counts and hides a message without returning it", () => {
    const queue = createFakeQueue();
    queue.faults.set({ swallow: { next: 1 } });
    sendAll(queue, ["a", "b"]);
    expect(queue.bodies()).toEqual(["b"]);
    queue.passSeconds(30);
    const counts = queue.receive().messages.map(({ content: { body }, history }) => [body, history.receiveCount]);
    expect(Object.fromEntries(counts)).toEqual({ a: 2, b: 2 });
  });
});

describe("switches", () => {
  it("gives the same faults for the same seed", () => {
    const histories = [3, 3, 4].map((seed) => {
      const queue = createFakeQueue({ random: createSeededRandom(seed) });
      queue.faults.set({ duplicate: { probability: 0.5 }, reorder: { probability: 0.5 } });
      sendAll(queue, letters);
      return [queue.bodies(), queue.bodies()];
    });
    expect(histories[0]).toEqual(histories[1]);
    expect(histories[0]).not.toEqual(histories[2]);
  });

  it("leaves queues alone that are not named", () => {
    const faults = createFaults(() => 0);
    faults.set({ duplicate: { probability: 1 }, queues: ["named"] });
    expect(faults.forQueue("named").duplicates()).toBe(true);
    expect(faults.forQueue("other").duplicates()).toBe(false);
  });

  it("refuses a switch it does not know and a chance above 1", () => {
    const faults = createFaults(() => 0);
    expect(() => faults.set({ duplicate: { probability: 1.5 } })).toThrow();
    expect(() => faults.set({ duplicates: {} } as never)).toThrow();
  });

  it("draws nothing while all switches are off", () => {
    let drawn = 0;
    const queue = createFakeQueue({ random: () => ++drawn });
    sendAll(queue, letters);
    queue.receive();
    expect(drawn).toBe(0);
  });
});
