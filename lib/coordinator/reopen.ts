/**
 * Opens again what a generation takes over from the one before (protocol/reopen.ts): the tops of joins, and when no top is owed
 * any more, the rest. Repeated from a fresh read until nothing is owed: a write that is refused has met somebody of the old
 * generation, and is worked out anew.
 */
import { StoreError } from "../errors.ts";
import { nextToReopen } from "../protocol/reopen.ts";
import { createPlanCache } from "../records/plans.ts";
import { readHead, readSnapshot } from "../records/snapshots.ts";
import type { Delivery } from "./delivery.ts";

/** Reads of the whole run before the delivery is returned. */
const rounds = 10;
/** Writes at once. */
const atOnce = 20;

export async function reopenRun({ deps, run }: Delivery): Promise<void> {
  const plans = createPlanCache(deps.store);
  for (let round = 0; round < rounds; round++) {
    const head = await readHead(deps.store, run.id);
    if (head?.generation !== run.generation) return;
    const snapshot = await readSnapshot(deps.store, plans, head);
    const time = { nowMs: deps.clock.now(), skewMs: deps.settings.clockSkewSeconds * 1000 };
    const writes = nextToReopen(snapshot, time);
    if (writes.length === 0) return;
    for (let at = 0; at < writes.length; at += atOnce) {
      await Promise.all(writes.slice(at, at + atOnce).map((write) => deps.store.write(write, "item.reopen")));
    }
  }
  throw new StoreError(`run ${run.id}: its items kept changing while generation ${run.generation} opened them again`);
}
