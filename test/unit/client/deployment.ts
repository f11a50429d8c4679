/**
 * A deployment in this thread and virtual time: the real driver on the memory store and queue, and a client that may only
 * do what a client may.
 */
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { createPortClient, type TuttiClient } from "../../../lib/client/client.ts";
import {
  type Coordinator,
  createCoordinator,
  type Disposition,
  type Settings,
} from "../../../lib/coordinator/index.ts";
import { defaults } from "../../../lib/model/limits.ts";
import { type CompileOptions, compile } from "../../../lib/plan/compile.ts";
import type { QueueFacts } from "../../../lib/ports/facts.ts";
import type { Log, Queue, Store, Tracing } from "../../../lib/ports/index.ts";
import type { ConsumedQueue, HeldMessage, OutgoingMessage, QueueRef } from "../../../lib/ports/queue.ts";
import { protocol } from "../../../lib/protocol/index.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";

export const startMs = Date.UTC(2026, 10, 21, 9, 0, 0);
const maxSteps = 20_000;
/** What a function of 15 minutes has for its batch. */
const invocationMs = 870_000;

export interface Deployment {
  readonly client: TuttiClient;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly queue: ReturnType<typeof createMemoryQueue>;
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly coordinator: Coordinator;
  /** What the client has sent. */
  readonly sent: { readonly queue: string; readonly message: OutgoingMessage }[];
  /** Reads of the client, by site. */
  readonly reads: Map<string, number>;
  /** Lets the deployment work, and time pass, until a promise is settled. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass until then, whatever happens. */
  advance(seconds: number): Promise<void>;
  /** Resolves after that much virtual time. For bodies. */
  sleep(seconds: number): Promise<void>;
  /** Who is at work; may be changed at any time. */
  readonly switches: Switches;
  /** One visit of every due run. */
  sweep(): Promise<void>;
  /** The process that handles messages is gone, with everything in it, and another takes its place. */
  kill(): void;
  /** Other code takes the place of the one that runs. */
  redeploy(tasks: Readonly<Record<string, unknown>>): void;
}

/** Who is at work. */
export interface Switches {
  control: boolean;
  workers: boolean;
  /** Whether anybody handles dead letters. */
  letters: boolean;
  /** Task queues that nobody reads, by name. */
  readonly unread: Set<string>;
  /** Task queues that the deployment does not have, as far as its queues can be asked. */
  readonly missing: Set<string>;
  /** Whether the queues can be asked. */
  askable: boolean;
}

export interface DeploymentOptions {
  readonly tasks?: Readonly<Record<string, unknown>>;
  /** Whether anybody handles requests. @default true */
  readonly control?: boolean;
  /** Whether anybody runs tasks. @default true */
  readonly workers?: boolean;
  /** Shape of tallies and releases. @default that of the product */
  readonly shape?: CompileOptions;
  /** Tasks that one invocation runs side by side. @default that of the product */
  readonly tasksPerInvocation?: number;
  /** Times of the driver; those of the queue stay. @default those of the product */
  readonly settings?: Partial<Settings>;
  /** Is told of each call of the driver to the table, by site, before it has its effect. */
  readonly onCall?: (site: string) => void;
  /** @default nobody is told */
  readonly log?: Log;
  /** @default none */
  readonly tracing?: Tracing;
}

