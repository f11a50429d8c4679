/**
 * What a new generation has taken over as it was: items of the older one, in which everything has come to its end
 * (lib/protocol/reopen.ts). Nothing is written to them; who meets one drives on from it.
 */
import type { Image, Key, WriteResult } from "../ports/index.ts";
import type { SlotPlace } from "../protocol/keys.ts";
import { isBad, type SettledSlot } from "../protocol/slot.ts";
import { generationOf } from "../protocol/writes.ts";
import type { Delivery } from "./delivery.ts";
import { slotIn } from "./places.ts";
import { reopenRun } from "./reopen.ts";
import { NotReopenedError } from "./run.ts";

/** What makes an item of an older generation one to drive on from. */
export interface TakenOver {
  /** Whether what the write is about has come to its end there. */
  readonly isOver: (image: Image) => boolean;
  /** Whether all of that has succeeded: then it is kept whatever else there is. */
  readonly isGood: (image: Image) => boolean;
}

/**
 * A write that is refused by such an item: that is the image met. An end that is no success may have been written late by the
 * generation before, after the retry had opened what there was: it is opened now, if it is not kept, and the write is made
 * once more (G34).
 */
export async function unlessKept<Result extends WriteResult>(
  delivery: Delivery,
  key: Key,
  write: () => Promise<Result>,
  { isOver, isGood }: TakenOver,
): Promise<Result | Extract<WriteResult, { applied: false }>> {
  const { deps, run } = delivery;
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof NotReopenedError) || !isOver(error.image)) throw error;
    if (isGood(error.image)) return { applied: false, image: error.image };
    await reopenRun(delivery);
    const image = await deps.store.get(key, "slot.look");
    const isKept = (generationOf(image) ?? run.generation) < run.generation;
    return isKept ? { applied: false, image } : write();
  }
}

/** The same for slots of one item. */
export function takenOver(places: readonly SlotPlace[]): TakenOver {
  const every = (image: Image, holds: (slot: SettledSlot) => boolean) =>
    places.every((place) => {
      const slot = slotIn(place, image);
      return slot.state === "settled" && holds(slot);
    });
  return { isOver: (image) => every(image, () => true), isGood: (image) => every(image, (slot) => !isBad(slot)) };
}

/**
 * A node's item as this generation has it. A write of the one before may have come late, and made it since the retry has opened
 * what there was: then it is opened first, but for a success, which is kept. What else is in it means nothing any more (G34).
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
