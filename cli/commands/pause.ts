/**
 * `tutti pause`: nothing new of a run starts until it is resumed.
 */
import type { Command } from "commander";
import { openClient } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { ofRun, writeOperation } from "../operating.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { parseRunId } from "../usage.ts";

export function registerPause(program: Command, io: CliIo): void {
  const command = program
    .command("pause")
    .description("start nothing new of a run until it is resumed; what runs goes on, and so do deadlines")
    .argument("<ID>", "id of a run, or the beginning of one", parseRunId)
    .action(async (id: string, flags: ConnectionFlags) => {
      const client = await openClient(io, flags);
      const report = await ofRun(id, () => client.pause(id));
      writeOperation(io, report, {
        json: flags.json === true,
        done: "paused",
        already: report.pausedAt === null ? `${report.status}: nothing to pause` : "is paused already",
        sent: "will be paused",
        next: `let it go on: tutti resume ${report.runId}`,
      });
    });
  addExample(addConnectionOptions(command), "tutti pause nightly-2026-11-21");
}
