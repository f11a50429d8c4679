/**
 * A chord some of whose members are slow, by the real driver in virtual time: its store and queue in memory take as long as
 * those of AWS were measured to take, drawn anew for each call. Copies of the function are there when a message is.
 */
import { z } from "zod";
import { createVirtualClock } from "../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../lib/adapters/memory/store.ts";
import { createCoordinator, type Disposition } from "../../lib/coordinator/index.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { Queue, Store } from "../../lib/ports/index.ts";
import type { ConsumedQueue, HeldMessage } from "../../lib/ports/queue.ts";
import { protocol } from "../../lib/protocol/index.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { draw, measured, type Quantiles, type Random } from "./distribution.ts";
import type { Stragglers } from "./hedging.ts";

export interface HedgedChord {
  /** From the start of the first member to the start of the callback. */
  readonly ms: number;
  /** Bodies beyond one for each member, of a member. */
  readonly extraShare: number;
}

/** Members are slow by chance: a copy of one is drawn anew. */
type Chord = Stragglers & { readonly afterPercentile: number | undefined };

/** Runs one chord until its callback begins. */
export async function hedgedChord(chord: Chord, random: Random): Promise<HedgedChord> {
  const { members, usual, slowShare, slowTimes, afterPercentile } = chord;
  const clock = createVirtualClock(0);
  const memory = createMemoryStore();
  const messages = createMemoryQueue({ clock, visibilitySeconds: defaults.visibilitySeconds, maxReceiveCount: 20 });
  const pause = (ms: number) => new Promise<void>((done) => void clock.after(ms, done));
  const took = async <Result>(of: Quantiles, call: () => Promise<Result>): Promise<Result> => {
    // Half of the way there, half of it back: others may come between.
    const ms = draw(of, random) / 2;
    await pause(ms);
    const result = await call();
    await pause(ms);
    return result;
  };
  const store: Store = {
    get: (...args) => took(measured.read, () => memory.get(...args)),
    getMany: (...args) => took(measured.batch, () => memory.getMany(...args)),
    query: (...args) => took(measured.batch, () => memory.query(...args)),
    due: (...args) => took(measured.batch, () => memory.due(...args)),
    list: (...args) => took(measured.batch, () => memory.list(...args)),
    write: (...args) => took(measured.write, () => memory.write(...args)),
    remove: (...args) => took(measured.write, () => memory.remove(...args)),
  };
  const queue: Queue = {
    async send(to, batch, site) {
      // The send is answered about when its messages are delivered.
      const sent = batch.map(async (message) => {
        await pause(draw(measured.hop, random));
        await messages.send(to, [message], site);
      });
      await sent[0];
      return { failed: [] };
    },
  };
  let bodies = 0;
  let beganMs: number | undefined;
  let calledMs: number | undefined;
  const tasks = registryOf({
    member: defineTask({ name: "member", args: z.array(z.any()), timeoutSeconds: 600 }, async () => {
      bodies++;
      beganMs ??= clock.now();
      await pause(draw(usual, random) * (random() < slowShare ? slowTimes : 1));
      return 1;
    }),
    callback: defineTask({ name: "callback", args: z.array(z.any()) }, () => {
      calledMs = clock.now();
      return null;
    }),
  });
  const coordinator = createCoordinator({
    store,
    queue,
    clock,
    ids: createSeededIds(Math.floor(random() * 2 ** 31)),
    log: { write: () => {} },
    metrics: { count: () => {} },
    settings: defaults,
    registry: tasks,
    catalog: catalogOf(tasks),
    protocol,
  });

  async function deliver(from: ConsumedQueue, message: HeldMessage): Promise<void> {
    const batch = { messages: [message], queue: from.slice("task:".length), deadlineAtMs: clock.now() + 900_000 };
    const [disposition] =
      from === "request" ? [await coordinator.control(message)] : ((await coordinator.work(batch)) as [Disposition]);
    if (disposition.kind === "acknowledge") await messages.remove(message.receipt);
    else await messages.changeVisibility(message.receipt, disposition.delaySeconds);
  }

  const header = Array.from({ length: members }, () => ({ task: "member" }));
  const hedge = afterPercentile === undefined ? {} : { hedge: { afterPercentile } };
  const workflow = { chord: { header, callback: { task: "callback" }, ...hedge } };
  const body = JSON.stringify({ tutti: 1, type: "submit", id: "run", requestId: "request", workflow });
  await messages.send("request", [{ body, delaySeconds: 0 }], "bench");
  const faults: unknown[] = [];
  while (calledMs === undefined) {
    await new Promise((done) => setImmediate(done));
    if (faults.length > 0) throw faults[0];
    let received = false;
    for (const from of messages.queues())
      for (const message of await messages.receive(from, 10)) {
        received = true;
        deliver(from, message).catch((error: unknown) => faults.push(error));
      }
    if (received) continue;
    const atMs = Math.min(clock.nextAt() ?? Infinity, messages.nextEventAt() ?? Infinity);
    if (atMs === Infinity) throw new Error("the chord has come to rest without its callback");
    if (clock.nextAt() === atMs) clock.next();
    else clock.advanceTo(atMs);
  }
  return { ms: calledMs - (beganMs ?? 0), extraShare: bodies / members - 1 };
}
