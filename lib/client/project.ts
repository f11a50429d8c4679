/**
 * From a run as stored to what is shown of it. Pure: the same snapshot gives the same report.
 */
import { InvalidRequestError } from "../errors.ts";
import { type JoinId, taskIdOf } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { RunStatus, StoredError, TaskStatus } from "../model/outcome.ts";
import { encodeToken } from "../model/outside.ts";
import { startMs } from "../model/start-time.ts";
import type { PlanJoin, PlanNode, Source } from "../plan/types.ts";
import { childIn } from "../protocol/child.ts";
import type { Head } from "../protocol/head.ts";
import { attemptOf } from "../protocol/outside.ts";
import { type Released, releasedOf } from "../protocol/released.ts";
import { type Slot, skipIn } from "../protocol/slot.ts";
import { decided, fired, memberSlot, type Snapshot, slotOf } from "../protocol/snapshot.ts";
import { mayStart, taskStatus } from "../protocol/status.ts";
import {
  type BudgetReport,
  type InspectReport,
  type JoinReport,
  type MapReport,
  type Progress,
  type ResultReport,
  type RunLine,
  type RunReport,
  schemaVersion,
  type TaskReport,
  type WaitingTask,
} from "./shapes.ts";

/** Missing members listed one by one; the rest is counted. */
const listedMissing = 100;

/** A time as it is shown. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The same of a time that may not have come. */
export function isoOrNull(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : isoTime(epochMs);
}

const counters: Readonly<Record<TaskStatus, Exclude<keyof Progress, "total">>> = {
  WAITING: "waiting",
  QUEUED: "waiting",
  RETRYING: "waiting",
  RUNNING: "running",
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  TIMED_OUT: "timedOut",
  REVOKED: "revoked",
  SKIPPED: "skipped",
};

/** Tasks of a run by state. */
export function progressOf(snapshot: Snapshot, released: Released = releasedOf(snapshot)): Progress {
  const counts = { succeeded: 0, failed: 0, timedOut: 0, revoked: 0, skipped: 0, running: 0, waiting: 0 };
  const nodes = Object.values(snapshot.plan.nodes);
  for (const node of nodes) counts[counters[statusOf(snapshot, released, node)]]++;
  return { total: nodes.length, ...counts };
}

/** State of a node, as users see it. */
export function statusOf(snapshot: Snapshot, released: Released, node: PlanNode): TaskStatus {
  return taskStatus(slotOf(snapshot, node), snapshot.head.status, released.nodes.has(node.id), node.afterEnd);
}

/** What is asked of {@link inspectReport} beside the run itself. */
export interface InspectView {
  /** The run's value; null while there is none. */
  readonly result: Json;
  /** The page of tasks to show; absent: none. */
  readonly page?: { readonly from: number; readonly size: number };
  /** A join or task of the plan: only that, and what lies below it. Absent: the whole run. */
  readonly path?: string;
  /** Runs that maps have expanded into, by id. */
  readonly children?: ReadonlyMap<string, Snapshot>;
  readonly budget?: BudgetReport | undefined;
  /** Members that decided quorums have accepted. Needed for a page of tasks alone. */
  readonly accepted?: AcceptedByJoin;
}

/** Whether a member is among those that a quorum was decided with, by join. */
export type AcceptedByJoin = ReadonlyMap<JoinId, (index: number) => boolean>;

/**
 * A run in detail.
 *
 * @throws InvalidRequestError when the path names no join or task of the run.
 */
export function inspectReport(
  snapshot: Snapshot,
  { result, page, path, accepted, children, budget }: InspectView,
): InspectReport {
  const released = releasedOf(snapshot);
  const joins = Object.values(snapshot.plan.joins).filter((join) => isBelow(path, join.id));
  const nodes = Object.values(snapshot.plan.nodes).filter((node) => isBelow(path, node.id));
  if (path !== undefined && joins.length + nodes.length === 0) {
    throw new InvalidRequestError("run id", path, `must name a join or task of run ${snapshot.head.runId}`);
  }
  const report = {
    schemaVersion,
    run: { ...runReport(snapshot, released, result), ...(budget === undefined ? {} : { budget }) },
    joins: joins.map((join) => joinReport(snapshot, released, join)),
    ...mapsIn(snapshot, released, nodes, children),
  } as const;
  if (page === undefined) return report;
  const end = page.from + page.size;
  const tasks = nodes.slice(page.from, end).map((node) => taskReport(snapshot, released, node, accepted));
  return { ...report, tasks, cursor: end < nodes.length ? String(end) : null };
}