export function createDeployment(options: DeploymentOptions = {}): Deployment {
  const clock = createVirtualClock(startMs);
  const store = createMemoryStore();
  const queue = createMemoryQueue({ clock, visibilitySeconds: defaults.visibilitySeconds, maxReceiveCount: 20 });
  const switches: Switches = {
    control: options.control !== false,
    workers: options.workers !== false,
    letters: false,
    unread: new Set(),
    missing: new Set(),
    askable: true,
  };
  let registry = registryOf(options.tasks ?? {});
  const ids = createSeededIds(1);
  const newProcess = () => {
    const life = { over: false };
    return { life, coordinator: coordinatorOf(life) };
  };
  const coordinatorOf = (life: Life) =>
    createCoordinator({
      store: mortalStore(options.onCall ? watchedStore(store, options.onCall) : store, life),
      queue: mortalQueue(queue, life),
      clock: { now: () => clock.now(), after: (delayMs, run) => clock.after(delayMs, () => !life.over && run()) },
      ids,
      log: options.log ?? { write: () => undefined },
      metrics: { count: () => undefined },
      settings: {
        leaseSeconds: defaults.leaseSeconds,
        clockSkewSeconds: defaults.clockSkewSeconds,
        sweepSeconds: defaults.sweepSeconds,
        visibilitySeconds: defaults.visibilitySeconds,
        retentionSeconds: defaults.retentionSeconds,
        tasksPerInvocation: options.tasksPerInvocation ?? defaults.tasksPerInvocation,
        ...options.settings,
      },
      registry,
      catalog: catalogOf(registry),
      protocol,
      ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
      ...(options.shape === undefined
        ? {}
        : { compile: (request, catalog) => compile(request, catalog, options.shape) }),
    });
  const isOutside = (name: string) =>
    [...registry.values()].some((task) => task.body === null && name === `task:${task.queue}`);
  let process = newProcess();
  const sent: Deployment["sent"] = [];
  const reads: Deployment["reads"] = new Map();
  const client = createPortClient({
    store: clientStore(store, reads),
    queue: recording(queue, sent),
    clock,
    ids: createSeededIds(2),
    facts: {
      queues: async () => ({
        queues: switches.askable ? memoryFacts(queue, [...registry.values()], switches) : new Map(),
        allQueues: switches.askable,
      }),
      get tasks() {
        return new Map([...registry].map(([name, task]) => [name, { queue: task.queue }]));
      },
    },
    repair: (runId, { sendAgain = false }) => process.coordinator.visit(runId, { sendAgain }),
  });

  /** Takes one batch of every queue that somebody reads. True when there was a message. */
  async function deliver(): Promise<boolean> {
    let delivered = false;
    for (const name of queue.queues()) {
      if (isOutside(name)) continue;
      const isRequest = name === "request";
      const isLetter = name.startsWith("dead:");
      if (isLetter ? !switches.letters : isRequest ? !switches.control : !switches.workers) continue;
      if (switches.unread.has(name.slice("task:".length))) continue;
      const held = await queue.receive(name, 10);
      for (const message of held) {
        delivered = true;
        void handle(name, message);
      }
    }
    return delivered;
  }

  async function handle(name: ConsumedQueue, message: HeldMessage): Promise<void> {
    const { coordinator, life } = process;
    const [disposition] = await dispositionsOf(coordinator, name, message);
    if (life.over) return;
    if (disposition?.kind === "acknowledge") await queue.remove(message.receipt);
    if (disposition?.kind === "return") await queue.changeVisibility(message.receipt, disposition.delaySeconds);
  }

  async function dispositionsOf(
    coordinator: Coordinator,
    name: ConsumedQueue,
    message: HeldMessage,
  ): Promise<Disposition[]> {
    if (name === "request") return [await coordinator.control(message)];
    if (name === "dead:request") return [await coordinator.deadLetter({ from: "request" }, message)];
    if (name.startsWith("dead:"))
      return [await coordinator.deadLetter({ from: "task", queue: name.slice("dead:task:".length) }, message)];
    return coordinator.work({
      messages: [message],
      queue: name.slice("task:".length),
      deadlineAtMs: clock.now() + invocationMs,
    });
  }

  /** One step of the deployment, or of time up to a bound. False when nothing is left to happen before it. */
  async function step(untilMs: number): Promise<boolean> {
    await quiet();
    if (await deliver()) return true;
    const nextMs = Math.min(clock.nextAt() ?? Number.POSITIVE_INFINITY, nextMessageMs());
    if (nextMs > untilMs) return false;
    if (clock.nextAt() === nextMs) clock.next();
    else clock.advanceTo(nextMs);
    return true;
  }

  function nextMessageMs(): number {
    const later = queue
      .queues()
      .flatMap((name) => queue.nextEventAt(name) ?? [])
      .filter((ms) => ms > clock.now());
    return later.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...later);
  }

  return {
    client,
    store,
    queue,
    clock,
    get coordinator() {
      return process.coordinator;
    },
    switches,
    sent,
    reads,
    async until(promise) {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      promise.then(mark, mark);
      for (let steps = 0; steps < maxSteps; steps++) {
        await quiet();
        if (settled) return promise;
        if (!(await step(Number.POSITIVE_INFINITY)) && !settled) {
          await quiet();
          if (!settled) throw new Error("nothing is left to happen, and the promise is not settled");
        }
      }
      throw new Error(`the promise is not settled after ${maxSteps} steps`);
    },
    async advance(seconds) {
      const untilMs = clock.now() + seconds * 1000;
      while (await step(untilMs));
      clock.advanceTo(untilMs);
      await quiet();
    },
    sleep: (seconds) => new Promise((resolve) => void clock.after(seconds * 1000, resolve)),
    async sweep() {
      await process.coordinator.sweep({ deadlineAtMs: clock.now() + invocationMs });
    },
    kill() {
      process.life.over = true;
      process = newProcess();
    },
    redeploy(tasks) {
      registry = registryOf(tasks);
      process = newProcess();
    },
  };
}

