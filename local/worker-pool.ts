/**
 * A number of worker processes, each replaced when it dies.
 *
 * A worker that was up and dies, by a signal or by itself, is replaced at once: that is what a service manager would do,
 * and what `killWorker` is for. One that never gets up (a tasks module that does not load) is tried again with growing
 * pauses and then given up, with everything else.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { TuttiError } from "../lib/errors.ts";
import type { Clock, Log } from "../lib/ports/index.ts";
import { guardProcess } from "./guard.ts";
import { pause } from "./schedule.ts";

export interface PoolOptions {
  /** Arguments of `process.execPath`. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly count: number;
  /** What they print goes to this process's stderr, or nowhere. */
  readonly output: "stderr" | "none";
  readonly clock: Clock;
  readonly log: Log;
}

export interface WorkerPool {
  /** Ids of the processes that are up. */
  pids(): readonly number[];
  /** Kills one with SIGKILL; another takes its place. @throws RangeError when it is none of them. */
  kill(pid: number): void;
  /** Rejects with {@link WorkerStartError} when a worker does not get up; pending until then. */
  readonly failed: Promise<never>;
  /** Asks every worker to finish what runs, and kills those that have not after `graceMs`. Repeatable; 0 kills at once. */
  stop(graceMs: number): Promise<void>;
}

/** A worker process ended again and again before it could do anything. */
export class WorkerStartError extends TuttiError {
  override readonly name = "WorkerStartError";
  readonly code = "engine-unavailable";
}

/** What parent and worker say to each other. */
export type ParentMessage = { readonly tutti: "stop" };
export type WorkerMessage = { readonly tutti: "ready" };

/** Starts in a row that may fail. */
const maxFailedStarts = 3;
const firstPauseMs = 200;

interface Place {
  child: ChildProcess | undefined;
  up: boolean;
}

/** Starts the processes; resolves when all are up. */
export async function startWorkerPool(options: PoolOptions): Promise<WorkerPool> {
  const stopping = new AbortController();
  const places: Place[] = Array.from({ length: options.count }, () => ({ child: undefined, up: false }));
  const fail = deferred<never>();
  // Whoever stops the pool need not look at it.
  fail.promise.catch(() => {});

  const keep = async (place: Place, onFirst: () => void): Promise<void> => {
    for (let failedStarts = 0; !stopping.signal.aborted; ) {
      const wasUp = await runOnce(options, place, onFirst);
      if (stopping.signal.aborted) return;
      failedStarts = wasUp ? 0 : failedStarts + 1;
      if (failedStarts === maxFailedStarts)
        return fail.reject(
          new WorkerStartError(
            `a worker process ended ${maxFailedStarts} times before it was ready: its own words are above`,
          ),
        );
      if (!wasUp) await pause(options.clock, firstPauseMs * 2 ** failedStarts, stopping.signal);
    }
  };
  const firsts = places.map(() => deferred<void>());
  const keeping = places.map((place, at) => keep(place, () => firsts[at]?.resolve()));

  const pool: WorkerPool = {
    pids: () => places.flatMap(({ child, up }) => (up && child?.pid !== undefined ? [child.pid] : [])),
    kill(pid) {
      const place = places.find(({ child, up }) => up && child?.pid === pid);
      if (place === undefined) throw new RangeError(`process ${pid} is no worker of this engine`);
      place.up = false;
      place.child?.kill("SIGKILL");
    },
    failed: fail.promise,
    async stop(graceMs) {
      stopping.abort();
      for (const { child } of places) askToStop(child);
      const cancel = options.clock.after(graceMs, () => {
        for (const { child } of places) child?.kill("SIGKILL");
      });
      await Promise.all(keeping);
      cancel();
    },
  };
  try {
    await Promise.race([Promise.all(firsts.map(({ promise }) => promise)), fail.promise]);
    return pool;
  } catch (error) {
    await pool.stop(0);
    throw error;
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as unknown as Omit<Deferred<T>, "promise">) };
}

function askToStop(child: ChildProcess | undefined): void {
  if (child?.connected) child.send({ tutti: "stop" } satisfies ParentMessage, () => {});
}

/** Runs one process to its end; true when it got up. */
function runOnce({ command, cwd, env, output, log }: PoolOptions, place: Place, onUp: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = output === "stderr" ? 2 : "ignore";
    const child = spawn(process.execPath, command, { cwd, env, stdio: ["ignore", stream, stream, "ipc"] });
    const unguard = child.pid === undefined ? () => {} : guardProcess(child.pid);
    place.child = child;
    let wasUp = false;
    child.on("message", (message) => {
      if ((message as Partial<WorkerMessage>).tutti !== "ready") return;
      wasUp = true;
      place.up = true;
      onUp();
    });
    const ended = (why: string): void => {
      unguard();
      if (place.child === child) Object.assign(place, { child: undefined, up: false });
      log.write("info", "a worker process ended", { pid: child.pid, why });
      resolve(wasUp);
    };
    child.once("error", (error) => ended(error.message));
    child.once("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
  });
}
