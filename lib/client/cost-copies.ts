/**
 * What hedging has cost in a run, as far as its items show (cost.ts): when a group was looked at, and who was at work then.
 */
import { tellsEachChange } from "../plan/predict.ts";
import { requestsOfCopies, unitsOfLeaves, writesOfCopy } from "../plan/predict-copies.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Slot } from "../protocol/slot.ts";
import { memberSlot, type Snapshot, slotOf, tallyOf } from "../protocol/snapshot.ts";
import { itemsAt, topOf } from "../protocol/tally.ts";

/** What second copies of a run took. */
export interface CopiesCost {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly requests: number;
  /** Nodes whose copy was the first to succeed: its attempt was no retry. */
  readonly won: ReadonlySet<PlanNode>;
}

/** That control was asked is recorded, and the top is read. */
const perLook = 1;
/** The slot before the copy; and, of the later ones, what follows the group, by the body that was late. */
const readsOfCopy = 1.25;

/** Counts the second copies of all hedged groups that were looked at. */
export function copiesCost(snapshot: Snapshot): CopiesCost {
  const won = new Set<PlanNode>();
  let writeUnits = 0;
  let readUnits = 0;
  let requests = 0;
  for (const join of Object.values(snapshot.plan.joins)) {
    const hedgedAt = tallyOf(snapshot, join, topOf(join))?.hedgedAt;
    if (typeof hedgedAt !== "number") continue;
    const copied = copiedIn(snapshot, join, hedgedAt);
    for (const { node, byCopy } of copied) if (byCopy) won.add(node);
    const leaves = new Set(copied.map(({ leaf }) => leaf)).size;
    const inner = leafItems(join) > 1 ? writesOfCopy.inner : 0;
    writeUnits += perLook + writesOfCopy.leaf * unitsOfLeaves(join, copied.length) + copied.length * inner;
    readUnits += perLook + leaves + copied.length * readsOfCopy;
    requests += requestsOfCopies(copied.length);
  }
  return { writeUnits, readUnits, requests, won };
}

interface Copied {
  readonly node: PlanNode;
  readonly leaf: number;
  readonly byCopy: boolean;
}

/** Members that were at work when their group was looked at. */
function copiedIn(snapshot: Snapshot, join: PlanJoin, hedgedAt: number): readonly Copied[] {
  return Object.values(snapshot.plan.nodes).flatMap((node) => {
    if (node.slot?.join !== join.id) return [];
    const slot = slotOf(snapshot, node);
    if (slot.state !== "settled" || slot.startedAtMs === undefined || slot.settledAtMs <= hedgedAt) return [];
    const byCopy = slot.startedAtMs > hedgedAt;
    if (byCopy && slot.attempt - slot.lost < 2) return [];
    return [{ node, leaf: Math.floor(node.slot.index / join.leafSize), byCopy }];
  });
}

/** Arrivals that left no mark of their own: where each change is told, a later one takes the place of an earlier one. */
export function repeatedArrivals(snapshot: Snapshot): number {
  let sum = 0;
  for (const join of Object.values(snapshot.plan.joins)) {
    if (!tellsEachChange(join) || leafItems(join) <= 1) continue;
    const commits = commitsIn(snapshot, join);
    for (let level = 0; itemsAt(join, level) > 1; level++) sum += Math.max(0, commits - itemsAt(join, level));
  }
  return sum;
}

function leafItems(join: PlanJoin): number {
  return itemsAt(join, 0);
}

/** Writes that settled members: those of a pack that ended together have one. */
function commitsIn(snapshot: Snapshot, join: PlanJoin): number {
  const commits = new Set<string>();
  for (let index = 0; index < join.size; index++) {
    const slot: Slot = memberSlot(snapshot, join, index);
    if (slot.state === "settled") commits.add(`${Math.floor(index / join.leafSize)} ${slot.owner} ${slot.settledAtMs}`);
  }
  return commits.size;
}
