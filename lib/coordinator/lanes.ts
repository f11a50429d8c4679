/**
 * Lanes of bounded joins as a delivery meets them (docs/protocol.md#bounded-concurrency): what to start next, by a strong
 * read of what lies ahead. Starting it is left to the driver.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Plan, PlanJoin, Start } from "../plan/types.ts";
import type { Image, Key } from "../ports/index.ts";
import {
  type BoundedJoin,
  isBounded,
  isSettledUnit,
  isUntouchedUnit,
  joinsAround,
  leafOfUnit,
  memberAround,
  startsOfUnit,
  unitOf,
  unitsOf,
  waitingJoins,
} from "../protocol/lanes.ts";
import type { Released } from "../protocol/release.ts";
import { hasSucceeded } from "../protocol/slot.ts";
import { leafKey, tallyKey, topOf } from "../protocol/tally.ts";
import { beforeJoin } from "../protocol/turn.ts";
import { type Delivery, sendsAtOnce, type Wins } from "./delivery.ts";
import { locate, slotIn } from "./places.ts";

/** Units looked at together, at most, by who skips settled ones. */
const unitsAtOnce = 100;

/** What starts a unit, and whether nobody has been there. */
export interface Ahead {
  readonly starts: readonly Start[];
  readonly untouched: boolean;
}

/** What follows a settled member in its lane; undefined when nothing does, or it is not this delivery's to start. */
export async function nextInLane(
  delivery: Delivery,
  join: PlanJoin,
  settled: { readonly index: number; readonly image: Image; readonly wins: Wins },
): Promise<Ahead | undefined> {
  if (!isBounded(join)) return undefined;
  const unit = unitOf(join, settled.index);
  const next = unit + join.lanes.count;
  if (next >= unitsOf(join)) return undefined;
  const { protocol } = delivery.deps;
  const unitSettled = isSettledUnit(join, unit, settled.image);
  const own = sendsAtOnce(settled.wins);
  if (!protocol.laneGoesOn({ unitSettled, released: true, own, awaited: true })) return undefined;
  // Requests and the sweeper settle what was never sent, too.
  const released = delivery.ofUnit || (await hasComeTo(delivery, join, unit));
  const found = { unitSettled, released, own };
  if (!protocol.laneGoesOn({ ...found, awaited: true })) return undefined;
  const head = await delivery.run.head();
  if (!head || !protocol.mayStart(head, join.afterEnd)) return undefined;
  const awaited = await isAwaited(delivery, join);
  return protocol.laneGoesOn({ ...found, awaited }) ? aheadFrom(delivery, join, next) : undefined;
}

/** Lanes in the place where they are now, each as what starts its first open unit (G55). */
export async function lanesAhead(delivery: Delivery, starts: readonly Released[]): Promise<readonly Start[]> {
  const found = await Promise.all(
    starts.map(async (start) => {
      if (start.kind !== "lane") return [start];
      const join = await delivery.run.plan.join(start.join);
      if (!isBounded(join)) throw new TypeError(`join ${join.id} has no lanes`);
      if (!(await isAwaited(delivery, join))) return [];
      return (await aheadFrom(delivery, join, start.lane))?.starts ?? [];
    }),
  );
  return found.flat();
}

/** Lanes as what starts their first unit: when they are released for the first time. */
export function lanesFromStart(plan: Plan, starts: readonly Released[]): readonly Start[] {
  return starts.flatMap((start) => {
    const join = start.kind === "lane" ? plan.joins[start.join] : undefined;
    if (start.kind !== "lane") return [start];
    return join !== undefined && isBounded(join) ? startsOfUnit(plan, join, start.lane) : [];
  });
}

/** Whether somebody still waits for the members of a join. */
async function isAwaited(delivery: Delivery, join: PlanJoin): Promise<boolean> {
  const { run, deps } = delivery;
  const joins = await Promise.all(waitingJoins(join).map((id) => run.plan.join(id)));
  const images = await deps.store.getMany(
    joins.map((one) => tallyKey(run.id, one, topOf(one))),
    "lane.look",
  );
  return joins.every((one, i) => deps.protocol.decisionOf(one, images[i]) === undefined);
}

