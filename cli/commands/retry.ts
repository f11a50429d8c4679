/**
 * `tutti retry`: run again what did not succeed of a run, as its next generation.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { RetryOptions } from "../../lib/client/operate.ts";
import type { RetryPreview } from "../../lib/client/shapes.ts";
import type { Json } from "../../lib/model/json.ts";
import { addBudgetOptions, type BudgetFlags, budgetIn } from "../budget-options.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { ofRun, writeOperation } from "../operating.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { listKinds, retryKind } from "../retry-kind.ts";
import { parseRunId, UsageError } from "../usage.ts";

type Arguments = Readonly<Record<string, readonly Json[]>>;

interface Flags extends ConnectionFlags, BudgetFlags {
  readonly task?: readonly string[];
  readonly args?: Arguments;
  /** True without a value. */
  readonly error?: string | true;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function registerRetry(program: Command, io: CliIo): void {
  const command = program
    .command("retry")
    .description("run again what did not succeed of a run that has ended, as its next generation; successes are kept")
    .argument("[ID]", "id of a run, or the beginning of one", parseRunId)
    .option(
      "--task <PATH>",
      "run this again too, with all that follows: a task, or a chord or group for all in it; repeatable",
      (path: string, before: readonly string[] = []) => [...before, path],
    )
    .option("--args <PATH=JSON>", "new bound arguments of a task, as a list; repeatable", collectArguments)
    .option(
      "--error [FINGERPRINT]",
      "in the place of ID: all runs that failed with an error of this kind; alone, list the kinds",
    )
    .option("--dry-run", "say what would run and what would be kept; change nothing")
    .option("-y, --yes", "do not ask; needed with --error where there is no terminal to ask on")
    .action(async (id: string | undefined, flags: Flags) => {
      const { error } = flags;
      checkTarget(id, flags);
      const client = await openClient(io, flags);
      if (error === true) return listKinds(io, client, flags);
      if (error !== undefined) return retryKind(io, client, error, flags);
      if (id === undefined) return;
      const budget = budgetIn(flags);
      const named: RetryOptions = {
        ...(flags.task === undefined ? {} : { tasks: flags.task }),
        ...(flags.args === undefined ? {} : { args: flags.args }),
        ...(budget === undefined ? {} : { budget }),
      };
      if (flags.dryRun === true) {
        const preview = await ofRun(id, () => client.previewRetry(id, named));
        return flags.json === true ? writeJson(io, preview) : writePreview(io, preview);
      }
      const report = await ofRun(id, () => client.retry(id, named));
      writeOperation(io, report, {
        json: flags.json === true,
        done: `runs again as generation ${report.generation}`,
        already: report.status,
        sent: "will run again",
        next: `follow it: tutti wait ${report.runId}`,
      });
    });
  addExample(
    addConnectionOptions(addBudgetOptions(command)),
    "tutti retry nightly-2026-11-21 --dry-run",
    "tutti retry nightly-2026-11-21 --args 'header[3]=[\"c.png\", 200]'",
    "tutti retry nightly-2026-11-21 --max-attempts-total 500",
    "tutti retry --error 3f0c9a11b2d4 --dry-run",
  );
}

/** @throws UsageError unless exactly one of ID and --error says what to retry. */
function checkTarget(id: string | undefined, { error, task, args, ...flags }: Flags): void {
  if (id === undefined && error === undefined)
    throw new UsageError("nothing says what to retry", "give the id of a run, or see --error");
  if (error !== undefined && (id ?? task ?? args ?? budgetIn(flags)) !== undefined)
    throw new UsageError("--error is about many runs", "leave out ID, --task, --args and the budget");
}

function collectArguments(text: string, before: Arguments = {}): Arguments {
  const at = text.indexOf("=");
  const args = at < 1 ? undefined : parsedList(text.slice(at + 1));
  if (args === undefined) throw new InvalidArgumentError("It must be PATH=JSON, and the JSON a list of arguments.");
  return { ...before, [text.slice(0, at)]: args };
}

function parsedList(text: string): readonly Json[] | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function writePreview(io: CliIo, preview: RetryPreview): void {
  const { runId, generation, runs, runCount, kept, keptCount } = preview;
  const lines = (tasks: readonly string[], count: number) => [
    ...tasks.map((task) => `  ${task}`),
    ...(count > tasks.length ? [`  … and ${count - tasks.length} more`] : []),
  ];
  const text = [
    `generation ${generation} of run ${runId} would run ${counted(runCount)}`,
    ...lines(runs, runCount),
    `and keep ${counted(keptCount)} as ${keptCount === 1 ? "it is" : "they are"}`,
    ...lines(kept, keptCount),
  ];
  io.out.write(text.map((line) => `${line}\n`).join(""));
  note(io, "nothing was changed: leave out --dry-run to do it");
}

function counted(count: number): string {
  return `${count} task${count === 1 ? "" : "s"}`;
}
