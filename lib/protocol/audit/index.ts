/**
 * The audit: which invariants of docs/protocol.md the stored items of a run break. One pure function on everything that is
 * stored, at any moment of a run's life: silent on what a live run is in the middle of, since every write leaves the table
 * as the invariants want it.
 *
 * It says what must never be. What is only late, lost or waiting is `diagnose`'s.
 */
import type { Image, Item, Key } from "../../ports/store.ts";
import { decodeHead, type Head, isTombstone } from "../head.ts";
import { headKey } from "../keys.ts";
import { type Snapshot, snapshotOf } from "../snapshot.ts";
import type { AuditedRun } from "./audited-run.ts";
import { headFaults } from "./head-faults.ts";
import { type ItemKind, itemFaults, kindOf } from "./item-faults.ts";
import { joinFaults } from "./join-faults.ts";
import { earlyFaults, nodeFaults, type UnitFault } from "./node-faults.ts";
import { planFaults } from "./plan-faults.ts";
import { headAndPlanFaults, reopenFaults, statusFaults } from "./run-faults.ts";
import type { Fault } from "./slot-shape.ts";
import type { Violation } from "./violation.ts";

export type { AuditedRun, Unpacked } from "./audited-run.ts";
export { requestViolations } from "./requests.ts";
export { type AuditedInvariant, auditedInvariants, type Violation } from "./violation.ts";

/** Every invariant that the items of a run break; empty when all hold. */
export function auditRun(run: AuditedRun): Violation[] {
  const key = headKey(run.runId);
  const told = (faults: readonly Fault[], at: Key = key) => faults.map((fault) => violationOf(run, { fault, key: at }));
  const ofHead = told(headFaults(run.runId, run.head));
  if (ofHead.length > 0) return ofHead;
  const head = decodeHead(run.runId, run.head);
  if (isTombstone(head)) return leftovers(run, head);
  if ("problem" in run.plan) return isBeingRemoved(head, run) ? [] : told([["S2", run.plan.problem]]);
  const { plan } = run.plan;
  const ofPlan = told(planFaults(plan));
  if (ofPlan.length > 0) return ofPlan;
  const ofItems = run.items.flatMap((item) => itemViolations(run, head, plan, item));
  // Nothing is concluded from items that are not what they should be.
  if (ofItems.length > 0) return ofItems;
  const snapshot = snapshotOf(head, plan, run.items);
  const ofRun = told(headAndPlanFaults(snapshot));
  // Items go one after the other.
  if (isBeingRemoved(head, run)) return ofRun;
  const units: UnitFault[] = [
    ...nodeFaults(run, snapshot),
    ...Object.values(plan.joins).flatMap((join) => joinFaults(run, snapshot, join)),
    ...earlyFaults(snapshot),
    ...reopenFaults(snapshot),
  ];
  return [...ofRun, ...units.map((unit) => violationOf(run, unit)), ...told(statusFaults(snapshot))];
}

/** A head that another run is held against; undefined when it is not sound itself, which is told of its own run. */
export function soundHead(runId: string, image: Image): Head | undefined {
  return headFaults(runId, image).length > 0 ? undefined : decodeHead(runId, image);
}

/** Items of a run without a head: of one that is being made there are plan pages, and of a removed one nothing. */
export function orphanViolations(runId: string, items: readonly Item[]): Violation[] {
  return items
    .filter(({ key }) => !key.sk.startsWith("plan#"))
    .map(({ key }) => ({
      invariant: "S18",
      run: runId,
      explanation: "the item belongs to a run that is not there",
      key,
    }));
}

/** The sweeper is free to begin with the removal of a run that has ended when it is due. */
function isBeingRemoved({ endedAtMs, dueMs }: Head, { nowMs }: AuditedRun): boolean {
  return endedAtMs !== undefined && (dueMs ?? 0) <= nowMs;
}

/** S18: after the second look, which has no due time any more, nothing is left of a removed run but its tombstone. */
function leftovers(run: AuditedRun, head: Head): Violation[] {
  if (head.dueMs !== undefined) return [];
  const fault: Fault = ["S18", "the run was removed, and this is left of it"];
  return run.items.map(({ key }) => violationOf(run, { fault, key }));
}

function itemViolations(run: AuditedRun, head: Head, plan: Snapshot["plan"], item: Item): Violation[] {
  const kind = kindOf(head, plan, item);
  const at = { key: item.key, ...unitOf(kind) };
  const faults: Fault[] =
    kind === undefined
      ? [["S2", "the plan of the run has nothing that is stored under this key"]]
      : itemFaults(head, item, kind);
  return faults.map((fault) => violationOf(run, { fault, ...at }));
}

function unitOf(kind: ItemKind | undefined): Pick<UnitFault, "node" | "join"> {
  if (kind?.kind === "node") return { node: kind.node };
  return kind?.kind === "tally" ? { join: kind.join.id } : {};
}

function violationOf(
  { runId }: AuditedRun,
  { fault: [invariant, explanation], key, node, join }: UnitFault,
): Violation {
  return {
    invariant,
    run: runId,
    ...(node === undefined ? {} : { node }),
    ...(join === undefined ? {} : { join }),
    explanation,
    key,
  };
}
