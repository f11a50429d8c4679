/**
 * The processes of the engine: each handles one message at a time, until a fault ends it.
 *
 * They know which bodies are at work. The driver waits for nothing but bodies here, since the store and the queues answer in
 * a microtask; so once no promise can go on, every busy worker is inside a body.
 */
import { type Coordinator, createCoordinator, type Disposition } from "../coordinator/index.ts";
import type { Clock, ConsumedQueue, HeldMessage, QueueConsumer } from "../ports/index.ts";
import type { TaskContext } from "../tasks/context.ts";
import type { TaskDefinition } from "../tasks/define-task.ts";
import { createProcess, type Process, type Surroundings, sweeper } from "./process.ts";

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
  /** Bodies that have not ended. */
  atWork(): readonly BodyCall[];
  /** Resolves after that much virtual time; rejects with the reason when the body's signal is aborted before. */
  sleep(ctx: TaskContext, seconds: number): Promise<void>;
  /** Ends the process that the body runs in. */
  crash(ctx: TaskContext): Promise<never>;
  readonly calls: readonly BodyCall[];
}

interface WorkersOptions {
  readonly surroundings: Surroundings;
  readonly consumer: QueueConsumer;
  /** Called when a delivery has ended, or a body has fallen asleep. */
  readonly changed: () => void;
  /** Called with what should never be thrown. */
  readonly failed: (error: unknown) => void;
}

/** A body in hand. */
interface Body {
  readonly call: BodyCall;
  readonly worker: Worker;
  /** Its open sleeps. */
  sleeps: number;
}

interface Worker {
  readonly process: Process;
  readonly coordinator: Coordinator;
  /** What it runs: the members of a pack side by side. */
  readonly bodies: Set<Body>;
  /** Message in hand. */
  held: HeldMessage | undefined;
}

/** A sweep has this long, as the function on AWS has. */
const sweepMs = 60_000;

