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
import { decodeSlot, isBad, type Slot, skipIn } from "./slot.ts";

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
  return tallyKey(run, join, leafAt(number));
}

export function leafAt(number: number): TallyPlace {
  return { level: 0, number };
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
  return countsIn(join, place, image).bad;
}

/** Joins that are decided by a count. */
export function isDecidedByCount({ when }: Pick<PlanJoin, "when">): boolean {
  return when === "tolerate" || when === "quorum";
}

/**
 * Joins whose count somebody needs before they are full: those that are decided by it, and hedged ones. Their items tell those above how far they are whenever that changes, not only when
 * they are full (G42): else a few stragglers, one in each leaf, would hide what all others have come to.
 */
export function isCounting(join: Pick<PlanJoin, "when" | "hedgePercentile">): boolean {
  return isDecidedByCount(join) || join.hedgePercentile !== undefined;
}

/** Outcomes below an item. `settled` is only known of leaves, and of the items of counting joins. */
export interface Counts {
  readonly settled: number;
  /** In a quorum also what was skipped by choice: it waits for successes. */
  readonly bad: number;
  /** Skipped by choice. Only known of leaves, and of the items of dag joins. */
  readonly skipped: number;
}

/**
 * Marks hold two counts in one number. Those of counting joins the settled and the bad ones: it only grows, so a late one
 * never hides a newer one. Those of dag joins the skipped and the bad ones.
 */
const settledUnit = 2 ** 20;

export function countsIn(join: PlanJoin, place: TallyPlace, image: Image): Counts {
  let settled = 0;
  let bad = 0;
  let skipped = 0;
  for (let i = 0; i < sizeOf(join, place); i++) {
    if (place.level === 0) {
      const slot = decodeSlot(image[`s${i}`]);
      if (slot.state === "settled") settled++;
      const skip = skipIn(slot) !== undefined;
      if (skip) skipped++;
      if (isBad(slot) || (skip && join.when === "quorum")) bad++;
      continue;
    }
    const mark = Number(image[`m${i}`] ?? 0);
    const high = Math.floor(mark / settledUnit);
    if (isCounting(join)) settled += high;
    else skipped += high;
    bad += mark % settledUnit;
  }
  return { settled, bad, skipped };
}

/** What an item leaves in its parent: its bad outcomes when it is full, or how far it is in a counting join. */
export function markFor(join: PlanJoin, place: TallyPlace, image: Image): number {
  const { settled, bad, skipped } = countsIn(join, place, image);
  if (isCounting(join)) return settled * settledUnit + bad;
  return join.skipped === undefined ? bad : skipped * settledUnit + bad;
}

/** Whether a mark says that everything below that child is settled (G41). */
export function isFullMark(join: PlanJoin, child: TallyPlace, mark: number): boolean {
  return !isCounting(join) || Math.floor(mark / settledUnit) === membersBelow(join, child);
}

/** Whether a mark says that everything below that child has succeeded. */
export function isGoodMark(join: PlanJoin, child: TallyPlace, mark: number): boolean {
  return mark % settledUnit === 0 && isFullMark(join, child, mark);
}

/** Whether everything below an item has succeeded, by its marks. */
export function hasGoodMarks(join: PlanJoin, place: TallyPlace, image: Image): boolean {
  return Array.from({ length: sizeOf(join, place) }, (_, i) => i).every((i) => {
    const child = { level: place.level - 1, number: place.number * join.fan + i };
    const mark = image[markOf(join, child)];
    return typeof mark === "number" && isGoodMark(join, child, mark);
  });
}

function membersBelow(join: PlanJoin, { level, number }: TallyPlace): number {
  const span = join.leafSize * join.fan ** level;
  return Math.min(span, join.size - number * span);
}

/** Counts of a join up to this many members are exact at every moment. */
const exactMembers = 4096;

/**
 * Whether what an item has come to is worth an arrival above it. A leaf's always is; an item above, of a join so large that
 * its top would take an arrival for each leaf, tells of every so many. What is held back then, the sweeper brings up.
 */
export function isNews(join: PlanJoin, place: TallyPlace, image: Image): boolean {
  const step = Math.ceil(join.size / exactMembers);
  if (place.level === 0 || step === 1) return true;
  const { settled } = countsIn(join, place, image);
  return Math.floor(settled / step) > Math.floor((settled - join.leafSize) / step);
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
