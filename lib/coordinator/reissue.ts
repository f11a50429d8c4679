/**
 * A new dispatch of a node nobody holds any more: recorded on exactly the state seen, then sent by the caller.
 */
import type { WriteResult } from "../ports/index.ts";
import type { SlotPlace } from "../protocol/keys.ts";
import { lostError } from "../protocol/retry.ts";
import { countsOf, type OpenSlot, type QueuedSlot, type Slot, type WaitingSlot } from "../protocol/slot.ts";
import { reissueWrite } from "../protocol/writes.ts";
import type { Delivery } from "./delivery.ts";

/** Any open state → waiting, due now, as the next dispatch. */
export async function reissue(
  delivery: Delivery,
  place: SlotPlace,
  seen: OpenSlot,
  { attempt, lost }: { readonly attempt: number; readonly lost: number },
): Promise<{ readonly result: WriteResult; readonly waiting: WaitingSlot }> {
  const waiting: WaitingSlot = {
    state: "waiting",
    dispatch: countsOf(seen).dispatch + 1,
    attempt,
    lost,
    atMs: delivery.deps.clock.now(),
    timer: false,
    error: lostError(lost),
  };
  const write = reissueWrite(delivery.run.generation, place, seen, waiting);
  return { result: await delivery.run.write(write, "slot.reissue"), waiting };
}

/** A refused write that met its own effect: the answer was lost, the send is still mine to do (S14). */
export function sameIssue(slot: Slot, mine: QueuedSlot | WaitingSlot): boolean {
  return slot.state === mine.state && slot.dispatch === mine.dispatch && slot.atMs === mine.atMs;
}
