/**
 * What is stuck and why, of one run or of all that are active; and the health of a deployment. Reads only: it writes nothing
 * and sends nothing (S19).
 *
 * An issue is what has made no progress for longer than the threshold (L9), and at once what is wrong for certain or what the
 * protocol itself calls late.
 */
import { InvalidRequestError } from "../errors.ts";
import { taskIdOf } from "../model/ids.ts";
import type { ActiveJoin, CheckReport, HealthReport, Issue, RejectedRequest } from "../model/operating-reports.ts";
import type { Facts } from "../ports/index.ts";
import { commandsFor, isMendedBySweeper } from "../protocol/causes.ts";
import { isUnread, lettersOf, queueState } from "../protocol/facts.ts";
import type { Head } from "../protocol/head.ts";
import type { Wait } from "../protocol/wait.ts";
import {
  type ActiveListing,
  type ActiveRun,
  type Checking,
  explainAll,
  explainRun,
  obtainFacts,
  readActive,
  timesOf,
} from "./active.ts";
import { isoTime } from "./project.ts";
import { findHead } from "./runs.ts";

/** What to check. */
export interface CheckOptions {
  /** What has made no progress for that long is stuck; fractions are welcome. @default 1 */
  readonly maxRuntimeHours?: number;
  /** Only this run, or `<run id>/<path of a join or task>`. @default all active runs */
  readonly id?: string;
}

export const defaultStuckHours = 1;
const hourMs = 3_600_000;
/** What the sweeper has not mended after that many of its periods, it will not mend. */
const patientSweeps = 3;
const listedRejected = 20;

/** @throws InvalidRequestError for a threshold that is none, RunNotFoundError, RunRemovedError */
export async function checkStuck(checking: Checking, options: CheckOptions = {}): Promise<CheckReport> {
  const { maxRuntimeHours = defaultStuckHours, id } = options;
  if (!(maxRuntimeHours > 0 && maxRuntimeHours < Number.POSITIVE_INFINITY))
    throw new InvalidRequestError("maxRuntimeHours", maxRuntimeHours, "must be a number of hours above 0");
  return id === undefined ? checkAll(checking, maxRuntimeHours) : checkOne(checking, id, maxRuntimeHours);
}

async function checkAll(checking: Checking, maxRuntimeHours: number): Promise<CheckReport> {
  const { facts, unknown } = await obtainFacts(checking);
  const listing = await readActive(checking);
  const runs = await explainAll(checking, listing.heads, facts);
  const judged = judgeOf(checking, maxRuntimeHours);
  const issues = runs.flatMap((run) => run.waits.flatMap((wait) => judged(run.head, wait)?.issue ?? []));
  const { rejected } = listing;
  return {
    schemaVersion: 1,
    checkedAt: isoTime(checking.reading.clock.now()),
    maxRuntimeHours,
    runs: runs.length,
    activeJoins: activeJoinsIn(runs).length,
    waiting: [],
    rejected: rejected
      .map(rejectedRequest)
      .sort((a, b) => (a.at > b.at ? -1 : 1))
      .slice(0, listedRejected),
    rejectedCount: rejected.length,
    unknown: [...unknown],
    partial: listing.partial,
    ...withIssues([...deploymentIssues(checking, listing, facts), ...longestFirst(issues)]),
  };
}

function withIssues(issues: Issue[]): Pick<CheckReport, "healthy" | "issues"> {
  return { healthy: issues.length === 0, issues };
}

function longestFirst(issues: readonly Issue[]): Issue[] {
  return [...issues].sort((a, b) => b.sinceSeconds - a.sinceSeconds);
}

