/**
 * Finding and reading the slots of nodes.
 */
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { type SlotPlace, slotPlace } from "../protocol/keys.ts";
import { decodeSlot, type Slot } from "../protocol/slot.ts";
import { joinOfSlot } from "../records/plans.ts";
import type { Delivery } from "./delivery.ts";

/** A node with its place, and the join whose leaf that is in. */
export interface Located {
  readonly node: PlanNode;
  readonly place: SlotPlace;
  readonly join: PlanJoin | undefined;
}

export async function locate(delivery: Delivery, node: PlanNode): Promise<Located> {
  const join = await joinOfSlot(delivery.run.plan, node);
  return { node, place: slotPlace(delivery.run.id, node, join), join };
}

export function slotIn(place: SlotPlace, image: Image | undefined): Slot {
  return decodeSlot(image?.[place.attribute]);
}
