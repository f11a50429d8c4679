/**
 * `tutti submit`: send a workflow and say what became of the request.
 */
import type { Command } from "commander";
import type { RunHandle } from "../../lib/client/client.ts";
import type { SubmitReport } from "../../lib/client/shapes.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addExample } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { addSubmitOptions, type SubmitFlags, submitFile } from "../submitting.ts";

interface Flags extends SubmitFlags {
  readonly wait: boolean;
}

export function registerSubmit(program: Command, io: CliIo): void {
  const command = program
    .command("submit")
    .description("send a workflow; learns within 10 s whether a run was created, existed, or was refused")
    .option("--no-wait", "send only, do not wait for the answer")
    .action(async (file: string, flags: Flags) => {
      const client = await openClient(io, flags);
      const run = await submitFile(io, client, file, flags, flags.wait);
      if (run.created === null && flags.wait) note(io, unanswered(run.runId));
      if (flags.json === true) writeJson(io, submitReport(run));
      else writeSubmit(io, run);
    });
  addExample(
    addSubmitOptions(command),
    "tutti submit workflow.json --id nightly-2026-11-21",
    "jq '{group: map({task: \"resize\", args: [.]})}' urls.json | tutti submit -",
  );
}

/** A handle without its functions. */
export function submitReport({ schemaVersion, runId, callbackTaskId, created }: RunHandle): SubmitReport {
  return { schemaVersion, runId, callbackTaskId, created };
}

/** What to say when nobody has answered in time. */
export function unanswered(runId: string): string {
  return `the request for run ${runId} is on the queue, and nobody has handled it in 10 s: is the control function, tutti dev or tutti worker running?`;
}

function writeSubmit(io: CliIo, run: RunHandle): void {
  const state = run.created === null ? "sent" : run.created ? "created" : "exists already, made of the same document";
  io.out.write(`run       ${run.runId} (${state})\n`);
  if (run.callbackTaskId !== null) io.out.write(`callback  ${run.callbackTaskId}\n`);
  note(io, `follow it: tutti wait ${run.runId}`);
}
