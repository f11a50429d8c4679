/**
 * Submit: from a request on the queue to a run whose roots are on their way.
 *
 * The create of the head is the linearisation point. A repeat with the same document finds the run; only deliveries of
 * the request that made the head drive it, all others just find their answer (S1). Nothing is sent before the plan is
 * durable (S2).
 */
import { InvalidRequestError, RunConflictError, RunRemovedError, StoreError } from "../errors.ts";
import { defaults } from "../model/limits.ts";
import { nodesOf } from "../model/message.ts";
import type { SubmitRequest } from "../model/request.ts";
import { compile } from "../plan/compile.ts";
import { documentHash as hashOf } from "../plan/document-hash.ts";
import { isReport } from "../plan/parse-report.ts";
import { parseRequest, parseStoredWorkflow } from "../plan/parse-request.ts";
import type { Plan } from "../plan/types.ts";
import { longestWaitMs } from "../plan/waits.ts";
import type { ReceivedMessage } from "../ports/index.ts";
import { createHeadWrite, decodeHead, type Head, isTombstone, tombstoneOver } from "../protocol/head.ts";
import { readDocument } from "../records/documents.ts";
import { writeParts } from "../records/parts.ts";
import { type PlanCache, planPages } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import { createDelivery, lostWins, type Wins, wonAll } from "./delivery.ts";
import type { CoordinatorDeps, Disposition } from "./deps.ts";
import { releaseRoots } from "./drive.ts";
import { operate } from "./operate.ts";
import { handOver, isTaskMessage } from "./outside.ts";
import { handleRange, isRangeMessage, parseRangeMessage } from "./range.ts";
import { recordRejected } from "./rejected.ts";
import { handleReport } from "./report.ts";
import { openRun } from "./run.ts";
import { handleWake, isWakeMessage, parseWakeMessage } from "./sleep.ts";
import { afterError, deliveryOf, parseTaskMessage, returnAt } from "./work.ts";

/** Handles one message of the request queue. Never throws. */
export async function control(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  try {
    if (isRangeMessage(message.body)) return await range(deps, plans, message);
    if (isWakeMessage(message.body)) return await endSleep(deps, plans, message);
    if (isTaskMessage(message.body)) return await outsideTask(deps, plans, message);
    await answering(deps, message, () =>
      isReport(message.body) ? handleReport(deps, plans, message) : request(deps, plans, message),
    );
    return { kind: "acknowledge" };
  } catch (error) {
    return afterError(deps, message, error);
  }
}

/** A part of a long list: control sends it, so that its releaser need not. */
async function range(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const asked = parseRangeMessage(message.body);
  const { generation, plan, dispatch } = asked;
  const run = openRun(deps, plans, new Map(), { id: asked.run, generation, plan });
  const token = { run: asked.run, generation, node: `range ${asked.list} ${asked.range}`, dispatch };
  const delivery = createDelivery(deps, run, { token });
  await handleRange(delivery, asked);
  return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
}

/** A sleep that is over. */
async function endSleep(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const { run: id, generation, plan, node, dispatch } = parseWakeMessage(message.body);
  const run = openRun(deps, plans, new Map(), { id, generation, plan });
  const delivery = createDelivery(deps, run, { token: { run: id, generation, node, dispatch } });
  await handleWake(delivery, node);
  return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
}

/** A task that a program elsewhere runs: control hands it out. */
async function outsideTask(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const { fragment: _, ...task } = parseTaskMessage(message.body);
  const delivery = deliveryOf(deps, plans, new Map(), {}, task);
  for (const id of nodesOf(task)) {
    const node = await delivery.run.plan.node(id);
    if (!node.outside) throw new InvalidRequestError("node", id, "must be a task that runs elsewhere");
    await handOver(delivery, node, task.dispatch);
  }
  return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
}

/** Handles a request; one that breaks a rule is kept as rejected. */
async function answering(deps: CoordinatorDeps, message: ReceivedMessage, handle: () => Promise<void>): Promise<void> {
  try {
    await handle();
  } catch (error) {
    if (!isRejection(error)) throw error;
    await recordRejected(deps, { kind: "request", error, ...requestIdIn(message) });
  }
}

