/**
 * `tutti result`: print the result of a run that has ended.
 */
import type { Command } from "commander";
import { RunUnfinishedError } from "../../lib/client/errors.ts";
import { type ResultReport, schemaVersion } from "../../lib/client/shapes.ts";
import { openClient } from "../connection.ts";
import { noteFailure } from "../follow.ts";
import { type CliIo, exitCodes } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { jsonText, writeJson } from "../output/json.ts";
import { parseRunId } from "../usage.ts";

export function registerResult(program: Command, io: CliIo): void {
  const command = program
    .command("result")
    .description(
      "print the result of a run as it is stored, without waiting; exit code 1 when it failed, or is still going",
    )
    .argument("<ID>", "id of a run, or the beginning of one", parseRunId)
    .action(async (id: string, flags: ConnectionFlags) => {
      const client = await openClient(io, flags);
      try {
        writeResult(io, await client.result(id), flags.json === true);
      } catch (error) {
        if (flags.json === true && error instanceof RunUnfinishedError) {
          writeJson(io, { schemaVersion, runId: error.runId, status: "RUNNING", progress: error.progress });
        }
        throw error;
      }
    });
  addExample(
    addConnectionOptions(command),
    "tutti result nightly-2026-11-21",
    "tutti result nightly --json | jq .value",
  );
}

function writeResult(io: CliIo, report: ResultReport, json: boolean): void {
  if (report.status !== "SUCCEEDED") io.exitWith(exitCodes.issue);
  if (json) writeJson(io, report);
  else if (report.status === "SUCCEEDED") io.out.write(`${jsonText(report.value, true)}\n`);
  else noteFailure(io, report);
}
