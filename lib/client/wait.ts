/**
 * Waiting for the end of a run: reads only, and never without an end of its own (L10; docs/requirements.md, S3-02).
 *
 * What is waited for is durable state, so the wait works whoever is alive, and a second wait finds what a first one missed.
 */
import { InvalidRequestError, RunRemovedError } from "../errors.ts";
import type { RunId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { RunStatus } from "../model/outcome.ts";
import type { Clock, Store } from "../ports/index.ts";
import { type Head, isTombstone } from "../protocol/head.ts";
import { resolve } from "../records/inputs.ts";
import { type PlanCache, planView } from "../records/plans.ts";
import { readHead, readSnapshot } from "../records/snapshots.ts";
import { learnRejection, type Submission } from "./answer.ts";
import { RunNotFoundError, WaitTimedOutError } from "./errors.ts";
import { growingPause, pause } from "./pause.ts";
import { progressOf, resultReport } from "./project.ts";
import type { Progress, ResultReport, WaitReport } from "./shapes.ts";

/** What reading a run takes. */
export interface Reading {
  readonly store: Store;
  readonly plans: PlanCache;
  readonly clock: Clock;
}

/** How to wait. */
export interface WaitOptions {
  /** Above 0, at most a year. @default 3600 */
  readonly timeoutSeconds?: number;
  /** Called with each new count, at most a few times a second. Without it only the run's head is read. */
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the wait early with the signal's reason. The run goes on. */
  readonly signal?: AbortSignal;
}

/** What is waited for: a run, or the one that a request is going to make. */
export interface WaitTarget {
  readonly runId: RunId;
  /** Set when the request may not have been handled yet: no head is then no error, and a rejection is raised. */
  readonly submission?: Submission;
}

/** `wait` is never infinite (L10). */
export const defaultWaitSeconds = 3600;

/** Reading progress may take this part of the time at most: a run of 100,000 tasks is not read whole every second. */
const progressShare = 0.1;

/**
 * Waits until a run has ended, and returns its head.
 *
 * @throws WaitTimedOutError with the progress, when time is up.
 * @throws RunNotFoundError, RunRemovedError, or what the request was rejected with.
 */
export async function waitForEnd(reading: Reading, target: WaitTarget, options: WaitOptions): Promise<EndedHead> {
  const { clock } = reading;
  const timeoutSeconds = checkedTimeout(options.timeoutSeconds);
  const untilMs = clock.now() + timeoutSeconds * 1000;
  const nextPauseMs = growingPause();
  const watch = progressWatch(reading, options.onProgress);
  for (;;) {
    const head = await lookAt(reading.store, target);
    if (head && hasEnded(head)) return head;
    const moved = head ? await watch(head) : false;
    const leftMs = untilMs - clock.now();
    if (leftMs <= 0)
      throw new WaitTimedOutError(target.runId, timeoutSeconds, head && (await readProgress(reading, head)));
    await pause(clock, Math.min(nextPauseMs(moved), leftMs), options.signal);
    options.signal?.throwIfAborted();
  }
}

/** The head of a run that has ended. */
export type EndedHead = Head & { readonly status: Exclude<RunStatus, "RUNNING"> };

function hasEnded(head: Head): head is EndedHead {
  return head.status !== "RUNNING";
}

function checkedTimeout(timeoutSeconds = defaultWaitSeconds): number {
  if (timeoutSeconds > 0 && timeoutSeconds <= limits.runDeadlineSeconds) return timeoutSeconds;
  throw new InvalidRequestError(
    "timeoutSeconds",
    timeoutSeconds,
    `must be above 0 and at most ${limits.runDeadlineSeconds}`,
  );
}

async function lookAt(store: Store, { runId, submission }: WaitTarget): Promise<Head | undefined> {
  const head = await readHead(store, runId);
  // A tombstone may still be there when its id is used again; the request's own answer tells.
  if (submission && (head === undefined || isTombstone(head))) {
    await learnRejection(store, submission);
    return undefined;
  }
  if (head === undefined) throw new RunNotFoundError(runId);
  if (isTombstone(head)) throw new RunRemovedError(runId);
  return head;
}

/** Reports progress when it has changed, as often as it is cheap. The answer: whether it has. */
function progressWatch(reading: Reading, onProgress: WaitOptions["onProgress"]): (head: Head) => Promise<boolean> {
  let notBeforeMs = 0;
  let last = "";
  return async (head) => {
    const startMs = reading.clock.now();
    if (!onProgress || startMs < notBeforeMs) return false;
    const progress = await readProgress(reading, head);
    const endMs = reading.clock.now();
    notBeforeMs = endMs + (endMs - startMs) / progressShare;
    const text = JSON.stringify(progress);
    if (text === last) return false;
    last = text;
    onProgress(progress);
    return true;
  };
}

/** Tasks of a run by state, read now. */
export async function readProgress({ store, plans }: Reading, head: Head): Promise<Progress> {
  return progressOf(await readSnapshot(store, plans, head));
}

/** The value of a run that has succeeded; null for any other. */
export async function readValue({ store, plans }: Reading, head: Head): Promise<Json> {
  if (head.status !== "SUCCEEDED") return null;
  const plan = planView(plans, head.runId, { hash: head.planHash, pages: head.planPages }, undefined);
  const { output } = await plan.whole();
  return resolve({ deps: { store }, run: { id: head.runId, plan } }, output);
}

/** How a run ended; undefined while it is running. */
export async function readResult(reading: Reading, head: Head): Promise<ResultReport | undefined> {
  return hasEnded(head) ? resultReport(head, await readValue(reading, head)) : undefined;
}

/** How a run ended, and how far its tasks got. */
export async function readEnd(reading: Reading, head: EndedHead): Promise<WaitReport> {
  const [value, progress] = await Promise.all([readValue(reading, head), readProgress(reading, head)]);
  return { ...resultReport(head, value), progress };
}