function mapsIn(
  snapshot: Snapshot,
  released: Released,
  nodes: readonly PlanNode[],
  children: InspectView["children"],
): { readonly maps?: readonly MapReport[] } {
  const maps = nodes.filter(({ map }) => map !== undefined);
  if (maps.length === 0) return {};
  return {
    maps: maps.map((node) => {
      const run = childIn(slotOf(snapshot, node)) ?? null;
      const child = run === null ? undefined : children?.get(run);
      return {
        id: taskIdOf(snapshot.head.runId, node.id),
        status: statusOf(snapshot, released, node),
        run,
        progress: child === undefined ? null : progressOf(child),
      };
    }),
  };
}

/** Whether a path is that one or inside it. The root join, `.`, holds everything. */
function isBelow(path: string | undefined, id: string): boolean {
  return path === undefined || path === "." || id === path || id.startsWith(`${path}/`);
}

function runReport(snapshot: Snapshot, released: Released, result: Json): RunReport {
  const { head } = snapshot;
  return {
    id: head.runId,
    name: head.name ?? null,
    status: head.status,
    generation: head.generation,
    submittedAt: isoTime(head.submittedAtMs),
    finishedAt: isoOrNull(head.endedAtMs),
    pausedAt: isoOrNull(head.pausedAtMs),
    progress: progressOf(snapshot, released),
    error: head.error ?? null,
    result,
    ...(head.parent === undefined ? {} : { parent: taskIdOf(head.parent.run, head.parent.node) }),
  };
}

/** One join. Members are missing until their slot is settled, whatever the join was decided meanwhile. */
export function joinReport(snapshot: Snapshot, released: Released, join: PlanJoin): JoinReport {
  const sources = snapshot.plan.members[join.id] ?? [];
  const missing: string[] = [];
  let arrived = 0;
  for (let index = 0; index < join.size; index++) {
    if (memberSlot(snapshot, join, index).state === "settled") arrived++;
    else if (missing.length < listedMissing) missing.push(memberTaskId(snapshot, join, sources[index]));
  }
  const firing = fired(snapshot, join);
  return {
    id: join.id,
    kind: join.kind,
    when: join.when,
    count: join.count ?? null,
    expected: join.size,
    maxConcurrency: join.maxConcurrency ?? null,
    arrived,
    decision: join.size === 0 && !released.joins.has(join.id) ? null : (decided(snapshot, join) ?? null),
    missing,
    missingCount: join.size - arrived,
    firedAt: isoOrNull(firing?.atMs),
    firedBy: firing?.by ?? null,
  };
}

/** What stands for a member: the task that fills its slot, or the join inside that does. */
function memberTaskId({ head }: Snapshot, join: PlanJoin, source: Source | undefined): string {
  if (source?.kind === "node") return taskIdOf(head.runId, source.node);
  return taskIdOf(head.runId, source?.kind === "join" ? source.join : join.id);
}

function taskReport(
  snapshot: Snapshot,
  released: Released,
  node: PlanNode,
  accepted: AcceptedByJoin | undefined,
): TaskReport {
  const slot = slotOf(snapshot, node);
  const attempt = attemptOf(snapshot.head.runId, snapshot.head.generation, node.id, slot);
  return {
    id: taskIdOf(snapshot.head.runId, node.id),
    task: node.task,
    label: node.label ?? null,
    queue: node.queue,
    fairnessKey: node.fairnessKey ?? null,
    status: statusOf(snapshot, released, node),
    waitingUntil: isoOrNull(waitsUntil(snapshot, released, node)),
    attempt: slot.state === "absent" ? 0 : slot.attempt,
    ...historyOf(slot),
    heartbeat: heartbeatOf(slot),
    token: attempt === undefined ? null : encodeToken(attempt),
    skip: skipReport(slot),
    afterQuorum:
      slot.state === "settled" && node.slot !== null && accepted?.get(node.slot.join)?.(node.slot.index) === false,
  };
}

