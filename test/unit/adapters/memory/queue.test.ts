import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../../lib/adapters/memory/clock.ts";
import { createMemoryQueue } from "../../../../lib/adapters/memory/queue.ts";
import type { HeldMessage } from "../../../../lib/ports/index.ts";

const queueName = "task:default";

function rig() {
  const clock = createVirtualClock(0);
  const queue = createMemoryQueue({ clock, visibilitySeconds: 60, maxReceiveCount: 2 });
  const send = (body: string, delaySeconds = 0) => queue.send(queueName, [{ body, delaySeconds }], "test.send");
  const bodies = async (max = 10) => (await queue.receive(queueName, max)).map(({ body }) => body);
  const receive = async () => (await queue.receive(queueName, 1))[0] as HeldMessage;
  return { clock, queue, send, bodies, receive };
}

describe("memory queue in virtual time", () => {
  it("delivers in order of availability, then of sending", async () => {
    const { clock, send, bodies } = rig();
    await send("delayed", 10);
    await send("first");
    await send("second");
    await send("less delayed", 5);
    clock.advanceTo(10_000);
    expect(await bodies(3)).toEqual(["first", "second", "less delayed"]);
    expect(await bodies()).toEqual(["delayed"]);
  });

  it("keeps the order of sending among messages that come back at once", async () => {
    const { clock, queue, send, bodies } = rig();
    for (const body of ["a", "b", "c"]) await send(body);
    const held = await queue.receive(queueName, 10);
    for (const { receipt } of [...held].reverse()) await queue.changeVisibility(receipt, 30);
    clock.advanceTo(30_000);
    expect(await bodies()).toEqual(["a", "b", "c"]);
  });

  it("says when the next message is or becomes visible", async () => {
    const { clock, queue, send, receive } = rig();
    expect(queue.nextEventAt()).toBeUndefined();
    await send("1", 20);
    expect(queue.nextEventAt()).toBe(20_000);
    clock.advanceTo(25_000);
    expect(queue.nextEventAt()).toBe(20_000);
    const { receipt } = await receive();
    expect(queue.nextEventAt()).toBe(85_000);
    await queue.changeVisibility(receipt, 900);
    expect(queue.nextEventAt()).toBe(925_000);
    await queue.remove(receipt);
    expect(queue.nextEventAt()).toBeUndefined();
  });

  it("delivers nothing once too often that waits behind others", async () => {
    const { clock, queue, send, receive, bodies } = rig();
    await send("dead");
    await send("delayed", 100);
    await queue.changeVisibility((await receive()).receipt, 0);
    await queue.changeVisibility((await receive()).receipt, 200);
    clock.advanceTo(200_000);
    expect(await bodies()).toEqual(["delayed"]);
    expect((await queue.receive(`dead:${queueName}`, 10)).map(({ body }) => body)).toEqual(["dead"]);
    expect(queue.depth(queueName)).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  });

  it("moves a message to the dead-letter queue when it would be visible once too often", async () => {
    const { clock, queue, send, receive, bodies } = rig();
    await send("1");
    await receive();
    clock.advanceTo(60_000);
    const second = await receive();
    expect(second.receiveCount).toBe(2);
    clock.advanceTo(119_999);
    expect(queue.depth(queueName)).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    clock.advanceTo(120_000);
    expect(queue.nextEventAt()).toBeUndefined();
    expect(queue.nextEventAt(`dead:${queueName}`)).toBe(120_000);
    expect(await bodies()).toEqual([]);
    const [dead] = await queue.receive(`dead:${queueName}`, 10);
    expect(dead).toMatchObject({ messageId: second.messageId, receiveCount: 3, sentAtMs: 0 });
    await queue.remove(second.receipt);
    expect(queue.depth(`dead:${queueName}`)).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    expect(queue.queues()).toEqual([`dead:${queueName}`]);
  });

  it("does not give back what is visible again already", async () => {
    const { clock, queue, send, receive, bodies } = rig();
    await send("1");
    const { receipt } = await receive();
    clock.advanceTo(60_000);
    await queue.changeVisibility(receipt, 600);
    expect(await bodies()).toEqual(["1"]);
  });

  it("wakes a receiver when a delay, a visibility timeout or a move to the dead-letter queue comes", async () => {
    const { clock, queue, send, receive } = rig();
    await send("1", 15);
    const delayed = queue.receive(queueName, 1, { waitSeconds: 20 });
    clock.advanceTo(15_000);
    expect((await delayed)[0]?.receiveCount).toBe(1);
    clock.advanceTo(70_000);
    const again = queue.receive(queueName, 1, { waitSeconds: 20 });
    clock.advanceTo(75_000);
    expect((await again)[0]?.receiveCount).toBe(2);
    clock.advanceTo(130_000);
    const dead = queue.receive(`dead:${queueName}`, 1, { waitSeconds: 20 });
    clock.advanceTo(135_000);
    expect((await dead)[0]?.receiveCount).toBe(3);
    await expect(receive()).resolves.toBeUndefined();
  });

  it("does not look again at once for letters while a message waits for its reader", async () => {
    const { clock, queue, send } = rig();
    await send("1");
    const wait = queue.receive(`dead:${queueName}`, 1, { waitSeconds: 20 });
    expect(clock.nextAt()).toBe(20_000);
    clock.advanceTo(20_000);
    expect(await wait).toEqual([]);
  });

  it("leaves no timer behind when a wait ends early", async () => {
    const { clock, queue, send } = rig();
    const stop = new AbortController();
    const waits = [
      queue.receive(queueName, 1, { waitSeconds: 20 }),
      queue.receive("request", 1, { waitSeconds: 20, signal: stop.signal }),
    ];
    await send("1");
    stop.abort();
    expect((await Promise.all(waits)).map((held) => held.length)).toEqual([1, 0]);
    expect(clock.nextAt()).toBeUndefined();
  });

  it("handles 20,000 messages without growing slow", async () => {
    const { clock, queue, send } = rig();
    for (let i = 0; i < 20_000; i++) await send(`${i}`, i % 900);
    let received = 0;
    for (let atMs = queue.nextEventAt(); atMs !== undefined; atMs = queue.nextEventAt()) {
      clock.advanceTo(atMs);
      const held = await queue.receive(queueName, 10);
      received += held.length;
      await queue.remove(...held.map(({ receipt }) => receipt));
    }
    expect(received).toBe(20_000);
  });

  it.each([0, 11])("refuses to hand out %d messages at once", async (max) => {
    await expect(rig().queue.receive(queueName, max)).rejects.toThrow(RangeError);
  });

  it("refuses eleven messages of one call, and a visibility timeout over twelve hours", async () => {
    const { queue, send, receive } = rig();
    const eleven = Array.from({ length: 11 }, () => ({ body: "1", delaySeconds: 0 }));
    await expect(queue.send(queueName, eleven, "test.send")).rejects.toThrow(RangeError);
    await send("1");
    const { receipt } = await receive();
    await expect(queue.changeVisibility(receipt, 43_201)).rejects.toThrow(RangeError);
  });
});