/** Whether a lane has come to a unit: all before it are settled. */
async function hasComeTo(delivery: Delivery, join: BoundedJoin, unit: number): Promise<boolean> {
  return (await openUnit(delivery, join, unit % join.lanes.count, unit)) === undefined;
}

/**
 * Whether the lanes around a unit have come to it. A request may settle what lies in a member before its turn: what follows
 * inside is started when the lane comes to the member, which finds it settled.
 */
export async function isInTurn(delivery: Delivery, unit: NodeId | JoinId): Promise<boolean> {
  if (delivery.ofUnit) return true;
  const { joins } = await delivery.run.plan.whole();
  for (const id of joinsAround(unit)) {
    const join = Object.hasOwn(joins, id) ? joins[id] : undefined;
    const index = join && memberAround(join, unit);
    if (join === undefined || index === undefined || !isBounded(join)) continue;
    if (!(await hasComeTo(delivery, join, unitOf(join, index)))) return false;
  }
  return true;
}

/**
 * Whether what a join comes after has come about. A request may settle its members before: what follows it, its own slot
 * and the end of the run included, is left to whoever releases it, who finds it decided.
 */
export async function isReleased(delivery: Delivery, unit: NodeId | JoinId): Promise<boolean> {
  if (delivery.ofUnit) return true;
  const { run, deps } = delivery;
  const plan = await run.plan.whole();
  const join = Object.hasOwn(plan.joins, unit) ? plan.joins[unit] : undefined;
  // A task that has succeeded had been released.
  if (join === undefined) return true;
  const before = beforeJoin(plan, join);
  const joins = await Promise.all(before.joins.map((id) => run.plan.join(id)));
  const node = before.node === null ? undefined : await locate(delivery, await run.plan.node(before.node));
  const keys = joins.map((one) => tallyKey(run.id, one, topOf(one)));
  const images = await deps.store.getMany(node === undefined ? keys : [...keys, node.place.key], "turn.look");
  if (!joins.every((one, i) => deps.protocol.decisionOf(one, images[i]) === "callback")) return false;
  return node === undefined || hasSucceeded(slotIn(node.place, images.at(-1)));
}

/** The first open unit of a lane, from one of its units on. */
async function aheadFrom(delivery: Delivery, join: BoundedJoin, from: number): Promise<Ahead | undefined> {
  const open = await openUnit(delivery, join, from, unitsOf(join));
  if (open === undefined) return undefined;
  const untouched = isUntouchedUnit(join, open.unit, open.leaf);
  return { starts: startsOfUnit(await delivery.run.plan.whole(), join, open.unit), untouched };
}

/** The first unit of a lane that is not settled, and its leaf, from one of its units on and before another. */
async function openUnit(
  { run, deps }: Delivery,
  join: BoundedJoin,
  from: number,
  before: number,
): Promise<{ readonly unit: number; readonly leaf: Image | undefined } | undefined> {
  const { count } = join.lanes;
  // Mostly the next one is open; after a retry many may be settled.
  for (let unit = from, some = 1; unit < before; unit += some * count, some = Math.min(some * 4, unitsAtOnce)) {
    const leaves = new Map<number, Key>();
    for (let i = 0, at = unit; i < some && at < before; i++, at += count) {
      const leaf = leafOfUnit(join, at);
      leaves.set(leaf, leafKey(run.id, join, leaf));
    }
    const images = await deps.store.getMany([...leaves.values()], "lane.look");
    const leafOf = new Map([...leaves.keys()].map((leaf, i) => [leaf, images[i]]));
    const open = deps.protocol.nextOpenUnit(join, unit, Math.min(before, unit + some * count), (leaf) =>
      leafOf.get(leaf),
    );
    if (open !== undefined) return { unit: open, leaf: leafOf.get(leafOfUnit(join, open)) };
  }
  return undefined;
}
