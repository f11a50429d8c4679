/**
 * A new run, whoever asks for it: its plan in the table, its head, and the release of its roots.
 */
import type { Budget } from "../model/budget.ts";
import { defaults } from "../model/limits.ts";
import type { SubmitRequest } from "../model/request.ts";
import { compile } from "../plan/compile.ts";
import type { Plan } from "../plan/types.ts";
import { longestWaitMs } from "../plan/waits.ts";
import { limitsOf, type RunBudget } from "../protocol/budget.ts";
import type { Head } from "../protocol/head.ts";
import { writeParts } from "../records/parts.ts";
import { type PlanCache, type PlanRef, planPages } from "../records/plans.ts";
import { deliveryFor } from "./asked.ts";
import { usageOf } from "./budget.ts";
import type { Wins } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { releaseRoots } from "./drive.ts";

/** Compiles a request. @throws InvalidRequestError when the workflow breaks a rule */
export function planOf(deps: CoordinatorDeps, request: SubmitRequest): Plan {
  const { tasksPerMessage } = deps;
  const nowMs = deps.clock.now();
  return deps.compile
    ? deps.compile(request, deps.catalog, nowMs)
    : compile(request, deps.catalog, { nowMs, ...(tasksPerMessage === undefined ? {} : { tasksPerMessage }) });
}

/** Writes the plan of a run. */
export async function storePlan(deps: CoordinatorDeps, plans: PlanCache, runId: string, plan: Plan): Promise<PlanRef> {
  const pages = planPages(runId, plan);
  await writeParts(deps.store, pages.writes, "plan.write");
  plans.keep(runId, pages.ref.hash, { plan, length: pages.length });
  return pages.ref;
}

interface NewRun {
  readonly request: SubmitRequest;
  readonly requestId: string;
  readonly runId: string;
  readonly documentHash: string;
  readonly plan: Plan;
  readonly planRef: PlanRef;
}

export function newHead(
  deps: CoordinatorDeps,
  { request, requestId, runId, documentHash, plan, planRef }: NewRun,
): Head {
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
    ...(Object.values(plan.nodes).some((node) => node.map !== undefined) ? { maps: true } : {}),
    ...(request.budget === undefined ? {} : { budget: ownBudget(request.budget, plan, nowMs) }),
    submittedAtMs: nowMs,
    deadlineAtMs: nowMs + runDeadlineMs(request, plan, nowMs),
    dueMs: nowMs + deps.settings.sweepSeconds * 1000,
  };
}

function ownBudget(budget: Budget, plan: Plan, nowMs: number): RunBudget {
  return { kind: "own", limits: limitsOf(budget), plannedNanoUsd: usageOf(plan, nowMs).nanoUsd };
}

/** The default is for work: what the plan waits is on top of it, or a sleep of eight days could never end. */
function runDeadlineMs({ deadlineSeconds }: SubmitRequest, plan: Plan, nowMs: number): number {
  return deadlineSeconds === undefined
    ? defaults.runDeadlineSeconds * 1000 + longestWaitMs(plan, nowMs)
    : deadlineSeconds * 1000;
}

/** Releases the roots of a run. The winner of its creation sends at once; a repeat looks first, so a late copy costs nothing. */
export async function releaseRun(deps: CoordinatorDeps, plans: PlanCache, head: Head, wins: Wins): Promise<void> {
  if (head.status !== "RUNNING") return;
  await releaseRoots(deliveryFor(deps, plans, head), wins);
}
