/**
 * What the deployment runs on: the ports in memory, or those of AWS on the embedded engine.
 */
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../lib/adapters/memory/store.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { epochMs } from "../../lib/model/ids.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { Clock, Ids, Queue, QueueConsumer, Store } from "../../lib/ports/index.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { startEngine } from "../../local/engine.ts";

export const engineNames = ["memory", "embedded"] as const;
export type EngineName = (typeof engineNames)[number];

export interface Engine {
  readonly store: Store;
  readonly queue: Queue & QueueConsumer;
  readonly clock: Clock;
  readonly ids: Ids;
  close(): Promise<void>;
}

const { visibilitySeconds } = defaults;
const maxReceiveCount = 20;
/** A time as any: its digits count, and a full second has fewer. */
const standingMs = Date.UTC(2026, 0, 1, 9, 41, 7, 123);

/** The time of what is written stands still, so that every run counts the same; timers run, for whoever polls. */
const standingClock: Clock = { now: () => epochMs(standingMs), after: wallClock.after };

/** Makes an engine. */
export async function makeEngine(name: EngineName): Promise<Engine> {
  return name === "memory" ? memoryEngine() : embeddedEngine();
}

function memoryEngine(): Engine {
  return {
    store: createMemoryStore(),
    queue: createMemoryQueue({ clock: standingClock, visibilitySeconds, maxReceiveCount }),
    clock: standingClock,
    ids: createSeededIds(1),
    close: async () => {},
  };
}

/** @throws Error when there is no DynamoDB engine for this platform. */
async function embeddedEngine(): Promise<Engine> {
  if (!dynoxideAvailable()) throw new Error("there is no DynamoDB engine (dynoxide) for this platform");
  const [clock, ids] = [wallClock, cryptoIds];
  const { store, queue, close } = await startEngine({
    table: "dynoxide",
    queues: [defaults.queue],
    visibilitySeconds,
    maxReceiveCount,
    clock,
    ids,
  });
  return { store, queue, clock, ids, close };
}
