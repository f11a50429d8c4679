/**
 * Runs a task's body once, under its limits.
 *
 * A soft limit aborts the signal and lets the body end by itself; a hard limit ends the attempt whatever the body does.
 * Node cannot stop a busy loop: the body may go on in the background, but its outcome is decided.
 */
import { isFatalError, isRetryAfterError } from "../errors.ts";
import { limits as product } from "../model/limits.ts";
import type { Clock } from "../ports/system.ts";

export type BodyResult =
  | { readonly kind: "succeeded"; readonly value: unknown }
  | {
      readonly kind: "failed";
      readonly error: unknown;
      readonly retryable: boolean;
      readonly afterSeconds?: number;
      readonly timedOut: boolean;
    };

export interface BodyLimits {
  readonly timeoutSeconds: number;
  readonly softTimeoutSeconds?: number;
}

/** The attempt went on longer than its hard limit. */
export class TaskTimedOutError extends Error {
  override readonly name = "task-timed-out";
  constructor(readonly timeoutSeconds: number) {
    super(`the attempt ran longer than its limit of ${timeoutSeconds} s`);
  }
}

/**
 * Calls `body` and waits for its end, or for its hard limit.
 *
 * @param abort - Aborted at the soft limit, and by whoever else holds it (lease lost, shutdown).
 */
export async function runBody(
  body: () => unknown,
  limits: BodyLimits,
  clock: Clock,
  abort: AbortController,
): Promise<BodyResult> {
  const cancels: (() => void)[] = [];
  const timeout = new Promise<BodyResult>((resolve) => {
    const softSeconds = limits.softTimeoutSeconds;
    if (softSeconds !== undefined)
      cancels.push(clock.after(softSeconds * 1000, () => abort.abort(new TaskTimedOutError(softSeconds))));
    const end = () => {
      const error = new TaskTimedOutError(limits.timeoutSeconds);
      abort.abort(error);
      resolve({ kind: "failed", error, retryable: true, timedOut: true });
    };
    cancels.push(clock.after(limits.timeoutSeconds * 1000, end));
  });
  try {
    return await Promise.race([settle(body), timeout]);
  } finally {
    for (const cancel of cancels) cancel();
  }
}

async function settle(body: () => unknown): Promise<BodyResult> {
  try {
    return { kind: "succeeded", value: await body() };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): BodyResult {
  const timedOut = error instanceof TaskTimedOutError;
  if (isRetryAfterError(error) && Number.isFinite(error.seconds)) {
    const afterSeconds = Math.min(Math.max(0, error.seconds), product.delaySeconds);
    return { kind: "failed", error, retryable: true, afterSeconds, timedOut };
  }
  return { kind: "failed", error, retryable: isRetryable(error), timedOut };
}

/** Client errors of HTTP that may go away by themselves: time-out, too early, too many requests. */
const retryableClientErrors = new Set([408, 425, 429]);

/**
 * Whether an error is worth another attempt: everything is but a {@link FatalError} and an answer that says the request
 * itself was wrong (4xx). 5xx answers and network errors therefore are (docs/requirements.md, S4-23).
 */
export function isRetryable(error: unknown): boolean {
  if (isFatalError(error)) return false;
  const status = httpStatusOf(error);
  if (status === undefined || status < 400 || status > 499) return true;
  return retryableClientErrors.has(status);
}

/** The HTTP status that common clients leave on their errors: `status`, `statusCode`, `response.status`, `$metadata.httpStatusCode`. */
function httpStatusOf(error: unknown): number | undefined {
  const found = record(error);
  const candidates = [
    found.status,
    found.statusCode,
    record(found.response).status,
    record(found.$metadata).httpStatusCode,
  ];
  return candidates.find((candidate): candidate is number => typeof candidate === "number");
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
