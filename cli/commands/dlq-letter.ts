/**
 * `tutti dlq show` and `tutti dlq drop`: one dead letter, or one rejected request, by its id.
 */
import type { Command } from "commander";
import type { DropReport, Letter } from "../../lib/model/letter-reports.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { InterruptedError } from "../output/errors.ts";
import { writeJson } from "../output/json.ts";
import { plainLine } from "../output/plain.ts";
import { UsageError } from "../usage.ts";

interface DropFlags extends ConnectionFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
}

export function registerShow(command: Command, io: CliIo): void {
  const show = command
    .command("show")
    .description("one dead letter: what it is about, why it is there, what to do next")
    .argument("<ID>", "id of a message or a rejected request, or the beginning of one: see dlq list --letters")
    .action(async (id: string, _: unknown, self: Command) => {
      const flags = self.optsWithGlobals<ConnectionFlags>();
      const report = await (await openClient(io, flags)).showLetter(id);
      if (flags.json === true) return writeJson(io, report);
      writeLetter(io, report.letter);
    });
  addExample(addConnectionOptions(show), "tutti dlq show 0f6c2c9e");
}

export function registerDrop(command: Command, io: CliIo): void {
  const drop = command
    .command("drop")
    .description("delete one dead letter, or the record of a rejected request, for good; asks first")
    .argument("<ID>", "id of a message or a rejected request, or the beginning of one: see dlq list --letters")
    .option("--reason <TEXT>", "why; it is part of what is printed")
    .option("--dry-run", "say what would be deleted; change nothing")
    .option("--force", "do not ask, as --yes")
    .option("-y, --yes", "do not ask; needed where there is no terminal to ask on")
    .action((id: string, _: unknown, self: Command) => dropLetter(io, id, self.optsWithGlobals<DropFlags>()));
  addExample(
    addConnectionOptions(drop),
    "tutti dlq drop 0f6c2c9e --dry-run",
    'tutti dlq drop 0f6c2c9e --yes --reason "sent by a test"',
  );
}

async function dropLetter(io: CliIo, id: string, flags: DropFlags): Promise<void> {
  const { dryRun = false, json = false, reason } = flags;
  const mustAsk = !dryRun && flags.yes !== true && flags.force !== true;
  if (mustAsk && io.confirm === undefined)
    throw new UsageError("drop asks first, and there is no terminal to ask on", "add --yes, or see --dry-run");
  const client = await openClient(io, flags);
  if (dryRun) {
    const { letter } = await client.showLetter(id);
    finish(io, { schemaVersion: 1, id: letter.id, dropped: false, dryRun, reason: reason ?? null, letter }, json);
    note(io, "nothing was changed: leave out --dry-run to delete it");
    return;
  }
  let found = id;
  if (mustAsk) {
    const { letter } = await client.showLetter(id);
    found = letter.id;
    note(io, lossOf(letter));
    if (!(await io.confirm?.(`delete ${letter.id}?`)))
      throw new InterruptedError("declined: nothing was changed", `see what it is: tutti dlq show ${letter.id}`);
  }
  finish(io, await client.dropLetter(found, reason === undefined ? {} : { reason }), json);
}

/** What goes with it. */
function lossOf({ kind, about, runId, queue, tasks }: Letter): string {
  if (kind === "rejected") return "the record of why it was rejected goes; nothing that runs depends on it";
  const of = runId === null ? "" : ` of run ${runId}`;
  const named = tasks.length === 0 ? "" : `: ${tasks.map(({ taskId, status }) => `${taskId} ${status}`).join(", ")}`;
  return `the ${about} message${of} goes from the dead letters of queue ${queue}, for good${named}`;
}

function finish(io: CliIo, report: DropReport, json: boolean): void {
  const { id, dryRun, reason, letter } = report;
  const why = reason === null ? "" : `: ${reason}`;
  if (json) writeJson(io, report);
  else if (letter === null) note(io, `nothing has the id ${id}, or one that begins so: nothing was changed`);
  else if (dryRun) writeLetter(io, letter);
  else io.out.write(`${plainLine(`${id} is deleted${why}`)}\n`);
}

function writeLetter(io: CliIo, letter: Letter): void {
  const { id, kind, queue, at, deliveries, about, runId, generation, tasks, bytes, body, why, next } = letter;
  const of = generation === null ? "" : `, generation ${generation}`;
  const lines: (readonly [string, string] | undefined)[] = [
    ["letter", kind === "rejected" ? `${id}, rejected` : `${id}, dead letter of queue ${queue}`],
    ["about", about],
    runId === null ? undefined : ["run", `${runId}${of}`],
    ...tasks.map(({ taskId, status }) => ["task", `${taskId} ${status}`] as const),
    [kind === "rejected" ? "rejected" : "sent", deliveries === null ? at : `${at}, delivered ${deliveries} times`],
    ["why", why],
    body === null ? undefined : ["body", `${bytes} bytes: ${body}`],
    ...next.map((command, i) => [i === 0 ? "next" : "", command] as const),
  ];
  for (const line of lines) if (line) io.out.write(`${plainLine(`${line[0].padEnd(9)}${line[1]}`)}\n`);
}
