/**
 * Finding and reading the slots of nodes.
 */
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { type SlotPlace, slotPlace } from "../protocol/keys.ts";
import { decodeSlot, type Slot } from "../protocol/slot.ts";
import type { Delivery } from "./delivery.ts";

/** A node's place, and the join it feeds. */
export interface Located {
  readonly place: SlotPlace;
  readonly join: PlanJoin | undefined;
}

export async function locate(delivery: Delivery, node: PlanNode): Promise<Located> {
  const join = node.slot === null ? undefined : await delivery.run.plan.join(node.slot.join);
  return { place: slotPlace(delivery.run.id, node, join?.leafSize ?? 1), join };
}

export function slotIn(place: SlotPlace, image: Image | undefined): Slot {
  return decodeSlot(image?.[place.attribute]);
}
