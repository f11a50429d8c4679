/**
 * What `revoke`, `pause`, `resume` and `retry` share.
 */
import type { OperationReport } from "../lib/client/shapes.ts";
import { InvalidRequestError } from "../lib/errors.ts";
import { unanswered } from "./commands/submit.ts";
import { type CliIo, note } from "./io.ts";
import { RefusedError } from "./output/errors.ts";
import { writeJson } from "./output/json.ts";

/** Calls the client. What it refuses concerns the run, not a document. */
export async function ofRun<T>(id: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof InvalidRequestError) || error.path === "run id") throw error;
    throw new RefusedError(error, `nothing was changed; look at the run: tutti inspect ${id}`);
  }
}

/** How to tell of a change. */
export interface Telling {
  readonly json: boolean;
  /** When it was made. */
  readonly done: string;
  /** When there was nothing to change. */
  readonly already: string;
  /** When it is on the queue. */
  readonly sent: string;
  /** How to go on after it. */
  readonly next?: string;
}

/** Tells what became of a change: the run on stdout, notes on stderr. */
export function writeOperation(io: CliIo, report: OperationReport, telling: Telling): void {
  const { changed, runId } = report;
  if (changed === null) note(io, unanswered(runId));
  if (telling.json) {
    writeJson(io, report);
    return;
  }
  const text = changed === null ? telling.sent : changed ? telling.done : telling.already;
  io.out.write(`run ${runId} ${text}\n`);
  if (changed === true && telling.next !== undefined) note(io, telling.next);
}
