/**
 * Compares what was seen of a run with what the reference says of its workflow.
 *
 * Where a worker is lost, what it had in hand is recorded once it is given up: later, and by another attempt. So the exact
 * moments and numbers of attempts are asked for where none is lost.
 */
import type { Json } from "../../../lib/model/json.ts";
import { Choice, matches, same, shown } from "./expected.ts";
import { headerFaults } from "./judge-headers.ts";
import { type ExpectedTask, type History, isBefore, type Moment, settled } from "./part.ts";
import { causeId } from "./policies.ts";
import { isHedged, isLoose, losesWorkers, type Reference } from "./reference.ts";
import { type Entry, type Observed, started } from "./run-case.ts";

/** A head that was read at most so long ago may let a task start (S9). */
const headFreshMs = 60_000;

/**
 * Everything that is not as the reference says; empty when all of it is.
 *
 * @param before - Of a second generation: what was seen of the first.
 */
export function faultsOf(reference: Reference, observed: Observed, before?: Observed): string[] {
  const history = historyOf(observed, isHedged(reference));
  const paths = observed.run.tasks.map(({ path }) => path).sort();
  const expected = reference.tasks.map(({ path }) => path).sort();
  if (!same(paths, expected)) return [`tasks are ${paths.join(" ")}, should be ${expected.join(" ")}`];
  return [
    ...endFaults(reference, observed, history),
    ...reference.tasks.flatMap((task) =>
      task.kept
        ? keptFaults(task, observed, before)
        : [
            ...statusFaults(task, reference, observed, history),
            ...sleepFaults(task, reference, observed, history),
            ...entryFaults(task, observed, history, before),
          ],
    ),
    ...reference.headers.flatMap((header) => headerFaults(header, { reference, observed, history, before })),
    ...observed.broken,
  ];
}

function historyOf({ run, settledAtMs, skipped, entries, begunAt }: Observed, hedged: boolean): History {
  const statuses = new Map(run.tasks.map(({ path, status }) => [path, status]));
  return {
    startedAt: started,
    begunAt,
    ended({ path, starts, status }) {
      const atMs = settledAtMs.get(path);
      if (!starts || statuses.get(path) !== status || atMs === undefined) return undefined;
      if (status === "SKIPPED" && !skipped.has(path)) return undefined;
      const own = entries.filter((entry) => entry.path === path && entry.end !== undefined);
      // Of two copies the first to end is the one that counts, and the other may go on.
      const first = hedged ? own.find(({ end }) => end?.atMs === atMs) : undefined;
      const last = first ?? own.at(-1);
      return { atMs, sequence: last?.end?.sequence ?? 0 };
    },
  };
}

/** What a retry takes over. */
function keptFaults({ path }: ExpectedTask, { run, entries }: Observed, before: Observed | undefined): string[] {
  const statusIn = (one: Observed["run"] | undefined) => one?.tasks.find((task) => task.path === path)?.status;
  const [is, was] = [statusIn(run), statusIn(before?.run)];
  const faults = is === was ? [] : [`${path} was ${was} and kept, and has become ${is}`];
  if (entries.some((entry) => entry.path === path)) faults.push(`${path} was ${was} and kept, and was entered again`);
  return faults;
}

/** What a run has come to: status, and value or error. */
export function resultFaults({ root }: Reference, run: Result): string[] {
  const status = root.succeeds ? "SUCCEEDED" : "FAILED";
  if (run.status !== status) return [`the run is ${run.status}, should be ${status}`];
  if (run.status === "SUCCEEDED")
    return matches(root.value, run.value)
      ? []
      : [`the run's value is ${JSON.stringify(run.value)}, should be ${shown(root.value)}`];
  const errors = new Choice(
    root.causes.flatMap((cause) => {
      const { error } = cause;
      const taskId = causeId(cause);
      // A quorum that was not reached for want of successes has no task to name.
      const nameless = cause.path === "" ? [error] : [];
      return [{ ...error, taskId }, ...nameless.map((one) => ({ ...one }))];
    }),
  );
  if (matches(errors, run.error as unknown as Json)) return [];
  return [`the run's error is ${JSON.stringify(run.error)}, should be ${shown(errors)}`];
}

/** How a run ended. */
export interface Result {
  readonly status: string;
  readonly value?: Json | undefined;
  readonly error?: unknown;
}

/** Status, value or error of the run, and when it ended. */
function endFaults(reference: Reference, { run, endedAtMs }: Observed, history: History): string[] {
  const { root } = reference;
  const faults = resultFaults(reference, run);
  if (run.status !== (root.succeeds ? "SUCCEEDED" : "FAILED")) return faults;
  const due = notBefore(history.begunAt, settled(root)(history));
  const early = due === undefined || endedAtMs === undefined || endedAtMs < due.atMs;
  if (early) faults.push(`the run ended at ${time(endedAtMs)}, and what it waits for ended at ${time(due?.atMs)}`);
  else if (endedAtMs > due.atMs && !isLoose(reference))
    faults.push(`the run ended at ${time(endedAtMs)}, should have at ${time(due.atMs)}`);
  return faults;
}

/** What was taken over had come about before. */
function notBefore(start: Moment, moment: Moment | undefined): Moment | undefined {
  return moment === undefined || isBefore(start, moment) ? moment : start;
}

const time = (atMs: number | undefined) => (atMs === undefined ? "no time" : `${atMs - started.atMs} ms`);

