/**
 * `tutti wait`: wait for the end of a run, and print its result.
 */
import type { Command } from "commander";
import { WaitTimedOutError } from "../../lib/client/errors.ts";
import { schemaVersion } from "../../lib/client/shapes.ts";
import { defaultWaitSeconds } from "../../lib/client/wait.ts";
import { limits } from "../../lib/model/limits.ts";
import { openClient } from "../connection.ts";
import { follow, writeEnd } from "../follow.ts";
import { type CliIo, exitCodes } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { parseNumberIn, parseRunId } from "../usage.ts";

interface Flags extends ConnectionFlags {
  readonly timeoutSeconds?: number;
}

export function registerWait(program: Command, io: CliIo): void {
  const command = program
    .command("wait")
    .description("wait until a run has ended, and print its result; exit code 124 when time is up: the run goes on")
    .argument("<ID>", "id of a run, or the beginning of one", parseRunId)
    .option(
      "--timeout-seconds <N>",
      `above 0; there is no wait without an end (default: ${defaultWaitSeconds})`,
      parseNumberIn(0, limits.runDeadlineSeconds),
    )
    .action(async (id: string, flags: Flags) => {
      const client = await openClient(io, flags);
      try {
        const report = await follow(io, {
          runId: id,
          wait: (options) => client.wait(id, options),
          timeoutSeconds: flags.timeoutSeconds,
        });
        if (flags.json !== true) return writeEnd(io, report);
        writeJson(io, report);
        if (report.status !== "SUCCEEDED") io.exitWith(exitCodes.issue);
      } catch (error) {
        if (flags.json === true && error instanceof WaitTimedOutError) {
          writeJson(io, { schemaVersion, runId: error.runId, status: "RUNNING", progress: error.progress ?? null });
        }
        throw error;
      }
    });
  addExample(addConnectionOptions(command), "tutti wait nightly-2026-11-21 --timeout-seconds 600");
}
