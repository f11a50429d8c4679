/**
 * `tutti run`: submit, follow, print the result.
 */
import type { Command } from "commander";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { defaultWaitSeconds } from "../../lib/client/wait.ts";
import { limits } from "../../lib/model/limits.ts";
import { openClient } from "../connection.ts";
import { follow, writeEnd } from "../follow.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addExample } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { addSubmitOptions, type SubmitFlags, submitFile } from "../submitting.ts";
import { parseNumberIn } from "../usage.ts";
import { submitReport, unanswered } from "./submit.ts";

interface Flags extends SubmitFlags {
  readonly timeoutSeconds?: number;
}

export function registerRun(program: Command, io: CliIo): void {
  const command = program
    .command("run")
    .description("submit a workflow, follow it with a progress bar, print its result; exit code 1 if it failed")
    .option(
      "--timeout-seconds <N>",
      `follow for that long at most, above 0 (default: ${defaultWaitSeconds}); the run goes on, exit code 124`,
      parseNumberIn(0, limits.runDeadlineSeconds),
    )
    .action(async (file: string, flags: Flags) => {
      const startedMs = wallClock.now();
      const client = await openClient(io, flags);
      const run = await submitFile(io, client, file, flags, true);
      if (run.created === null) note(io, unanswered(run.runId));
      else
        note(
          io,
          `run ${run.runId} ${run.created ? "created" : "exists already, made of the same document: following it"}`,
        );
      const report = await follow(io, { runId: run.runId, wait: run.wait, timeoutSeconds: flags.timeoutSeconds });
      if (flags.json !== true) return writeEnd(io, report, run.created === true ? startedMs : undefined);
      writeJson(io, { ...submitReport(run), ...report });
      if (report.status !== "SUCCEEDED") io.exitWith(exitCodes.issue);
    });
  addExample(
    addSubmitOptions(command),
    "tutti run workflow.json",
    "tutti run workflow.ts --id nightly-2026-11-21 --json | jq .value",
  );
}
