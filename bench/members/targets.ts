/**
 * What a run may cost, and what was measured, per member.
 *
 * The cost of a run is the members' and the run's own. The run's own is constant: writes of its head, what the callback's
 * item takes, and the three requests of its submit. All else, the plan included, is the members'.
 */

import type { Line } from "../meter/meter.ts";
import { emptyReceive } from "../meter/metered-queue.ts";
import type { Delivery } from "./deployment.ts";
import type { Measurement } from "./measure.ts";

/** Figures of one measurement; those a member has are sums divided by the members. */
export interface Figures {
  readonly members: number;
  readonly seconds: number;
  readonly membersPerSecond: number;
  readonly writeUnits: number;
  readonly sqsRequests: number;
  readonly storeCalls: number;
  readonly readUnits: number;
  /** Of the run itself, not divided by anything. */
  readonly runWriteUnits: number;
  readonly runSqsRequests: number;
  readonly busiestItem: { readonly name: string; readonly writes: number };
  /** The larger growth of write units and requests a member, against the smallest run; undefined for that one. */
  readonly growth?: number;
}

/** A figure with a target. */
export type TargetName = "writeUnits" | "sqsRequests" | "busiestItem" | "growth";

/** What holds for each way of delivery; the rest holds for both. */
const costs = {
  packed: { writeUnits: 0.5, sqsRequests: 0.05 },
  "one per message": { writeUnits: 2.4, sqsRequests: 0.3 },
} as const satisfies Record<Delivery, unknown>;

export function targetsOf(delivery: Delivery): Readonly<Record<TargetName, number>> {
  return { ...costs[delivery], busiestItem: 256, growth: 1.1 };
}

/** Sums that divide to 0.30000000000000004 are 0.3. */
const rounding = 1e-9;

/** The targets that figures miss. */
export function missed(figures: Figures, delivery: Delivery): readonly TargetName[] {
  const targets = targetsOf(delivery);
  const names = Object.keys(targets) as TargetName[];
  return names.filter((name) => (targeted(figures, name) ?? 0) > targets[name] + rounding);
}

export function targeted(figures: Figures, name: TargetName): number | undefined {
  return name === "busiestItem" ? figures.busiestItem.writes : figures[name];
}

/** Figures of runs that differ in their size alone, in order of size. */
export function figuresOf(measurements: readonly Measurement[]): readonly Figures[] {
  const figures = [...measurements].sort((a, b) => a.members - b.members).map(singleFigures);
  const [smallest] = figures;
  return figures.map((one) => {
    if (smallest === undefined || one === smallest) return one;
    const growth = Math.max(one.writeUnits / smallest.writeUnits, one.sqsRequests / smallest.sqsRequests);
    return { ...one, growth };
  });
}

function singleFigures({ members, seconds, counted }: Measurement): Figures {
  const lines = counted.lines.filter(({ operation }) => operation !== emptyReceive);
  const sum = (name: "writeUnits" | "requests" | "readUnits" | "calls", of: (line: Line) => boolean): number =>
    lines.filter(of).reduce((total, line) => total + line[name], 0);
  const busiest = Object.values(counted.busiest).reduce((most, one) => (one.writes > most.writes ? one : most));
  return {
    members,
    seconds,
    membersPerSecond: members / seconds,
    writeUnits: sum("writeUnits", (line) => !isOfRun(line)) / members,
    sqsRequests: sum("requests", (line) => !isOfRun(line)) / members,
    storeCalls: sum("calls", ({ requests }) => requests === 0) / members,
    readUnits: sum("readUnits", () => true) / members,
    runWriteUnits: sum("writeUnits", isOfRun),
    runSqsRequests: sum("requests", isOfRun),
    busiestItem: busiest,
  };
}

/** Of the run itself, whatever the number of its members. */
export function isOfRun({ kind }: Line): boolean {
  return kind === "head" || kind === "node" || kind === "request";
}
