import { expect, it } from "vitest";
import { z } from "zod";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { createCoordinator } from "../../../lib/coordinator/index.ts";
import { epochMs } from "../../../lib/model/ids.ts";
import { defaults } from "../../../lib/model/limits.ts";
import type { Clock } from "../../../lib/ports/index.ts";
import { protocol } from "../../../lib/protocol/index.ts";
import { defineTask, type TaskDefinition } from "../../../lib/tasks/define-task.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";

const noArgs = z.tuple([]);

/** One run of one task, sent and not yet begun. */
async function sent(task: TaskDefinition, clock: Clock = createVirtualClock(Date.UTC(2026, 0, 1))) {
  const queue = createMemoryQueue({ clock, visibilitySeconds: 60, maxReceiveCount: 20 });
  const registry = registryOf({ task });
  const quiet = { log: { write: () => {} }, metrics: { count: () => {} } };
  const ports = { store: createMemoryStore(), queue, clock, ids: createSeededIds(7) };
  const catalog = catalogOf(registry);
  const coordinator = createCoordinator({ ...ports, ...quiet, settings: defaults, registry, catalog, protocol });
  const body = JSON.stringify({ tutti: 1, type: "submit", id: "run", workflow: { task: task.name } });
  await coordinator.control({ messageId: "m1", body, receiveCount: 1, sentAtMs: 0, attributes: {} });
  return { queue, coordinator, messages: await queue.receive("task:default", 1) };
}

it("aborts the signal of a body when its process is out of time, and has the task tried again", async () => {
  const clock = createVirtualClock(Date.UTC(2026, 0, 1));
  const reasons: unknown[] = [];
  const long = defineTask({ name: "long", args: noArgs }, (ctx) => {
    return new Promise((_resolve, reject) => {
      ctx.signal.addEventListener("abort", () => {
        reasons.push((ctx.signal.reason as Error).name);
        reject(ctx.signal.reason as Error);
      });
    });
  });
  const { queue, coordinator, messages } = await sent(long, clock);
  const working = coordinator.work({ messages, queue: "default", deadlineAtMs: clock.now() + 20_000 });
  await new Promise((done) => setImmediate(done));
  clock.advanceTo(clock.now() + 20_000);
  expect(await working).toEqual([{ kind: "acknowledge" }]);
  expect(reasons).toEqual(["process-ending"]);
  expect(queue.depth("task:default")).toMatchObject({ visible: 0, delayed: 1 });
});

it("begins a task whose limit is longer than its process has: only one that had to wait for its turn comes back", async () => {
  const ticking: Clock = { now: () => epochMs(startMs + ticks++), after: () => () => {} };
  const startMs = Date.UTC(2026, 0, 1);
  let ticks = 0;
  const quick = defineTask({ name: "quick", args: noArgs, timeoutSeconds: 600 }, () => null);
  const { coordinator, messages } = await sent(quick, ticking);
  const deadlineAtMs = ticking.now() + 60_000;
  expect(await coordinator.work({ messages, queue: "default", deadlineAtMs })).toEqual([{ kind: "acknowledge" }]);
});
