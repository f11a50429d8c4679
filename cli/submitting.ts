/**
 * What `run` and `submit` share: their options, and sending a document.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { RunHandle, SubmitOptions, TuttiClient } from "../lib/client/client.ts";
import { fairnessKeySchema, idPattern } from "../lib/model/ids.ts";
import { limits } from "../lib/model/limits.ts";
import type { SubmitRequest } from "../lib/model/request.ts";
import { addBudgetOptions, type BudgetFlags, budgetIn } from "./budget-options.ts";
import { readDocument } from "./file-argument.ts";
import type { CliIo } from "./io.ts";
import { addConnectionOptions, type ConnectionFlags } from "./options.ts";
import { InterruptedError } from "./output/errors.ts";
import { parseIntegerIn } from "./usage.ts";

export interface SubmitFlags extends ConnectionFlags, BudgetFlags {
  readonly id?: string;
  readonly name?: string;
  readonly deadlineSeconds?: number;
  readonly onFailure?: "fail-fast" | "finish";
  readonly header?: Readonly<Record<string, string>>;
  readonly fairnessKey?: string;
}

/** Adds the FILE argument and the options of a request. What is given here goes before what FILE says. */
export function addSubmitOptions(command: Command): Command {
  command
    .argument(
      "<FILE>",
      "request or workflow as JSON, - for standard input, or a module whose default export is a workflow",
    )
    .option("--id <ID>", "idempotency key and run id: the same id with the same document is the same run", parseNewId)
    .option("--name <TEXT>", "display name")
    .option(
      "--deadline-seconds <N>",
      "the run is TIMED_OUT after that (default: 7 days)",
      parseIntegerIn(1, limits.runDeadlineSeconds),
    )
    .addOption(
      new Option(
        "--on-failure <POLICY>",
        "after a failure: end at once, or finish what does not follow from it",
      ).choices(["fail-fast", "finish"]),
    )
    .option("--header <KEY=VALUE>", "a header that travels to every task; repeatable", collectHeader)
    .option(
      "--fairness-key <KEY>",
      "whose work this is, such as a tenant: queues are fair between keys",
      parseFairnessKey,
    );
  return addConnectionOptions(addBudgetOptions(command));
}

function parseNewId(text: string): string {
  if (idPattern.test(text)) return text;
  throw new InvalidArgumentError("It must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}.");
}

function parseFairnessKey(text: string): string {
  const [issue] = fairnessKeySchema.safeParse(text).error?.issues ?? [];
  if (issue === undefined) return text;
  throw new InvalidArgumentError(`It ${issue.message}.`);
}

function collectHeader(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be KEY=VALUE.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Reads FILE and submits it. At Ctrl-C the request may have been sent already. */
export async function submitFile(
  io: CliIo,
  client: TuttiClient,
  file: string,
  flags: SubmitFlags,
  wait: boolean,
): Promise<RunHandle> {
  // Not checked yet: a file may hold null.
  const document = (await readDocument(io, file)) as SubmitRequest | null;
  const given = budgetIn(flags);
  // A limit that is given here goes before that limit in FILE; the others stay.
  const budget = given && { ...document?.budget, ...given };
  const { id, name, deadlineSeconds, onFailure, header, fairnessKey } = flags;
  const options: SubmitOptions = {
    wait,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
    ...(budget === undefined ? {} : { budget }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(header === undefined ? {} : { headers: header }),
    ...(fairnessKey === undefined ? {} : { fairnessKey }),
  };
  let unlisten = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    unlisten = io.onInterrupt(() =>
      reject(
        new InterruptedError("interrupted: the request may have been sent, and its run goes on", "see: tutti status"),
      ),
    );
  });
  try {
    return await Promise.race([client.submit(document as SubmitRequest, options), interrupted]);
  } finally {
    unlisten();
  }
}
