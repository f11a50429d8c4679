/**
 * `tutti dev`: the embedded engine and its workers, until Ctrl-C.
 */

import { resolve } from "node:path";
import type { Command } from "commander";
import { jsonLog } from "../../lib/adapters/system/log.ts";
import { defaults, limits } from "../../lib/model/limits.ts";
import type { LogLevel } from "../../lib/ports/index.ts";
import { type Dev, devDefaults, startDev } from "../../local/dev.ts";
import { noDynoxide } from "../../local/engine.ts";
import { stopOnSignal } from "../../local/stopping.ts";
import { findTasksModule, loadTasksModule, shownPath, type TasksModule } from "../../local/tasks-module.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addExample, addJsonOption, type CommonFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { parseIntegerIn } from "../usage.ts";
import { neededTasksFile, tasksText } from "./worker.ts";

interface Flags extends CommonFlags {
  readonly tasks?: string;
  readonly engineOnly?: boolean;
  readonly data?: string;
  readonly port?: number;
  readonly workers: number;
  readonly concurrency: number;
  readonly tasksPerMessage: number;
  readonly leaseSeconds: number;
  readonly visibilitySeconds: number;
  readonly sweepSeconds: number;
}

/** DynamoDB takes a port and SQS the next one. */
const lastPort = 65_534;

export function registerDev(program: Command, io: CliIo): void {
  const command = program
    .command("dev")
    .description(
      "run an embedded engine (DynamoDB, SQS) and workers on this machine until Ctrl-C; other commands find it by .tutti/dev.json",
    )
    .option("--tasks <FILE>", "tasks module (default: tutti.tasks in package.json, then src/tasks.ts, then tasks.ts)")
    .option("--engine-only", "no workers: start them yourself with tutti worker")
    .option("--data <DIR>", "keep the table on disk; queues are not kept, the sweeper sends again what was in them")
    .option("--port <N>", "port of DynamoDB; SQS takes the next one (default: free ones)", parseIntegerIn(1, lastPort))
    .option("--workers <N>", "worker processes", parseIntegerIn(1, 64), devDefaults.workers)
    .option(
      "--concurrency <N>",
      "batches of up to 10 tasks at once, for each queue and worker",
      parseIntegerIn(1, 100),
      devDefaults.concurrency,
    )
    .option(
      "--tasks-per-message <N>",
      "tasks of one group that travel in one message, and run side by side: more for tasks of milliseconds",
      parseIntegerIn(1, limits.packMembers),
      defaults.tasksPerMessage,
    );
  addTimes(command).action((flags: Flags) => dev(io, flags));
  addExample(
    addJsonOption(command),
    "tutti dev --tasks src/tasks.ts",
    "tutti dev --data .tutti/data --lease-seconds 3",
  );
}

/** Short by default: everything is on one machine, so a dead worker need not be waited for as long as in an account. */
function addTimes(command: Command): Command {
  return command
    .option(
      "--lease-seconds <N>",
      "a worker that died is noticed after that long (30 in an account)",
      parseIntegerIn(1, 3600),
      devDefaults.leaseSeconds,
    )
    .option(
      "--visibility-seconds <N>",
      "a message that a dead worker held is delivered again after that long (60 in an account)",
      parseIntegerIn(1, 43_200),
      devDefaults.visibilitySeconds,
    )
    .option(
      "--sweep-seconds <N>",
      "period of the sweeper (60 in an account)",
      parseIntegerIn(1, 3600),
      devDefaults.sweepSeconds,
    );
}

async function dev(io: CliIo, flags: Flags): Promise<void> {
  const tasks = await tasksOf(io, flags);
  const { engineOnly = false, data, port, workers, concurrency, tasksPerMessage } = flags;
  const { leaseSeconds, visibilitySeconds, sweepSeconds } = flags;
  const running = await startDev({
    cwd: io.cwd,
    env: io.env,
    log: jsonLog({ stream: io.err, minimum: logLevelOf(io) }),
    engineOnly,
    workers,
    concurrency,
    tasksPerMessage,
    leaseSeconds,
    visibilitySeconds,
    sweepSeconds,
    ...(tasks === undefined ? {} : { tasks }),
    ...(data === undefined ? {} : { dataDir: resolve(io.cwd, data) }),
    ...(port === undefined ? {} : { port }),
  });
  // Before it says that it is ready: whoever has read that may stop it at once.
  const stopped = untilStopped(io, running);
  if (flags.json === true) writeJson(io, readyReport(running, tasks));
  else writeReady(io, running, tasks, engineOnly);
  await stopped;
}

