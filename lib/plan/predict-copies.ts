/**
 * What hedging will cost where members are late, before a run is sent: an estimate, beside that of the run itself (predict.ts).
 *
 * It assumes that whoever has not ended when the share of a group has is at work, and gets a copy; and that both bodies end, so
 * that one of each two finds itself late.
 */
import { batches, ownNode, type Prediction, priced, sizes, units } from "./predict.ts";
import type { Plan, PlanJoin, PlanNode } from "./types.ts";

/** Second copies of a plan, when they are needed. */
export interface CopiesPrediction extends Prediction {
  /** Executions more, at most. */
  readonly executions: number;
}

/** Records that control was asked, and asks it. */
const askWrites = 1;
/** The copy's claim; the commit and the arrival of whichever is late, which are refused. */
export const writesOfCopy = { leaf: 2, inner: 1 } as const;
/** Where members travel together: their own commits and arrivals, which those of their pack would have been part of. */
const writesOfSplit = { leaf: 1, inner: 1 } as const;

/** Predicts the second copies of all hedged groups; undefined where there are none. */
export function predictCopies(plan: Plan): CopiesPrediction | undefined {
  let executions = 0;
  let writeUnits = 0;
  let sqsRequests = 0;
  for (const join of Object.values(plan.joins)) {
    const copies = copiesIn(plan, join);
    if (copies === 0) continue;
    executions += copies;
    writeUnits += askWrites + copyUnits(plan, join, copies);
    sqsRequests += requestsOfCopies(copies);
  }
  return executions === 0 ? undefined : { executions, ...priced(writeUnits, sqsRequests) };
}

/** The message to control, and those of the copies: each sent, received and deleted. */
export function requestsOfCopies(copies: number): number {
  return batches(1) + batches(copies);
}

function copyUnits(plan: Plan, join: PlanJoin, copies: number): number {
  const isPacked = (plan.releases[join.id] ?? []).some(({ kind }) => kind === "pack");
  const leafWrites = writesOfCopy.leaf + (isPacked ? writesOfSplit.leaf : 0);
  const innerWrites = join.size > join.leafSize ? writesOfCopy.inner + (isPacked ? writesOfSplit.inner : 0) : 0;
  return copies * innerWrites + leafWrites * unitsOfLeaves(join, copies);
}

/** A write to a leaf for each copy: it has one second lease more for each that is in it, and is of this size as often again. */
export function unitsOfLeaves({ leafSize }: PlanJoin, copies: number): number {
  let sum = 0;
  for (let i = 0; i < copies; i++) sum += units(sizes.item + sizes.slot * (leafSize + (i % leafSize) + 1));
  return sum;
}

/** How many members are late when a hedged group looks, of those that may run twice at a time. */
function copiesIn(plan: Plan, join: PlanJoin): number {
  const { hedgePercentile, size } = join;
  if (hedgePercentile === undefined) return 0;
  const late = size - Math.ceil((size * hedgePercentile) / 100);
  const nodes = (plan.members[join.id] ?? []).map((source, index) => ownNode(plan, join, source, index));
  return Math.min(late, nodes.filter((node) => node !== undefined && mayRunTwice(node)).length);
}

function mayRunTwice({ outside, map, sleep, retry }: PlanNode): boolean {
  return !outside && map === undefined && !sleep && retry.maxAttempts > 1 && retry.maxLost > 1;
}
