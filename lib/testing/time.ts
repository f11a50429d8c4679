/**
 * The passing of time: everything that can happen now happens first, then the clock goes to the next event.
 *
 * The rule: **no time passes while a body is at work**, unless it waits for the engine's own sleep. Nothing here polls: a
 * body that waits for the real world is waited for by the real world's own event.
 */
import type { VirtualClock } from "../adapters/memory/clock.ts";
import type { MemoryQueue } from "../adapters/memory/queue.ts";
import type { Store } from "../ports/index.ts";
import { dueShard, indexShards } from "../protocol/keys.ts";
import type { Workers } from "./workers.ts";

/** What somebody waits for. Time passes only while there is one. */
export interface Goal {
  readonly reached: () => boolean | Promise<boolean>;
  /** No time passes for it beyond this moment. */
  readonly untilMs?: number;
  /** Time passes although bodies are at work. */
  readonly evenWhileRunning?: boolean;
}

export interface Time {
  /** Resolves when the goal is reached. Any number of goals share one time. */
  reach(goal: Goal): Promise<void>;
  /** Something has changed that the engine may wait for. */
  changed(): void;
  /** Ends every wait with that error. */
  stop(error: unknown): void;
}

interface TimeOptions {
  /** Task queues that nobody here reads. */
  readonly outsideQueues: ReadonlySet<string>;
  readonly clock: VirtualClock;
  readonly queue: MemoryQueue;
  readonly store: Store;
  readonly sweepSeconds: number;
  readonly workers: () => Workers;
}

interface Waiter extends Goal {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createTime({ clock, queue, store, sweepSeconds, workers, outsideQueues }: TimeOptions): Time {
  const waiters = new Set<Waiter>();
  let sweptAtMs = clock.now() as number;
  let passing = false;
  /** Something has changed since the step began. */
  let news = false;
  let wake = (): void => {};

  const readQueues = () => queue.queues().filter((name) => !outsideQueues.has(name));

  /** Starts one thing that is due now; false when there is none. */
  const startNext = async (): Promise<boolean> => {
    for (const from of readQueues()) {
      const [message] = await queue.receive(from, 1);
      if (message === undefined) continue;
      workers().begin(from, message);
      return true;
    }
    if ((await nextSweepMs()) > clock.now()) return false;
    sweptAtMs = clock.now();
    await workers().sweep();
    return true;
  };

  const nextSweepMs = async (): Promise<number> => {
    const shards = Array.from({ length: indexShards }, (_, shard) => dueShard(shard));
    const pages = await Promise.all(
      shards.map((shard) => store.due(shard, Number.MAX_SAFE_INTEGER, undefined, "due.read")),
    );
    const dueMs = Math.min(...pages.map(({ items: [first] }) => Number(first?.image.due ?? Number.POSITIVE_INFINITY)));
    return Math.max(dueMs, sweptAtMs + sweepSeconds * 1000);
  };

  const nextEventMs = async (): Promise<number> => {
    const visible = readQueues().map((name) => queue.nextEventAt(name) ?? Number.POSITIVE_INFINITY);
    const limits = [...waiters].map(({ untilMs }) => untilMs ?? Number.POSITIVE_INFINITY);
    return Math.min(clock.nextAt() ?? Number.POSITIVE_INFINITY, await nextSweepMs(), ...visible, ...limits);
  };

  const settleReached = async (): Promise<void> => {
    for (const waiter of [...waiters]) {
      try {
        if (!(await waiter.reached())) continue;
        waiter.resolve();
      } catch (error) {
        waiter.reject(error);
      }
      waiters.delete(waiter);
    }
  };

  const change = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  /** To the next event; one timer at a time, so that what it sets in motion comes before the next one. */
  const pass = async (): Promise<void> => {
    const atMs = await nextEventMs();
    if (atMs === Number.POSITIVE_INFINITY) throw new Error("nothing is going to happen any more");
    if ((clock.nextAt() ?? Number.POSITIVE_INFINITY) <= atMs) clock.next();
    else clock.advanceTo(atMs);
  };

  const held = (): boolean =>
    workers().awake().length > 0 && ![...waiters].some(({ evenWhileRunning }) => evenWhileRunning);

  const step = async (): Promise<void> => {
    news = false;
    await quiet();
    if (await startNext()) return;
    await settleReached();
    if (waiters.size === 0) return;
    // Whoever has been answered may go on first, and ask for more at this very moment.
    await quiet();
    // What was asked for just now may have been reached before: time must not run past it.
    if (news) return;
    if (!held()) return pass();
    await change();
  };

  const run = async (): Promise<void> => {
    try {
      while (waiters.size > 0) await step();
    } catch (error) {
      stop(error);
    } finally {
      passing = false;
    }
  };

  const changed = (): void => {
    news = true;
    wake();
  };

  const stop = (error: unknown): void => {
    for (const waiter of waiters) waiter.reject(error);
    waiters.clear();
    changed();
  };

  return {
    reach: (goal) =>
      new Promise((resolve, reject) => {
        waiters.add({ ...goal, resolve, reject });
        changed();
        if (passing) return;
        passing = true;
        void run();
      }),
    changed,
    stop,
  };
}

/** Resolves when no promise can go on by itself: a tick that a microtask asks for comes after all microtasks. */
async function quiet(): Promise<void> {
  await null;
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