/** With `--engine-only` a tasks module is welcome, for the names of the queues, and not needed. */
async function tasksOf(io: CliIo, flags: Flags): Promise<TasksModule | undefined> {
  const file =
    flags.engineOnly === true
      ? await findTasksModule({ cwd: io.cwd, file: flags.tasks })
      : await neededTasksFile(io, flags.tasks, "or start the engine alone: tutti dev --engine-only");
  return file === undefined ? undefined : loadTasksModule(file);
}

/** Of this process: its workers say the rest. */
function logLevelOf(io: CliIo): LogLevel {
  const level = io.env.TUTTI_LOG_LEVEL;
  return level === "debug" || level === "info" ? level : "warn";
}

function readyReport(running: Dev, tasks: TasksModule | undefined) {
  return {
    schemaVersion: 1,
    pid: process.pid,
    ...running.connection,
    engine: running.table,
    tasks: tasks === undefined ? null : { file: tasks.file, names: [...tasks.registry.keys()] },
    schedules: running.schedules.map(({ name }) => name),
    workers: running.workers(),
  };
}

function writeReady(io: CliIo, running: Dev, tasks: TasksModule | undefined, engineOnly: boolean): void {
  const { endpoints, table, taskQueueUrls } = running.connection;
  const pids = running.workers();
  note(io, "tutti dev: ready");
  note(io, `  DynamoDB  ${endpoints.dynamodb ?? "in the memory of this process"}, table ${table}`);
  note(io, `  SQS       ${endpoints.sqs}, task queues ${Object.keys(taskQueueUrls).join(", ")}`);
  if (tasks !== undefined) note(io, `  tasks     ${tasksText(io, tasks)}`);
  for (const { name, cron, rate, timeZone } of running.schedules)
    note(io, `  schedule  ${name}: ${cron === undefined ? `every ${rate}` : `${cron} ${timeZone}`}`);
  note(io, `  workers   ${workersText(pids, engineOnly, running)}`);
  if (running.devFile !== undefined) note(io, `  found by  ${shownPath(io.cwd, running.devFile)}`);
  if (running.table === "memory") note(io, `  note      ${noDynoxide()}: other commands cannot read the table`);
  else note(io, `  try       ${tryText(tasks, engineOnly)}`);
  note(io, "  stop      Ctrl-C");
}

function workersText(pids: readonly number[], engineOnly: boolean, running: Dev): string {
  if (engineOnly) return "none";
  if (running.table === "memory") return "in this process";
  return `${pids.length} process${pids.length === 1 ? "" : "es"}: ${pids.join(", ")}`;
}

function tryText(tasks: TasksModule | undefined, engineOnly: boolean): string {
  if (engineOnly) return "npx tutti worker --tasks FILE";
  const [name = "NAME", info] = [...(tasks?.catalog ?? [])][0] ?? [];
  return `echo '{"task":"${name}","args":[${info?.minArgs === 0 ? "" : "…"}]}' | npx tutti run -    then npx tutti status`;
}

async function untilStopped(io: CliIo, running: Dev): Promise<void> {
  const stopped = stopOnSignal({
    onSignal: (run) => io.onInterrupt(run),
    stop: () => running.close(),
    stopAtOnce: () => running.close(0),
    onStopping: () => note(io, "tutti dev: stopping; once more ends it at once"),
  });
  try {
    const signal = await Promise.race([stopped, running.failed]);
    if (signal === "SIGINT") io.exitWith(exitCodes.interrupted);
  } catch (error) {
    await running.close(0);
    throw error;
  }
}
