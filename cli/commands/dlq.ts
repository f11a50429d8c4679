/**
 * `tutti dlq`: what queues gave up and what was rejected, and the way back for letters. For one of them see dlq-letter.ts.
 */
import type { Command } from "commander";
import type { DeadLettersReport } from "../../lib/model/cleaning-reports.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { InterruptedError } from "../output/errors.ts";
import { writeJson } from "../output/json.ts";
import { plainLine } from "../output/plain.ts";
import { renderTable } from "../output/table.ts";
import { parseIntegerIn, UsageError } from "../usage.ts";
import { registerDrop, registerShow } from "./dlq-letter.ts";

interface RedriveFlags extends ConnectionFlags {
  readonly limit: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const defaultLimit = 1000;
const maxLimit = 100_000;

export function registerDlq(program: Command, io: CliIo): void {
  const command = program
    .command("dlq")
    .description("dead letters and rejected requests: list, look into, send back or delete them");
  // Each of them takes what names a deployment; this one only shows them.
  addExample(
    command.option("--json", "as each of these takes it"),
    "tutti dlq list",
    "tutti dlq redrive images --dry-run",
  );
  const list = command
    .command("list")
    .description("dead letters by queue, and the newest rejected requests")
    .option("--letters", "each letter too: takes up to 1,000 a queue in hand for a moment, and gives them back")
    .action(async (_: unknown, self: Command) => {
      const flags = self.optsWithGlobals<ConnectionFlags & { readonly letters?: boolean }>();
      const report = await (await openClient(io, flags)).deadLetters({ letters: flags.letters === true });
      if (flags.json === true) return writeJson(io, report);
      writeList(io, report);
    });
  addExample(addConnectionOptions(list), "tutti dlq list --letters", "tutti dlq list --json | jq .rejected");
  registerShow(command, io);
  const redrive = command
    .command("redrive")
    .description("send the dead letters of a queue back to it, where they have all their deliveries again; asks first")
    .argument("<QUEUE>", "name of a task queue, or request")
    .option("--limit <N>", "at most so many", parseIntegerIn(1, maxLimit), defaultLimit)
    .option("--dry-run", "say how many there are; change nothing")
    .option("-y, --yes", "do not ask; needed where there is no terminal to ask on")
    .action((queue: string, _: unknown, self: Command) =>
      redriveQueue(io, queue, self.optsWithGlobals<RedriveFlags>()),
    );
  addExample(addConnectionOptions(redrive), "tutti dlq redrive images", "tutti dlq redrive request --yes");
  registerDrop(command, io);
}

async function redriveQueue(io: CliIo, queue: string, flags: RedriveFlags): Promise<void> {
  const { dryRun = false, yes = false, json = false, limit } = flags;
  if (!dryRun && !yes && io.confirm === undefined)
    throw new UsageError("redrive asks first, and there is no terminal to ask on", "add --yes, or see --dry-run");
  const client = await openClient(io, flags);
  const { queues } = await client.deadLetters();
  const found = queues?.find((one) => one.queue === queue);
  if (found === undefined)
    throw new UsageError(`no dead-letter queue of ${queue} is known here`, "see what there is: tutti dlq list");
  if (dryRun || found.dead === 0) {
    if (json) writeJson(io, { schemaVersion: 1, dryRun, queue, dead: found.dead, moved: 0, partial: false });
    else io.out.write(`queue ${queue}: ${found.dead} dead letters\n`);
    if (found.dead > 0) note(io, "nothing was changed: leave out --dry-run to send them back");
    return;
  }
  if (!yes && !(await io.confirm?.(`send ${Math.min(found.dead, limit)} dead letters back to ${queue}?`)))
    throw new InterruptedError("declined: nothing was changed", "see what there is: tutti dlq list");
  const { moved, partial } = await client.redrive(queue, { limit });
  if (json) writeJson(io, { schemaVersion: 1, dryRun, queue, dead: found.dead, moved, partial });
  else io.out.write(`queue ${queue}: ${moved} dead letters sent back\n`);
  if (partial) note(io, "there may be more: repeat it, or see --limit");
}

function writeList(io: CliIo, { queues, rejected, rejectedCount, letters = [] }: DeadLettersReport): void {
  if (queues === null) note(io, "the queues cannot be asked from here: name the stack (--stack)");
  else
    io.out.write(
      renderTable(
        [
          { title: "QUEUE", cell: ({ queue }: { queue: string }) => queue },
          { title: "DEAD LETTERS", cell: ({ dead }: { dead: number }) => String(dead), alignRight: true },
        ],
        queues,
        { width: io.out.columns },
      ),
    );
  for (const { id, at, queue, about, runId, tasks } of letters) {
    const named = tasks.map(({ taskId, status }) => `${taskId} ${status}`).join(", ") || (runId ?? "");
    io.out.write(plainLine(`  ${at} ${id} ${queue} ${about} ${named}`.trimEnd()).concat("\n"));
  }
  if (rejectedCount === 0) return void io.out.write("no rejected requests\n");
  io.out.write(
    `rejected: ${rejectedCount}${rejectedCount > rejected.length ? `, the newest ${rejected.length}` : ""}\n`,
  );
  for (const { requestId, at, kind, code, message } of rejected)
    io.out.write(plainLine(`  ${at} ${requestId} ${kind} ${code}: ${message}`).concat("\n"));
}