async function checkOne(checking: Checking, id: string, maxRuntimeHours: number): Promise<CheckReport> {
  const [run = "", ...path] = id.split("/");
  const { facts, unknown } = await obtainFacts(checking);
  const found = await explainRun(checking, await findHead(checking.reading.store, run), facts);
  const part = path.join("/");
  const waits = part === "" ? found.waits : found.waits.filter((wait) => isAbout(wait, part));
  const judged = judgeOf(checking, maxRuntimeHours);
  const all = waits.flatMap((wait) => judged(found.head, wait) ?? []);
  const ended = endedIssue(checking, found.head);
  return {
    schemaVersion: 1,
    checkedAt: isoTime(checking.reading.clock.now()),
    maxRuntimeHours,
    runs: 1,
    activeJoins: activeJoinsIn([found]).length,
    ...withIssues([...ended, ...all.filter(({ isIssue }) => isIssue).map(({ wait }) => wait)]),
    waiting: all.filter(({ isIssue }) => !isIssue).map(({ wait }) => wait),
    rejected: [],
    rejectedCount: 0,
    unknown: [...unknown],
    partial: false,
  };
}

/** Whether a wait is of a part of a run, or of what is in it. */
function isAbout({ join, missing }: Wait, part: string): boolean {
  const isIn = (path: string) => path === part || path.startsWith(`${part}/`);
  return part === "." || (join !== null && isIn(join)) || missing.some(({ path }) => isIn(path));
}

interface Judged {
  readonly wait: Issue;
  readonly isIssue: boolean;
  readonly issue: readonly Issue[];
}

/** Tells whether a wait is an issue, and whether anything but an operator will end it. */
function judgeOf(checking: Checking, maxRuntimeHours: number): (head: Head, wait: Wait) => Judged | undefined {
  const nowMs = checking.reading.clock.now();
  const patientMs = timesOf(checking).sweepSeconds * patientSweeps * 1000;
  return (head, wait) => {
    const isLong = nowMs - wait.sinceMs >= maxRuntimeHours * hourMs && wait.cause !== "waits-for-time";
    const isFault = wait.faultSinceMs !== undefined;
    const isMending = isMendedBySweeper(wait.cause) && nowMs - (wait.faultSinceMs ?? nowMs) < patientMs;
    const sinceMs = isLong || !isFault ? wait.sinceMs : (wait.faultSinceMs ?? wait.sinceMs);
    const one = issueOf(head, wait, { sinceMs, nowMs, stuck: isLong || (isFault && !isMending) });
    const isIssue = isLong || isFault;
    return { wait: one, isIssue, issue: isIssue ? [one] : [] };
  };
}

function issueOf(
  { runId }: Head,
  wait: Wait,
  { sinceMs, nowMs, stuck }: { readonly sinceMs: number; readonly nowMs: number; readonly stuck: boolean },
): Issue {
  return {
    kind: wait.cause,
    runId,
    joinId: wait.join,
    since: isoTime(sinceMs),
    sinceSeconds: secondsSince(sinceMs, nowMs),
    expected: wait.expected,
    arrived: wait.arrived,
    missing: wait.missing.map(({ path, where, cause, why, sinceMs: at }) => ({
      taskId: taskIdOf(runId, path),
      where,
      kind: cause,
      why,
      since: isoTime(at),
    })),
    missingCount: wait.missingCount,
    groups: wait.groups.map(({ cause, ...group }) => ({ ...group, kind: cause })),
    explanation: wait.explanation,
    fix: [...wait.fix],
    stuck,
  };
}

function secondsSince(sinceMs: number, nowMs: number): number {
  return Math.max(0, Math.round((nowMs - sinceMs) / 100) / 10);
}

/** A run that was asked for and has failed is told as well: it is no longer going to do what it was to do. */
function endedIssue(checking: Checking, head: Head): Issue[] {
  if (head.status !== "FAILED" && head.status !== "TIMED_OUT") return [];
  const nowMs = checking.reading.clock.now();
  const { runId, status, error, endedAtMs = nowMs } = head;
  const kind = error?.name === "result-too-large" ? "result-too-large" : "run-failed";
  const at = error?.taskId === undefined ? "" : ` (${error.taskId})`;
  return [
    {
      ...aboutDeployment(nowMs, endedAtMs),
      kind,
      runId,
      explanation: `the run ended ${status} at ${isoTime(endedAtMs)}: ${error?.name ?? status}: ${error?.message ?? ""}${at}`,
      fix: [...commandsFor("run-failed", runId)],
    },
  ];
}

