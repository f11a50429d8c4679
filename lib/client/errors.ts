/**
 * What a producer or an observer may meet, beside a bad document and an unreachable table.
 */
import { TuttiError } from "../errors.ts";
import type { RunStatus, StoredError } from "../model/outcome.ts";
import type { Progress } from "./shapes.ts";

/** No run has this id, or an id that begins so. */
export class RunNotFoundError extends TuttiError {
  override readonly name = "RunNotFoundError";
  readonly code = "run-not-found";

  constructor(readonly runId: string) {
    super(`no run has the id ${runId}, or one that begins so`);
  }
}

/** No dead letter and no rejected request has this id, or an id that begins so. */
export class LetterNotFoundError extends TuttiError {
  override readonly name = "LetterNotFoundError";
  readonly code = "letter-not-found";

  constructor(readonly letterId: string) {
    super(`no dead letter or rejected request has the id ${letterId}, or one that begins so`);
  }
}

/** The run has no value yet. */
export class RunUnfinishedError extends TuttiError {
  override readonly name = "RunUnfinishedError";
  readonly code = "run-unfinished";
  override readonly retryable = true;

  constructor(
    readonly runId: string,
    readonly progress: Progress,
  ) {
    super(`run ${runId} is still going: ${progressText(progress)}`);
  }
}

/** The run has ended without a value: failed, timed out or revoked. */
export class RunFailedError extends TuttiError {
  override readonly name = "RunFailedError";
  readonly code = "run-failed";

  /** @param error - What the run recorded: of the task that ended it. */
  constructor(
    readonly runId: string,
    readonly status: Exclude<RunStatus, "RUNNING" | "SUCCEEDED">,
    readonly error: StoredError,
  ) {
    super(
      `run ${runId} ended ${status}: ${error.name}: ${error.message}${error.taskId === undefined ? "" : ` (task ${error.taskId})`}`,
    );
  }
}

/** The wait ran out of time. The run goes on: wait again, or look at what it is waiting for. */
export class WaitTimedOutError extends TuttiError {
  override readonly name = "WaitTimedOutError";
  readonly code = "wait-timed-out";
  override readonly retryable = true;

  /** @param progress - How far the run was; undefined when no run was made of the request yet. */
  constructor(
    readonly runId: string,
    readonly timeoutSeconds: number,
    readonly progress: Progress | undefined,
  ) {
    super(
      `run ${runId} had not ended after ${timeoutSeconds} s: ${progress ? progressText(progress) : "its request has not been handled yet"}`,
    );
  }
}

/** What to talk to is not known, or not there. */
export class ConfigurationError extends TuttiError {
  override readonly name = "ConfigurationError";
  readonly code = "invalid-configuration";
}

/** A request was rejected with an error that this version does not know. */
export class RequestRejectedError extends TuttiError {
  override readonly name = "RequestRejectedError";
  readonly code = "invalid-request";

  constructor(
    readonly requestId: string,
    readonly rejectedAs: string,
    message: string,
  ) {
    super(message);
  }
}

/** Progress in a few words. */
export function progressText(progress: Progress): string {
  const counts: [number, string][] = [
    [progress.succeeded, "succeeded"],
    [progress.failed, "failed"],
    [progress.timedOut, "timed out"],
    [progress.revoked, "revoked"],
    [progress.skipped, "skipped"],
    [progress.running, "running"],
    [progress.waiting, "waiting"],
  ];
  const parts = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `of ${progress.total} task${progress.total === 1 ? "" : "s"} ${parts.join(", ") || "none has started"}`;
}
