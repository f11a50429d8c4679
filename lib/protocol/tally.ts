/**
 * Shape of a join's tallies: which items count its arrivals down.
 *
 * A leaf holds the slots of up to `leafSize` members; an inner tally the marks of up to `fan` children. So no inner item
 * takes more than `fan` arrivals however large the group is (L6). Shapes are fixed by the plan, never by
 * running code: two versions of the code must not disagree about a size.
 */
import type { RunId } from "../model/ids.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { Image, Key } from "../ports/store.ts";
import { decodeSlot, isBad, type Slot } from "./slot.ts";

/** One tally item of a join. Level 0 is a leaf. */
export interface TallyPlace {
  readonly level: number;
  readonly number: number;
}

/**
 * Key of a tally. The top lies with its run; what is below it in a large group is spread over its buckets, one after the
 * other, so that members that run at the same time do not write to one partition.
 */
export function tallyKey(run: RunId, join: PlanJoin, place: TallyPlace): Key {
  const sk = `tally#${join.id}#${place.level}#${place.number}`;
  if (join.buckets <= 1 || isTop(join, place)) return { pk: run, sk };
  return { pk: bucketPartition(run, join, place.number % join.buckets), sk };
}

export function leafKey(run: RunId, join: PlanJoin, number: number): Key {
  return tallyKey(run, join, { level: 0, number });
}

/** Partition of a bucket of a large group. */
function bucketPartition(run: RunId, join: PlanJoin, bucket: number): string {
  return `${run}#${join.id}#${bucket}`;
}

/** Partitions beside the run's own that hold tallies of a join: none of a small one. */
export function bucketsOf(run: RunId, join: PlanJoin): readonly string[] {
  if (join.buckets <= 1) return [];
  return Array.from({ length: join.buckets }, (_, bucket) => bucketPartition(run, join, bucket));
}

/** Number of items at a level. Only meaningful for a join with members. */
export function itemsAt(join: PlanJoin, level: number): number {
  let count = Math.ceil(join.size / join.leafSize);
  for (let i = 0; i < level; i++) count = Math.ceil(count / join.fan);
  return count;
}

/** The item on which the join is decided. With one leaf, that leaf. */
export function topOf(join: PlanJoin): TallyPlace {
  let level = 0;
  while (itemsAt(join, level) > 1) level++;
  return { level, number: 0 };
}

export function isTop(join: PlanJoin, place: TallyPlace): boolean {
  return itemsAt(join, place.level) <= 1;
}

export function parentOf(join: PlanJoin, place: TallyPlace): TallyPlace {
  return { level: place.level + 1, number: Math.floor(place.number / join.fan) };
}

/** Attribute of a child's mark in its parent. */
export function markOf(join: PlanJoin, child: TallyPlace): string {
  return `m${child.number % join.fan}`;
}

/** How many arrivals an item waits for. */
export function sizeOf(join: PlanJoin, place: TallyPlace): number {
  const perItem = place.level === 0 ? join.leafSize : join.fan;
  const below = place.level === 0 ? join.size : itemsAt(join, place.level - 1);
  return Math.min(perItem, below - place.number * perItem);
}

/** Arrivals an item still waits for; an item that does not exist waits for all. */
export function remainingOf(join: PlanJoin, place: TallyPlace, image: Image | undefined): number {
  const remaining = image?.remaining;
  return typeof remaining === "number" ? remaining : sizeOf(join, place);
}

/** Bad outcomes below an item: of its slots in a leaf, the sum of its marks above. */
export function badIn(join: PlanJoin, place: TallyPlace, image: Image): number {
  let bad = 0;
  for (let i = 0; i < sizeOf(join, place); i++) {
    if (place.level > 0) bad += Number(image[`m${i}`] ?? 0);
    else if (isBad(decodeSlot(image[`s${i}`]))) bad++;
  }
  return bad;
}

/** The slots of a leaf, with the members' numbers. */
export function slotsOf(
  join: PlanJoin,
  number: number,
  image: Image | undefined,
): { readonly index: number; readonly slot: Slot }[] {
  const first = number * join.leafSize;
  return Array.from({ length: sizeOf(join, { level: 0, number }) }, (_, i) => ({
    index: first + i,
    slot: decodeSlot(image?.[`s${i}`]),
  }));
}
