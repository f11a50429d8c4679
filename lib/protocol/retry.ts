/**
 * What a failed attempt leads to: another one later, or the end of the node.
 *
 * Failed and lost attempts are counted apart: losing a worker is not failing (S4).
 */
import type { StoredError } from "../model/outcome.ts";
import type { RetryPolicy } from "../plan/types.ts";

/** How an attempt ended that did not succeed. */
export interface FailedAttempt {
  readonly error: StoredError;
  readonly retryable: boolean;
  /** From `RetryAfterError`; undefined: the policy's backoff. */
  readonly afterSeconds?: number;
  readonly timedOut: boolean;
}

export type AfterFailure =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "settle"; readonly status: "FAILED" | "TIMED_OUT" };

/**
 * Decides between retry and end.
 *
 * @param counts - Attempts claimed, the one that failed included, and how many of them were lost.
 * @param fraction - Uniform in [0, 1), for the jitter.
 */
export function afterFailure(
  policy: RetryPolicy,
  counts: { readonly attempt: number; readonly lost: number },
  failure: FailedAttempt,
  fraction: number,
): AfterFailure {
  const failed = counts.attempt - counts.lost;
  if (!failure.retryable || failed >= policy.maxAttempts) {
    return { kind: "settle", status: failure.timedOut ? "TIMED_OUT" : "FAILED" };
  }
  return {
    kind: "retry",
    delayMs: failure.afterSeconds === undefined ? backoffMs(policy, failed, fraction) : failure.afterSeconds * 1000,
  };
}

/**
 * Exponential backoff with full jitter: uniform in [0, min(cap, base × 2^(n−1))).
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(policy: RetryPolicy, failed: number, fraction: number): number {
  const ceilingSeconds = Math.min(policy.maxBackoffSeconds, policy.backoffSeconds * 2 ** Math.min(failed - 1, 30));
  return Math.floor(ceilingSeconds * 1000 * fraction);
}

/** True when one more lost attempt is one too many. */
export function lostTooOften(policy: RetryPolicy, lost: number): boolean {
  return lost >= policy.maxLost;
}

/** What a node is settled with whose workers kept vanishing. */
export function lostError(lost: number): StoredError {
  return {
    name: "worker-lost",
    message: `the worker vanished during ${lost} attempt${lost === 1 ? "" : "s"}: it was killed, ran out of memory or lost its lease`,
  };
}

/**
 * How long a released node may stay unseen before it is sent again: one visibility timeout, doubling to an hour.
 *
 * The interval has a cap, the number of re-sends has none: a cap on the number would contradict L3 (S16).
 */
export function resendIntervalMs(visibilityMs: number, resends: number): number {
  return Math.min(visibilityMs * 2 ** Math.min(resends, 30), 3_600_000);
}
