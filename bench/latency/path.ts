/**
 * The critical paths, counted and not claimed: a run on the ports in memory, where every call takes one turn of a clock. What is
 * called within one turn goes side by side; what is called in the next one has waited for it.
 */
import { setImmediate as settle, setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../lib/adapters/memory/store.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { noMetrics } from "../../lib/adapters/system/metrics.ts";
import { createPortClient, type Submittable } from "../../lib/client/client.ts";
import { defineTask } from "../../lib/index.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { Queue, QueueConsumer, Store } from "../../lib/ports/index.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { startWorker } from "../../local/worker.ts";
import { deploymentFor } from "../members/deployment.ts";

/** What the longest of the calls that go side by side is. */
export type Kind = "write" | "read" | "batch" | "hop";

export interface Step {
  readonly kind: Kind;
  /** Calls side by side: the slowest of them is waited for. */
  readonly calls: number;
  readonly sites: readonly string[];
}

export interface Paths {
  /** From the end of the last member to the start of the callback. */
  readonly join: readonly Step[];
  /** From the end of a step of a chain to the start of the next one. */
  readonly inline: readonly Step[];
  /** The same, when the next one is on another queue. */
  readonly overQueue: readonly Step[];
}

interface Call {
  readonly turn: number;
  readonly kind: Kind;
  readonly calls: number;
  readonly site: string;
}

const getMany = { most: 100, atOnce: 4 } as const;

/** Counts the paths; the join's of a chord of that many members. */
export async function countPaths(members: number): Promise<Paths> {
  const [join, inline, overQueue] = [
    await pathOf(
      {
        chord: {
          header: Array.from({ length: members }, (_, index) => ({ task: "before", args: [index] })),
          callback: { task: "after", args: [] },
        },
      },
      members - 1,
    ),
    await pathOf(
      {
        chain: [
          { task: "before", args: [0] },
          { task: "after", args: [] },
        ],
      },
      0,
    ),
    await pathOf(
      {
        chain: [
          { task: "before", args: [0] },
          { task: "after", args: [], queue: "other" },
        ],
      },
      0,
    ),
  ];
  return { join, inline, overQueue };
}

/** A commit and an arrival, and one to spare. */
const turnsAfterOthers = 3;

/** @param last - What the last of its members is given. */
async function pathOf(workflow: Submittable, last: number): Promise<readonly Step[]> {
  const turns = createTurns();
  const calls: Call[] = [];
  let beganAt = 0;
  let endedAt: number | undefined;
  const tasks = {
    before: defineTask({ name: "before", args: z.tuple([z.number()]) }, async (_ctx, index) => {
      // The last member ends when all others have arrived: what follows waits for nobody else.
      if (index === last) for (let turn = 0; turn < turnsAfterOthers; turn++) await turns.next();
      beganAt = turns.now();
      return null;
    }),
    after: defineTask({ name: "after", args: z.tuple([z.unknown()]) }, () => {
      endedAt = turns.now();
      return null;
    }),
    /** So that there is such a queue. */
    other: defineTask({ name: "other", args: z.tuple([]), queue: "other" }, () => null),
  };
  const { settings } = deploymentFor(defaults.tasksPerInvocation);
  const ids = createSeededIds(1);
  const clock = wallClock;
  const plainStore = createMemoryStore();
  const plainQueue = createMemoryQueue({ clock, visibilitySeconds: 600, maxReceiveCount: 20 });
  const note = async (kind: Kind, count: number, site: string): Promise<void> => {
    calls.push({ turn: turns.now(), kind, calls: count, site });
    await turns.next();
  };
  const store: Store = {
    ...plainStore,
    async get(key, site) {
      await note("read", 1, site);
      return plainStore.get(key, site);
    },
    async getMany(keys, site) {
      const batches = Math.ceil(keys.length / getMany.most);
      const lanes = Math.ceil(batches / getMany.atOnce);
      for (let lane = 0; lane < lanes; lane++)
        await note(keys.length === 1 ? "read" : "batch", Math.min(getMany.atOnce, batches), site);
      return plainStore.getMany(keys, site);
    },
    async query(pk, prefix, cursor, site) {
      await note("batch", 1, site);
      return plainStore.query(pk, prefix, cursor, site);
    },
    async write(write, site) {
      await note("write", 1, site);
      return plainStore.write(write, site);
    },
  };
  const queue: Queue & QueueConsumer = {
    ...plainQueue,
    async send(to, messages, site) {
      await note("hop", 1, site);
      return plainQueue.send(to, messages, site);
    },
  };
  const registry = registryOf(tasks);
  const url = (name: string) => `http://localhost/000000000000/${name}`;
  const worker = startWorker({
    ports: { store, queue, clock, ids, log: silentLog, metrics: noMetrics },
    environment: {
      table: "tutti",
      requestQueueUrl: url("requests"),
      taskQueueUrls: { [defaults.queue]: url("tasks"), other: url("other") },
      deadLetterQueueUrls: {},
      queues: {},
      settings,
      logLevel: "error",
    },
    tasks: { registry, catalog: catalogOf(registry) },
    roles: ["control", "tasks"],
    concurrency: 1,
  });
  try {
    // It looks now and then whether the run was taken: that is on no path, and is not counted.
    const submitted = createPortClient({ store: plainStore, queue: plainQueue, clock, ids }).submit(workflow, {
      id: "path",
    });
    while (endedAt === undefined) await turns.turn();
    const steps = stepsOf(calls, beganAt, endedAt);
    turns.free();
    await submitted;
    return steps;
  } finally {
    turns.free();
    await worker.stop();
  }
}

/** A clock that goes on when everything that runs waits for it. */
function createTurns() {
  let turn = 0;
  let free = false;
  let waiting: (() => void)[] = [];
  return {
    now: () => turn,
    next: () => (free ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
    async turn() {
      // What a message or a timer sets in motion comes first.
      for (let pause = 0; pause < 4; pause++) await settle();
      if (waiting.length === 0) return sleep(1);
      turn++;
      for (const go of waiting.splice(0)) go();
    },
    free() {
      free = true;
      for (const go of waiting.splice(0)) go();
      waiting = [];
    },
  };
}

/** A hop is the send with the way to the handler; other steps with it wait for it anyway. */
function stepsOf(calls: readonly Call[], from: number, to: number): readonly Step[] {
  const steps: Step[] = [];
  const order: readonly Kind[] = ["hop", "batch", "write", "read"];
  for (let turn = from; turn < to; turn++) {
    const side = calls.filter((call) => call.turn === turn);
    if (side.length === 0) continue;
    const kind = order.find((one) => side.some((call) => call.kind === one)) as Kind;
    const longest = side.filter((call) => call.kind === kind);
    steps.push({
      kind,
      calls: longest.reduce((sum, call) => sum + call.calls, 0),
      sites: [...new Set(side.map(({ site }) => site))],
    });
  }
  return steps;
}
