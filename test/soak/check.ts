/**
 * What must be so at the end, by what is stored and by the ledger: not by what any process said.
 */
import { isDeepStrictEqual } from "node:util";
import type { TuttiClient } from "../../lib/client/client.ts";
import type { InspectReport, TaskReport } from "../../lib/client/shapes.ts";
import { StoreError } from "../../lib/errors.ts";
import { type Entry, executionOf } from "./ledger.ts";
import type { Run } from "./producer.ts";
import { settings } from "./settings.ts";

/** What was seen of all runs that have ended. */
export interface Seen {
  /** Executions whose result is recorded, of all tasks that have succeeded. */
  readonly succeeded: string[];
  /** Task ids of callbacks and error callbacks that were decided. */
  readonly called: string[];
  /** Task ids of callbacks that must not have been called. */
  readonly notCalled: string[];
  chords: number;
  readonly faults: string[];
}

export const nothingSeen = (): Seen => ({ succeeded: [], called: [], notCalled: [], chords: 0, faults: [] });

/** Looks at one run that has ended. */
export async function checkRun(client: TuttiClient, { id, drawn }: Run, seen: Seen): Promise<void> {
  const { expected } = drawn;
  const fault = (text: string) => void seen.faults.push(`run ${id} (${drawn.shape}): ${text}`);
  const result = await patiently(() => client.result(id));
  if (result.status !== expected.status) {
    const why = result.status === "SUCCEEDED" ? "" : `: ${result.error.name}: ${result.error.message}`;
    fault(`is ${result.status} and not ${expected.status}${why}`);
  } else if (result.status === "SUCCEEDED" && !isDeepStrictEqual(result.value, expected.value))
    fault(`came to ${JSON.stringify(result.value)} and not ${JSON.stringify(expected.value)}`);
  const decided = { callback: 0, error: 0 };
  for (const { report, tasks } of await inspectAll(client, id)) {
    for (const join of report.joins.filter(({ kind }) => kind === "chord")) {
      seen.chords++;
      const [callback, error] = [inside(join.id, "callback"), inside(join.id, "onError")];
      if (join.decision === null) fault(`${join.id} is not decided`);
      else if (join.decision === "callback") decided.callback++;
      else decided.error++;
      const [called, not] = join.decision === "callback" ? [callback, error] : [error, callback];
      if (tasks.some((task) => task.id === called)) seen.called.push(called);
      seen.notCalled.push(not);
    }
    const maps = new Set((report.maps ?? []).map((map) => map.id));
    const bodies = tasks.filter(({ id: task, queue }) => queue !== "" && !maps.has(task));
    for (const task of bodies.filter(({ status }) => status === "SUCCEEDED"))
      seen.succeeded.push(executionOf({ taskId: task.id, generation: report.run.generation, attempt: task.attempt }));
  }
  if (!isDeepStrictEqual(decided, expected.chords))
    fault(`${JSON.stringify(decided)} chords were decided so, and not ${JSON.stringify(expected.chords)}`);
}

const inside = (chord: string, part: string) => `${chord.endsWith("/.") ? chord.slice(0, -2) : chord}/${part}`;

interface Inspected {
  readonly report: InspectReport;
  readonly tasks: readonly TaskReport[];
}

/** A run, and those that its maps have expanded into. */
async function inspectAll(client: TuttiClient, id: string): Promise<readonly Inspected[]> {
  const report = await patiently(() => client.inspect(id, { verbose: true }));
  if (report.cursor != null) throw new Error(`run ${id} has more than a page of tasks`);
  const children = (report.maps ?? []).flatMap(({ run }) => (run === null ? [] : [run]));
  const rest = await Promise.all(children.map((child) => inspectAll(client, child)));
  return [{ report, tasks: report.tasks ?? [] }, ...rest.flat()];
}

const patienceMs = 30_000;

/** Asks again while the engine is down or the proxy in a mood. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StoreError) || Date.now() > untilMs) throw error;
    }
  }
}

/** Holds what is stored against the ledger. */
export function checkLedger(entries: readonly Entry[], { succeeded, called, notCalled }: Seen) {
  const starts = entries.filter(({ what }) => what === "start");
  const started = countBy(starts, executionOf);
  const ended = new Set(entries.filter(({ what }) => what === "end").map(executionOf));
  const argumentsOf = new Map<string, Set<string>>();
  for (const { taskId, generation, hash } of starts) {
    const task = `${taskId} ${generation}`;
    argumentsOf.set(task, (argumentsOf.get(task) ?? new Set()).add(hash));
  }
  const bodies = new Set(starts.map(({ taskId }) => taskId));
  return {
    starts: starts.length,
    executedAgain: starts.length - argumentsOf.size,
    /** Recorded, and no body has ended so. */
    lost: succeeded.filter((execution) => !ended.has(execution)),
    /** One attempt, and more than one body. */
    doubled: [...started].filter(([, count]) => count > 1).map(([execution]) => execution),
    /** Called with other arguments at another attempt: what was decided has changed. */
    changed: [...argumentsOf].filter(([, hashes]) => hashes.size > 1).map(([task]) => task),
    calledInVain: notCalled.filter((task) => bodies.has(task)),
    notStarted: called.filter((task) => !bodies.has(task)),
  };
}

function countBy<T>(all: readonly T[], nameOf: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(nameOf(one), (counts.get(nameOf(one)) ?? 0) + 1);
  return counts;
}

/**
 * How long it took until a body that was under way in a killed process was begun again, in milliseconds.
 *
 * @param kills - Process ids of killed workers, with the moment.
 */
export function takenUpAfterMs(
  entries: readonly Entry[],
  kills: readonly { readonly pid: number | undefined; readonly atMs: number }[],
): readonly number[] {
  const atOf = new Map(kills.map(({ pid, atMs }) => [pid, atMs]));
  const ended = new Set(entries.filter(({ what }) => what === "end").map(executionOf));
  const nextOf = new Map<string, Entry>();
  for (const entry of entries) if (entry.what === "start") nextOf.set(executionOf(entry), entry);
  return entries.flatMap((entry) => {
    const killedMs = atOf.get(entry.pid);
    if (entry.what !== "start" || killedMs === undefined || ended.has(executionOf(entry))) return [];
    const next = nextOf.get(executionOf({ ...entry, attempt: entry.attempt + 1 }));
    // What failed by itself before the kill was to be tried again anyway.
    return next === undefined || next.atMs < killedMs || killedMs - entry.atMs > settings.leaseSeconds * 1000
      ? []
      : [next.atMs - killedMs];
  });
}
