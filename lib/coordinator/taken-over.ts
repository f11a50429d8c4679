/**
 * What a new generation has taken over as it was: items of the older one, in which everything has come to its end
 * (lib/protocol/reopen.ts). Nothing is written to them; who meets one drives on from it.
 */
import type { PlanJoin } from "../plan/types.ts";
import type { Image, WriteResult } from "../ports/index.ts";
import { tallyKey, topOf } from "../protocol/tally.ts";
import { generationOf } from "../protocol/writes.ts";
import type { Delivery } from "./delivery.ts";
import { NotReopenedError } from "./run.ts";

/** A write that is refused by such an item: that is the image met. */
export async function unlessKept(
  write: () => Promise<WriteResult>,
  isKept: (image: Image) => boolean,
): Promise<WriteResult> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof NotReopenedError && isKept(error.image)) return { applied: false, image: error.image };
    throw error;
  }
}

/** Whether an older generation has decided the join for what follows it: its members have no messages any more. */
export async function isTakenOver({ run, deps }: Delivery, join: PlanJoin): Promise<boolean> {
  if (run.generation === 1) return false;
  const top = await deps.store.get(tallyKey(run.id, join, topOf(join)), "join.look");
  const generation = generationOf(top);
  const isOlder = generation !== undefined && generation < run.generation;
  return isOlder && deps.protocol.decisionOf(join, top) === "callback";
}
