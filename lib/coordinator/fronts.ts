/**
 * Lanes after somebody other than their own tasks has settled members: a revoke, a deadline, the sweeper.
 *
 * They settle what was never sent, too, so a settled unit alone says nothing of its lane. They look at the run once more
 * when they are done, and start what the lanes have come to.
 */
import type { Head } from "../protocol/head.ts";
import { isBounded, memberAround, startsOfUnit, unitOf } from "../protocol/lanes.ts";
import { type Front, releasedOf } from "../protocol/released.ts";
import { joinOf, type Snapshot } from "../protocol/snapshot.ts";
import type { PlanCache } from "../records/plans.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { type Delivery, lostWins } from "./delivery.ts";
import { goOn } from "./drive.ts";
import { startAll } from "./release.ts";

/** Starts what the lanes around a unit have come to, after that was ended by a request. Repeatable. */
export async function goOnAround(delivery: Delivery, plans: PlanCache, head: Head, path: string): Promise<void> {
  const plan = await delivery.run.plan.whole();
  const around = Object.values(plan.joins).flatMap((join) => {
    const index = isBounded(join) ? memberAround(join, path) : undefined;
    return isBounded(join) && index !== undefined ? [{ join, lane: unitOf(join, index) % join.lanes.count }] : [];
  });
  if (around.length === 0) return;
  const snapshot = await readSnapshot(delivery.deps.store, plans, head);
  await startFronts(delivery, snapshot, ({ join: id, unit }) =>
    around.some(({ join, lane }) => join.id === id && unit % join.lanes.count === lane),
  );
}

/** Starts what lanes have come to since a run was read: repairs may have settled members. */
export async function goOnSince(delivery: Delivery, plans: PlanCache, before: Snapshot): Promise<void> {
  const known = new Set(releasedOf(before).fronts.map(nameOf));
  const snapshot = await readSnapshot(delivery.deps.store, plans, before.head);
  await startFronts(delivery, snapshot, (front) => !known.has(nameOf(front)));
}

function nameOf({ join, unit }: Front): string {
  return `${join} ${unit}`;
}

async function startFronts(delivery: Delivery, snapshot: Snapshot, isWanted: (front: Front) => boolean): Promise<void> {
  const head = await delivery.run.head();
  if (!head || !delivery.deps.protocol.mayStart(head, false)) return;
  for (const front of releasedOf(snapshot).fronts.filter(isWanted)) {
    const join = joinOf(snapshot, front.join);
    if (!isBounded(join)) continue;
    const starts = startsOfUnit(snapshot.plan, join, front.unit);
    await goOn(delivery, await startAll(delivery, starts, lostWins), lostWins);
  }
}