async function request(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<void> {
  const { requestId } = requestIdIn(message);
  const parsed = parseRequest(message.body);
  if (parsed.type !== "submit") return operate(deps, plans, { ...parsed, requestId });
  const submitted = "document" in parsed ? parseStoredWorkflow(parsed, await readDocument(deps.store, parsed)) : parsed;
  await admit(deps, plans, submitted, requestId);
}

function isRejection(error: unknown): boolean {
  return error instanceof InvalidRequestError || error instanceof RunConflictError || error instanceof RunRemovedError;
}

/** The ids a request names, also when the rest of it is not readable; else they come from the message, so that copies agree. */
function requestIdIn(message: ReceivedMessage): { readonly requestId: string; readonly runId?: string } {
  const fallback = `message-${message.messageId}`;
  try {
    const value = JSON.parse(message.body) as { readonly requestId?: unknown; readonly id?: unknown } | null;
    const text = (found: unknown) =>
      typeof found === "string" && /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/.test(found) ? found : undefined;
    const runId = text(value?.id);
    return { requestId: text(value?.requestId) ?? fallback, ...(runId === undefined ? {} : { runId }) };
  } catch {
    return { requestId: fallback };
  }
}

async function admit(
  deps: CoordinatorDeps,
  plans: PlanCache,
  request: SubmitRequest,
  requestId: string,
): Promise<void> {
  const runId = request.id ?? requestId;
  const documentHash = hashOf(request);
  const found = await readHead(deps.store, runId);
  if (found && !tombstoneOver(found, deps.clock.now())) return answer(deps, plans, found, documentHash, requestId);
  const { tasksPerInvocation } = deps;
  const nowMs = deps.clock.now();
  const plan = deps.compile
    ? deps.compile(request, deps.catalog, nowMs)
    : compile(request, deps.catalog, { nowMs, ...(tasksPerInvocation === undefined ? {} : { tasksPerInvocation }) });
  const pages = planPages(runId, plan);
  await writeParts(deps.store, pages.writes, "plan.write");
  plans.keep(runId, pages.ref.hash, { plan, length: pages.length });
  const head = newHead(deps, { request, requestId, runId, documentHash, plan, planRef: pages.ref });
  const created = await deps.store.write(createHeadWrite(head, deps.clock.now()), "head.create");
  if (!created.applied) {
    if (!created.image) throw new StoreError(`run ${runId}: its head was refused by nothing`);
    return answer(deps, plans, decodeHead(runId, created.image), documentHash, requestId);
  }
  deps.metrics.count("runs.submitted", 1);
  await drive(deps, plans, head, wonAll);
}

interface NewRun {
  readonly request: SubmitRequest;
  readonly requestId: string;
  readonly runId: string;
  readonly documentHash: string;
  readonly plan: Plan;
  readonly planRef: { readonly hash: string; readonly pages: number };
}

function newHead(deps: CoordinatorDeps, { request, requestId, runId, documentHash, plan, planRef }: NewRun): Head {
  const nowMs = deps.clock.now();
  return {
    runId,
    status: "RUNNING",
    generation: 1,
    documentHash,
    planHash: planRef.hash,
    planPages: planRef.pages,
    requestId,
    ...(request.name === undefined ? {} : { name: request.name }),
    taskCount: Object.keys(plan.nodes).length,
    ...(plan.callback === null ? {} : { callback: plan.callback }),
    errorBranches: Object.values(plan.joins).some((join) => join.onError !== null || join.cancelRest),
    submittedAtMs: nowMs,
    deadlineAtMs: nowMs + runDeadlineMs(request, plan, nowMs),
    dueMs: nowMs + deps.settings.sweepSeconds * 1000,
  };
}

/** The default is for work: what the plan waits is on top of it, or a sleep of eight days could never end. */
function runDeadlineMs({ deadlineSeconds }: SubmitRequest, plan: Plan, nowMs: number): number {
  return deadlineSeconds === undefined
    ? defaults.runDeadlineSeconds * 1000 + longestWaitMs(plan, nowMs)
    : deadlineSeconds * 1000;
}

/** A run of that id exists: the same one, whose own request drives it once more, or a conflict that changes nothing. */
async function answer(
  deps: CoordinatorDeps,
  plans: PlanCache,
  head: Head,
  documentHash: string,
  requestId: string,
): Promise<void> {
  if (isTombstone(head)) throw new RunRemovedError(head.runId);
  if (head.documentHash !== documentHash) throw new RunConflictError(head.runId);
  if (head.requestId === requestId) await drive(deps, plans, head, lostWins);
}

/** Releases the roots. The winner sends at once; a repeat looks first, so a late copy costs nothing. */
async function drive(deps: CoordinatorDeps, plans: PlanCache, head: Head, wins: Wins): Promise<void> {
  const run = openRun(deps, plans, new Map(), {
    id: head.runId,
    generation: head.generation,
    plan: { hash: head.planHash, pages: head.planPages },
  });
  run.noteHead(head);
  if (head.status !== "RUNNING") return;
  const token = { run: head.runId, generation: head.generation, node: "", dispatch: 1 };
  await releaseRoots(createDelivery(deps, run, { token }), wins);
}
