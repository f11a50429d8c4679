/**
 * What `check`, `fix`, `health`, `monitor` and `revoke` of all that is stuck share.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { CheckOptions } from "../lib/client/check.ts";
import type { TuttiClient } from "../lib/client/client.ts";
import type { ConnectOptions } from "../lib/connect.ts";
import { findTasksModule, loadTasksModule } from "../local/tasks-module.ts";
import { openClient } from "./connection.ts";
import type { CliIo } from "./io.ts";
import { addConnectionOptions, type ConnectionFlags } from "./options.ts";
import { UsageError } from "./usage.ts";

export interface CheckFlags extends ConnectionFlags {
  readonly maxHours?: number;
  readonly tasks?: string;
}

/** The longest that a run may take: a year. */
const maxHours = 365 * 24;

/** Hours, fractions included; never 0. */
export function parseHours(text: string): number {
  const hours = /^(\d{1,6}(\.\d{1,9})?|\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
  if (hours > 0 && hours <= maxHours) return hours;
  throw new InvalidArgumentError(`It must be a number of hours above 0 and at most ${maxHours}.`);
}

/** Adds `--max-hours`, `--tasks` and what names a deployment. */
export function addCheckOptions(command: Command, maxHoursHelp: string): Command {
  return addConnectionOptions(
    command
      .option("--max-hours <H>", maxHoursHelp, parseHours)
      .option("--tasks <FILE>", "tasks module of the deployed code: tells which tasks it does not have"),
  );
}

export function checkOptionsOf({ maxHours: hours }: CheckFlags, id?: string): CheckOptions {
  return { ...(hours === undefined ? {} : { maxRuntimeHours: hours }), ...(id === undefined ? {} : { id }) };
}

/** A client that knows the tasks of the deployed code, where they are named. */
export async function openChecking(io: CliIo, flags: CheckFlags): Promise<TuttiClient> {
  return openClient(io, flags, flags.tasks === undefined ? {} : { tasks: await tasksIn(io, flags.tasks) });
}

/** The tasks of a module, with their queues. @throws UsageError when there is no such module. */
export async function tasksIn(io: CliIo, named: string): Promise<NonNullable<ConnectOptions["tasks"]>> {
  const file = await findTasksModule({ cwd: io.cwd, file: named });
  if (file === undefined) throw new UsageError(`there is no tasks module ${named}`);
  const { registry } = await loadTasksModule(file);
  return Object.fromEntries([...registry].map(([name, { queue }]) => [name, { queue }]));
}
