/**
 * Two versions of the code at work on one deployment: an update, and the way back.
 */
import { expect, it } from "vitest";
import { z } from "zod";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { createCoordinator } from "../../../lib/coordinator/index.ts";
import { defaults } from "../../../lib/model/limits.ts";
import type { HeldMessage } from "../../../lib/ports/queue.ts";
import { protocol } from "../../../lib/protocol/index.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";

const add = defineTask({ name: "add", args: z.tuple([z.number(), z.number()]) }, async (_ctx, a, b) => a + b);
const deadlineAtMs = Number.MAX_SAFE_INTEGER;
const minuteMs = 60_000;

/** A run whose one task is out, as this version has sent it. */
async function deployment() {
  const clock = createVirtualClock(Date.UTC(2026, 0, 1));
  const store = createMemoryStore();
  const queue = createMemoryQueue({ clock, visibilitySeconds: 60, maxReceiveCount: 20 });
  const registry = registryOf({ add });
  const coordinator = createCoordinator({
    store,
    queue,
    clock,
    ids: createSeededIds(7),
    log: { write: () => {} },
    metrics: { count: () => {} },
    settings: defaults,
    registry,
    catalog: catalogOf(registry),
    protocol,
  });
  const document = { tutti: 1, type: "submit", requestId: "q1", id: "run", workflow: { task: "add", args: [1, 2] } };
  const body = JSON.stringify(document);
  await coordinator.control({ messageId: "m1", body, receiveCount: 1, sentAtMs: 0, attributes: {} });
  const [message] = (await queue.receive("task:default", 1)) as [HeldMessage];
  const work = (one: HeldMessage) => coordinator.work({ messages: [one], queue: "default", deadlineAtMs });
  const status = () => store.dump().find(({ key }) => key.sk === "head")?.image.status;
  return { clock, queue, coordinator, message, work, status };
}

it.each([
  ["of another number", (body: object) => ({ ...body, tutti: 2 })],
  ["with a field that this one does not know", (body: object) => ({ ...body, colour: "red" })],
])(
  "after the way back, a message of the later version %s is put aside, and the task sent again from the table",
  async (_, later) => {
    const { clock, queue, coordinator, message, work, status } = await deployment();
    const body = JSON.stringify(later(JSON.parse(message.body)));
    expect(await work({ ...message, body })).toEqual([{ kind: "acknowledge" }]);
    await queue.remove(message.receipt);
    expect(status()).toBe("RUNNING");

    for (let minute = 0; minute < 5; minute++) {
      clock.advanceTo(clock.now() + minuteMs);
      await coordinator.sweep({ deadlineAtMs });
    }
    const [again] = (await queue.receive("task:default", 1)) as [HeldMessage];
    await work(again);
    expect(status()).toBe("SUCCEEDED");
  },
);
