/**
 * Time that passes only when told to: tests skip hours, and one seed replays a history.
 */
import { type EpochMs, epochMs } from "../../model/ids.ts";
import type { Clock } from "../../ports/system.ts";
import { createHeap } from "./heap.ts";

export interface VirtualClock extends Clock {
  /** When the next timer is due; undefined without one. */
  nextAt(): EpochMs | undefined;
  /** Runs the next timer, at its time; false without one. One at a time, so that a caller can let promises settle between. */
  next(): boolean;
  /** Runs every timer due until then, those started meanwhile included, and leaves the clock there. Never goes back. */
  advanceTo(ms: number): void;
}

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** @param startMs - Epoch milliseconds. */
export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  let sequence = 0;
  const timers = createHeap<Timer>((a, b) => a.atMs - b.atMs || a.sequence - b.sequence);

  const peek = (): Timer | undefined => {
    while (timers.peek()?.cancelled) timers.pop();
    return timers.peek();
  };

  const next = (): boolean => {
    const timer = peek();
    if (!timer) return false;
    timers.pop();
    nowMs = Math.max(nowMs, timer.atMs);
    timer.run();
    return true;
  };

  return {
    now: () => epochMs(nowMs),
    after(delayMs, run) {
      const timer: Timer = { atMs: nowMs + Math.max(0, delayMs), sequence: sequence++, run, cancelled: false };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
    nextAt() {
      const timer = peek();
      return timer && epochMs(timer.atMs);
    },
    next,
    advanceTo(ms) {
      for (let timer = peek(); timer && timer.atMs <= ms; timer = peek()) next();
      nowMs = Math.max(nowMs, ms);
    },
  };
}
