/**
 * What stands in for the EventBridge schedule of the sweeper: a call every so many seconds, the first one at once, never
 * two at a time. A call that takes longer than the period is followed by the next one without a pause.
 */
import type { Clock, Log } from "../lib/ports/index.ts";

export interface ScheduleOptions {
  readonly everySeconds: number;
  readonly run: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Schedule {
  /** No further call; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** Starts calling. A call that throws is logged, and the next one comes as if it had not. */
export function startSchedule({ everySeconds, run, clock, log }: ScheduleOptions): Schedule {
  const abort = new AbortController();

  const repeat = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      const nextAtMs = clock.now() + everySeconds * 1000;
      try {
        await run();
      } catch (error) {
        log.write("error", "a scheduled call failed", { error: String(error) });
      }
      await pause(clock, nextAtMs - clock.now(), abort.signal);
    }
  };
  const repeating = repeat();

  return {
    async stop() {
      abort.abort();
      await repeating;
    },
  };
}

/** Waits that long, or until the signal. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || delayMs <= 0) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal.addEventListener("abort", done);
  });
}
