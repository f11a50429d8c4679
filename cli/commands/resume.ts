/**
 * `tutti resume`: a paused run goes on.
 */
import type { Command } from "commander";
import { openClient } from "../connection.ts";
import type { CliIo } from "../io.ts";
import { ofRun, writeOperation } from "../operating.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { parseRunId } from "../usage.ts";

export function registerResume(program: Command, io: CliIo): void {
  const command = program
    .command("resume")
    .description("let a paused run go on")
    .argument("<ID>", "id of a run, or the beginning of one", parseRunId)
    .action(async (id: string, flags: ConnectionFlags) => {
      const client = await openClient(io, flags);
      const report = await ofRun(id, () => client.resume(id));
      writeOperation(io, report, {
        json: flags.json === true,
        done: "resumed",
        already: `${report.status}: it is not paused`,
        sent: "will be resumed",
        next: `follow it: tutti wait ${report.runId}`,
      });
    });
  addExample(addConnectionOptions(command), "tutti resume nightly-2026-11-21");
}
