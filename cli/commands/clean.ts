/**
 * `tutti clean`: removes runs before their retention is over; with `--force` running ones too, and with `--queues` what is queued.
 */
import type { Command } from "commander";
import type { TuttiClient } from "../../lib/client/client.ts";
import type { CleanReport } from "../../lib/model/cleaning-reports.ts";
import { type CleanRun, clean, cleanPlan } from "../cleaning.ts";
import { openClient } from "../connection.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { InterruptedError } from "../output/errors.ts";
import { writeJson } from "../output/json.ts";
import { plainLine } from "../output/plain.ts";
import { parseDuration, parseRunId, UsageError } from "../usage.ts";

interface Flags extends ConnectionFlags {
  readonly olderThan?: number;
  readonly all?: boolean;
  readonly force?: boolean;
  readonly queues?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Runs that are named before it is asked. */
const namedRuns = 10;

export function registerClean(program: Command, io: CliIo): void {
  const command = program
    .command("clean")
    .description("remove runs that have ended, before their retention is over; with --force running ones too")
    .argument("[ID]", "id of a run, or the beginning of one", parseRunId)
    .option("--older-than <AGE>", "all that have ended at least that long ago: 12h, 7d", parseDuration)
    .option("--all", "all runs of this deployment")
    .option("--force", "running ones too: they are revoked first; does not ask")
    .option("--queues", "with --all --force: also delete every message in the queues of this deployment")
    .option("--reason <TEXT>", "why; it is logged, and becomes the error of what is revoked")
    .option("--dry-run", "say what would be done; change nothing")
    .option("-y, --yes", "do not ask; needed where there is no terminal to ask on, or --force")
    .action((id: string | undefined, flags: Flags) => run(io, id, flags));
  addExample(
    addConnectionOptions(command),
    "tutti clean nightly-2026-11-21",
    "tutti clean --older-than 1d --yes",
    "tutti clean --all --force --dry-run",
  );
}

async function run(io: CliIo, id: string | undefined, flags: Flags): Promise<void> {
  checkTarget(id, flags);
  const { force = false, dryRun = false, olderThan, reason, queues: alsoQueues = false } = flags;
  const mustAsk = !dryRun && flags.yes !== true && !force;
  if (mustAsk && io.confirm === undefined)
    throw new UsageError("clean asks first, and there is no terminal to ask on", "add --yes, or see --dry-run");
  const client = await openClient(io, flags);
  const target =
    id === undefined ? (olderThan === undefined ? { all: true } : { olderThanSeconds: olderThan }) : { id };
  const plan = await cleanPlan(client, target, force);
  const queues = alsoQueues ? await queuesOf(client) : [];
  const todo = plan.filter((one) => one.do !== "leave");
  if (flags.json !== true) writePlan(io, plan, queues);
  const isNothing = todo.length === 0 && queues.length === 0;
  if (mustAsk && !isNothing && !(await io.confirm?.(`remove ${counted(todo.length)}?`)))
    throw new InterruptedError("declined: nothing was changed", "see what there is: tutti list");
  if (dryRun || isNothing) {
    if (!isNothing) note(io, "nothing was changed: leave out --dry-run to do it");
    return finish(io, { schemaVersion: 1, dryRun, runs: [...plan], queues: [...queues] }, flags);
  }
  // Before the requests that follow: those must not be deleted with the rest.
  const purged = alsoQueues ? await purge(client, queues) : queues;
  const runs = await clean(client, plan, reason);
  finish(io, { schemaVersion: 1, dryRun, runs: [...runs], queues: [...purged] }, flags);
}

/** @throws UsageError unless exactly one thing says what to clean. */
function checkTarget(id: string | undefined, { olderThan, all, queues, force }: Flags): void {
  const named = [id, olderThan, all].filter((given) => given !== undefined).length;
  if (named === 0)
    throw new UsageError("nothing says what to clean", "give the id of a run, --older-than AGE, or --all");
  if (named > 1) throw new UsageError("ID, --older-than and --all say what to clean, each", "leave out all but one");
  if (queues === true && !(all === true && force === true))
    throw new UsageError("--queues deletes messages of every run", "it goes with --all --force");
}

type Queues = CleanReport["queues"];

async function queuesOf(client: TuttiClient): Promise<Queues> {
  const { queues } = await client.status();
  return (queues ?? []).map(({ queue, visible, inFlight, delayed }) => {
    return { queue, messages: visible + inFlight + delayed, purged: false };
  });
}

async function purge(client: TuttiClient, queues: Queues): Promise<Queues> {
  const purged = new Set(await client.purgeQueues());
  return queues.map((one) => ({ ...one, purged: purged.has(one.queue) }));
}

function counted(runs: number): string {
  return `${runs} run${runs === 1 ? "" : "s"}`;
}

function writePlan(io: CliIo, plan: readonly CleanRun[], queues: Queues): void {
  for (const kind of ["remove", "revoke and remove", "leave"] as const) {
    const runs = plan.filter((one) => one.do === kind);
    if (runs.length === 0) continue;
    const named = runs.slice(0, namedRuns).map(({ runId, status }) => `${runId} ${status}`);
    const more = runs.length > namedRuns ? `, and ${runs.length - namedRuns} more` : "";
    const why = kind === "leave" ? " (still running: see --force)" : "";
    note(io, `${kind} ${counted(runs.length)}${why}: ${named.join(", ")}${more}`);
  }
  for (const { queue, messages } of queues) note(io, `delete about ${messages} messages of queue ${queue}`);
  if (plan.length === 0 && queues.length === 0) note(io, "nothing to clean");
}

/** Tells what was done. Sets the exit code. */
function finish(io: CliIo, report: CleanReport, { json }: Flags): void {
  const { runs, queues, dryRun } = report;
  const failed = runs.filter((one) => one.do !== "leave" && one.done === false);
  if (failed.length > 0) io.exitWith(exitCodes.issue);
  if (json === true) {
    writeJson(io, report);
    return;
  }
  if (dryRun) return;
  for (const { queue } of queues.filter(({ purged }) => purged)) io.out.write(`queue ${queue} is empty\n`);
  for (const one of runs.filter(({ do: kind }) => kind !== "leave"))
    io.out.write(plainLine(`run ${one.runId}: ${one.result}`).concat("\n"));
  if (runs.some(({ done }) => done === null)) note(io, "some of it is sent, and nobody has handled it in 10 s");
}
