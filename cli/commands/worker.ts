/**
 * `tutti worker`: the Lambda handlers in one long-lived process, against whatever endpoints are named.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { jsonLog } from "../../lib/adapters/system/log.ts";
import { ConfigurationError } from "../../lib/client/errors.ts";
import type { Connection } from "../../lib/connect.ts";
import { queueNameSchema } from "../../lib/model/ids.ts";
import { defaults } from "../../lib/model/limits.ts";
import { parentConnection } from "../../local/connection.ts";
import { environmentOf, portsOf, type TimeFlags } from "../../local/deployment.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { type ParentLink, parentLink } from "../../local/parent-link.ts";
import { stopOnSignal } from "../../local/stopping.ts";
import {
  findTasksModule,
  loadTasksModule,
  servedQueues,
  shownPath,
  type TasksModule,
} from "../../local/tasks-module.ts";
import { type Role, roles, startWorker, type Worker } from "../../local/worker.ts";
import { findDeployment } from "../connection.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { parseIntegerIn, UsageError } from "../usage.ts";

interface Flags extends ConnectionFlags, TimeFlags {
  readonly tasks?: string;
  readonly only?: readonly Role[];
  readonly queues?: readonly string[];
  readonly concurrency: number;
  readonly child?: boolean;
}

/** Roles that look at tasks. */
const rolesWithTasks: readonly Role[] = ["control", "tasks"];

export function registerWorker(program: Command, io: CliIo): void {
  const command = program
    .command("worker")
    .description(
      "run the Lambda handlers in this process: several processes, containers, a local engine, or AWS itself; SIGTERM or Ctrl-C finishes what runs, SIGKILL loses nothing",
    )
    .option("--tasks <FILE>", "tasks module (default: tutti.tasks in package.json, then src/tasks.ts, then tasks.ts)")
    .option("--only <ROLES>", `some of ${roles.join(",")} (default: all)`, parseRoles)
    .option(
      "--queues <NAMES>",
      "task queues to read, with commas between: of those that tasks of the module with a body are on (default: all)",
      parseQueues,
    )
    .option("--concurrency <N>", "batches of up to 10 tasks at once, for each task queue", parseIntegerIn(1, 100), 2)
    .option(
      "--lease-seconds <N>",
      `how long a claim lasts without a heartbeat (TUTTI_LEASE_SECONDS, else that of a running tutti dev, else ${defaults.leaseSeconds})`,
      parseIntegerIn(1, 3600),
    )
    .option(
      "--visibility-seconds <N>",
      `visibility timeout of the queues: the first wait before an unseen task is sent again (TUTTI_VISIBILITY_SECONDS, else that of a running tutti dev, else ${defaults.visibilitySeconds})`,
      parseIntegerIn(1, 43_200),
    )
    .option(
      "--sweep-seconds <N>",
      `period of the sweeper (TUTTI_SWEEP_SECONDS, else that of a running tutti dev, else ${defaults.sweepSeconds})`,
      parseIntegerIn(1, 3600),
    )
    .addOption(new Option("--child", "started by tutti dev, which stops it").hideHelp())
    .action((flags: Flags) => work(io, flags));
  addExample(
    addConnectionOptions(command),
    "tutti worker --tasks src/tasks.ts",
    "tutti worker --tasks src/tasks.ts --only tasks --concurrency 4",
    "tutti worker --only tasks --queues urgent --concurrency 8",
    "tutti worker --only sweep,dead-letter",
  );
}

/** Parses `--only`. */
function parseRoles(text: string): readonly Role[] {
  const named = text.split(",").map((role) => role.trim());
  const unknown = named.find((role) => !(roles as readonly string[]).includes(role));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`It must be some of ${roles.join(", ")}, with commas between.`);
  return [...new Set(named)] as Role[];
}

/** Parses `--queues`. */
function parseQueues(text: string): readonly string[] {
  const named = text.split(",").map((name) => name.trim());
  if (named.some((name) => !queueNameSchema.safeParse(name).success))
    throw new InvalidArgumentError("It must be names of task queues, with commas between.");
  return [...new Set(named)];
}

async function work(io: CliIo, flags: Flags): Promise<void> {
  const chosen = flags.only ?? roles;
  if (flags.queues !== undefined && !chosen.includes("tasks"))
    throw new UsageError("--queues is for the role tasks, which --only leaves out", "add it: --only tasks");
  const found = await deploymentOf(io, flags);
  const environment = environmentOf(found, io.env, flags);
  const tasks = await tasksFor(io, flags, chosen);
  const queues = flags.queues && tasks && checkedQueues(flags.queues, tasks);
  const log = jsonLog({ stream: io.err, minimum: environment.logLevel });
  const worker = startWorker({
    ports: await portsOf(found, environment, log),
    environment,
    tasks: tasks ?? { registry: new Map(), catalog: new Map() },
    roles: chosen,
    queues,
    concurrency: flags.concurrency,
  });
  const parent = flags.child === true ? parentLink() : undefined;
  const where = found.endpoints.dynamodb ?? `AWS${found.region === undefined ? "" : `, ${found.region}`}`;
  // Before it says that it is ready: whoever has read that may stop it at once.
  const stopped = parent === undefined ? untilSignalled(io, worker) : undefined;
  if (flags.json === true) writeJson(io, readyReport(chosen, worker, tasks, found.table));
  else if (parent === undefined) writeReady(io, chosen, worker, tasks, `${found.table} (${where})`);
  await (parent === undefined ? stopped : untilTold(io, worker, parent));
}

