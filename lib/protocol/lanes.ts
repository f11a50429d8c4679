/**
 * Bounded concurrency: at most so many members of a join run at the same time, without a counter
 * (docs/protocol.md#bounded-concurrency).
 *
 * Members go in units, those of a pack together, and units in lanes: unit u is in lane u modulo their number. A release
 * starts each lane at its first open unit; a unit that is settled sends the next open one of its lane. So one unit of a lane
 * runs at a time, and what a lane has come to follows from its slots alone:
 *
 *   B1  A unit is released only when all units before it in its lane are settled.
 *   B2  Only the first open unit of a lane is released: a unit that was settled before its turn is skipped, by whoever
 *       comes to it, and sends nothing by itself.
 *   B3  A lane stops when nobody waits for its members any more.
 */
import type { JoinId } from "../model/ids.ts";
import type { Lane, Lanes, Plan, PlanJoin, Start } from "../plan/types.ts";
import type { Image } from "../ports/store.ts";
import type { Slot } from "./slot.ts";
import { slotsOf } from "./tally.ts";

/** A join whose members do not all run at once. */
export type BoundedJoin = PlanJoin & { readonly lanes: Lanes };

export function isBounded(join: PlanJoin): join is BoundedJoin {
  return join.lanes !== undefined;
}

export function hasLanes(plan: Plan): boolean {
  return Object.values(plan.joins).some(isBounded);
}

/** Number of units of a join. */
export function unitsOf({ size, lanes }: BoundedJoin): number {
  return Math.ceil(size / lanes.unitSize);
}

/** The unit that a member is in. */
export function unitOf({ lanes }: BoundedJoin, index: number): number {
  return Math.floor(index / lanes.unitSize);
}

/** The leaf that holds the slots of a unit: all of them. */
export function leafOfUnit({ lanes, leafSize }: BoundedJoin, unit: number): number {
  return Math.floor((unit * lanes.unitSize) / leafSize);
}

/** The slots of a unit in its leaf. */
export function slotsOfUnit(join: BoundedJoin, unit: number, leaf: Image | undefined): readonly Slot[] {
  const slots = slotsOf(join, leafOfUnit(join, unit), leaf);
  return slots.filter(({ index }) => unitOf(join, index) === unit).map(({ slot }) => slot);
}

export function isSettledUnit(join: BoundedJoin, unit: number, leaf: Image | undefined): boolean {
  return slotsOfUnit(join, unit, leaf).every(({ state }) => state === "settled");
}

/** Whether nobody has written to a slot of the unit. */
export function isUntouchedUnit(join: BoundedJoin, unit: number, leaf: Image | undefined): boolean {
  return slotsOfUnit(join, unit, leaf).every(({ state }) => state === "absent");
}

/** What starts a unit. All members of a map are alike, so each is started by as many. */
export function startsOfUnit({ releases }: Plan, join: BoundedJoin, unit: number): readonly Start[] {
  const starts = releases[join.id] ?? [];
  const each = starts.length / unitsOf(join);
  return starts.slice(unit * each, (unit + 1) * each);
}

/** What the release of a bounded join starts. */
export function lanesOf({ id, lanes }: BoundedJoin): readonly Lane[] {
  return Array.from({ length: lanes.count }, (_, lane) => ({ kind: "lane", join: id, lane }));
}

/** Joins any of which, once decided, means that nobody waits for the members of that one: itself, and those around it. */
export function waitingJoins({ id, failure }: PlanJoin): readonly JoinId[] {
  return [id, ...failure.decide, ...(failure.then.kind === "slot" ? [failure.then.join] : [])];
}

/** The number of the member of a join that a unit is, or lies in; undefined when it lies elsewhere. */
export function memberAround({ id, kind }: Pick<PlanJoin, "id" | "kind">, path: string): number | undefined {
  const prefix = `${id === "." ? "" : `${id}/`}${kind === "chord" ? "header" : ""}[`;
  if (!path.startsWith(prefix)) return undefined;
  const index = /^(\d+)\](?:\/|$)/.exec(path.slice(prefix.length))?.[1];
  return index === undefined ? undefined : Number(index);
}

/**
 * Tells the units that lie in a member which its lane has not come to.
 *
 * @param leafOf - Leaf of a bounded join, by its number.
 */
export function outOfTurn(
  { joins }: Plan,
  leafOf: (join: BoundedJoin, leaf: number) => Image | undefined,
): (path: string) => boolean {
  const fronts = new Map<string, number>();
  const frontOf = (join: BoundedJoin, lane: number) => {
    const known = fronts.get(`${lane} ${join.id}`);
    if (known !== undefined) return known;
    const front = nextOpenUnit(join, lane, unitsOf(join), (leaf) => leafOf(join, leaf)) ?? Infinity;
    fronts.set(`${lane} ${join.id}`, front);
    return front;
  };
  return (path) =>
    joinsAround(path).some((id) => {
      const join = Object.hasOwn(joins, id) ? joins[id] : undefined;
      const index = join && isBounded(join) ? memberAround(join, path) : undefined;
      if (join === undefined || !isBounded(join) || index === undefined) return false;
      const unit = unitOf(join, index);
      return unit > frontOf(join, unit % join.lanes.count);
    });
}

/** Ids that a join may have which a unit is a member of, or lies in a member of. */
export function joinsAround(path: string): readonly JoinId[] {
  const ids: JoinId[] = [];
  for (let at = path.indexOf("["); at >= 0; at = path.indexOf("[", at + 1))
    ids.push(path.slice(0, at).replace(/\/?(header)?$/, "") || ".");
  return ids;
}

/** What is known where a member has been settled. */
export interface LaneCase {
  /** All members of its unit are settled. */
  readonly unitSettled: boolean;
  /** The unit was released: the delivery came by a message of it, or found all units before it settled. */
  readonly released: boolean;
  /** Its own write settled the unit. */
  readonly own: boolean;
  /** Somebody still waits for the members. */
  readonly awaited: boolean;
}

/**
 * Whether whoever meets a settled member sends the next open unit of its lane (B1, B2, B3; G50, G51, G53).
 *
 * Not only the winner of the last write: it may be dead. Nor whoever settles a member that was never sent: its lane is still
 * at work before it.
 */
export function laneGoesOn({ unitSettled, released, awaited }: LaneCase): boolean {
  return unitSettled && released && awaited;
}

/** The first unit of a lane that is not settled, from one of its units on and before another; undefined when there is none (G52). */
export function nextOpenUnit(
  join: BoundedJoin,
  from: number,
  before: number,
  leafOf: (leaf: number) => Image | undefined,
): number | undefined {
  for (let unit = from; unit < before; unit += join.lanes.count)
    if (!isSettledUnit(join, unit, leafOf(leafOfUnit(join, unit)))) return unit;
  return undefined;
}
