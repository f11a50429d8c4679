/**
 * Revoke, pause, resume, retry and remove, from outside: one request each, and a look at what has come of it.
 *
 * Each names the generation that was seen. What would change nothing is not sent.
 */
import { InvalidRequestError, QueueError, RunRemovedError, type TuttiError } from "../errors.ts";
import type { Budget } from "../model/budget.ts";
import { taskIdOf } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { type OperateRequest, requestIdSchema } from "../model/request.ts";
import { parseRequest } from "../plan/parse-request.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Clock, Ids, Image, Key, Queue, Store } from "../ports/index.ts";
import { decodeHead, type Head, isTombstone } from "../protocol/head.ts";
import { headKey, rejectedKey, slotPlace } from "../protocol/keys.ts";
import { foresee, nextPlan } from "../protocol/next-generation.ts";
import { decodeSlot } from "../protocol/slot.ts";
import { memberSlot, type Snapshot, slotOf } from "../protocol/snapshot.ts";
import { remainingOf, tallyKey, topOf } from "../protocol/tally.ts";
import type { PlanCache } from "../records/plans.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { lookUntil, rejectionOf } from "./answer.ts";
import { isoOrNull } from "./project.ts";
import { findHead } from "./runs.ts";
import { type OperationReport, type RetryPreview, type RevokePreview, schemaVersion } from "./shapes.ts";

/** What to revoke of a run. */
export interface RevokeOptions {
  /** A task, chord or group, as `inspect` shows it. @default the whole run */
  readonly path?: string;
  /** Becomes the error's message. */
  readonly reason?: string;
}

/** What to run again beside what did not succeed. */
export interface RetryOptions {
  /** Tasks, or chords and groups for all tasks in them, that run again too; with them all that follows. */
  readonly tasks?: readonly string[];
  /** New bound arguments, by task. */
  readonly args?: Readonly<Record<string, readonly Json[]>>;
  /** New limits of a run that has a budget; those that are not named stay. */
  readonly budget?: Budget;
}

/** What operating takes. */
export interface Operating {
  readonly store: Store;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly plans: PlanCache;
}

/** Ids named in a preview; the rest is counted. */
const listedTasks = 100;
/** Whoever only wants to know does not wait for clocks to agree. */
const noSkewMs = 0;

/** Ends a run, or settles a task, or what is missing of a chord or group, as REVOKED. */
export async function revoke(
  operating: Operating,
  id: string,
  { path, reason }: RevokeOptions,
): Promise<OperationReport> {
  const head = await findHead(operating.store, id);
  const part = path === undefined ? undefined : partOf(head, await planOf(operating, head), path);
  return operate(operating, head, {
    type: "revoke",
    named: { ...(path === undefined ? {} : { path }), ...(reason === undefined ? {} : { reason }) },
    ...(part === undefined ? {} : { alsoRead: part.key }),
    outcome: (now, image) => (part === undefined ? runRevoked(now) : part.isSettled(image) ? true : undefined),
  });
}

function runRevoked({ status }: Head): boolean | undefined {
  return status === "RUNNING" ? undefined : status === "REVOKED";
}

/** Keeps a run from starting anything new. What runs goes on, and so do deadlines. */
export async function pauseRun(operating: Operating, id: string): Promise<OperationReport> {
  const outcome = (now: Head) => (now.pausedAtMs !== undefined ? true : now.status === "RUNNING" ? undefined : false);
  return operate(operating, await findHead(operating.store, id), { type: "pause", outcome });
}

/** Lets a paused run go on. */
export async function resumeRun(operating: Operating, id: string): Promise<OperationReport> {
  const outcome = (now: Head) => (now.pausedAtMs === undefined ? true : undefined);
  return operate(operating, await findHead(operating.store, id), { type: "resume", outcome });
}

/** Runs again what did not succeed, as a new generation. */
export async function retryRun(operating: Operating, id: string, named: RetryOptions): Promise<OperationReport> {
  const head = await findHead(operating.store, id);
  const outcome = (now: Head, _image: Image | undefined, requestId: string) =>
    now.generation > head.generation && now.raisedBy === requestId ? true : undefined;
  return operate(operating, head, { type: "retry", named, outcome });
}

/** Removes a run that has ended, before its retention is over: the sweeper does, once no worker holds a task of it. */
export async function removeRun(
  operating: Operating,
  id: string,
  { reason }: Pick<RevokeOptions, "reason">,
): Promise<OperationReport> {
  const head = await findHead(operating.store, id);
  if (head.status === "RUNNING")
    throw new InvalidRequestError("id", head.runId, "must be the id of a run that has ended: revoke it first");
  return operate(operating, head, {
    type: "remove",
    named: reason === undefined ? {} : { reason },
    outcome: (now) => (now.removeAtMs !== undefined || isTombstone(now) ? true : undefined),
  });
}

interface Operation {
  readonly type: OperateRequest["type"];
  /** What the request says beside the run. */
  readonly named?: object;
  /** An item that shows the effect, beside the head. */
  readonly alsoRead?: Key;
  /** Whether it has had its effect; false when it never will, undefined while that is open. */
  readonly outcome: (head: Head, image: Image | undefined, requestId: string) => boolean | undefined;
}

