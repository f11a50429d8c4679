/**
 * The coordinator of a client that repairs: it runs no task. A file of its own, loaded when that is asked for.
 */
import { wallClock } from "./adapters/system/clock.ts";
import { cryptoIds } from "./adapters/system/ids.ts";
import { noMetrics } from "./adapters/system/metrics.ts";
import { type Coordinator, createCoordinator, type Settings } from "./coordinator/index.ts";
import { defaults } from "./model/limits.ts";
import type { Queue, Store } from "./ports/index.ts";
import { protocol } from "./protocol/index.ts";

/** What is reached. */
export interface Repairing {
  readonly store: Store;
  readonly queue: Queue;
  readonly settings: Partial<Settings>;
}

export function repairing({ store, queue, settings }: Repairing): Coordinator {
  return createCoordinator({
    store,
    queue,
    clock: wallClock,
    ids: cryptoIds,
    // The command says what was done.
    log: { write: () => undefined },
    metrics: noMetrics,
    settings: { ...defaults, ...settings },
    registry: new Map(),
    catalog: new Map(),
    protocol,
  });
}
