/**
 * Following a run to its end, for `run` and `wait`: progress on stderr, Ctrl-C leaves the run alone.
 */
import { wallClock } from "../lib/adapters/system/clock.ts";
import type { ResultReport, WaitReport } from "../lib/client/shapes.ts";
import type { WaitOptions } from "../lib/client/wait.ts";
import { type CliIo, exitCodes, note } from "./io.ts";
import { durationText } from "./output/duration.ts";
import { InterruptedError } from "./output/errors.ts";
import { jsonText } from "./output/json.ts";
import { plainLine } from "./output/plain.ts";
import { progressView } from "./output/progress.ts";

/** What is followed. */
export interface Following {
  readonly runId: string;
  readonly wait: (options: WaitOptions) => Promise<WaitReport>;
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Waits for the end of a run.
 *
 * @throws InterruptedError at Ctrl-C, WaitTimedOutError when time is up. The run goes on in both cases.
 */
export async function follow(io: CliIo, { runId, wait, timeoutSeconds }: Following): Promise<WaitReport> {
  const view = progressView(io, wallClock);
  const abort = new AbortController();
  const unlisten = io.onInterrupt(() =>
    abort.abort(new InterruptedError(`interrupted: run ${runId} goes on`, `follow it: tutti wait ${runId}`)),
  );
  try {
    return await wait({
      onProgress: view.show,
      signal: abort.signal,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    });
  } finally {
    unlisten();
    view.end();
  }
}

/** Tells how a run ended: its value on stdout, the rest on stderr. Sets the exit code. */
export function writeEnd(io: CliIo, report: WaitReport, startedMs?: number): void {
  if (report.status === "SUCCEEDED") {
    const took = startedMs === undefined ? "" : ` in ${durationText(wallClock.now() - startedMs)}`;
    note(io, `run ${report.runId} SUCCEEDED: ${report.progress.succeeded} of ${report.progress.total} tasks${took}`);
    io.out.write(`${jsonText(report.value, true)}\n`);
    return;
  }
  noteFailure(io, report);
}

/** Tells how a run failed. Sets the exit code. */
export function noteFailure(io: CliIo, report: Extract<ResultReport, { error: unknown }>): void {
  const { name, message, taskId } = report.error;
  note(
    io,
    plainLine(
      `run ${report.runId} ${report.status}: ${name}: ${message}${taskId === undefined ? "" : ` (task ${taskId})`}`,
    ),
  );
  note(io, `  see what happened: tutti inspect ${report.runId} --verbose`);
  io.exitWith(exitCodes.issue);
}
