/**
 * A run as stored, read strongly and whole: what `diagnose`, `inspect` and `audit` look at.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Plan, PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image, Item } from "../ports/store.ts";
import type { ParentView } from "./child.ts";
import { type Decision, decisionOf, firedOf, isHeld } from "./decision.ts";
import type { Head } from "./head.ts";
import { memberPlace, rangePlace, type SlotPlace, slotPlace } from "./keys.ts";
import type { ListName } from "./release.ts";
import { decodeSlot, type Slot } from "./slot.ts";
import { type TallyPlace, tallyKey, topOf } from "./tally.ts";

export interface Snapshot {
  readonly head: Head;
  readonly plan: Plan;
  /** Images by sort key. */
  readonly images: ReadonlyMap<string, Image>;
  /** Of a child run: what it sees of its parent. */
  readonly parent?: ParentView;
}

export function snapshotOf(head: Head, plan: Plan, items: readonly Item[]): Snapshot {
  return { head, plan, images: new Map(items.map((item) => [item.key.sk, item.image])) };
}

export function nodeOf(snapshot: Snapshot, id: NodeId): PlanNode {
  return found(snapshot.plan.nodes[id], `node ${id}`);
}

export function joinOf(snapshot: Snapshot, id: JoinId): PlanJoin {
  return found(snapshot.plan.joins[id], `join ${id}`);
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(`the plan has no ${what}`);
  return value;
}

export function slotOf(snapshot: Snapshot, node: PlanNode): Slot {
  const join = node.slot === null ? undefined : joinOf(snapshot, node.slot.join);
  return slotAt(snapshot, slotPlace(snapshot.head.runId, node, join));
}

export function memberSlot(snapshot: Snapshot, join: PlanJoin, index: number): Slot {
  return slotAt(snapshot, memberPlace(snapshot.head.runId, join, index));
}

export function rangeSlot(snapshot: Snapshot, list: ListName, range: number): Slot {
  return slotAt(snapshot, rangePlace(snapshot.head.runId, list, range));
}

/** Sort keys are unique in a run, whatever partition its items are in. */
function slotAt(snapshot: Snapshot, place: SlotPlace): Slot {
  return decodeSlot(snapshot.images.get(place.key.sk)?.[place.attribute]);
}

export function tallyOf(snapshot: Snapshot, join: PlanJoin, place: TallyPlace): Image | undefined {
  return snapshot.images.get(tallyKey(snapshot.head.runId, join, place).sk);
}

export function decided(snapshot: Snapshot, join: PlanJoin): Decision | undefined {
  return decisionOf(join, tallyOf(snapshot, join, topOf(join)));
}

/**
 * Whether a join that was decided *callback* was taken over as it is from an older generation. Its items stay of that one, and
 * what is open below them is nobody's business any more.
 */
export function isKept(snapshot: Snapshot, join: PlanJoin): boolean {
  const generation = tallyOf(snapshot, join, topOf(join))?.g;
  const older = typeof generation === "number" && generation < snapshot.head.generation;
  return older && decided(snapshot, join) === "callback";
}

/** Whether the header of a join may be released, as far as its condition goes. */
export function held(snapshot: Snapshot, join: PlanJoin): boolean {
  return isHeld(join, tallyOf(snapshot, join, topOf(join)));
}

export function fired(snapshot: Snapshot, join: PlanJoin): { readonly by: string; readonly atMs: number } | undefined {
  return firedOf(join, tallyOf(snapshot, join, topOf(join)));
}
