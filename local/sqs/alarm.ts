/**
 * One timer that follows a moving target: rings when the time that `nextAt` names has come.
 */

export interface Alarm {
  /** Looks up the next time and sets the timer to it; call whenever it may have changed. */
  set(): void;
  cancel(): void;
}

export interface AlarmOptions {
  readonly now: () => number;
  /** Milliseconds since the epoch; `undefined`: nothing to wait for. */
  readonly nextAt: () => number | undefined;
  readonly ring: () => void;
}

/** The longest sleep, after which the time is looked up anew: Node's timers end at 24.8 days, and clocks are changed. */
const longestMs = 60_000;

/** Creates an alarm that is not set. Its timer does not keep the process alive; after ringing it is not set. */
export function createAlarm({ now, nextAt, ring }: AlarmOptions): Alarm {
  let timer: NodeJS.Timeout | undefined;
  const set = (): void => {
    clearTimeout(timer);
    const atMs = nextAt();
    if (atMs === undefined) {
      return;
    }
    const waitMs = Math.min(Math.max(0, Math.ceil(atMs - now())), longestMs);
    timer = setTimeout(wakeUp, waitMs);
    timer.unref();
  };
  const wakeUp = (): void => {
    const atMs = nextAt();
    if (atMs !== undefined && atMs <= now()) {
      ring();
    } else {
      set();
    }
  };
  return { set, cancel: () => clearTimeout(timer) };
}
