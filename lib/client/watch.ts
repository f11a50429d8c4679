/**
 * Looks at one run, or at those that run, again and again. Reads only.
 */
import type { GraphReport } from "../model/view-reports.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { graphOf, graphReport } from "./graph.ts";
import { pause } from "./pause.ts";
import { readListing, refreshRunning } from "./runs.ts";
import type { Reading } from "./wait.ts";

/** How to watch. */
export interface WatchOptions {
  /** A run, or the beginning of its id. @default those that run, newest first, until it is stopped */
  readonly id?: string;
  /** Pause between two looks. @default 1 */
  readonly intervalSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onLook: (look: Look) => void;
}

/** One look. */
export interface Look {
  readonly atMs: number;
  /** The run, or the newest 20 that run. */
  readonly runs: readonly GraphReport[];
  /** All that run. */
  readonly running: number;
}

const defaultIntervalSeconds = 1;
/** Runs that are read whole, at each look. */
const shownRuns = 20;
const foldAbove = 10;

/** @returns the last look: of a run that was named its end, unless the signal came first. */
export async function watch(reading: Reading, options: WatchOptions): Promise<Look> {
  const { id, intervalSeconds = defaultIntervalSeconds, signal, onLook } = options;
  for (;;) {
    const look = id === undefined ? await lookAtAll(reading) : await lookAtOne(reading, id);
    if (!isAborted(signal)) onLook(look);
    if (isAborted(signal) || (id !== undefined && look.running === 0)) return look;
    await pause(reading.clock, intervalSeconds * 1000, signal);
    if (isAborted(signal)) return look;
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

async function lookAtOne(reading: Reading, id: string): Promise<Look> {
  const report = await graphOf(reading, id, { foldAbove });
  return { atMs: reading.clock.now(), runs: [report], running: report.run.status === "RUNNING" ? 1 : 0 };
}

async function lookAtAll({ store, plans, clock }: Reading): Promise<Look> {
  const heads = await refreshRunning(store, (await readListing(store)).heads);
  const running = heads.filter(({ status, parent }) => status === "RUNNING" && parent === undefined);
  const runs: GraphReport[] = [];
  for (const head of running.slice(0, shownRuns))
    runs.push(graphReport(await readSnapshot(store, plans, head), { nowMs: clock.now(), foldAbove }));
  return { atMs: clock.now(), runs, running: running.length };
}
