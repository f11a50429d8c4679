/**
 * `tutti sweep`: one sweep by hand, or what it would mend.
 */
import type { Command } from "commander";
import { openClient } from "../connection.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { plainLine } from "../output/plain.ts";

interface Flags extends ConnectionFlags {
  readonly dryRun?: boolean;
}

export function registerSweep(program: Command, io: CliIo): void {
  const command = program
    .command("sweep")
    .description("do now, from here, what the sweeper does at its next visit; takes its permissions")
    .option("--dry-run", "say what would be mended of all that run; change nothing")
    .action(async (flags: Flags) => {
      const client = await openClient(io, flags);
      const report = flags.dryRun === true ? await client.previewSweep() : await client.sweep();
      const { visited, repaired, failed, findings } = report;
      if (failed > 0 || findings.length > 0) io.exitWith(exitCodes.issue);
      if (flags.json === true) return writeJson(io, report);
      if (flags.dryRun !== true) {
        io.out.write(`${runs(visited)} visited, ${repaired} repairs${failed > 0 ? `, ${failed} failed` : ""}\n`);
        if (failed > 0) note(io, "what failed stays due: repeat it, or see the log of the sweeper");
        return;
      }
      for (const { runId, path, kind, explanation } of findings)
        io.out.write(plainLine(`${runId}${path === null ? "" : `/${path}`} ${kind}: ${explanation}`).concat("\n"));
      io.out.write(`${runs(visited)} looked at: ${findings.length === 0 ? "nothing" : findings.length} to mend\n`);
    });
  addExample(addConnectionOptions(command), "tutti sweep --dry-run", "tutti sweep");
}

function runs(count: number): string {
  return `${count} run${count === 1 ? "" : "s"}`;
}
