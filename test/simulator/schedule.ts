/**
 * What happens when, in virtual time: one event after the other, and none of a process that is dead or stands still.
 */
import { createHeap } from "../../lib/adapters/memory/heap.ts";

/** What can die, or stand still. */
export interface Stoppable {
  dead: boolean;
  pausedUntilMs: number;
}

export interface Schedule {
  now(): number;
  /**
   * @param of - The process that it happens in; of nobody: in the network, or outside of the system.
   * @returns What takes it back.
   */
  at(ms: number, run: () => void, of?: Stoppable): () => void;
  /** Lets the next event happen; false when there is none. */
  step(): boolean;
}

interface Event {
  atMs: number;
  /** When it would be, did its process not stand still. */
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly of: Stoppable | undefined;
  cancelled: boolean;
}

export function createSchedule(startMs: number): Schedule {
  // Who goes on after a standstill finds its timers in the order in which they ran out.
  const events = createHeap<Event>((a, b) => a.atMs - b.atMs || a.dueMs - b.dueMs || a.order - b.order);
  let nowMs = startMs;
  let order = 0;
  return {
    now: () => nowMs,
    at(ms, run, of) {
      const dueMs = Math.max(nowMs, ms);
      const event: Event = { atMs: dueMs, dueMs, order: order++, run, of, cancelled: false };
      events.push(event);
      return () => {
        event.cancelled = true;
      };
    },
    step() {
      for (let event = events.pop(); event; event = events.pop()) {
        if (event.cancelled || event.of?.dead) continue;
        const heldMs = event.of?.pausedUntilMs ?? 0;
        if (heldMs > event.atMs) {
          event.atMs = heldMs;
          events.push(event);
          continue;
        }
        nowMs = event.atMs;
        event.run();
        return true;
      }
      return false;
    },
  };
}

/** Lets every promise that can go on go on: a tick comes after all of them. */
export function settled(): Promise<void> {
  return new Promise((done) => process.nextTick(done));
}
