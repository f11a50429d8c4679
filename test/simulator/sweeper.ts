/**
 * The schedule of the sweeper: every minute, as long as the index names a run that wants a visit. At times it is absent, and
 * two sweeps may overlap.
 *
 * What only removes an ended run is not waited for: histories end before.
 */
import { defaults } from "../../lib/model/limits.ts";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";
import { nameOf, type Table } from "./table.ts";

const periodMs = defaults.sweepSeconds * 1000;
export const longestAbsenceMs = 3_600_000;

export interface Sweeper {
  /** The index has changed. */
  look(): void;
}

export function createSweeper(
  schedule: Schedule,
  random: Random,
  { table, isAbsent }: { readonly table: Table; readonly isAbsent: boolean },
  sweep: () => Promise<void>,
): Sweeper {
  const backAtMs = schedule.now() + (isAbsent ? random.below(longestAbsenceMs) : 0);
  const apart = random.chance(0.8) ? periodMs : 1000;
  let sweptAtMs = schedule.now();
  let nextAtMs: number | undefined;
  let cancel = () => {};

  const look = () => {
    const dueMs = earliest(table);
    if (dueMs === undefined) return;
    const atMs = Math.max(dueMs, backAtMs, sweptAtMs + periodMs);
    if (nextAtMs !== undefined && nextAtMs <= atMs) return;
    cancel();
    nextAtMs = atMs;
    cancel = schedule.at(atMs, visit);
  };

  const visit = () => {
    nextAtMs = undefined;
    sweptAtMs = schedule.now();
    begin();
    if (apart < periodMs && random.chance(0.3)) schedule.at(schedule.now() + random.below(apart), begin);
    // One that dies, or finds the index as it was, is followed by another.
    schedule.at(schedule.now() + periodMs, look);
  };

  const begin = () => void sweep().catch(() => {});

  return { look };
}

/** The next visit that a run waits for. */
function earliest({ due, images }: Table): number | undefined {
  let first: number | undefined;
  for (const [pk, { dueMs }] of due) {
    const endedAt = images.get(nameOf({ pk, sk: "head" }))?.image.endedAt;
    if (endedAt !== undefined && dueMs >= Number(endedAt) + defaults.retentionSeconds * 1000) continue;
    if (first === undefined || dueMs < first) first = dueMs;
  }
  return first;
}