async function operate(operating: Operating, head: Head, operation: Operation): Promise<OperationReport> {
  const { store, queue, clock, ids } = operating;
  const { runId, generation } = head;
  const requestId = requestIdSchema.parse(ids.next());
  const body = JSON.stringify({ tutti: 1, type: operation.type, requestId, id: runId, generation, ...operation.named });
  parseRequest(body);
  const also = operation.alsoRead === undefined ? [] : [operation.alsoRead];
  const [before] = await store.getMany(also, "answer.read");
  if (operation.outcome(head, before, requestId) !== undefined) return reportOf(head, false);
  const { failed } = await queue.send("request", [{ body, delaySeconds: 0 }], "request.send");
  if (failed.length > 0)
    throw new QueueError(`the request queue refused request ${requestId}: nothing was changed, send it again`);
  let latest = head;
  const answer = await lookUntil(
    { store, clock },
    [headKey(runId), rejectedKey(requestId), ...also],
    ([stored, rejected, image]): OperationReport | TuttiError | undefined => {
      latest = stored === undefined ? latest : decodeHead(runId, stored);
      if (isTombstone(latest) && operation.type !== "remove") return new RunRemovedError(runId);
      const changed = operation.outcome(latest, image, requestId);
      if (changed !== undefined) return reportOf(latest, changed);
      return rejected === undefined ? undefined : rejectionOf(rejected, { runId, requestId });
    },
  );
  if (answer instanceof Error) throw answer;
  return answer ?? reportOf(latest, null);
}

function reportOf(head: Head, changed: boolean | null): OperationReport {
  const { runId, status, generation } = head;
  return { schemaVersion, runId, status, generation, pausedAt: isoOrNull(head.pausedAtMs), changed };
}

/** A task, chord or group, and how it is known that nothing of it is open any more. */
interface Part {
  readonly key: Key;
  readonly isSettled: (image: Image | undefined) => boolean;
}

type PlanParts = Pick<Snapshot["plan"], "nodes" | "joins">;

async function planOf({ plans }: Operating, head: Head): Promise<PlanParts> {
  return plans.load(head.runId, { hash: head.planHash, pages: head.planPages });
}

/** @throws InvalidRequestError when the run has no such part. */
function partOf(head: Head, plan: PlanParts, path: string): Part {
  const found = findPart(plan, path);
  if ("size" in found) {
    const key = tallyKey(head.runId, found, topOf(found));
    return { key, isSettled: (image) => found.size === 0 || remainingOf(found, topOf(found), image) === 0 };
  }
  const place = slotPlace(head.runId, found, found.slot === null ? undefined : plan.joins[found.slot.join]);
  return { key: place.key, isSettled: (image) => decodeSlot(image?.[place.attribute]).state === "settled" };
}

function findPart(plan: PlanParts, path: string): PlanNode | PlanJoin {
  const node = Object.hasOwn(plan.nodes, path) ? plan.nodes[path] : undefined;
  const join = Object.hasOwn(plan.joins, path) ? plan.joins[path] : undefined;
  const found = node ?? join;
  if (found) return found;
  throw new InvalidRequestError("path", path, "must be the path of a task, chord or group of the run");
}

/** What a revoke would end. Writes and sends nothing. */
export async function previewRevoke(
  operating: Operating,
  id: string,
  { path }: Pick<RevokeOptions, "path">,
): Promise<RevokePreview> {
  const head = await findHead(operating.store, id);
  return revokePreview(await readSnapshot(operating.store, operating.plans, head), path);
}

/** The same of a run as it was read. Pure. @throws InvalidRequestError when the run has no such part. */
export function revokePreview(snapshot: Snapshot, path: string | undefined): RevokePreview {
  const { head, plan } = snapshot;
  const open = openBelow(snapshot, path);
  return {
    schemaVersion,
    runId: head.runId,
    status: head.status,
    generation: head.generation,
    path: path ?? null,
    total: Object.keys(plan.nodes).length,
    tasks: open.slice(0, listedTasks).map((node) => taskIdOf(head.runId, node.id)),
    taskCount: open.length,
  };
}

/** Tasks without an outcome that a revoke concerns. */
function openBelow(snapshot: Snapshot, path: string | undefined): PlanNode[] {
  const { head, plan } = snapshot;
  const open = Object.values(plan.nodes).filter((node) => slotOf(snapshot, node).state !== "settled");
  if (path === undefined) return head.status === "RUNNING" ? open.filter(({ afterEnd }) => !afterEnd) : [];
  const part = findPart(plan, path);
  if (!("size" in part)) return open.filter(({ id }) => id === part.id);
  const missing = (node: PlanNode) =>
    node.slot?.join === part.id && memberSlot(snapshot, part, node.slot.index).state !== "settled";
  const begun = (node: PlanNode) => slotOf(snapshot, node).state !== "absent" && isInside(part, node.id);
  return open.filter((node) => missing(node) || begun(node));
}

/** Whether a task is in a member of a chord or group. */
function isInside({ id, kind }: PlanJoin, node: string): boolean {
  return node.startsWith(`${id === "." ? "" : `${id}/`}${kind === "chord" ? "header" : ""}[`);
}

/** What a retry would run, and what it would keep. Writes and sends nothing. */
export async function previewRetry(operating: Operating, id: string, named: RetryOptions): Promise<RetryPreview> {
  const head = await findHead(operating.store, id);
  return retryPreview(await readSnapshot(operating.store, operating.plans, head), named, operating.clock.now());
}

/** The same of a run as it was read. Pure. @throws InvalidRequestError when there is nothing to run again, or not yet. */
export function retryPreview(snapshot: Snapshot, named: RetryOptions, nowMs: number): RetryPreview {
  const { runId, generation } = snapshot.head;
  const time = { nowMs, skewMs: noSkewMs };
  const { runs, kept } = foresee(snapshot, nextPlan(snapshot, named, time), time);
  const listed = (nodes: readonly string[]) => nodes.slice(0, listedTasks).map((node) => taskIdOf(runId, node));
  return {
    schemaVersion,
    runId,
    generation: generation + 1,
    runs: listed(runs),
    runCount: runs.length,
    kept: listed(kept),
    keptCount: kept.length,
  };
}
