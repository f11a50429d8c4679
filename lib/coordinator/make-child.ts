/**
 * What a map expands into: its list, the workflow over it, and the run of that, made once or met again.
 */
import { FatalError, InvalidRequestError, StoreError } from "../errors.ts";
import type { Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { StoredError } from "../model/outcome.ts";
import type { SubmitRequest } from "../model/request.ts";
import type { Workflow } from "../model/workflow.ts";
import { withoutChecks } from "../plan/arguments.ts";
import { bindNames } from "../plan/bind-names.ts";
import { documentHash as hashOf } from "../plan/document-hash.ts";
import { freeNames } from "../plan/free-names.ts";
import type { PlanMap, PlanNode } from "../plan/types.ts";
import { adoptWrite, childId, isParent, parentRef } from "../protocol/child.ts";
import { createHeadWrite, decodeHead, type Head, isTombstone } from "../protocol/head.ts";
import { followersOf } from "../protocol/reopen.ts";
import { argumentsOf, resolve, substitute } from "../records/inputs.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import { storedError } from "../records/values.ts";
import { BudgetExceededError, budgetOfChild, charge, usageOf } from "./budget.ts";
import type { Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { newHead, planOf, storePlan } from "./new-run.ts";
import type { Located } from "./places.ts";
import { raise } from "./retry.ts";
import { StaleGeneration } from "./run.ts";

/** Rounds of reading and writing against other writers before the message is returned. */
const rounds = 20;
/** A child ends with its parent, not by a deadline of its own: that comes a day later. */
const deadlineSlackMs = 86_400_000;

/** What becomes of a map whose list is known. */
export type Expansion =
  | { readonly kind: "child"; readonly request: SubmitRequest }
  /** There is nothing to run: a map over no items, or a chord over none that has no callback. */
  | { readonly kind: "empty" }
  | { readonly kind: "failed"; readonly error: StoredError };

/** Works out a map: from stored outcomes that no longer change, so that everybody comes to the same. */
export async function expansionOf(delivery: Delivery, node: PlanNode): Promise<Expansion> {
  return failing(async () => {
    const [list] = await argumentsOf(delivery, node);
    const items = checkedList(list, node);
    if (items.length === 0 && node.map?.chord?.callback === undefined) return { kind: "empty" };
    return { kind: "child", request: await requestOf(delivery, node, items) };
  });
}

/** What can never become right is an outcome of the map; faults of the store are thrown. */
async function failing<Result>(
  attempt: () => Promise<Result>,
): Promise<Result | { readonly kind: "failed"; readonly error: StoredError }> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof InvalidRequestError || error instanceof FatalError)) throw error;
    return { kind: "failed", error: { ...storedError(error), name: "map-not-expanded" } };
  }
}

function checkedList(list: Json | undefined, { id, map }: PlanNode): readonly Json[] {
  const path = `${id}.${map?.chord ? "chord.header.map" : "map"}.over`;
  if (!Array.isArray(list)) throw new InvalidRequestError(path, list ?? null, "must be a list");
  const { length } = list as readonly Json[];
  if (length > limits.membersPerGroup)
    throw new InvalidRequestError(path, length, `must have at most ${limits.membersPerGroup} items`);
  return list as readonly Json[];
}

