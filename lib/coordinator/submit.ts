/**
 * Submit: from a request on the queue to a run whose roots are on their way.
 *
 * The create of the head is the linearisation point. A repeat with the same document finds the run; only deliveries of
 * the request that made the head drive it, all others just find their answer (S1). Nothing is sent before the plan is
 * durable (S2).
 */
import { InvalidRequestError, RunConflictError, RunRemovedError, StoreError } from "../errors.ts";
import type { SubmitRequest } from "../model/request.ts";
import { documentHash as hashOf } from "../plan/document-hash.ts";
import { isReport } from "../plan/parse-report.ts";
import { parseRequest, parseStoredWorkflow } from "../plan/parse-request.ts";
import type { ReceivedMessage } from "../ports/index.ts";
import { createHeadWrite, decodeHead, type Head, isTombstone, tombstoneOver } from "../protocol/head.ts";
import { readDocument } from "../records/documents.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import { followAll } from "./children.ts";
import {
  isFollowMessage,
  isHedgeMessage,
  isMapMessage,
  parseFollowMessage,
  parseHedgeMessage,
  parseMapMessage,
} from "./control-message.ts";
import { createDelivery, lostWins, wonAll } from "./delivery.ts";
import type { CoordinatorDeps, Disposition } from "./deps.ts";
import { handleMap } from "./expand.ts";
import { copyRest } from "./hedge.ts";
import { newHead, planOf, releaseRun, storePlan } from "./new-run.ts";
import { operate } from "./operate.ts";
import { handOver, isTaskMessage } from "./outside.ts";
import { handleRange, isRangeMessage, parseRangeMessage } from "./range.ts";
import { recordRejected, requestIdIn } from "./rejected.ts";
import { handleReport } from "./report.ts";
import { openRun } from "./run.ts";
import { handleWake, isWakeMessage, parseWakeMessage } from "./sleep.ts";
import { afterError, deliveryOf, namedNodes, parseTaskMessage, returnAt } from "./work.ts";

/** Handles one message of the request queue. Never throws. */
export async function control(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  try {
    if (isRangeMessage(message.body)) return await range(deps, plans, message);
    if (isWakeMessage(message.body)) return await endSleep(deps, plans, message);
    if (isTaskMessage(message.body)) return await outsideTask(deps, plans, message);
    if (isMapMessage(message.body)) return await map(deps, plans, message);
    if (isFollowMessage(message.body)) return await follow(deps, plans, message);
    if (isHedgeMessage(message.body)) return await hedge(deps, plans, message);
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
  const delivery = createDelivery(deps, run, { token, ofUnit: true });
  await handleRange(delivery, asked);
  return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
}

async function map(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const untilMs = await handleMap(deps, plans, parseMapMessage(message.body));
  return untilMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, untilMs);
}

async function follow(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const head = await readHead(deps.store, parseFollowMessage(message.body).run);
  if (head) await followAll(deps, plans, head);
  return { kind: "acknowledge" };
}

async function hedge(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  await copyRest(deps, plans, parseHedgeMessage(message.body));
  return { kind: "acknowledge" };
}

/** A sleep that is over. */
async function endSleep(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const { run: id, generation, plan, node, dispatch } = parseWakeMessage(message.body);
  const run = openRun(deps, plans, new Map(), { id, generation, plan });
  const delivery = createDelivery(deps, run, { token: { run: id, generation, node, dispatch }, ofUnit: true });
  await handleWake(delivery, node);
  return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
}

/** A task that a program elsewhere runs: control hands it out. */
async function outsideTask(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<Disposition> {
  const { fragment: _, ...task } = parseTaskMessage(message.body);
  const delivery = deliveryOf(deps, plans, new Map(), {}, task);
  for (const node of await namedNodes(delivery, task)) {
    if (!node.outside) throw new InvalidRequestError("node", node.id, "must be a task that runs elsewhere");
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
  const plan = planOf(deps, request);
  const planRef = await storePlan(deps, plans, runId, plan);
  const head = newHead(deps, { request, requestId, runId, documentHash, plan, planRef });
  const created = await deps.store.write(createHeadWrite(head, deps.clock.now()), "head.create");
  if (!created.applied) {
    if (!created.image) throw new StoreError(`run ${runId}: its head was refused by nothing`);
    return answer(deps, plans, decodeHead(runId, created.image), documentHash, requestId);
  }
  deps.metrics.count("runs.submitted", 1);
  await releaseRun(deps, plans, head, wonAll);
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
  if (head.requestId === requestId) await releaseRun(deps, plans, head, lostWins);
}
