/**
 * Ends the members that a chord with `cancelRest` was decided without: what is queued is dropped at its delivery, what runs
 * is told at its next heartbeat.
 *
 * Done by whoever wrote the decision, after that and what it sets in motion; where that has died, by the sweeper, which finds
 * a decided chord with open members. Members first: from then on nothing inside them changes anything outside.
 */
import type { PlanJoin } from "../plan/types.ts";
import { endsRest } from "../protocol/decision.ts";
import { itemsAt, leafAt, tallyKey, topOf } from "../protocol/tally.ts";
import type { Delivery } from "./delivery.ts";
import { driveTally } from "./drive.ts";
import { type Ending, endInside, endLeaf } from "./ending.ts";

const notNeeded: Ending = {
  status: "REVOKED",
  unbegun: "SKIPPED",
  error: { name: "not-needed", message: "the chord was decided without it" },
};

/** Ends what the joins need no more that this delivery has decided. */
export async function endRests(delivery: Delivery): Promise<void> {
  for (const id of delivery.decidedEarly) {
    delivery.decidedEarly.delete(id);
    await endRest(delivery, await delivery.run.plan.join(id));
  }
}

/** Ends what a join needs no more. Repeatable. */
export async function endRest(delivery: Delivery, join: PlanJoin): Promise<void> {
  const { run, deps } = delivery;
  const top = await deps.store.get(tallyKey(run.id, join, topOf(join)), "join.look");
  if (!endsRest(join, top, run.generation)) return;
  for (let leaf = 0; leaf < itemsAt(join, 0); leaf++) {
    const { image, ended } = await endLeaf(delivery, join, leaf, notNeeded);
    // A leaf whose members were settled is the business of those who settled them.
    if (ended && image) await driveTally(delivery, join, leafAt(leaf), image);
  }
  await endInside(delivery, join, notNeeded);
}
