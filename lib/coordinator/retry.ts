/**
 * Retry: a run that has ended goes on as its next generation (S20).
 *
 * Head first, so that two retries make one generation; then everything that is not kept is opened again; only then is
 * anything sent, by the same look at the run that the sweeper takes. Whatever dies on the way is taken up by the message
 * when it comes back, or by the sweeper.
 */
import { InvalidRequestError } from "../errors.ts";
import type { RetryRequest } from "../model/request.ts";
import type { Plan, PlanNode } from "../plan/types.ts";
import { decodeHead, type Head, type NextGeneration, raiseWrite } from "../protocol/head.ts";
import { leaseOver } from "../protocol/rows.ts";
import { slotOf } from "../protocol/snapshot.ts";
import { writeParts } from "../records/parts.ts";
import { type PlanCache, planPages } from "../records/plans.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { checkGeneration, type Identified } from "./asked.ts";
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

async function raise(
  deps: CoordinatorDeps,
  plans: PlanCache,
  request: Identified<RetryRequest>,
  head: Head,
): Promise<Head> {
  checkGeneration(request, head);
  if (head.endedAtMs === undefined)
    throw new InvalidRequestError("id", head.runId, "must have ended: revoke it first, or wait for its end");
  const snapshot = await readSnapshot(deps.store, plans, head);
  const named = [...(request.tasks ?? []), ...Object.keys(request.args ?? {})];
  if (head.status === "SUCCEEDED" && named.length === 0)
    throw new InvalidRequestError("id", head.runId, "has SUCCEEDED: name the tasks that are to run again");
  const time = { nowMs: deps.clock.now(), skewMs: deps.settings.clockSkewSeconds * 1000 };
  const busy = Object.values(snapshot.plan.nodes).find((node) => {
    const slot = slotOf(snapshot, node);
    return node.afterEnd && slot.state === "leased" && !leaseOver(slot, time);
  });
  if (busy) throw new InvalidRequestError("id", head.runId, `must have come to rest: ${busy.id} is still running`);
  const plan = planOf(snapshot.plan, request, deps);
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

/** The plan of the next generation: the same, but for what the request names. */
function planOf(plan: Plan, { tasks = [], args = {} }: RetryRequest, deps: CoordinatorDeps): Plan {
  const { again: _again, ...same } = plan;
  const named = [...new Set([...tasks.flatMap((path) => tasksAt(plan, path)), ...Object.keys(args)])];
  if (named.length === 0) return same;
  const edited = Object.entries(args).map(([path, list]): [string, PlanNode] => {
    const node = Object.hasOwn(plan.nodes, path) ? plan.nodes[path] : undefined;
    if (!node) throw new InvalidRequestError(`args.${path}`, path, "must be the path of a task of the run");
    checkCount(node, list.length, path, deps);
    return [path, { ...node, args: list }];
  });
  return { ...same, nodes: { ...plan.nodes, ...Object.fromEntries(edited) }, again: named };
}

/** The task of that path, or all tasks below it. */
function tasksAt(plan: Plan, path: string): readonly string[] {
  if (Object.hasOwn(plan.nodes, path)) return [path];
  const below = Object.values(plan.nodes).filter(({ id, afterEnd }) => id.startsWith(`${path}/`) && !afterEnd);
  if (below.length === 0) throw new InvalidRequestError("tasks", path, "must be the path of a task of the run");
  return below.map(({ id }) => id);
}

function checkCount(node: PlanNode, bound: number, path: string, { catalog }: CoordinatorDeps): void {
  const info = catalog.get(node.task);
  const count = bound + (node.input === null ? 0 : 1);
  if (info === undefined || (count >= info.minArgs && count <= info.maxArgs)) return;
  const { minArgs, maxArgs } = info;
  const wanted = minArgs === maxArgs ? `${minArgs}` : `${minArgs} to ${maxArgs}`;
  const rule = `must make ${maxArgs === Infinity ? `at least ${minArgs}` : wanted} arguments of ${node.task} with what comes before`;
  throw new InvalidRequestError(`args.${path}`, bound, rule);
}
