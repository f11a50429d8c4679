import { describe, expect, it } from "vitest";
import { content, createFakeQueue, type FakeQueue, startMs } from "./fake-queue.ts";

/** Sends one message and receives it; returns the receipt handle. */
function receiveOne(queue: FakeQueue, visibilitySeconds = 30): string {
  queue.core.send(content("one"), 0);
  return handleOf(queue, visibilitySeconds);
}

function handleOf(queue: FakeQueue, visibilitySeconds = 30): string {
  const handle = queue.receive({ visibilitySeconds }).messages[0]?.receiptHandle;
  if (handle === undefined) {
    throw new Error("nothing to receive");
  }
  return handle;
}

describe("visibility timeout", () => {
  it("hides a received message until the timeout ends, and not a millisecond longer", () => {
    const queue = createFakeQueue();
    receiveOne(queue, 30);
    queue.passSeconds(29.999);
    expect(queue.bodies()).toEqual([]);
    queue.passSeconds(0.001);
    expect(queue.bodies()).toEqual(["one"]);
  });

  it("says when the next hidden or delayed message becomes visible", () => {
    const queue = createFakeQueue();
    expect(queue.core.nextEventAt()).toBeUndefined();
    const handle = receiveOne(queue, 30);
    queue.core.send(content("two"), 10);
    expect(queue.core.nextEventAt()).toBe(startMs + 10_000);
    queue.passSeconds(10);
    expect(queue.bodies()).toEqual(["two"]);
    queue.core.delete(handle);
    expect(queue.core.nextEventAt()).toBe(startMs + 40_000);
  });

  it("returns no message twice in one receive, though its visibility is 0", () => {
    const queue = createFakeQueue();
    queue.core.send(content("one"), 0);
    expect(queue.bodies({ visibilitySeconds: 0 })).toEqual(["one"]);
    expect(queue.bodies({ visibilitySeconds: 0 })).toEqual(["one"]);
  });

  it("returns what is there and at most what was asked for", () => {
    const queue = createFakeQueue();
    for (const body of ["a", "b", "c"]) {
      queue.core.send(content(body), 0);
    }
    expect(queue.bodies({ maxMessages: 2 })).toEqual(["a", "b"]);
    expect(queue.bodies({ maxMessages: 2 })).toEqual(["c"]);
  });

  it("makes a message visible at once when its visibility is set to 0", () => {
    const queue = createFakeQueue();
    queue.core.changeVisibility(receiveOne(queue), 0);
    expect(queue.bodies()).toEqual(["one"]);
  });

  it("counts an extension from the time it is made", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue, 30);
    queue.passSeconds(20);
    queue.core.changeVisibility(handle, 30);
    queue.passSeconds(29);
    expect(queue.bodies()).toEqual([]);
    queue.passSeconds(1);
    expect(queue.bodies()).toEqual(["one"]);
  });

  it("refuses to hide a message for more than 12 hours after its receive", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue, 43_200);
    queue.passSeconds(3600);
    queue.core.changeVisibility(handle, 39_600);
    expect(() => queue.core.changeVisibility(handle, 39_601)).toThrow(
      expect.objectContaining({ name: "InvalidParameterValue" }),
    );
  });

  it("allows 12 hours again after the next receive", () => {
    const queue = createFakeQueue();
    receiveOne(queue, 43_200);
    queue.passSeconds(43_200);
    expect(() => queue.core.changeVisibility(handleOf(queue), 43_200)).not.toThrow();
  });

  it("refuses to change a message that is visible again", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue, 30);
    queue.passSeconds(30);
    expect(() => queue.core.changeVisibility(handle, 30)).toThrow(
      expect.objectContaining({ name: "MessageNotInflight" }),
    );
    expect(queue.bodies()).toEqual(["one"]);
  });

  it("refuses to change a deleted message", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue);
    queue.core.delete(handle);
    expect(() => queue.core.changeVisibility(handle, 30)).toThrow(
      expect.objectContaining({ name: "InvalidParameterValue" }),
    );
  });
});

describe("receipt handles", () => {
  it("deletes nothing by an old handle once the message was received again", () => {
    const queue = createFakeQueue();
    const oldHandle = receiveOne(queue, 0);
    const newHandle = handleOf(queue);
    queue.core.delete(oldHandle);
    expect(queue.core.counts().inFlight).toBe(1);
    queue.core.delete(newHandle);
    expect(queue.core.counts().inFlight).toBe(0);
  });

  it("deletes a message that is visible again but was not received again", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue, 30);
    queue.passSeconds(31);
    queue.core.delete(handle);
    expect(queue.bodies()).toEqual([]);
  });

  it("succeeds when the same message is deleted again", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue);
    queue.core.delete(handle);
    expect(() => queue.core.delete(handle)).not.toThrow();
  });

  it.each(["garbage", "", "MS4x"])("refuses %j, which no queue gave out", (handle) => {
    const queue = createFakeQueue();
    receiveOne(queue);
    expect(() => queue.core.delete(handle)).toThrow(expect.objectContaining({ name: "ReceiptHandleIsInvalid" }));
    expect(() => queue.core.changeVisibility(handle, 1)).toThrow(
      expect.objectContaining({ name: "ReceiptHandleIsInvalid" }),
    );
  });

  it("refuses a good handle with one character changed", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue);
    const changed = `${handle[0] === "M" ? "N" : "M"}${handle.slice(1)}`;
    expect(() => queue.core.delete(changed)).toThrow(expect.objectContaining({ name: "ReceiptHandleIsInvalid" }));
  });
});

