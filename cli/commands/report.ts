/**
 * `tutti report`: answer for a task that a program elsewhere runs, or that a person decides.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { ReportReport } from "../../lib/client/shapes.ts";
import type { Json } from "../../lib/model/json.ts";
import { limits } from "../../lib/model/limits.ts";
import type { AttemptReport } from "../../lib/model/outside.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { parseNumberIn, UsageError } from "../usage.ts";

interface Flags extends ConnectionFlags {
  /** True without a value. */
  readonly succeeded?: Given | true;
  readonly failed?: string;
  readonly message?: string;
  readonly retry: boolean;
  readonly afterSeconds?: number;
  readonly heartbeat?: Given | true;
  readonly wait: boolean;
}

/** A value that was typed: JSON may be `true` as well. */
interface Given {
  readonly json: Json;
}

export function registerReport(program: Command, io: CliIo): void {
  const command = program
    .command("report")
    .description(
      "answer for a task that runs elsewhere, or that a person decides: with its result, its failure, or a sign of life",
    )
    .argument("<TASK>", "the task's id, <run id>/<path>, for the attempt that is out now; or the token of its message")
    .option("--succeeded [JSON]", "the task has succeeded, with that result (default: null)", parseJson)
    .option("--failed <NAME>", "the task has failed, with an error of that name; its retries decide what follows")
    .option("--message <TEXT>", "with --failed: what happened")
    .option("--no-retry", "with --failed: no other attempt would end otherwise")
    .option(
      "--after-seconds <N>",
      "with --failed: when the next attempt may begin",
      parseNumberIn(0, limits.delaySeconds),
    )
    .option("--heartbeat [JSON]", "the task goes on: its deadline moves, and inspect shows what is said", parseJson)
    .option("--no-wait", "send only, do not wait for what becomes of it")
    .action(async (task: string, flags: Flags) => {
      const said = reportOf(flags);
      const client = await openClient(io, flags);
      const answer = await client.report(task, said, { wait: flags.wait });
      if (answer.recorded === null && flags.wait) note(io, unanswered);
      if (flags.json === true) writeJson(io, answer);
      else io.out.write(`${sentence(answer, said)}\n`);
    });
  addExample(
    addConnectionOptions(command),
    `tutti report order-7/approve --succeeded '{"approved":true}'`,
    "tutti report order-7/approve --failed Rejected --message 'over budget' --no-retry",
    'tutti report "$TOKEN" --heartbeat \'{"done":3}\'',
  );
}

const unanswered =
  "the report is on the queue, and nobody has handled it in 10 s: is the control function, tutti dev or tutti worker running?";

function parseJson(text: string): Given {
  try {
    return { json: JSON.parse(text) };
  } catch {
    throw new InvalidArgumentError(`It must be JSON: a text stands in double quotes, as '"yes"'.`);
  }
}

/** What the flags say. @throws UsageError when they say nothing, or more than one thing */
function reportOf(flags: Flags): AttemptReport {
  const { succeeded, failed, heartbeat, message, afterSeconds, retry } = flags;
  const given = [succeeded, failed, heartbeat].filter((flag) => flag !== undefined);
  if (given.length !== 1)
    throw new UsageError("a report says one thing", "give --succeeded, or --failed NAME, or --heartbeat");
  if (failed !== undefined) {
    return {
      status: "failed",
      error: { name: failed, message: message ?? "" },
      ...(retry ? {} : { retryable: false }),
      ...(afterSeconds === undefined ? {} : { afterSeconds }),
    };
  }
  if (message !== undefined || afterSeconds !== undefined || !retry)
    throw new UsageError("--message, --no-retry and --after-seconds go with --failed");
  if (heartbeat !== undefined)
    return { status: "heartbeat", ...(heartbeat === true ? {} : { details: heartbeat.json }) };
  return { status: "succeeded", ...(succeeded === undefined || succeeded === true ? {} : { result: succeeded.json }) };
}

function sentence({ taskId, attempt, recorded }: ReportReport, { status }: AttemptReport): string {
  const of = attempt === 1 ? taskId : `${taskId} (attempt ${attempt})`;
  return `${of}: ${status} ${recorded === true ? "is recorded" : "was sent"}`;
}