function aboutDeployment(nowMs: number, sinceMs: number): Omit<Issue, "kind" | "explanation" | "fix"> {
  return {
    runId: null,
    joinId: null,
    since: isoTime(sinceMs),
    sinceSeconds: secondsSince(sinceMs, nowMs),
    expected: 0,
    arrived: 0,
    missing: [],
    missingCount: 0,
    groups: [],
    stuck: true,
  };
}

/** What is wrong with no run in particular. */
function deploymentIssues(checking: Checking, { heads }: ActiveListing, facts: Facts): Issue[] {
  const nowMs = checking.reading.clock.now();
  const issues: Issue[] = [];
  const add = (kind: Issue["kind"], sinceMs: number, explanation: string) =>
    issues.push({ ...aboutDeployment(nowMs, sinceMs), kind, explanation, fix: [...commandsFor(kind, "")] });
  const dueMs = heads.reduce((first, head) => Math.min(first, head.dueMs ?? first), Number.POSITIVE_INFINITY);
  if (nowMs - dueMs > timesOf(checking).sweepSeconds * patientSweeps * 1000)
    add("sweeper-not-running", dueMs, `a run has waited for its visit by the sweeper since ${isoTime(dueMs)}`);
  if (queueState(facts, "request") === "unread")
    add("requests-not-read", nowMs, "requests wait on the request queue, and nobody takes them");
  const letters = [...(facts.queues ?? [])].filter(([, queue]) => isUnread(queue.dead));
  if (letters.length > 0) {
    const told = letters.map(([name, queue]) => `${lettersOf(queue)} of ${name.replace(/^task:/, "queue ")}`);
    add("dead-letters", nowMs, `dead letters that nobody handles: ${told.join(", ")}`);
  }
  return issues;
}

/** A rejected request as it is shown. */
export function rejectedRequest({ requestId, image }: ActiveListing["rejected"][number]): RejectedRequest {
  const error = (image.error ?? {}) as { readonly code?: string; readonly message?: string };
  return {
    requestId,
    kind: String(image.kind),
    at: isoTime(Number(image.listAt ?? 0)),
    runId: image.runId === undefined ? null : String(image.runId),
    code: String(error.code ?? ""),
    message: String(error.message ?? ""),
  };
}

/** Chords, groups and joins that wait for members. */
export async function getActiveJoins(checking: Checking): Promise<ActiveJoin[]> {
  const { heads } = await readActive(checking);
  return activeJoinsIn(await explainAll(checking, heads, {}));
}

function activeJoinsIn(runs: readonly ActiveRun[]): ActiveJoin[] {
  return runs.flatMap(({ head, waits }) =>
    waits.flatMap(({ join, kind, expected, arrived, sinceMs }) =>
      join === null || kind === null || arrived === expected
        ? []
        : [{ runId: head.runId, joinId: join, kind, expected, arrived, since: isoTime(sinceMs) }],
    ),
  );
}

/** One object for a load balancer or a cron line. */
export async function health(checking: Checking, options: Omit<CheckOptions, "id"> = {}): Promise<HealthReport> {
  return healthOf(await checkStuck(checking, options));
}

/** The same of a check. */
export function healthOf({ issues, activeJoins, checkedAt, partial }: CheckReport): HealthReport {
  const stuck = issues.filter((issue) => issue.stuck);
  return {
    schemaVersion: 1,
    status: stuck.length > 0 ? "unhealthy" : "healthy",
    active_chord_unlocks: activeJoins,
    stuck_chords: stuck.filter(({ joinId }) => joinId !== null).length,
    stuck_runs: new Set(stuck.flatMap(({ runId }) => runId ?? [])).size,
    issues: issues.length,
    oldest_stuck_seconds: stuck.length === 0 ? null : Math.max(...stuck.map(({ sinceSeconds }) => sinceSeconds)),
    checkedAt,
    partial,
  };
}
