/**
 * The sweeper: mends what messages alone cannot, when a message is gone too, and lets time pass (deadlines, timers,
 * retention).
 *
 * Heads that are due come from an index, which only nominates; every decision rests on a strong read, and the visit is
 * claimed by `due = :seen`. Any number of sweepers may run at once, and die anywhere (S16).
 */

import type { RunId } from "../model/ids.ts";
import { startMs } from "../model/start-time.ts";
import { awaitsResume, isParent } from "../protocol/child.ts";
import type { Diagnosis } from "../protocol/diagnose.ts";
import type { Finding } from "../protocol/findings.ts";
import {
  advanceDueWrite,
  decodeHead,
  forgetDueWrite,
  type Head,
  isTombstone,
  removeAtWrite,
  tombstoneWrite,
} from "../protocol/head.ts";
import { budgetKey, dueShard, indexShards, planPageKey } from "../protocol/keys.ts";
import { hasLanes } from "../protocol/lanes.ts";
import type { DiagnoseSettings } from "../protocol/overdue.ts";
import type { ParentRef } from "../protocol/parent-ref.ts";
import type { PlanCache } from "../records/plans.ts";
import { bucketPartitions, readAll, readHead, readSnapshot } from "../records/snapshots.ts";
import { createDelivery } from "./delivery.ts";
import { type CoordinatorDeps, diagnoseSettings } from "./deps.ts";
import { tell } from "./events.ts";
import { goOnSince } from "./fronts.ts";
import { applyRepair } from "./repair.ts";
import { openRun, StaleGeneration } from "./run.ts";
import { sideBySide } from "./side-by-side.ts";

/** The longest pause between two visits of a run with open work (docs/protocol.md#sweep-and-diagnose). */
const maxIntervalMs = 15 * 60_000;
/** The same of a run that only waits for recorded times: until the first of them, nothing can be lost. */
const maxAsleepMs = 86_400_000;
/** A removed run is looked at once more after a day: a process frozen that long may have left an item. */
const secondLookMs = 86_400_000;

/** How often it is asked whether the parent of a child run is still there. */
const keptVisitMs = 3_600_000;

export interface SweepReport {
  /** Runs visited. */
  readonly visited: number;
  /** Repairs applied. */
  readonly repaired: number;
  /** Runs whose visit failed; they stay due. */
  readonly failed: number;
}

/** Visits every due run once, as time allows. One run's trouble does not keep the others waiting. */
export async function sweep(
  deps: CoordinatorDeps,
  plans: PlanCache,
  until: { readonly deadlineAtMs: number },
): Promise<SweepReport> {
  let visited = 0;
  let repaired = 0;
  let failed = 0;
  const keys = await dueKeys(deps);
  for (const key of keys) {
    if (deps.clock.now() >= until.deadlineAtMs) break;
    visited++;
    try {
      repaired += await visit(deps, plans, key);
    } catch (error) {
      failed++;
      deps.log.write("error", "sweep of a run failed", { run: key.pk, error: String(error) });
    }
  }
  deps.metrics.count("sweep.visited", visited);
  deps.metrics.count("sweep.repaired", repaired);
  // What stays due: one that stays so from sweep to sweep stands still.
  deps.metrics.count("sweep.left", keys.length - visited + failed);
  return { visited, repaired, failed };
}

interface DueKey {
  readonly pk: string;
  readonly sk: string;
}