/** The request of the child, as if it had been sent with the list written in it. */
async function requestOf(delivery: Delivery, node: PlanNode, items: readonly Json[]): Promise<SubmitRequest> {
  const { map, chord, headers, onFailure } = node.map as PlanMap;
  const expanded = { map: { ...map, over: items as Json[] } };
  const workflow: Workflow = chord === undefined ? expanded : { chord: { ...chord, header: expanded } };
  return {
    tutti: 1,
    type: "submit",
    workflow: await withNames(delivery, node, workflow),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(node.fairnessKey === undefined ? {} : { fairnessKey: node.fairnessKey }),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
}

/** Results of dag nodes that the map is inside of: they are known, and the child has no such dag. */
async function withNames(delivery: Delivery, node: PlanNode, workflow: Workflow): Promise<Workflow> {
  const values = new Map<string, Json>();
  for (const name of freeNames(workflow, node.id, new Map())) {
    const source = node.results?.[name];
    if (source !== undefined) values.set(name, await resolve(delivery, source));
  }
  if (values.size === 0) return workflow;
  return bindNames(workflow, (reference) =>
    values.has(reference.$result) ? substitute(reference as unknown as Json, values) : undefined,
  );
}

/** Who the child is made for. */
export interface ChildOf {
  readonly parent: Head;
  /** The map's node. */
  readonly located: Located;
  readonly request: SubmitRequest;
}

/** The child of a map, or why it has none. */
export type Child =
  | { readonly kind: "child"; readonly head: Head; readonly made: boolean }
  | { readonly kind: "failed"; readonly error: StoredError }
  /** An older generation of the child is still at work. */
  | { readonly kind: "later"; readonly atMs: number };

/**
 * Makes the child, or meets the one that was made of the same content: then that goes on for this generation of the parent,
 * as its own next generation if it has ended without success.
 */
export async function makeChild(delivery: Delivery, plans: PlanCache, of: ChildOf): Promise<Child> {
  const documentHash = hashOf(of.request);
  const runId = childId(of.parent, of.located.node, documentHash);
  let found = await readHead(delivery.deps.store, runId);
  for (let round = 0; round < rounds; round++) {
    const met =
      found === undefined
        ? await create(delivery.deps, plans, of, { runId, documentHash })
        : await goOnWith(delivery, plans, of, found);
    if (met.kind !== "again") return met;
    found = await readHead(delivery.deps.store, runId);
  }
  throw new StoreError(`run ${runId}: its head kept changing`);
}

type Again = { readonly kind: "again" };

async function create(
  deps: CoordinatorDeps,
  plans: PlanCache,
  { parent, located, request }: ChildOf,
  { runId, documentHash }: { readonly runId: string; readonly documentHash: string },
): Promise<Child | Again> {
  const unchecked = { ...deps, catalog: withoutChecks(deps.catalog) };
  const planned = await failing(async () => ({ plan: planOf(unchecked, request) }));
  if ("kind" in planned) return planned;
  const { plan } = planned;
  const refused = await charge(deps, parent, { id: [runId], ...usageOf(plan, deps.clock.now()) });
  if (refused) return { kind: "failed", error: refused };
  const planRef = await storePlan(deps, plans, runId, plan);
  const head: Head = {
    ...newHead(deps, { request, requestId: runId, runId, documentHash, plan, planRef }),
    parent: parentRef(parent, located.node, located.place),
    ...budgetOfChild(parent),
    deadlineAtMs: parent.deadlineAtMs + deadlineSlackMs,
  };
  const created = await deps.store.write(createHeadWrite(head, deps.clock.now()), "head.create");
  if (!created.applied) return { kind: "again" };
  deps.log.write("info", "map expanded", { run: parent.runId, node: located.node.id, child: runId });
  return { kind: "child", head: created.image ? decodeHead(runId, created.image) : head, made: true };
}

/** The child is there already: by another delivery, or from an older generation of its parent. */
async function goOnWith(
  { deps, run }: Delivery,
  plans: PlanCache,
  { parent, located }: ChildOf,
  child: Head,
): Promise<Child | Again> {
  const of = child.parent;
  if (isTombstone(child) || of === undefined || !isParent(of, parent)) {
    const rule = `run ${child.runId} has the id of its run and is not its own`;
    return { kind: "failed", error: { name: "map-not-expanded", message: `${located.node.id}: ${rule}` } };
  }
  if (of.generation === run.generation) return { kind: "child", head: child, made: false };
  if (of.generation > run.generation) throw new StaleGeneration(`run ${run.id} is at generation ${of.generation}`);
  const plan = await run.plan.whole();
  const again = followersOf(plan, plan.again ?? []).nodes.has(located.node.id);
  if (child.status === "RUNNING" || (child.status === "SUCCEEDED" && !again)) {
    await deps.store.write(adoptWrite(child, run.generation), "child.adopt");
    return { kind: "again" };
  }
  return raiseChild(deps, plans, child, run.generation, again);
}

/** The child goes on as its next generation: with what has succeeded in it, unless all of it is to run again. */
async function raiseChild(
  deps: CoordinatorDeps,
  plans: PlanCache,
  child: Head,
  parentGeneration: number,
  again: boolean,
): Promise<Child | Again> {
  const { nodes } = await plans.load(child.runId, { hash: child.planHash, pages: child.planPages });
  const all = Object.values(nodes).flatMap((node) => (node.afterEnd ? [] : [node.id]));
  const request = {
    tutti: 1,
    type: "retry",
    id: child.runId,
    generation: child.generation,
    requestId: `parent-${parentGeneration}`,
    ...(again ? { tasks: all } : {}),
  } as const;
  try {
    await raise(deps, plans, request, child, parentGeneration);
    return { kind: "again" };
  } catch (error) {
    if (error instanceof BudgetExceededError) return { kind: "failed", error: error.stored };
    if (!(error instanceof InvalidRequestError)) throw error;
    const now = await readHead(deps.store, child.runId);
    if (now?.generation !== child.generation) return { kind: "again" };
    // Its error callback is still at work.
    return { kind: "later", atMs: deps.clock.now() + deps.settings.leaseSeconds * 1000 };
  }
}
