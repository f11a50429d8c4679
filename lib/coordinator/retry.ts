/**
 * Retry: a run that has ended goes on as its next generation (S20).
 *
 * Head first, so that two retries make one generation; then everything that is not kept is opened again; only then is
 * anything sent, by the same look at the run that the sweeper takes. Whatever dies on the way is taken up by the message
 * when it comes back, or by the sweeper.
 */
import { InvalidRequestError } from "../errors.ts";
import type { RetryRequest } from "../model/request.ts";
import type { PlanNode } from "../plan/types.ts";
import { decodeHead, type Head, type NextGeneration, raiseWrite } from "../protocol/head.ts";
import { begunAgain, nextPlan } from "../protocol/next-generation.ts";
import { writeParts } from "../records/parts.ts";
import { type PlanCache, planPages } from "../records/plans.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { checkGeneration, type Identified } from "./asked.ts";
import { chargeGeneration } from "./budget.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { restart } from "./restart.ts";

/** Handles a retry. @throws InvalidRequestError when there is nothing to run again, or not yet. */
export async function retry(
  deps: CoordinatorDeps,
  plans: PlanCache,
  request: Identified<RetryRequest>,
  head: Head,
): Promise<void> {
  const raised = isMine(request, head) ? head : await raise(deps, plans, request, head);
  await restart(deps, plans, raised);
}

/** A copy of the request finds the generation that the first one has raised. */
function isMine({ generation, requestId }: Identified<RetryRequest>, head: Head): boolean {
  return head.generation === generation + 1 && head.raisedBy === requestId;
}

/**
 * Raises the next generation, once.
 *
 * @param parentGeneration - Of a child run: the generation of its parent that goes on with it.
 * @throws InvalidRequestError when there is nothing to run again, or not yet.
 */
export async function raise(
  deps: CoordinatorDeps,
  plans: PlanCache,
  request: Identified<RetryRequest>,
  head: Head,
  parentGeneration?: number,
): Promise<Head> {
  checkGeneration(request, head);
  const snapshot = await readSnapshot(deps.store, plans, head);
  const time = { nowMs: deps.clock.now(), skewMs: deps.settings.clockSkewSeconds * 1000 };
  const plan = nextPlan(snapshot, request, time);
  for (const path of Object.keys(request.args ?? {})) checkCount(plan.nodes[path] as PlanNode, deps);
  const budget = await chargeGeneration(deps, head, {
    generation: head.generation + 1,
    requestId: request.requestId,
    attempts: head.budget === undefined ? 0 : begunAgain(snapshot, plan, time),
    budget: request.budget,
  });
  const pages = planPages(head.runId, plan);
  if (pages.ref.hash !== head.planHash) await writeParts(deps.store, pages.writes, "plan.write");
  return write(deps, request, head, {
    generation: head.generation + 1,
    raisedBy: request.requestId,
    atMs: time.nowMs,
    deadlineAtMs: time.nowMs + (head.deadlineAtMs - (head.raisedAtMs ?? head.submittedAtMs)),
    planHash: pages.ref.hash,
    planPages: pages.ref.pages,
    dueMs: time.nowMs + deps.settings.sweepSeconds * 1000,
    ...(parentGeneration === undefined ? {} : { parentGeneration }),
    ...(budget === undefined ? {} : { budget }),
  });
}

/** One of several retries at once raises the generation; the others are told so. */
async function write(
  deps: CoordinatorDeps,
  request: Identified<RetryRequest>,
  head: Head,
  next: NextGeneration,
): Promise<Head> {
  const result = await deps.store.write(raiseWrite(head.runId, next), "head.raise");
  const found = result.image === undefined ? undefined : decodeHead(head.runId, result.image);
  if (found === undefined) throw new InvalidRequestError("id", head.runId, "must be the id of a run");
  if (!isMine(request, found)) checkGeneration(request, found);
  return found;
}

/** New arguments must be as many as the task takes, with what comes before them. */
function checkCount(node: PlanNode, { catalog }: CoordinatorDeps): void {
  const info = catalog.get(node.task);
  const count = node.args.length + (node.input === null ? 0 : 1);
  if (info === undefined || (count >= info.minArgs && count <= info.maxArgs)) return;
  const { minArgs, maxArgs } = info;
  const wanted = minArgs === maxArgs ? `${minArgs}` : `${minArgs} to ${maxArgs}`;
  const rule = `must make ${maxArgs === Infinity ? `at least ${minArgs}` : wanted} arguments of ${node.task} with what comes before`;
  throw new InvalidRequestError(`args.${node.id}`, node.args.length, rule);
}