/** What the worker works for. Where `tutti dev` keeps its table in memory, no other process can join it. */
async function deploymentOf(io: CliIo, flags: Flags): Promise<Connection> {
  const given = flags.child === true ? parentConnection(io.env) : undefined;
  if (given !== undefined) return given;
  try {
    return await findDeployment(io, flags);
  } catch (error) {
    const mayBeDev = error instanceof ConfigurationError && flags.stack === undefined;
    if (mayBeDev && !dynoxideAvailable()) {
      const { NoWorkerProcessesError } = await import("../../local/dev.ts");
      throw new NoWorkerProcessesError({ cause: error });
    }
    throw error;
  }
}

async function tasksFor(io: CliIo, flags: Flags, chosen: readonly Role[]): Promise<TasksModule | undefined> {
  if (!chosen.some((role) => rolesWithTasks.includes(role))) return undefined;
  return loadTasksModule(
    await neededTasksFile(io, flags.tasks, "or leave out what needs it: --only sweep,dead-letter"),
  );
}

/** The queues to read. @throws UsageError for one that no task of the module is on: its messages would wait for ever. */
function checkedQueues(named: readonly string[], tasks: TasksModule): readonly string[] {
  const served = servedQueues(tasks.registry);
  const unknown = named.find((name) => !served.includes(name));
  if (unknown === undefined) return named;
  throw new UsageError(
    `no task of ${tasks.file} that this worker could run is on queue ${unknown}: they are on ${served.join(", ") || "none"}`,
    "name one of these, or define a task with that queue",
  );
}

/** The tasks module that was named or found. @throws UsageError when there is none, with what else could be done. */
export async function neededTasksFile(io: CliIo, named: string | undefined, otherwise: string): Promise<string> {
  const file = await findTasksModule({ cwd: io.cwd, file: named });
  if (file !== undefined) return file;
  throw new UsageError(
    "there is no tasks module: none is named, and there is no src/tasks.ts or tasks.ts here",
    `name it with --tasks FILE, or as "tutti": { "tasks": FILE } in package.json; ${otherwise}`,
  );
}

function readyReport(chosen: readonly Role[], worker: Worker, tasks: TasksModule | undefined, table: string) {
  return {
    schemaVersion: 1,
    pid: process.pid,
    roles: chosen,
    queues: worker.queues,
    tasks: tasks === undefined ? null : { file: tasks.file, names: [...tasks.registry.keys()] },
    table,
  };
}

function writeReady(
  io: CliIo,
  chosen: readonly Role[],
  worker: Worker,
  tasks: TasksModule | undefined,
  table: string,
): void {
  note(io, `tutti worker: process ${process.pid} is ready`);
  note(io, `  roles     ${chosen.join(", ")}`);
  if (tasks !== undefined) note(io, `  tasks     ${tasksText(io, tasks)}`);
  if (worker.queues.length > 0) note(io, `  queues    ${worker.queues.join(", ")}`);
  note(io, `  table     ${table}`);
  note(io, "  stop      Ctrl-C finishes what runs; once more ends it at once");
}

/** A tasks module in one line: its file and its tasks. */
export function tasksText(io: CliIo, tasks: TasksModule): string {
  return `${shownPath(io.cwd, tasks.file)}: ${[...tasks.registry.keys()].join(", ")}`;
}

/** Until a signal, and then until what runs has ended, or a second signal. */
async function untilSignalled(io: CliIo, worker: Worker): Promise<void> {
  const signal = await stopOnSignal({
    onSignal: (run) => io.onInterrupt(run),
    stop: () => worker.stop(),
    onStopping: () => note(io, "tutti worker: finishing what runs; once more ends it at once"),
  });
  if (signal === "SIGINT") io.exitWith(exitCodes.interrupted);
}

/** Until the parent says so. Ctrl-C in a terminal reaches child and parent alike: the parent deals with it. */
async function untilTold(io: CliIo, worker: Worker, parent: ParentLink): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const finish = () => void worker.stop().then(resolve, reject);
    io.onInterrupt((signal) => {
      if (signal === "SIGTERM") finish();
    });
    parent.onStop((how) => (how === "finish" ? finish() : resolve()));
    parent.ready();
  });
  parent.close();
}
