/**
 * `tutti check`: what is stuck, why, and the command that mends it. Writes nothing, sends nothing.
 */
import type { Command } from "commander";
import { addCheckOptions, type CheckFlags, checkOptionsOf, openChecking } from "../checking.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addExample } from "../options.ts";
import { summaryOf, writeIssues, writeRejected, writeWaiting } from "../output/issues.ts";
import { writeJson } from "../output/json.ts";
import { parseRunOrPartId, UsageError } from "../usage.ts";

interface Flags extends CheckFlags {
  readonly chordId?: string;
}

export function registerCheck(program: Command, io: CliIo): void {
  const command = program
    .command("check")
    .description("what is stuck and why: the missing members, where each is, and the command that mends it")
    .argument("[ID]", "only this run, or <run id>/<path of a chord, group or task>", parseRunOrPartId)
    .option("--chord-id <ID>", "the same as ID", parseRunOrPartId)
    .action(async (argument: string | undefined, flags: Flags) => {
      if (argument !== undefined && flags.chordId !== undefined)
        throw new UsageError("ID and --chord-id name a run twice", "leave out one of them");
      const id = argument ?? flags.chordId;
      const client = await openChecking(io, flags);
      const report = await client.checkStuck(checkOptionsOf(flags, id));
      if (!report.healthy) io.exitWith(exitCodes.issue);
      if (flags.json === true) return writeJson(io, report);
      const nowMs = Date.parse(report.checkedAt);
      writeIssues(io, report.issues, nowMs);
      writeWaiting(io, report.waiting, nowMs);
      writeRejected(io, report, nowMs);
      io.out.write(`${summaryOf(report)}\n`);
      if (report.unknown.length > 0) note(io, `unknown here, so a cause may be missing: ${report.unknown.join("; ")}`);
      if (report.partial) note(io, "there are more runs than were looked at");
    });
  addExample(
    addCheckOptions(command, "stuck is what has made no progress for that long; fractions are welcome (default: 1)"),
    "tutti check",
    "tutti check nightly-2026-11-21 --max-hours 0.5",
    "tutti check --json | jq '.issues[] | {kind, runId, fix}'",
  );
}
