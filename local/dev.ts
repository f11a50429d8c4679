/**
 * A deployment on this machine: the embedded engine, and worker processes that can be killed.
 *
 *  - D1 A worker that dies, a SIGKILL included, is replaced; what it held comes back by its lease or its visibility.
 *  - D2 No worker and no engine process outlives this one.
 *  - D3 `.tutti/dev.json` is there exactly while the engine takes requests; a reader sees all of it or none.
 *
 * Without a dynoxide for the platform everything runs in this one process, on a table in its memory: nothing else can
 * read that, so there are no worker processes, nothing to kill, and no dev.json.
 */

import { ownVariables, readEnvironment, type Variables } from "../lambdas/environment.ts";
import { wallClock } from "../lib/adapters/system/clock.ts";
import { cryptoIds } from "../lib/adapters/system/ids.ts";
import type { Settings } from "../lib/coordinator/index.ts";
import { TuttiError } from "../lib/errors.ts";
import { defaults } from "../lib/model/limits.ts";
import type { Log, Store } from "../lib/ports/index.ts";
import { type Connection, childVariables, type DevFile, queueVariables, variablesOf } from "./connection.ts";
import { checkNoEngine, devFilePath, removeDevFile, writeDevFile } from "./dev-file.ts";
import { type Engine, EngineStartError, noDynoxide, startEngine, type TableKind } from "./engine.ts";
import { type RecurringRuns, startRecurringRuns } from "./recurring.ts";
import { cliCommand } from "./self.ts";
import { queuesOf, type TasksModule } from "./tasks-module.ts";
import { startWorker, type Worker } from "./worker.ts";
import { startWorkerPool, type WorkerPool } from "./worker-pool.ts";

/** What `tutti dev` does when nobody says otherwise: short waits, since everything is on one machine. */
export const devDefaults = {
  /** A dead worker is noticed after that long. */
  leaseSeconds: 10,
  visibilitySeconds: 30,
  sweepSeconds: 5,
  /** Between clocks: one machine has one, so this only rounds. */
  clockSkewSeconds: 1,
  workers: 2,
  concurrency: 2,
  /** What runs is given that long to end when the engine is told to stop. */
  graceMs: 1_500,
} as const;

export interface DevOptions {
  /** Folder of the project: `.tutti/dev.json` is written here. */
  readonly cwd: string;
  /** Needed unless `engineOnly`; loaded by the caller, who so sees its errors first. */
  readonly tasks?: TasksModule;
  /** No workers. @default false */
  readonly engineOnly?: boolean;
  /** Keeps the table on disk. @default nowhere */
  readonly dataDir?: string;
  /** Of DynamoDB; SQS takes the next one. @default free ones */
  readonly port?: number;
  /** Worker processes. @default 2 */
  readonly workers?: number;
  /** Batches of up to 10 tasks at once, for each queue and worker. @default 2 */
  readonly concurrency?: number;
  /** Tasks of one group that travel in one message, up to 64; a batch runs as many side by side. @default 10 */
  readonly tasksPerMessage?: number;
  /** @default 10 */
  readonly leaseSeconds?: number;
  /** @default 30 */
  readonly visibilitySeconds?: number;
  /** @default 5 */
  readonly sweepSeconds?: number;
  /** @default true */
  readonly writeDevFile?: boolean;
  /** @default dynoxide where there is one for this platform, else memory */
  readonly table?: TableKind;
  /** What worker processes print. @default "stderr" */
  readonly output?: "stderr" | "none";
  /** What worker processes inherit. @default that of this process */
  readonly env?: Variables;
  readonly log: Log;
}

export interface Dev {
  readonly table: TableKind;
  readonly connection: Connection;
  /** The table and queues themselves, for a client in this process. */
  readonly engine: Pick<Engine, "store" | "queue" | "sqs">;
  /** Path of the file that was written. */
  readonly devFile?: string;
  /** The schedules that fire while it runs. */
  readonly schedules: TasksModule["schedules"];
  /** Ids of the worker processes that are up. */
  workers(): readonly number[];
  /** Kills a worker process with SIGKILL; another takes its place. @throws {@link NoWorkerProcessesError} on a table in memory. */
  killWorker(pid: number): void;
  /** Rejects when workers cannot be kept running; pending until then. */
  readonly failed: Promise<never>;
  /**
   * Ends it all. Workers are given a while to finish what runs; what they do not finish was not acknowledged.
   *
   * Repeatable: a second call with 0 cuts the wait of the first one short.
   */
  close(graceMs?: number): Promise<void>;
}

/** There are no worker processes to run or to kill on this platform. */
export class NoWorkerProcessesError extends TuttiError {
  override readonly name = "NoWorkerProcessesError";
  readonly code = "engine-unavailable";

  constructor(options?: ErrorOptions) {
    super(
      `${noDynoxide()}: the table of tutti dev is in the memory of its one process, so there are no worker processes to run or kill here; name a deployment in an account or elsewhere (TUTTI_TABLE, TUTTI_REQUEST_QUEUE_URL)`,
      options,
    );
  }
}

