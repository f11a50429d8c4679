/**
 * What ends a command, told to people and to scripts: never a stack trace, unless TUTTI_DEBUG asks for one.
 */
import { CommanderError } from "commander";
import { RunUnfinishedError, WaitTimedOutError } from "../../lib/client/errors.ts";
import type { Progress } from "../../lib/client/shapes.ts";
import { InvalidRequestError, RunConflictError, TuttiError } from "../../lib/errors.ts";
import { type CliIo, type ExitCode, exitCodes, note } from "../io.ts";
import { UsageError } from "../usage.ts";
import { jsonText } from "./json.ts";
import { cut, plainLine } from "./plain.ts";
import { writeProse } from "./prose.ts";

/** The user stopped the command. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";

  /** @param hint - How to go on. */
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** A change of a run that was refused: no document is to be corrected. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  /** @param hint - What to do instead. */
  constructor(
    override readonly cause: InvalidRequestError,
    readonly hint: string,
  ) {
    super(cause.message);
  }
}

/** An error as scripts get it on stderr. */
export interface ErrorReport {
  readonly schemaVersion: 1;
  /** `warning` when nothing has failed: a wait that ran out of time. */
  readonly kind: "error" | "warning";
  readonly code: string;
  readonly message: string;
  readonly path?: string;
  readonly value?: unknown;
  readonly rule?: string;
  readonly runId?: string;
  readonly progress?: Progress;
}

interface Described {
  readonly report: ErrorReport;
  readonly exitCode: ExitCode;
  /** What to do next. */
  readonly hint?: string | undefined;
}

/** Longest text of a found value that is shown; the whole of it is in the user's own document. */
const shownValueLength = 200;

/** How to tell an error. */
export interface Telling {
  readonly json: boolean;
  /** The command line that prints help on what was typed. */
  readonly help: string;
}

/** Writes what ended a command to stderr. @returns the exit code. */
export function writeError(io: CliIo, error: unknown, { json, help }: Telling): ExitCode {
  const { report, exitCode, hint = exitCode === exitCodes.usage ? `see: ${help}` : undefined } = describeError(error);
  if (json) note(io, jsonText(report, false));
  else {
    writeProse(io.err, `${report.kind}: ${plainLine(report.message)}`);
    if (hint !== undefined) note(io, `  ${hint}`);
  }
  if (io.env.TUTTI_DEBUG !== undefined && io.env.TUTTI_DEBUG !== "" && error instanceof Error) note(io, stackOf(error));
  return exitCode;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}

/** Says what an error is, with what code to end, and what to do next. */
export function describeError(error: unknown): Described {
  if (error instanceof UsageError)
    return { report: reportOf("wrong-usage", error.message), exitCode: exitCodes.usage, hint: error.hint };
  if (error instanceof CommanderError) return describeCommander(error);
  if (error instanceof InterruptedError)
    return { report: reportOf("interrupted", error.message), exitCode: exitCodes.interrupted, hint: error.hint };
  if (error instanceof RefusedError) return { ...describeOwn(error.cause), hint: error.hint };
  if (error instanceof TuttiError) return describeOwn(error);
  const message = error instanceof Error ? error.message : String(error);
  const hint = "this is a fault of tutti: set TUTTI_DEBUG=1 to see where it comes from";
  return { report: reportOf("internal-error", message), exitCode: exitCodes.issue, hint };
}

function reportOf(code: string, message: string): ErrorReport {
  return { schemaVersion: 1, kind: "error", code, message };
}

/** Commander's messages begin with `error: ` and may end with a suggestion on its own line. */
function describeCommander(error: CommanderError): Described {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest.join(" ").replace(/[()]/g, "").trim();
  const report = reportOf("wrong-usage", suggestion === "" ? first : `${first} (${suggestion})`);
  return { report, exitCode: exitCodes.usage };
}

function describeOwn(error: TuttiError): Described {
  const report = reportOf(error.code, error.message);
  if (error instanceof InvalidRequestError)
    return { report: { ...report, ...problemOf(error) }, exitCode: exitCodes.issue, hint: documentHint(error) };
  if (error instanceof WaitTimedOutError) {
    const { runId, progress } = error;
    return {
      report: { ...report, kind: "warning", runId, ...(progress === undefined ? {} : { progress }) },
      exitCode: exitCodes.timedOut,
      hint: `it goes on; wait again: tutti wait ${runId}, or look: tutti inspect ${runId} --verbose`,
    };
  }
  if (error instanceof RunUnfinishedError) {
    const { runId, progress } = error;
    return {
      report: { ...report, runId, progress },
      exitCode: exitCodes.issue,
      hint: `follow it: tutti wait ${runId}`,
    };
  }
  if (error instanceof RunConflictError)
    return {
      report: { ...report, runId: error.runId },
      exitCode: exitCodes.issue,
      hint: `nothing was changed; see the run that has the id: tutti inspect ${error.runId}`,
    };
  return { report, exitCode: exitCodes.issue, hint: hintOf(error) };
}

function problemOf(error: InvalidRequestError): Pick<ErrorReport, "path" | "value" | "rule"> {
  const { path, value, rule } = error;
  return { path, ...(value === undefined ? {} : { value: shownValue(value) }), rule };
}

function shownValue(value: unknown): unknown {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= shownValueLength ? value : cut(text, shownValueLength);
}

/** What is not a place in the document: arguments of the command. */
const argumentPaths: readonly string[] = ["run id", "cursor", "timeoutSeconds"];

function documentHint({ path }: InvalidRequestError): string | undefined {
  return argumentPaths.includes(path) ? undefined : "nothing was started: correct the document and send it again";
}

const hints: Readonly<Partial<Record<TuttiError["code"], string>>> = {
  "run-not-found": "see what there is: tutti status",
  "invalid-tasks": "name the tasks module with --tasks FILE, or as tutti.tasks in package.json",
  "queue-unavailable": "check the request queue's URL, the region and the permissions",
};

function hintOf(error: TuttiError): string | undefined {
  if (error.code !== "store-unavailable") return hints[error.code];
  if (/ECONNREFUSED/.test(error.message))
    return "nothing listens there: is tutti dev, or the engine the environment names, running?";
  if (/ResourceNotFound/.test(error.message))
    return "there is no such table: check --table, the region and the account";
  return "check the table's name, the region and the permissions";
}