/** The time that a released node waits for; undefined for one that does not, and after the end. */
function waitsUntil(snapshot: Snapshot, released: Released, node: PlanNode): number | undefined {
  const slot = slotOf(snapshot, node);
  const sinceMs = released.nodes.get(node.id);
  if (sinceMs === undefined || !mayStart(snapshot.head, node.afterEnd)) return undefined;
  if (slot.state === "waiting") return slot.atMs;
  // Its message keeps it back, so that nothing is recorded yet.
  const atMs = startMs(node, sinceMs);
  return slot.state === "absent" && atMs > sinceMs ? atMs : undefined;
}

function heartbeatOf(slot: Slot): TaskReport["heartbeat"] {
  if (slot.state !== "leased" || slot.beatAtMs === undefined) return null;
  return { at: isoTime(slot.beatAtMs), details: slot.details === undefined ? null : JSON.parse(slot.details) };
}

function skipReport(slot: Slot): TaskReport["skip"] {
  const skip = skipIn(slot);
  return skip ? { reason: skip.reason ?? null, taskId: skip.taskId ?? null } : null;
}

function historyOf(slot: Slot): Pick<TaskReport, "startedAt" | "finishedAt" | "worker" | "error" | "late"> {
  switch (slot.state) {
    case "absent":
    case "queued":
      return { startedAt: null, finishedAt: null, worker: null, error: null };
    case "leased":
      return { startedAt: isoTime(slot.startedAtMs), finishedAt: null, worker: slot.owner, error: null };
    case "waiting":
      return { startedAt: null, finishedAt: null, worker: null, error: slot.error ?? null };
    case "settled":
      return {
        startedAt: isoOrNull(slot.startedAtMs),
        finishedAt: isoTime(slot.settledAtMs),
        worker: slot.owner,
        error: slot.error ?? null,
        ...(slot.late === undefined ? {} : { late: slot.late }),
      };
  }
}

/** How a run ended, from its head; its value is read apart. */
export function resultReport(
  head: Head & { readonly status: Exclude<RunStatus, "RUNNING"> },
  value: Json,
): ResultReport {
  const { runId, status } = head;
  if (status === "SUCCEEDED") return { schemaVersion, runId, status, value };
  return { schemaVersion, runId, status, error: head.error ?? endedWithout(status) };
}

function endedWithout(status: Exclude<RunStatus, "RUNNING" | "SUCCEEDED">): StoredError {
  return { name: status, message: `the run ended ${status}` };
}

/** A run in a list. */
export function runLine(head: Head): RunLine {
  return {
    id: head.runId,
    name: head.name ?? null,
    status: head.status,
    generation: head.generation,
    taskCount: head.taskCount,
    submittedAt: isoTime(head.submittedAtMs),
    finishedAt: isoOrNull(head.endedAtMs),
    pausedAt: isoOrNull(head.pausedAtMs),
  };
}

/** What a running run adds to the picture of the deployment. */
export interface Activity {
  /** Released joins that are not decided. */
  readonly activeJoins: number;
  /** The released task that has waited longest for a worker. */
  readonly oldestWaiting: WaitingTask | null;
}

export function activityOf(snapshot: Snapshot): Activity {
  const released = releasedOf(snapshot);
  const activeJoins = [...released.joins.keys()].filter((id) => {
    const join = snapshot.plan.joins[id];
    return join !== undefined && decided(snapshot, join) === undefined;
  }).length;
  const waiting = [...released.nodes].flatMap(([id, sinceMs]) => {
    const node = snapshot.plan.nodes[id];
    if (node === undefined) return [];
    const status = statusOf(snapshot, released, node);
    return status === "QUEUED" || status === "RETRYING" ? [{ id, status, sinceMs: startMs(node, sinceMs) }] : [];
  });
  const oldest = waiting.reduce<(typeof waiting)[number] | undefined>(
    (first, task) => (first && first.sinceMs <= task.sinceMs ? first : task),
    undefined,
  );
  if (oldest === undefined) return { activeJoins, oldestWaiting: null };
  return {
    activeJoins,
    oldestWaiting: {
      taskId: taskIdOf(snapshot.head.runId, oldest.id),
      status: oldest.status,
      since: isoTime(oldest.sinceMs),
    },
  };
}
