/**
 * The processes of the engine: each handles one message at a time, and none ever dies.
 *
 * They know which bodies are at work. The driver waits for nothing but bodies here, since the store and the queues answer in
 * a microtask; so once no promise can go on, every busy worker is inside a body.
 */
import { type Coordinator, type CoordinatorDeps, createCoordinator, type Disposition } from "../coordinator/index.ts";
import type { Clock, ConsumedQueue, HeldMessage, QueueConsumer } from "../ports/index.ts";
import type { TaskContext } from "../tasks/context.ts";
import type { TaskDefinition } from "../tasks/define-task.ts";

/** A body that was entered. */
export interface BodyCall {
  readonly runId: string;
  readonly taskId: string;
  /** Name of the task. */
  readonly task: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** What the body was given after `ctx`. */
  readonly args: readonly unknown[];
  /** Virtual time of the entry, in epoch milliseconds. */
  readonly atMs: number;
}

export interface Workers {
  /** Hands a message to a free worker; there is always one. */
  begin(from: ConsumedQueue, message: HeldMessage): void;
  /** One visit of every due run. */
  sweep(): Promise<void>;
  /** Bodies that wait for something else than {@link sleep}: no time may pass for them. */
  awake(): readonly BodyCall[];
  /** Resolves after that much virtual time; rejects with the reason when the body's signal is aborted before. */
  sleep(ctx: TaskContext, seconds: number): Promise<void>;
  readonly calls: readonly BodyCall[];
}

interface WorkersOptions {
  readonly deps: CoordinatorDeps;
  readonly consumer: QueueConsumer;
  /** Called when a delivery has ended, or a body has fallen asleep. */
  readonly changed: () => void;
  /** Called with what should never be thrown. */
  readonly failed: (error: unknown) => void;
}

/** A body in hand. */
interface Body {
  readonly call: BodyCall;
  /** Its open sleeps. */
  sleeps: number;
}

interface Worker {
  readonly coordinator: Coordinator;
  /** What it runs: the members of a pack side by side. */
  readonly bodies: Set<Body>;
}

/** A sweep has this long, as the function on AWS has. */
const sweepMs = 60_000;

export function createWorkers({ deps, consumer, changed, failed }: WorkersOptions): Workers {
  const free: Worker[] = [];
  const busy = new Set<Worker>();
  const bodies = new WeakMap<TaskContext, Body>();
  const calls: BodyCall[] = [];

  /** The same task, whose body tells when it is entered, and in which worker. */
  const watched = (definition: TaskDefinition, worker: () => Worker): TaskDefinition => {
    const { body } = definition;
    if (body === null) return definition;
    return {
      ...definition,
      body: async (ctx, ...args) => {
        const { runId, taskId, task, attempt } = ctx;
        const call: BodyCall = { runId, taskId, task, attempt, args, atMs: deps.clock.now() };
        const entered: Body = { call, sleeps: 0 };
        calls.push(call);
        bodies.set(ctx, entered);
        const running = worker().bodies;
        running.add(entered);
        try {
          return await body(ctx, ...args);
        } finally {
          running.delete(entered);
        }
      },
    };
  };

  const newWorker = (): Worker => {
    const registry = new Map([...deps.registry].map(([name, task]) => [name, watched(task, () => worker)]));
    const worker: Worker = { coordinator: createCoordinator({ ...deps, registry }), bodies: new Set() };
    return worker;
  };

  const deliver = async (worker: Worker, from: ConsumedQueue, message: HeldMessage): Promise<void> => {
    const disposition = await handle(worker.coordinator, from, message);
    if (disposition.kind === "acknowledge") await consumer.remove(message.receipt);
    else await consumer.changeVisibility(message.receipt, disposition.delaySeconds);
  };

  return {
    calls,
    begin(from, message) {
      const worker = free.pop() ?? newWorker();
      busy.add(worker);
      void deliver(worker, from, message)
        .catch(failed)
        .finally(() => {
          // A body that outlived its hard limit may go on, but nobody waits for it.
          worker.bodies.clear();
          busy.delete(worker);
          free.push(worker);
          changed();
        });
    },
    async sweep() {
      const worker = free.pop() ?? newWorker();
      await worker.coordinator.sweep({ deadlineAtMs: deps.clock.now() + sweepMs });
      free.push(worker);
    },
    awake: () =>
      [...busy].flatMap(({ bodies: running }) =>
        [...running].flatMap(({ call, sleeps }) => (sleeps === 0 ? [call] : [])),
      ),
    sleep(ctx, seconds) {
      const body = bodies.get(ctx);
      if (!body) throw new TypeError("sleep takes the ctx of a body that this engine has called");
      return asleep(deps.clock, body, ctx.signal, seconds * 1000, changed);
    },
  };
}

async function handle(coordinator: Coordinator, from: ConsumedQueue, message: HeldMessage): Promise<Disposition> {
  if (from === "request") return coordinator.control(message);
  if (from === "dead:request") return coordinator.deadLetter({ from: "request" }, message);
  if (from.startsWith("dead:task:")) {
    return coordinator.deadLetter({ from: "task", queue: from.slice("dead:task:".length) }, message);
  }
  const batch = { messages: [message], queue: from.slice("task:".length), deadlineAtMs: Number.POSITIVE_INFINITY };
  const [disposition] = await coordinator.work(batch);
  return disposition as Disposition;
}

function asleep(clock: Clock, body: Body, signal: AbortSignal, durationMs: number, changed: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = (): void => {
      body.sleeps--;
      cancel();
      signal.removeEventListener("abort", aborted);
    };
    const aborted = (): void => {
      end();
      reject(signal.reason);
    };
    // Without an end it is no timer: only the body's limits end it.
    const wake = (): void => {
      end();
      resolve();
    };
    const cancel = durationMs === Number.POSITIVE_INFINITY ? () => {} : clock.after(durationMs, wake);
    signal.addEventListener("abort", aborted);
    body.sleeps++;
    changed();
  });
}