async function dueKeys(deps: CoordinatorDeps): Promise<DueKey[]> {
  const keys: DueKey[] = [];
  for (let shard = 0; shard < indexShards; shard++) {
    let cursor: string | undefined;
    do {
      const page = await deps.store.due(dueShard(shard), deps.clock.now(), cursor, "due.read");
      keys.push(...page.items.map((item) => item.key));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
  return keys;
}

async function visit(deps: CoordinatorDeps, plans: PlanCache, key: DueKey): Promise<number> {
  if (key.sk !== "head") {
    await deps.store.remove([key], "rejected.remove");
    return 0;
  }
  const head = await readHead(deps.store, key.pk);
  const nowMs = deps.clock.now();
  if (head?.dueMs === undefined || head.dueMs > nowMs) return 0;
  if (isTombstone(head)) return lookAgain(deps, plans, head);
  if ((await keptUntil(deps, plans, head)) > nowMs || awaitsResume(head))
    return (await mend(deps, plans, head)).repaired;
  if (head.parent && isKeptFor(head.parent, await readHead(deps.store, head.parent.run))) return keep(deps, head);
  // An error callback may be owed for longer than the retention: it has until its own end. And of a run that an operator has
  // asked to remove, workers may still hold tasks (G77).
  const mayOwe = head.errorBranches || head.removeAtMs !== undefined;
  return mayOwe && (await owes(deps, plans, head))
    ? (await mend(deps, plans, head)).repaired
    : removeRun(deps, plans, head);
}

/** A visit that somebody asks for. Its claim is that of any other visit, so that it may meet a sweeper at the same run. */
export async function visitNow(
  deps: CoordinatorDeps,
  plans: PlanCache,
  run: RunId,
  { sendAgain }: { readonly sendAgain: boolean },
): Promise<number> {
  const head = await readHead(deps.store, run);
  if (head?.dueMs === undefined || isTombstone(head)) return 0;
  const settings = diagnoseSettings(deps);
  const impatient = { ...settings, visibilityMs: 0 };
  const { repaired, reopened } = await mend(deps, plans, head, sendAgain ? impatient : settings);
  const after = reopened ? await readHead(deps.store, run) : undefined;
  // What a retry has opened again only now was sent by nobody.
  return after === undefined ? repaired : repaired + (await mend(deps, plans, after, impatient)).repaired;
}

/** A child run stays as long as its parent: a retry of that goes on with what it has come to. */
function isKeptFor(parent: ParentRef, head: Head | undefined): boolean {
  return head !== undefined && isParent(parent, head);
}

async function keep(deps: CoordinatorDeps, head: Head): Promise<number> {
  const seen = { dueMs: head.dueMs as number, generation: head.generation };
  const next = { dueMs: deps.clock.now() + keptVisitMs, settled: head.sweptSettled ?? 0, intervalMs: keptVisitMs };
  await deps.store.write(advanceDueWrite(head.runId, seen, next), "head.visit");
  return 0;
}

async function owes(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<boolean> {
  const snapshot = await readSnapshot(deps.store, plans, head);
  return deps.protocol.diagnose(snapshot, deps.clock.now(), diagnoseSettings(deps)).open > 0;
}

interface Mended {
  /** Repairs applied. */
  readonly repaired: number;
  /** What a retry had not come to was opened again: the rest of the run is yet to be looked at. */
  readonly reopened: boolean;
}

/** Claims the visit, then applies what the diagnosis asks for. */
async function mend(
  deps: CoordinatorDeps,
  plans: PlanCache,
  head: Head,
  settings: DiagnoseSettings = diagnoseSettings(deps),
): Promise<Mended> {
  const snapshot = await readSnapshot(deps.store, plans, head);
  const diagnosis = deps.protocol.diagnose(snapshot, deps.clock.now(), settings);
  const seen = { dueMs: head.dueMs as number, generation: head.generation };
  const claimed = await deps.store.write(
    advanceDueWrite(head.runId, seen, nextVisit(deps, head, diagnosis, await keptUntil(deps, plans, head))),
    "head.visit",
  );
  if (!claimed.applied || !claimed.image) return { repaired: 0, reopened: false };
  const plan = { hash: head.planHash, pages: head.planPages };
  const run = openRun(deps, plans, new Map(), { id: head.runId, generation: head.generation, plan });
  run.noteHead(decodeHead(head.runId, claimed.image));
  const repair = async (finding: Finding) => {
    const token = { run: head.runId, generation: head.generation, node: `sweep ${finding.kind}`, dispatch: 1 };
    await applyRepair(createDelivery(deps, run, { token }), finding.repair);
    const { node, join } = finding;
    const where = { ...(node === undefined ? {} : { node }), ...(join === undefined ? {} : { join }) };
    tell(deps, run, finding.kind, [{ event: "swept", ...where }]);
  };
  let repaired = 0;
  for (const together of sideBySide(diagnosis.findings)) {
    const results = await Promise.allSettled(together.map(repair));
    repaired += results.filter(({ status }) => status === "fulfilled").length;
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      if (result.reason instanceof StaleGeneration) return { repaired, reopened: false };
      throw result.reason;
    }
  }
  if (repaired > 0 && hasLanes(snapshot.plan)) {
    const token = { run: head.runId, generation: head.generation, node: "sweep lanes", dispatch: 1 };
    await goOnSince(createDelivery(deps, run, { token }), plans, snapshot);
  }
  return { repaired, reopened: diagnosis.findings.some(({ kind }) => kind === "not-reopened") };
}

/** The next visit: the earliest timer, or one interval from now, which doubles while nothing changes. */
function nextVisit(
  deps: CoordinatorDeps,
  head: Head,
  diagnosis: Diagnosis,
  keptMs: number,
): { dueMs: number; settled: number; intervalMs: number } {
  const sweepMs = deps.settings.sweepSeconds * 1000;
  const nowMs = deps.clock.now();
  const changing = diagnosis.findings.length > 0 || diagnosis.settled !== head.sweptSettled;
  const intervalMs = changing
    ? sweepMs
    : Math.min(Math.max(sweepMs, maxIntervalMs), (head.sweptIntervalMs ?? sweepMs) * 2);
  if (diagnosis.findings.length > 0) return { dueMs: nowMs + sweepMs, settled: diagnosis.settled, intervalMs };
  // Whoever resumes its parent need not find it: its map may be settled by another, or its parent be removed meanwhile.
  if (head.endedAtMs !== undefined && diagnosis.open === 0 && !awaitsResume(head)) {
    return { dueMs: keptMs, settled: diagnosis.settled, intervalMs };
  }
  const pauseMs = diagnosis.asleep && diagnosis.open > 0 ? Math.max(intervalMs, maxAsleepMs) : intervalMs;
  return {
    dueMs: Math.min(nowMs + pauseMs, diagnosis.nextTimerMs ?? Infinity),
    settled: diagnosis.settled,
    intervalMs,
  };
}

/** Until when a run is kept: its retention after its end, or after the time at which an error callback may start then. */
async function keptUntil(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<number> {
  const { endedAtMs, removeAtMs, planHash: hash, planPages: pages } = head;
  if (endedAtMs === undefined) return Infinity;
  if (removeAtMs !== undefined) return removeAtMs;
  const plan = head.errorBranches ? await plans.load(head.runId, { hash, pages }) : undefined;
  const branches = Object.values(plan?.nodes ?? {}).filter((node) => node.afterEnd);
  const lastMs = branches.reduce((last, node) => Math.max(last, startMs(node, endedAtMs)), endedAtMs);
  return lastMs + deps.settings.retentionSeconds * 1000;
}

/**
 * Clean-up: the head says so, the items go, then the tombstone comes. A death in between leaves the head due, so the next sweep goes on. The plan says
 * which partitions there are, so it stays until the second look.
 */
async function removeRun(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<number> {
  // A retry that comes now finds the run as it was, or is refused (G75): it never goes on with what is half gone.
  const fence = removeAtWrite(head.runId, head.generation, deps.clock.now());
  if (head.removeAtMs === undefined && !(await deps.store.write(fence, "head.remove")).applied) return 0;
  await removeItems(deps, plans, head);
  const nowMs = deps.clock.now();
  await deps.store.write(tombstoneWrite(head, nowMs, nowMs + secondLookMs), "head.tombstone");
  deps.log.write("info", "run removed", { run: head.runId });
  return 1;
}

async function lookAgain(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<number> {
  await removeItems(deps, plans, head);
  await removeAll(deps, head.runId, "plan#");
  await deps.store.write(forgetDueWrite(head.runId, head.dueMs as number), "head.forget");
  return 0;
}

async function removeItems(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<void> {
  // Without its plan, a second look that died has removed everything else before.
  if (await deps.store.get(planPageKey(head.runId, head.planHash, 0), "plan.read")) {
    const plan = await plans.load(head.runId, { hash: head.planHash, pages: head.planPages });
    for (const partition of bucketPartitions(head.runId, plan)) await removeAll(deps, partition, "tally#");
  }
  for (const prefix of ["tally#", "node#", "range#", "value#"]) await removeAll(deps, head.runId, prefix);
  if (head.budget?.kind === "own") await deps.store.remove([budgetKey(head.runId)], "run.remove");
}

async function removeAll(deps: CoordinatorDeps, partition: string, prefix: string): Promise<void> {
  const items = await readAll(deps.store, partition, prefix);
  await deps.store.remove(
    items.map((item) => item.key),
    "run.remove",
  );
}
