/**
 * Kills and stops processes at random moments, and notes what it did.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { counts, type Deployment, type PoolName, poolNames } from "./processes.ts";
import { settings } from "./settings.ts";

export type Target = PoolName | "engine";

export interface Kill {
  readonly target: Target;
  readonly pid: number | undefined;
  readonly atMs: number;
  /** When a new process of that kind was up. */
  upMs?: number;
}

export interface Chaos {
  readonly kills: readonly Kill[];
  /** Processes that were stopped past their lease, and went on. */
  readonly stopped: () => number;
  /** Until the signal; resolves when nothing is stopped any more and everything is up. */
  run(until: AbortSignal): Promise<void>;
}

/**
 * How often each is hit, of a hundred. The queues lose all messages, which a service hardly ever does: a task that nobody has taken is
 * sent again after 8 visibility timeouts while others of its run still move, and there must be more time than that between two losses.
 */
const weights: Readonly<Record<Target, number>> = { tasks: 58.6, control: 20, sweep: 12, engine: 9, queues: 0.4 };
/** A stop instead of a kill, of a hundred. */
const stopShare = 6;
/** Between two hits. */
const [shortestMs, longestMs] = [80, 330];
const upEveryMs = 10;
/** What has just started is left to work that long: where starts are slow, nothing but starts would be shown. */
const spareMs = 1000;

export function createChaos(deployment: Deployment, random: () => number): Chaos {
  const kills: Kill[] = [];
  const under = new Set<Promise<void>>();
  let stopped = 0;
  const stoppedPids = new Set<number>();
  const track = (work: Promise<void>): void => {
    under.add(work);
    void work.finally(() => under.delete(work));
  };

  const upAgain = async (kill: Kill, pool: PoolName, known: readonly number[]): Promise<void> => {
    const { pools } = deployment;
    while (pools[pool].pids().every((pid) => known.includes(pid))) await sleep(upEveryMs);
    kill.upMs = Date.now();
  };
  const killEngine = async (): Promise<void> => {
    const kill: Kill = { target: "engine", pid: undefined, atMs: Date.now() };
    kills.push(kill);
    await deployment.killEngine();
    kill.upMs = Date.now();
  };
  /** Longer than its leases last, and some time more: others have taken over what it holds. */
  const stop = async (pid: number): Promise<void> => {
    stopped++;
    stoppedPids.add(pid);
    const { leaseSeconds, clockSkewSeconds } = settings;
    send(pid, "SIGSTOP");
    await sleep((leaseSeconds + clockSkewSeconds) * 1000 * (1 + random()));
    stoppedPids.delete(pid);
    send(pid, "SIGCONT");
  };
  let engineDown: Promise<void> | undefined;
  /** When each process was first seen up. */
  const upSince = new Map<number, number>();
  const hasWorked = (pid: number): boolean => {
    const sinceMs = upSince.get(pid) ?? Date.now();
    upSince.set(pid, sinceMs);
    return Date.now() - sinceMs >= spareMs;
  };
  const hit = (): void => {
    for (const pool of Object.values(deployment.pools)) pool.pids().forEach(hasWorked);
    const target = targetAt(random() * 100);
    if (target === "engine") {
      if (engineDown !== undefined) return;
      engineDown = killEngine().finally(() => {
        engineDown = undefined;
      });
      track(engineDown);
      return;
    }
    const pool = deployment.pools[target];
    const pids = pool.pids().filter((pid) => !stoppedPids.has(pid) && hasWorked(pid));
    const pid = pids[Math.floor(random() * pids.length)];
    // Killing all of a kind only shows that nothing runs then.
    if (pid === undefined || pids.length < counts[target] / 2) return;
    if (target !== "queues" && random() * 100 < stopShare) {
      track(stop(pid));
      return;
    }
    const kill: Kill = { target, pid, atMs: Date.now() };
    const known = pool.pids();
    pool.kill(pid);
    kills.push(kill);
    track(upAgain(kill, target, known));
  };
  return {
    kills,
    stopped: () => stopped,
    async run(until) {
      while (!until.aborted) {
        hit();
        await sleep(shortestMs + random() * (longestMs - shortestMs));
      }
      await Promise.all(under);
    },
  };
}

/** A process that has ended meanwhile needs no signal. */
function send(pid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function targetAt(point: number): Target {
  let sum = 0;
  for (const target of [...poolNames, "engine"] as const) {
    sum += weights[target];
    if (point < sum) return target;
  }
  return "tasks";
}
