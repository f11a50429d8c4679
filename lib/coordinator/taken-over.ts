/**
 * What a new generation has taken over as it was: items of the older one, in which everything has come to its end
 * (lib/protocol/reopen.ts). Nothing is written to them; who meets one drives on from it.
 */
import type { Image, WriteResult } from "../ports/index.ts";
import type { SlotPlace } from "../protocol/keys.ts";
import { generationOf } from "../protocol/writes.ts";
import type { Delivery } from "./delivery.ts";
import { slotIn } from "./places.ts";
import { reopenRun } from "./reopen.ts";
import { NotReopenedError } from "./run.ts";

/** A write that is refused by such an item: that is the image met. */
export async function unlessKept<Result extends WriteResult>(
  write: () => Promise<Result>,
  isKept: (image: Image) => boolean,
): Promise<Result | Extract<WriteResult, { applied: false }>> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof NotReopenedError && isKept(error.image)) return { applied: false, image: error.image };
    throw error;
  }
}

/**
 * A node's item as this generation has it. A write of the one before may have come late, and made it since the retry has opened
 * what there was: then it is opened first, but for a success, which is kept. What else is in it means nothing any more (S20).
 */
export async function lookAt(delivery: Delivery, place: SlotPlace): Promise<Image | undefined> {
  const { deps, run } = delivery;
  const look = () => deps.store.get(place.key, "slot.look");
  const image = await look();
  const slot = slotIn(place, image);
  const isOlder = (generationOf(image) ?? run.generation) < run.generation;
  if (!isOlder || (slot.state === "settled" && slot.status === "SUCCEEDED")) return image;
  await reopenRun(delivery);
  return look();
}
