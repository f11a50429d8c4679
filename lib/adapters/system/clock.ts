import { epochMs } from "../../model/ids.ts";
import type { Clock } from "../../ports/system.ts";

/** Longest delay of a Node timer; a longer one would run at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The time of this machine. */
export const wallClock: Clock = {
  now: () => epochMs(Date.now()),
  after(delayMs, run) {
    const untilMs = Date.now() + delayMs;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const leftMs = untilMs - Date.now();
      timer = leftMs > longestTimerMs ? setTimeout(wait, longestTimerMs) : setTimeout(run, leftMs);
    };
    wait();
    return () => clearTimeout(timer);
  },
};
