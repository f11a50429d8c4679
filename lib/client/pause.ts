/**
 * Pauses between two looks.
 */
import type { Clock } from "../ports/system.ts";

/** First pause, growth and longest pause: a short run is seen to end at once, a long one costs one read a second. */
const firstMs = 50;
const growth = 1.5;
const longestMs = 1000;
/** Longest pause while something moves, so that a progress bar moves too. */
const movingMs = 250;

/**
 * Pauses of 50 ms growing to a second.
 *
 * @returns A function of whether something has moved since the last look: then the next pause is a short one.
 */
export function growingPause(): (moved?: boolean) => number {
  let nextMs = firstMs;
  return (moved = false) => {
    const ms = moved ? Math.min(nextMs, movingMs) : nextMs;
    nextMs = Math.min(longestMs, ms * growth);
    return ms;
  };
}

/** Resolves after that time, or as soon as the signal is aborted. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener("abort", done);
  });
}