/** What became of a task: what its script leads to, or nothing where the run may have ended before. */
function statusFaults(task: ExpectedTask, reference: Reference, observed: Observed, history: History): string[] {
  const { path, afterEnd, starts, status } = task;
  const seen = observed.run.tasks.find((one) => one.path === path) as Observed["run"]["tasks"][number];
  const isOwed = afterEnd
    ? isCallbackOwed(task, reference, observed, history)
    : starts && reference.root.needed.has(path);
  const isSkipped = status === "SKIPPED" && !observed.skipped.has(path);
  if (seen.status !== status || isSkipped || !starts) {
    if (isOwed || seen.status !== "SKIPPED")
      return [`${path} is ${seen.status}, should be ${starts ? status : "SKIPPED"}${isOwed ? "" : " or SKIPPED"}`];
    const acts = actsOf(task, observed);
    return !losesWorkers(reference) && !isHedged(reference) && acts >= Math.max(1, task.acts)
      ? [`${path} is SKIPPED, though its body came to its end: ${acts} acts`]
      : [];
  }
  const faults: string[] = [];
  if (status === "SUCCEEDED" && !task.sleeps && !matches(task.value, seen.value))
    faults.push(`the value of ${path} is ${JSON.stringify(seen.value)}, should be ${shown(task.value)}`);
  if (status === "SKIPPED" && seen.error !== undefined)
    faults.push(`${path} is SKIPPED by choice, and has the error ${JSON.stringify(seen.error)}`);
  if (status !== "SUCCEEDED" && status !== "SKIPPED" && !matches({ ...task.error }, seen.error as unknown as Json))
    faults.push(`the error of ${path} is ${JSON.stringify(seen.error)}, should be ${shown({ ...task.error })}`);
  const acts = actsOf(task, observed);
  const tooFew = acts < (isHedged(reference) ? Math.min(1, task.acts) : task.acts);
  if (tooFew || (acts > task.acts && !losesWorkers(reference) && !isHedged(reference)))
    faults.push(`${path} made ${acts} acts of its script, should make ${task.acts}`);
  return faults;
}

/**
 * An error callback is called after the end too, but where its chord waits for a condition that only a run at work looks at, or
 * for its turn.
 */
function isCallbackOwed(
  { ready }: ExpectedTask,
  { omitted, unseenTurns }: Reference,
  { endedAtMs = Infinity }: Observed,
  history: History,
): boolean {
  const dueMs = ready(history)?.atMs;
  if (dueMs === undefined || unseenTurns.length > 0) return false;
  return omitted.length === 0 || dueMs < endedAtMs;
}

function actsOf({ path }: ExpectedTask, { entries }: Observed): number {
  return entries.filter((entry) => entry.path === path && entry.did !== undefined).length;
}

/** A sleep is over when its time has come. */
function sleepFaults(task: ExpectedTask, reference: Reference, { settledAtMs }: Observed, history: History): string[] {
  const atMs = settledAtMs.get(task.path);
  if (!task.sleeps || atMs === undefined || history.ended(task) === undefined) return [];
  const ready = task.ready(history);
  const dueMs = startMs(task, ready, history);
  const mayBeLater = task.takesTurns || isLoose(reference);
  if (ready !== undefined && (atMs === dueMs || (atMs > dueMs && mayBeLater))) return [];
  return [`${task.path} slept until ${time(atMs)}, should have until ${time(dueMs)}`];
}

/** Not before that time may a task start, or a sleep end: a delay counts from what came before. */
function startMs(
  { task: { delaySeconds = 0, at } }: ExpectedTask,
  ready: Moment | undefined,
  { begunAt }: History,
): number {
  const delayedMs = (ready?.atMs ?? 0) + delaySeconds * 1000;
  return Math.max(begunAt.atMs, delayedMs, at === undefined ? 0 : Date.parse(at));
}

/** Every entry of a body: with what it was called, not before what it waits for, not after the end, once for an attempt. */
function entryFaults(
  task: ExpectedTask,
  { entries, endedAtMs }: Observed,
  history: History,
  before: Observed | undefined,
): string[] {
  const own = entries.filter(({ path }) => path === task.path);
  const [first] = own;
  if (first === undefined) return [];
  if (!task.starts || task.acts === 0) return [`${task.path} was entered, and should never be`];
  const faults = own.flatMap((entry) => callFaults(task, entry, history));
  const attempts = own.map(({ attempt }) => attempt);
  if (attempts.some((attempt, i) => i > 0 && attempt <= (attempts[i - 1] as number)))
    faults.push(`${task.path} was entered for attempts ${attempts.join(" ")}`);
  if (own.some(({ args }) => !same(args, first.args))) faults.push(`${task.path} was not always called with the same`);
  const earlier = before?.entries.find(({ path }) => path === task.path);
  // What an error callback is told is decided anew.
  if (earlier !== undefined && !task.afterEnd && !same(earlier.args, first.args))
    faults.push(`${task.path} was called with something else than before the retry`);
  const last = own.at(-1) as Entry;
  if (!task.afterEnd && endedAtMs !== undefined && last.at.atMs > endedAtMs + headFreshMs)
    faults.push(`${task.path} was entered at ${time(last.at.atMs)}, and the run ended at ${time(endedAtMs)}`);
  return faults;
}

function callFaults(expected: ExpectedTask, entry: Entry, history: History): string[] {
  const { path, task, args } = expected;
  const faults: string[] = [];
  if (!matches(args, entry.args as Json))
    faults.push(`${path} was called with ${JSON.stringify(entry.args)}, should be ${shown(args)}`);
  if (entry.label !== task.label) faults.push(`${path} has label ${entry.label}, should have ${task.label}`);
  const ready = expected.ready(history);
  const soonestMs = startMs(expected, ready, history);
  if (ready === undefined || !isBefore(ready, entry.at) || entry.at.atMs < soonestMs)
    faults.push(
      `${path} was entered at ${time(entry.at.atMs)}, what it waits for ended at ${time(ready?.atMs)}, it may start at ${time(soonestMs)}`,
    );
  return faults;
}
