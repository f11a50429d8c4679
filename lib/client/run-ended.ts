/**
 * From the head of a run as its end has left it to the event that tells of it. Reads the run for the counts.
 */
import type { RunEnded } from "../model/run-ended.ts";
import type { Item } from "../ports/index.ts";
import { decodeHead, type Head, isTombstone } from "../protocol/head.ts";
import { headKey } from "../protocol/keys.ts";
import { createPlanCache } from "../records/plans.ts";
import { readHead, readSnapshot } from "../records/snapshots.ts";
import { isoTime, progressOf } from "./project.ts";
import type { Reading } from "./wait.ts";

/** Tasks of the largest run whose tasks are counted: it is read whole, 40 read units and a few MB. */
const maxCounted = 10_000;

/**
 * @param item - As its last write has left it.
 * @returns Undefined for an item that tells of no end, and for a run that a map has expanded into: that is part of the run that
 * the map is in.
 */
export async function runEnded(
  reading: Pick<Reading, "store">,
  table: string,
  { key, image }: Item,
): Promise<RunEnded | undefined> {
  if (key.sk !== headKey(key.pk).sk || image.removedAt !== undefined) return undefined;
  const head = decodeHead(key.pk, image);
  const { runId, generation, status, endedAtMs, error } = head;
  if (head.parent !== undefined || endedAtMs === undefined || status === "RUNNING") return undefined;
  return {
    schemaVersion: 1,
    id: `${runId}#${generation}`,
    table,
    runId,
    generation,
    name: head.name ?? null,
    status,
    submittedAt: isoTime(head.submittedAtMs),
    endedAt: isoTime(endedAtMs),
    taskCount: head.taskCount,
    progress: await progressIn(reading, head),
    error: error === undefined ? null : { name: error.name, taskId: error.taskId ?? null },
  };
}

async function progressIn({ store }: Pick<Reading, "store">, head: Head): Promise<RunEnded["progress"]> {
  if (head.taskCount > maxCounted) return null;
  const now = await readHead(store, head.runId);
  const isSame = now?.generation === head.generation && now.submittedAtMs === head.submittedAtMs;
  if (!isSame || isTombstone(now)) return null;
  return progressOf(await readSnapshot(store, createPlanCache(store), now));
}