export function createWorkers({ surroundings, consumer, changed, failed }: WorkersOptions): Workers {
  const { deps, faults, history, places } = surroundings;
  const free: Worker[] = [];
  const busy = new Set<Worker>();
  const bodies = new WeakMap<TaskContext, Body>();
  const calls: BodyCall[] = [];
  /** Bodies of the messages that were delivered. */
  const delivered = new Set<string>();

  /** The same task, whose body tells when it is entered, and in which worker. */
  const watched = (definition: TaskDefinition, workerOf: () => Worker): TaskDefinition => {
    const { body } = definition;
    if (body === null) return definition;
    return {
      ...definition,
      async body(ctx, ...args) {
        const worker = workerOf();
        if (worker.process.isDead()) return new Promise(() => {});
        const { runId, taskId, task, attempt } = ctx;
        const call: BodyCall = { runId, taskId, task, attempt, args, atMs: deps.clock.now() };
        const entered: Body = { call, worker, sleeps: 0 };
        calls.push(call);
        bodies.set(ctx, entered);
        worker.bodies.add(entered);
        try {
          return await told(entered, () => body(ctx, ...args));
        } finally {
          worker.bodies.delete(entered);
        }
      },
    };
  };

  /** Runs a body, or what a fault puts in its place, and tells the history. */
  const told = async ({ call, worker }: Body, body: () => unknown): Promise<unknown> => {
    const { runId, taskId, task, attempt, args } = call;
    const path = taskId.slice(runId.length + 1);
    const tell = (what: string, value: unknown): void => {
      if (!worker.process.isDead()) history.task(runId, path, `${task} #${attempt} ${what}`, value);
    };
    tell("begins", args);
    try {
      const fault = faults.atBody({ path, task, attempt });
      if (fault?.fault === "fail") throw fault.error ?? new Error("failed by the test");
      if (fault?.fault === "crash") return await crash(worker);
      const value = await body();
      tell("returns", value ?? null);
      return value;
    } catch (error) {
      tell("throws", error);
      throw error;
    }
  };

  const crash = (worker: Worker): Promise<never> => {
    worker.process.die();
    return new Promise(() => {});
  };

  const newWorker = (): Worker => {
    const process = createProcess(surroundings, () => bury(worker));
    const registry = new Map([...deps.registry].map(([name, task]) => [name, watched(task, () => worker)]));
    const coordinator = createCoordinator({ ...process.deps, registry });
    const worker: Worker = { process, coordinator, bodies: new Set(), held: undefined };
    return worker;
  };

  /** Nobody extends the visibility timeout of its message any longer. */
  const bury = (worker: Worker): void => {
    const { held } = worker;
    busy.delete(worker);
    worker.bodies.clear();
    if (held === undefined) history.engine("the sweeper is gone");
    else {
      const { visibilitySeconds } = deps.settings;
      void consumer.changeVisibility(held.receipt, visibilitySeconds).catch(failed);
      history.engine(`the worker is gone; its message comes back after ${visibilitySeconds} s`);
    }
    changed();
  };

  const deliver = async (worker: Worker, from: ConsumedQueue, message: HeldMessage): Promise<void> => {
    const disposition = await handle(worker.coordinator, from, message);
    if (worker.process.isDead()) return;
    if (disposition.kind === "acknowledge") await consumer.remove(message.receipt);
    else {
      history.engine(`${messageName(message)} is given back for ${disposition.delaySeconds} s`);
      await consumer.changeVisibility(message.receipt, disposition.delaySeconds);
    }
  };

  /** What the message in hand is about, in words of the workflow. */
  const messageName = ({ body, queue }: HeldMessage): string => {
    const names = places.nodesIn(body).map(({ runId, node }) => `${runId}/${node.id}`);
    return names.length === 0 ? `a message of ${queue}` : `the message of ${names.join(", ")}`;
  };

  const taskIn = ({ body }: HeldMessage): string | undefined => {
    const last = places.nodesIn(body).at(-1);
    return last && `${last.runId}/${last.node.id}`;
  };

  return {
    calls,
    begin(from, message) {
      const worker = free.pop() ?? newWorker();
      busy.add(worker);
      worker.held = message;
      worker.process.actsFor = taskIn(message) ?? from;
      if (from.startsWith("dead:")) history.engine(`${messageName(message)} is a dead letter`);
      else if (delivered.has(message.body)) history.engine(`${messageName(message)} is delivered again`);
      delivered.add(message.body);
      void deliver(worker, from, message)
        .catch(failed)
        .finally(() => {
          // A body that outlived its hard limit may go on, but nobody waits for it.
          worker.bodies.clear();
          busy.delete(worker);
          worker.held = undefined;
          if (!worker.process.isDead()) free.push(worker);
          changed();
        });
    },
    async sweep() {
      const worker = free.pop() ?? newWorker();
      const { process, coordinator } = worker;
      process.actsFor = sweeper;
      try {
        await Promise.race([coordinator.sweep({ deadlineAtMs: deps.clock.now() + sweepMs }), process.died]);
      } catch (error) {
        // The schedule calls it again.
        history.engine(`the sweep failed: ${String(error)}`);
      }
      if (!process.isDead()) free.push(worker);
    },
    awake: () =>
      [...busy].flatMap(({ bodies: running }) =>
        [...running].flatMap(({ call, sleeps }) => (sleeps === 0 ? [call] : [])),
      ),
    atWork: () => [...busy].flatMap(({ bodies: running }) => [...running].map(({ call }) => call)),
    sleep(ctx, seconds) {
      const body = bodyOf(ctx, "sleep");
      return asleep(body.worker.process.deps.clock, body, ctx.signal, seconds * 1000, changed);
    },
    crash(ctx) {
      const body = bodyOf(ctx, "crash");
      if (!body.worker.bodies.has(body)) throw new TypeError("crash takes the ctx of a body that is at work");
      return crash(body.worker);
    },
  };

  function bodyOf(ctx: TaskContext, what: string): Body {
    const body = bodies.get(ctx);
    if (body === undefined) throw new TypeError(`${what} takes the ctx of a body that this engine has called`);
    return body;
  }
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