describe("delay and retention", () => {
  it("hides a delayed message until its delay ends", () => {
    const queue = createFakeQueue();
    queue.core.send(content("late"), 900);
    queue.passSeconds(899);
    expect(queue.bodies()).toEqual([]);
    queue.passSeconds(1);
    expect(queue.bodies()).toEqual(["late"]);
  });

  it("drops a message at the end of its retention, wherever it is", () => {
    const queue = createFakeQueue({ retentionSeconds: 60 });
    receiveOne(queue, 3600);
    queue.core.send(content("visible"), 0);
    queue.core.send(content("delayed"), 900);
    queue.passSeconds(59);
    expect(queue.core.counts()).toEqual({ visible: 1, inFlight: 1, delayed: 1 });
    queue.passSeconds(1);
    expect(queue.core.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it("counts retention of a moved message from its first sending", () => {
    const queue = createFakeQueue({ retentionSeconds: 60 });
    const history = { messageId: "old", sentAtMs: startMs - 50_000, receiveCount: 3 };
    queue.core.accept({ content: content("dead"), history });
    queue.passSeconds(9);
    expect(queue.core.counts().visible).toBe(1);
    queue.passSeconds(1);
    expect(queue.core.counts().visible).toBe(0);
  });
});

describe("counts", () => {
  it("counts visible, in-flight and delayed messages", () => {
    const queue = createFakeQueue();
    for (let sent = 0; sent < 10; sent += 1) {
      queue.core.send(content("x"), 0);
    }
    queue.core.send(content("x"), 60);
    queue.receive({ maxMessages: 4 });
    expect(queue.core.counts()).toEqual({ visible: 6, inFlight: 4, delayed: 1 });
    queue.passSeconds(60);
    expect(queue.core.counts()).toEqual({ visible: 11, inFlight: 0, delayed: 0 });
    queue.core.purge();
    expect(queue.core.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it("takes messages after a purge, and refuses none of the old handles", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue, 10);
    queue.core.purge();
    queue.core.send(content("two"), 0);
    queue.core.delete(handle);
    queue.passSeconds(10);
    expect(queue.bodies()).toEqual(["two"]);
  });

  it("refuses a receive while as many messages are in flight as may be, and not before", () => {
    const queue = createFakeQueue({ inFlightLimit: 15 });
    for (let sent = 0; sent < 20; sent += 1) {
      queue.core.send(content("x"), 0);
    }
    expect(queue.bodies()).toHaveLength(10);
    expect(queue.bodies()).toHaveLength(5);
    expect(() => queue.receive()).toThrow(expect.objectContaining({ name: "OverLimit" }));
    queue.passSeconds(30);
    expect(queue.bodies()).toHaveLength(10);
  });

  it("answers an empty queue with nothing at the limit", () => {
    const queue = createFakeQueue({ inFlightLimit: 1 });
    receiveOne(queue);
    expect(queue.bodies()).toEqual([]);
  });
});

describe("history of a message", () => {
  it("keeps id, time of sending and first receive, and counts receives", () => {
    const queue = createFakeQueue();
    const messageId = queue.core.send(content("one"), 0);
    queue.passSeconds(1);
    queue.receive({ visibilitySeconds: 5 });
    queue.passSeconds(5);
    expect(queue.receive().messages[0]?.history).toEqual({
      messageId,
      sentAtMs: startMs,
      receiveCount: 2,
      firstReceivedAtMs: startMs + 1000,
      deadLetterSourceArn: undefined,
    });
  });

  it("hands over a message that was received maxReceiveCount times, at the next receive", () => {
    const queue = createFakeQueue();
    queue.core.send(content("poison"), 0);
    for (let receives = 0; receives < 2; receives += 1) {
      expect(queue.bodies({ maxReceiveCount: 2, visibilitySeconds: 0 })).toEqual(["poison"]);
    }
    expect(queue.core.counts().visible).toBe(1);
    const { messages, deadLetters } = queue.receive({ maxReceiveCount: 2 });
    expect(messages).toEqual([]);
    expect(deadLetters).toMatchObject([
      { content: { body: "poison" }, history: { receiveCount: 2, sentAtMs: startMs } },
    ]);
    expect(queue.core.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it("fills a receive with live messages behind a dead letter", () => {
    const queue = createFakeQueue();
    queue.core.send(content("poison"), 0);
    queue.receive({ visibilitySeconds: 0 });
    queue.core.send(content("good"), 0);
    expect(queue.bodies({ maxReceiveCount: 1, maxMessages: 1 })).toEqual(["good"]);
  });

  it("does not count receives in an earlier queue towards maxReceiveCount", () => {
    const queue = createFakeQueue();
    queue.core.accept({ content: content("dead"), history: { messageId: "m", sentAtMs: startMs, receiveCount: 5 } });
    const { messages } = queue.receive({ maxReceiveCount: 1 });
    expect(messages[0]?.history.receiveCount).toBe(6);
  });

  it("undoes a receive whose answer was not delivered: visible at once, not counted, handle void", () => {
    const queue = createFakeQueue();
    const handle = receiveOne(queue);
    queue.core.giveBack(handle);
    const [again] = queue.receive().messages;
    expect(again?.history.receiveCount).toBe(1);
    expect(again?.receiptHandle).not.toBe(handle);
    queue.core.delete(handle);
    expect(queue.core.counts().inFlight).toBe(1);
  });
});
