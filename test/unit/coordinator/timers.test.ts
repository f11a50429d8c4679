/**
 * Waits in the table: what is recorded when, that a repeat counts nothing twice, and when the sweeper comes.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { createCoordinator, type Settings } from "../../../lib/coordinator/index.ts";
import { defaults } from "../../../lib/model/limits.ts";
import type { OutgoingMessage, Queue } from "../../../lib/ports/index.ts";
import { protocol } from "../../../lib/protocol/index.ts";
import { headKey } from "../../../lib/protocol/keys.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";

const startMs = Date.UTC(2026, 0, 1);
const seconds = 1000;
const day = 86_400 * seconds;
const one = { task: "one", args: [1] };

function world(settings: Partial<Settings> = {}) {
  const clock = createVirtualClock(startMs);
  const store = createMemoryStore();
  const memory = createMemoryQueue({ clock, visibilitySeconds: 60, maxReceiveCount: 20 });
  const sent: { readonly to: string; readonly type: string; readonly delaySeconds: number }[] = [];
  const queue: Queue = {
    send(to, messages: readonly OutgoingMessage[], site) {
      for (const { body, delaySeconds } of messages) sent.push({ to, type: JSON.parse(body).type, delaySeconds });
      return memory.send(to, messages, site);
    },
  };
  const registry = registryOf({ one: defineTask({ name: "one", args: z.array(z.any()) }, (_ctx, value) => value) });
  const coordinator = createCoordinator({
    ...{ store, queue, clock, ids: createSeededIds(7), registry, catalog: catalogOf(registry), protocol },
    ...{ settings: { ...defaults, ...settings }, log: { write: () => {} }, metrics: { count: () => {} } },
  });
  const message = (body: string) => ({ messageId: "m1", body, receiveCount: 1, sentAtMs: 0, attributes: {} });
  return {
    clock,
    sent,
    memory,
    coordinator,
    /** Delivers the request; each time it is the same one. */
    submit: (workflow: object, around: object = {}) =>
      coordinator.control(
        message(JSON.stringify({ tutti: 1, type: "submit", id: "r", requestId: "q", ...around, workflow })),
      ),
    head: async () => (await store.get(headKey("r"), "test")) as Readonly<Record<string, number>>,
    slot: async (sk: string) => (await store.get({ pk: "r", sk }, "test"))?.s0,
    sweep: () => coordinator.sweep({ deadlineAtMs: clock.now() + 60_000 }),
  };
}

describe("a delay that no message can carry", () => {
  const workflow = { ...one, delaySeconds: 3000 };
  const recorded = { s: "W", a: 0, d: 1, w: 1, t: startMs + 3000 * seconds };

  it("is recorded with its end, and nothing is sent", async () => {
    const { submit, slot, sent } = world();
    expect(await submit(workflow)).toEqual({ kind: "acknowledge" });
    expect(await slot("node#task")).toEqual(recorded);
    expect(sent).toEqual([]);
  });

  it("lowers the head's due time where that is later", async () => {
    const { submit, head } = world({ sweepSeconds: 7200 });
    await submit(workflow);
    expect((await head()).due).toBe(startMs + 3000 * seconds);
  });

  it("is over once the sweeper has sent its task: who looks then sends it at once", async () => {
    const { submit, sent, clock, sweep } = world();
    await submit(workflow);
    clock.advanceTo(startMs + 3000 * seconds);
    await sweep();
    clock.advanceTo(startMs + 3300 * seconds);
    await submit(workflow);
    const now = { to: "task:default", type: "task", delaySeconds: 0 };
    expect(sent).toEqual([now, now]);
  });

  it("is not counted again when its release is repeated", async () => {
    const { submit, slot, sent, clock } = world();
    await submit(workflow);
    clock.advanceTo(startMs + 500 * seconds);
    await submit(workflow);
    expect(await slot("node#task")).toEqual(recorded);
    expect(sent).toEqual([]);
    // Near enough for a message: for what is left of it.
    clock.advanceTo(startMs + 2500 * seconds);
    await submit(workflow);
    expect(await slot("node#task")).toEqual(recorded);
    expect(sent).toEqual([{ to: "task:default", type: "task", delaySeconds: 500 }]);
  });
});

