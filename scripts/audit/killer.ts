/**
 * Kills worker processes with SIGKILL at random moments: what `npm start -- --kill` shows to be harmless.
 */
import type { Clock, Ids } from "../../lib/ports/index.ts";
import type { Dev } from "../../local/dev.ts";

/** Pauses between kills, and how many there are at most, so that the job still ends within a minute. */
const shortestPauseMs = 100;
const longestPauseMs = 700;
const maxKills = 8;

export interface Killer {
  /** Process ids killed so far. */
  readonly killed: readonly number[];
  stop(): void;
}

/** Starts killing. @param told - Called after each kill. */
export function startKiller(dev: Dev, random: Ids, clock: Clock, told: (pid: number) => void): Killer {
  const killed: number[] = [];
  let cancel = () => {};
  const killOne = () => {
    const pids = dev.workers();
    const pid = pids[Math.floor(random.fraction() * pids.length)];
    if (pid !== undefined) {
      dev.killWorker(pid);
      killed.push(pid);
      told(pid);
    }
    if (killed.length < maxKills) schedule();
  };
  const schedule = () => {
    cancel = clock.after(shortestPauseMs + random.fraction() * (longestPauseMs - shortestPauseMs), killOne);
  };
  schedule();
  return { killed, stop: () => cancel() };
}
