/**
 * What two looks at a run tell that one does not: how fast it goes, and how long it will take. Pure.
 */
import type { GraphReport, WatchedRun } from "../lib/model/view-reports.ts";

/** What was seen of a run at a time. */
export interface Sample {
  readonly atMs: number;
  readonly settled: number;
}

/** Looks that a rate is measured over: long enough for slow tasks to show, short enough to follow a change. */
const windowMs = 60_000;
const maxEtaSeconds = 365 * 86_400;

/** Adds a look to those before it, and forgets those that are too old. The first of the window stays. */
export function withSample(before: readonly Sample[], sample: Sample): readonly Sample[] {
  // A retry takes outcomes back: what was seen before it tells nothing any more.
  const isLess = (before.at(-1)?.settled ?? 0) > sample.settled;
  return [...(isLess ? [] : before.filter(({ atMs }) => atMs >= sample.atMs - windowMs)), sample];
}

/** A run with its rate and the time that is left, as far as the looks tell. */
export function watchedRun({ run }: GraphReport, samples: readonly Sample[]): WatchedRun {
  const { id, name, status, pausedAt, tasks, states } = run;
  const settled = settledIn(run);
  const [first] = samples;
  const last = samples.at(-1);
  const seconds = first === undefined || last === undefined ? 0 : (last.atMs - first.atMs) / 1000;
  const done = first === undefined || last === undefined ? 0 : last.settled - first.settled;
  const rate = seconds > 0 ? done / seconds : null;
  const etaSeconds = rate === null || rate === 0 ? null : Math.ceil((tasks - settled) / rate);
  return {
    id,
    name,
    status,
    pausedAt,
    tasks,
    settled,
    failed: (states.FAILED ?? 0) + (states.TIMED_OUT ?? 0) + (states.REVOKED ?? 0),
    running: states.RUNNING ?? 0,
    ratePerSecond: rate === null ? null : Math.round(rate * 100) / 100,
    etaSeconds: status !== "RUNNING" || etaSeconds === null || etaSeconds > maxEtaSeconds ? null : etaSeconds,
  };
}

/** Tasks that have come to an end. */
export function settledIn({ tasks, states }: GraphReport["run"]): number {
  const { WAITING = 0, QUEUED = 0, RUNNING = 0, RETRYING = 0 } = states;
  return tasks - WAITING - QUEUED - RUNNING - RETRYING;
}
