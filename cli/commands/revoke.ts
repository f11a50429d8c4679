/**
 * `tutti revoke`: end a run, a task, or what is missing of a chord or group.
 */
import type { Command } from "commander";
import type { OperationReport, RevokePreview } from "../../lib/client/shapes.ts";
import { parseHours } from "../checking.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { ofRun, type Telling, writeOperation } from "../operating.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { InterruptedError } from "../output/errors.ts";
import { writeJson } from "../output/json.ts";
import { writeProse } from "../output/prose.ts";
import { revokeStuck } from "../revoke-stuck.ts";
import { parseRunOrPartId, UsageError } from "../usage.ts";

interface Flags extends ConnectionFlags {
  readonly task?: string;
  readonly maxHours?: number;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Tasks named before it is asked. */
const namedTasks = 3;

export function registerRevoke(program: Command, io: CliIo): void {
  const command = program
    .command("revoke")
    .description("end a run, a task, or what is missing of a chord or group, as REVOKED; asks first")
    .argument(
      "[ID]",
      "id of a run or the beginning of one; or <run id>/<path of a task, chord or group>",
      parseRunOrPartId,
    )
    .option("--task <PATH>", "the task, chord or group, when ID is that of the run")
    .option(
      "--max-hours <H>",
      "in the place of ID: all runs without progress for that long; fractions are welcome",
      parseHours,
    )
    .option("--reason <TEXT>", "why; it becomes the error's message")
    .option("--dry-run", "say what would be revoked; change nothing")
    .option("-y, --yes", "do not ask; needed where there is no terminal to ask on")
    .action(async (id: string | undefined, flags: Flags) => {
      const { confirm } = io;
      const { maxHours } = flags;
      checkTarget(id, flags);
      if (flags.dryRun !== true && flags.yes !== true && confirm === undefined)
        throw new UsageError("revoke asks first, and there is no terminal to ask on", "add --yes, or see --dry-run");
      const client = await openClient(io, flags);
      if (maxHours !== undefined) return revokeStuck(io, client, { ...flags, maxHours });
      const { run, path } = targetOf(id ?? "", flags.task);
      const part = path === undefined ? {} : { path };
      if (flags.dryRun === true) {
        const preview = await ofRun(run, () => client.previewRevoke(run, part));
        return flags.json === true ? writeJson(io, preview) : writePreview(io, preview);
      }
      if (flags.yes !== true && confirm !== undefined) {
        const preview = await ofRun(run, () => client.previewRevoke(run, part));
        if (preview.status === "RUNNING" || preview.taskCount > 0) await ask(io, confirm, preview);
      }
      const reason = flags.reason === undefined ? {} : { reason: flags.reason };
      const report = await ofRun(run, () => client.revoke(run, { ...part, ...reason }));
      writeOperation(io, report, { json: flags.json === true, ...textsOf(report, path) });
    });
  addExample(
    addConnectionOptions(command),
    'tutti revoke nightly-2026-11-21 --reason "wrong input"',
    "tutti revoke 'nightly-2026-11-21/header[3]' --yes",
    "tutti revoke --max-hours 1 --dry-run",
  );
}

/** @throws UsageError unless exactly one of ID and --max-hours says what to revoke. */
function checkTarget(id: string | undefined, { maxHours, task }: Flags): void {
  if (id === undefined && maxHours === undefined)
    throw new UsageError("nothing says what to revoke", "give the id of a run, or see --max-hours");
  if (maxHours !== undefined && (id ?? task) !== undefined)
    throw new UsageError("--max-hours is about all that is stuck", "leave out ID and --task, or --max-hours");
}

function targetOf(id: string, task: string | undefined): { readonly run: string; readonly path: string | undefined } {
  const at = id.indexOf("/");
  if (at < 0) return { run: id, path: task };
  if (task !== undefined)
    throw new UsageError(
      "--task and a path in ID name a part twice",
      "give the id of the run alone, or leave out --task",
    );
  return { run: id.slice(0, at), path: id.slice(at + 1) };
}

/** @throws InterruptedError when the user declines. */
async function ask(io: CliIo, confirm: NonNullable<CliIo["confirm"]>, preview: RevokePreview): Promise<void> {
  writeProse(io.err, previewText(preview));
  if (await confirm(preview.path === null ? `revoke run ${preview.runId}?` : `revoke ${partId(preview)}?`)) return;
  throw new InterruptedError("declined: nothing was changed", `look at it: tutti inspect ${preview.runId}`);
}

function partId({ runId, path }: RevokePreview): string {
  return path === null ? `run ${runId}` : `${path} of run ${runId}`;
}

function previewText(preview: RevokePreview): string {
  const { status, generation, tasks, taskCount, total } = preview;
  const named = tasks.slice(0, namedTasks).join(", ");
  const which = taskCount === 0 ? "" : `: ${named}${taskCount > namedTasks ? ", …" : ""}`;
  const state = `${status}${generation > 1 ? `, generation ${generation}` : ""}`;
  return `${partId(preview)} (run ${state}): ${taskCount} of ${total} task${total === 1 ? "" : "s"} would be revoked${which}`;
}

function writePreview(io: CliIo, preview: RevokePreview): void {
  writeProse(io.out, previewText(preview));
  note(io, "nothing was changed: leave out --dry-run to do it");
}

function textsOf({ status, runId }: OperationReport, path: string | undefined): Omit<Telling, "json"> {
  if (path === undefined)
    return {
      done: status,
      already: `${status}: nothing to revoke`,
      sent: "will be revoked",
      next: `run again what did not succeed: tutti retry ${runId}`,
    };
  return {
    done: `${status}: ${path} revoked`,
    already: `${status}: nothing of ${path} to revoke`,
    sent: `${status}: ${path} will be revoked`,
    next: `see what follows from it: tutti inspect ${runId}`,
  };
}