interface Life {
  over: boolean;
}

/** An answer that nobody is left to hear. */
function never(): Promise<never> {
  return new Promise(() => {});
}

/** The store as one process sees it: after its end nothing is called, and nothing answered. */
function mortalStore(store: Store, life: Life): Store {
  const called = async <T>(call: () => Promise<T>): Promise<T> => {
    if (life.over) return never();
    const answer = await call();
    return life.over ? never() : answer;
  };
  return {
    get: (key, site) => called(() => store.get(key, site)),
    getMany: (keys, site) => called(() => store.getMany(keys, site)),
    query: (pk, prefix, cursor, site) => called(() => store.query(pk, prefix, cursor, site)),
    due: (shard, before, cursor, site) => called(() => store.due(shard, before, cursor, site)),
    list: (shard, from, site) => called(() => store.list(shard, from, site)),
    write: (write, site) => called(() => store.write(write, site)),
    remove: (keys, site) => called(() => store.remove(keys, site)),
  };
}

function mortalQueue(queue: Queue, life: Life): Queue {
  return { send: (name, messages, site) => (life.over ? never() : queue.send(name, messages, site)) };
}

/** What queues tell of themselves. */
function memoryFacts(
  queue: ReturnType<typeof createMemoryQueue>,
  tasks: readonly { readonly queue: string }[],
  { missing }: Switches,
): Map<QueueRef, QueueFacts> {
  const names = new Set<QueueRef>(["request", ...tasks.map((task): QueueRef => `task:${task.queue}`)]);
  return new Map(
    [...names].map((name): [QueueRef, QueueFacts] => {
      if (missing.has(name.slice("task:".length))) return [name, { exists: false }];
      return [name, { exists: true, depth: queue.depth(name), dead: queue.depth(`dead:${name}`) }];
    }),
  );
}

/** Lets promises settle. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

function watchedStore(store: Store, onCall: (site: string) => void): Store {
  const called = <T>(site: string, call: () => Promise<T>): Promise<T> => {
    onCall(site);
    return call();
  };
  return {
    get: (key, site) => called(site, () => store.get(key, site)),
    getMany: (keys, site) => called(site, () => store.getMany(keys, site)),
    query: (pk, prefix, cursor, site) => called(site, () => store.query(pk, prefix, cursor, site)),
    due: (shard, before, cursor, site) => called(site, () => store.due(shard, before, cursor, site)),
    list: (shard, cursor, site) => called(site, () => store.list(shard, cursor, site)),
    write: (write, site) => called(site, () => store.write(write, site)),
    remove: (keys, site) => called(site, () => store.remove(keys, site)),
  };
}

/** A client writes documents, and nothing else. */
function clientStore(store: Store, reads: Map<string, number>): Store {
  const counted = <T>(site: string, read: () => Promise<T>): Promise<T> => {
    reads.set(site, (reads.get(site) ?? 0) + 1);
    return read();
  };
  const refuse = (site: string) => {
    throw new Error(`the client wrote at ${site}`);
  };
  return {
    get: (key, site) => counted(site, () => store.get(key, site)),
    getMany: (keys, site) => counted(site, () => store.getMany(keys, site)),
    query: (pk, prefix, cursor, site) => counted(site, () => store.query(pk, prefix, cursor, site)),
    due: (shard, before, cursor, site) => counted(site, () => store.due(shard, before, cursor, site)),
    list: (shard, from, site) => counted(site, () => store.list(shard, from, site)),
    write: async (write, site) => (site === "document.write" ? store.write(write, site) : refuse(site)),
    remove: async (_keys, site) => refuse(site),
  };
}

function recording(queue: Queue, sent: Deployment["sent"]): Queue {
  return {
    async send(name, messages, site) {
      sent.push(...messages.map((message) => ({ queue: name, message })));
      return queue.send(name, messages, site);
    },
  };
}