describe("a sleep that a message can carry", () => {
  const workflow = { sleep: 300 };
  const recorded = { s: "W", a: 0, d: 1, t: startMs + 300 * seconds };

  it("is recorded, then sent to control", async () => {
    const { submit, slot, sent } = world();
    await submit(workflow);
    expect(await slot("node#sleep")).toEqual(recorded);
    expect(sent).toEqual([{ to: "request", type: "wake", delaySeconds: 300 }]);
  });

  it("is not counted again when its release is repeated", async () => {
    const { submit, slot, sent, clock } = world();
    await submit(workflow);
    clock.advanceTo(startMs + 100 * seconds);
    await submit(workflow);
    expect(await slot("node#sleep")).toEqual(recorded);
    expect(sent.map(({ delaySeconds }) => delaySeconds)).toEqual([300, 200]);
  });

  it("goes on when its message is early: that comes back in time", async () => {
    const { submit, slot, memory, coordinator, clock } = world();
    await submit(workflow);
    clock.advanceTo(startMs + 300 * seconds);
    const [message] = await memory.receive("request", 1);
    const early = world();
    await early.submit(workflow);
    early.clock.advanceTo(startMs + 290 * seconds);
    if (message === undefined) throw new Error("there is no message");
    expect(await early.coordinator.control(message)).toEqual({ kind: "return", delaySeconds: 10 });
    expect(await early.slot("node#sleep")).toEqual(recorded);
    expect(await coordinator.control(message)).toEqual({ kind: "acknowledge" });
    expect(await slot("node#sleep")).toMatchObject({ s: "SUCCEEDED", a: 0, f: startMs + 300 * seconds });
  });

  it("is poison where its message is none", async () => {
    const { coordinator } = world();
    const bad = { messageId: "m9", receiveCount: 1, sentAtMs: 0, attributes: {} };
    for (const body of ['{"tutti":1,"type":"wake"', '{"tutti":1,"type":"wake","run":5}'])
      expect(await coordinator.control({ ...bad, body })).toEqual({ kind: "acknowledge" });
  });
});

describe("the sweeper", () => {
  it("looks at a run that only waits for a recorded time once a day, and at that time", async () => {
    const { submit, head, clock, sweep } = world();
    await submit({ group: [{ sleep: 2 * 86_400 + 3600 }, { ...one, delaySeconds: 5 * 86_400 }] });
    const visits: number[] = [];
    for (let due = (await head()).due as number; due < startMs + 3 * day; due = (await head()).due as number) {
      visits.push((due - startMs) / seconds);
      clock.advanceTo(due);
      await sweep();
    }
    expect(visits).toEqual([60, 60 + 86_400, 2 * 86_400 + 60, 2 * 86_400 + 3600, 2 * 86_400 + 3660]);
  });

  it("looks more often where a message is on its way", async () => {
    const { submit, head, clock, sweep } = world();
    await submit({ group: [{ sleep: 3 * 86_400 }, one] });
    clock.advanceTo(startMs + 60 * seconds);
    await sweep();
    expect((await head()).due).toBeLessThanOrEqual(startMs + 120 * seconds);
  });
});

describe("the deadline of a run", () => {
  it("is seven days and what it waits", async () => {
    const { submit, head } = world();
    await submit({ chain: [{ sleep: { until: "2026-01-31T00:00:00Z" } }, { ...one, delaySeconds: 86_400 }] });
    expect((await head()).deadlineAt).toBe(startMs + (30 + 1 + 7) * day);
  });

  it("is what was asked for, where that is enough", async () => {
    const { submit, head } = world();
    await submit({ chain: [{ sleep: 60 }, one] }, { deadlineSeconds: 600 });
    expect((await head()).deadlineAt).toBe(startMs + 600 * seconds);
  });
});