/** What runs tasks. */
interface Crew {
  workers(): readonly number[];
  kill(pid: number): void;
  readonly failed: Promise<never>;
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts engine and workers; resolves when all of them are up.
 *
 * @throws EngineRunningError when one runs in this folder already, EngineStartError or WorkerStartError when something
 * does not come up. Nothing is left behind then.
 */
export async function startDev(options: DevOptions): Promise<Dev> {
  const devFile = devFilePath(options.cwd);
  const writesFile = options.writeDevFile !== false;
  if (writesFile) await checkNoEngine(devFile);
  const settings = settingsOf(options);
  const { dataDir, port, table, tasks } = options;
  const engine = await startEngine({
    queues: [...new Set([defaults.queue, ...(tasks ? queuesOf(tasks.registry) : [])])],
    visibilitySeconds: settings.visibilitySeconds,
    clock: wallClock,
    ids: cryptoIds,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(port === undefined ? {} : { port }),
    ...(table === undefined ? {} : { table }),
  });
  let crew = nobody;
  const schedules = options.engineOnly === true ? [] : (tasks?.schedules ?? []);
  let recurring: RecurringRuns | undefined;
  try {
    crew = await startCrew(options, engine, settings);
    recurring = startRecurringRuns({ schedules, queue: engine.queue, clock: wallClock, log: options.log });
    if (writesFile && engine.table === "dynoxide")
      await writeDevFile(
        devFile,
        devFileOf(engine.connection, { settings, tasks: options.engineOnly === true ? undefined : tasks }),
      );
  } catch (error) {
    await recurring?.stop();
    await crew.stop(0);
    await engine.close();
    throw error;
  }
  return {
    table: engine.table,
    connection: engine.connection,
    engine,
    ...(writesFile && engine.table === "dynoxide" ? { devFile } : {}),
    schedules,
    workers: () => crew.workers(),
    killWorker: (pid) => crew.kill(pid),
    failed: crew.failed,
    async close(graceMs = devDefaults.graceMs) {
      if (writesFile) await removeDevFile(devFile);
      await recurring?.stop();
      await crew.stop(graceMs);
      await engine.close();
    },
  };
}

function settingsOf(options: DevOptions): Settings {
  return {
    leaseSeconds: options.leaseSeconds ?? devDefaults.leaseSeconds,
    visibilitySeconds: options.visibilitySeconds ?? devDefaults.visibilitySeconds,
    sweepSeconds: options.sweepSeconds ?? devDefaults.sweepSeconds,
    clockSkewSeconds: devDefaults.clockSkewSeconds,
    retentionSeconds: defaults.retentionSeconds,
    tasksPerInvocation: Math.max(defaults.tasksPerInvocation, options.tasksPerMessage ?? 0),
  };
}

interface Deployed {
  readonly settings: Settings;
  /** Undefined: workers are started elsewhere, and with what tasks is not known here. */
  readonly tasks: TasksModule | undefined;
}

function devFileOf({ endpoints, ...rest }: Connection, { settings, tasks }: Deployed): DevFile {
  const known = tasks && Object.fromEntries([...tasks.registry].map(([name, { queue }]) => [name, { queue }]));
  return {
    pid: process.pid,
    endpoints: { dynamodb: endpoints.dynamodb ?? "", sqs: endpoints.sqs },
    ...rest,
    settings: { ...settings },
    ...(known === undefined ? {} : { tasks: known }),
  };
}

async function startCrew(options: DevOptions, engine: Engine, settings: Settings): Promise<Crew> {
  const { tasks, engineOnly = false } = options;
  if (engineOnly) {
    if (engine.table === "memory")
      throw new EngineStartError(
        `an engine alone would be of no use: ${noDynoxide()}, so no other process could read the table`,
      );
    return nobody;
  }
  if (tasks === undefined) throw new TypeError("a tasks module is needed, or engineOnly");
  const concurrency = options.concurrency ?? devDefaults.concurrency;
  const queues = queueVariables(engine.connection, options.tasksPerMessage);
  if (engine.table === "memory")
    return oneWorker(startInProcess(engine, settings, { tasks, concurrency, queues, log: options.log }));
  return poolCrew(
    await startWorkerPool({
      command: [...cliCommand(), "worker", "--child", "--tasks", tasks.file, "--concurrency", String(concurrency)],
      cwd: options.cwd,
      env: {
        ...childVariables(options.env ?? ownVariables(), engine.connection, settings),
        ...queues,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      },
      count: options.workers ?? devDefaults.workers,
      output: options.output ?? "stderr",
      clock: wallClock,
      log: options.log,
    }),
  );
}

const never = new Promise<never>(() => {});

const nobody: Crew = {
  workers: () => [],
  kill(pid) {
    throw new RangeError(`process ${pid} is no worker of this engine: it has none`);
  },
  failed: never,
  stop: async () => {},
};

function poolCrew(pool: WorkerPool): Crew {
  return {
    workers: () => pool.pids(),
    kill: (pid) => pool.kill(pid),
    failed: pool.failed,
    stop: (graceMs) => pool.stop(graceMs),
  };
}

function startInProcess(
  engine: Engine,
  settings: Settings,
  { tasks, concurrency, queues, log }: { tasks: TasksModule; concurrency: number; queues: Variables; log: Log },
): Worker {
  const { store, queue, connection } = engine;
  const ports = { store: store as Store, queue, clock: wallClock, ids: cryptoIds, log, metrics: { count: () => {} } };
  const environment = readEnvironment({ ...variablesOf(connection, settings), ...queues });
  return startWorker({ ports, environment, tasks, concurrency });
}

function oneWorker(worker: Worker): Crew {
  return {
    workers: () => [],
    kill() {
      throw new NoWorkerProcessesError();
    },
    failed: never,
    async stop(graceMs) {
      let cancel = () => {};
      const over = new Promise<void>((resolve) => {
        cancel = wallClock.after(graceMs, resolve);
      });
      await Promise.race([worker.stop(), over]);
      cancel();
    },
  };
}
