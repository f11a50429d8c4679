/**
 * Reopening: what a new generation takes over from the one before, and what it runs again (S20).
 *
 * Successes are kept, and so is a join that was decided *callback*, with all below it. Everything else is opened again, item
 * by item, each write on exactly what was seen. Tops come first (G30): from then on no arrival of the old generation can
 * decide a join of the new one. Repeatable: an item of the new generation is never reopened.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Plan, PlanJoin, Start } from "../plan/types.ts";
import type { Condition, Image, Key, SetAction, Write } from "../ports/store.ts";
import { nodeKey, rangePlace } from "./keys.ts";
import { isBounded, joinsAround, memberAround } from "./lanes.ts";
import { outsideOwner } from "./outside.ts";
import type { ListName } from "./release.ts";
import { leaseOver } from "./rows.ts";
import { asSeen, countsOf, decodeSlot, encodeSlot, endlessMs, isBad, type Slot } from "./slot.ts";
import { isKept, memberSlot, type Snapshot, tallyOf } from "./snapshot.ts";
import { isGoodMark, isTop, itemsAt, markOf, sizeOf, type TallyPlace, tallyKey, topOf } from "./tally.ts";

/** What time it is for leases of the old generation. */
export interface ReopenTime {
  readonly nowMs: number;
  readonly skewMs: number;
}

/** Writes that are still owed, tops first; empty when the whole run is of its generation. */
export function reopenWrites(snapshot: Snapshot, time: ReopenTime): readonly Write[] {
  const { tops, below } = owedWrites(snapshot, time);
  return [...tops.map(({ write }) => write), ...below];
}

/**
 * Writes that are owed next: tops alone, outer before inner, while any is of an older generation. Until then an arrival of
 * that generation may decide a join, and then nothing below it is opened (G30).
 */
export function nextToReopen(snapshot: Snapshot, time: ReopenTime): readonly Write[] {
  const { tops, below } = owedWrites(snapshot, time);
  if (tops.length === 0) return below;
  const owed = new Set(tops.map(({ join }) => join));
  return tops.filter(({ join }) => !isBelow(owed, join)).map(({ write }) => write);
}

interface Owed {
  readonly tops: readonly { readonly join: JoinId; readonly write: Write }[];
  readonly below: readonly Write[];
}

function owedWrites(snapshot: Snapshot, time: ReopenTime): Owed {
  if (snapshot.head.generation === 1) return { tops: [], below: [] };
  const again = followersOf(snapshot.plan, snapshot.plan.again ?? []);
  const kept = keptJoins(snapshot, again);
  const reopening: Reopening = { snapshot, time, again, isKept: (id) => isBelow(kept, id) };
  const joins = Object.values(snapshot.plan.joins).filter(
    (join) => isStored(snapshot, join) && !kept.has(join.id) && !isBelow(kept, join.id),
  );
  return {
    tops: joins.flatMap((join) => tally(reopening, join, topOf(join)).map((write) => ({ join: join.id, write }))),
    below: [
      ...joins.flatMap((join) => placesBelow(join).flatMap((place) => tally(reopening, join, place))),
      ...nodes(reopening),
      ...ranges(reopening),
    ],
  };
}

/** Joins without members have an item when they were skipped, or had a condition. */
function isStored(snapshot: Snapshot, join: PlanJoin): boolean {
  return join.size > 0 || join.if !== undefined || tallyOf(snapshot, join, topOf(join)) !== undefined;
}

/** Whether a unit is below a join that a generation keeps: with what has become of it, an outcome or none. */
export function keptParts(snapshot: Snapshot): (id: NodeId | JoinId) => boolean {
  const kept = keptJoins(snapshot, followersOf(snapshot.plan, snapshot.plan.again ?? []));
  return (id) => isBelow(kept, id);
}

interface Reopening {
  readonly snapshot: Snapshot;
  readonly time: ReopenTime;
  readonly again: Again;
  /** Whether a unit is below a join that stays as it is. */
  readonly isKept: (id: NodeId | JoinId) => boolean;
}

/** What runs again although it may have succeeded. */
export interface Again {
  readonly nodes: ReadonlySet<NodeId>;
  readonly joins: ReadonlySet<JoinId>;
  /** Members by join. */
  readonly slots: ReadonlyMap<JoinId, ReadonlySet<number>>;
  /** What will be released anew, ranges and all. */
  readonly lists: ReadonlySet<ListName>;
}

/** Tasks, and everything that follows from their results. */
export function followersOf(plan: Plan, tasks: readonly NodeId[]): Again {
  const nodes = new Set<NodeId>();
  const joins = new Set<JoinId>();
  const slots = new Map<JoinId, Set<number>>();
  const lists = new Set<ListName>();
  const open: Start[] = tasks.map((node) => ({ kind: "node", node }));
  const decides = (id: JoinId) => {
    if (joins.has(id)) return;
    joins.add(id);
    lists.add(`next:${id}`);
    open.push(...(plan.joins[id]?.next ?? []));
  };
  const fills = (join: JoinId, index: number) => {
    const filled = slots.get(join) ?? new Set();
    slots.set(join, filled.add(index));
    decides(join);
  };
  const starts = (id: NodeId) => {
    const node = plan.nodes[id];
    if (node === undefined || nodes.has(id)) return;
    nodes.add(id);
    lists.add(`next:${id}`);
    open.push(...node.next);
    if (node.slot) fills(node.slot.join, node.slot.index);
  };
  for (let start = open.pop(); start !== undefined; start = open.pop()) {
    if (start.kind === "node") starts(start.node);
    else if (start.kind === "slot") fills(start.join, start.index);
    else if (start.kind === "pack") for (const index of start.members) startMember(plan, start.join, index, starts);
    else if (start.kind === "join" && !lists.has(`header:${start.join}`)) {
      lists.add(`header:${start.join}`);
      open.push(...(plan.releases[start.join] ?? []));
      if (plan.joins[start.join]?.size === 0) decides(start.join);
    }
  }
  return { nodes, joins, slots, lists };
}

function startMember(plan: Plan, join: JoinId, index: number, starts: (id: NodeId) => void): void {
  const source = plan.members[join]?.[index];
  if (source?.kind === "node") starts(source.node);
}

/** Joins that an older generation has decided *callback*, and below which nothing runs again. */
function keptJoins(snapshot: Snapshot, again: Again): ReadonlySet<JoinId> {
  const kept = Object.values(snapshot.plan.joins).filter(
    (join) => join.size > 0 && !again.joins.has(join.id) && isKept(snapshot, join),
  );
  return new Set(kept.map((join) => join.id));
}

/** Whether a unit is in a member of one of these chords and groups. Members of a dag's joins have succeeded, or it is not kept. */
export function isBelow(joins: ReadonlySet<JoinId>, id: NodeId | JoinId): boolean {
  return joinsAround(id).some((around) => joins.has(around));
}

/** Places of a join's items below its top. */
function placesBelow(join: PlanJoin): TallyPlace[] {
  const places: TallyPlace[] = [];
  for (let level = 0; itemsAt(join, level) > 1; level++)
    for (let number = 0; number < itemsAt(join, level); number++) places.push({ level, number });
  return places;
}

function tally(reopening: Reopening, join: PlanJoin, place: TallyPlace): Write[] {
  const { snapshot } = reopening;
  const key = tallyKey(snapshot.head.runId, join, place);
  const image = tallyOf(snapshot, join, place);
  const top = isTop(join, place);
  if (image === undefined) return top ? [fence(snapshot, key)] : [];
  if (!isOlder(snapshot, image)) return [];
  const opened = place.level === 0 ? leaf(reopening, join, place, image) : inner(reopening, join, place, image);
  // Nothing to open below the top: its successes stand as they are.
  if (!top && opened.open === 0) return [];
  const decision = top
    ? ["decision", "decidedBy", "decidedAt", "accepted", "skip", "cause", "held", "hedgedAt", "lastBy", "lastAt"]
    : [];
  return [
    {
      key,
      set: [
        { path: ["g"], value: snapshot.head.generation },
        { path: ["remaining"], value: opened.open },
        ...opened.set,
      ],
      remove: [...opened.remove, ...decision],
      condition: { is: "all", of: [asRead(image), ...opened.seen] },
    },
  ];
}

/** An item that is not there yet is made, so that the old generation cannot make it (G30). */
function fence(snapshot: Snapshot, key: Key): Write {
  return {
    key,
    set: [{ path: ["g"], value: snapshot.head.generation }],
    condition: { is: "absent", path: ["g"] },
  };
}

function isOlder({ head }: Snapshot, image: Image): boolean {
  return typeof image.g === "number" && image.g < head.generation;
}

/** The item as it was read, as far as commits and arrivals change it (G23; what claims change is named slot by slot). */
function asRead(image: Image): Condition {
  const remaining: Condition =
    typeof image.remaining === "number"
      ? { is: "equal", path: ["remaining"], value: image.remaining }
      : { is: "absent", path: ["remaining"] };
  return { is: "all", of: [{ is: "equal", path: ["g"], value: image.g as number }, remaining] };
}

interface Opened {
  /** Slots or marks that are not settled afterwards. */
  readonly open: number;
  readonly set: readonly SetAction[];
  readonly remove: readonly string[];
  readonly seen: readonly Condition[];
}

function leaf({ again, time }: Reopening, join: PlanJoin, place: TallyPlace, image: Image): Opened {
  const slots = Array.from({ length: sizeOf(join, place) }, (_, i) => ({
    attribute: `s${i}`,
    slot: decodeSlot(image[`s${i}`]),
    again: again.slots.get(join.id)?.has(place.number * join.leafSize + i) === true,
  }));
  return openSlots(slots, time);
}

interface Found {
  readonly attribute: string;
  readonly slot: Slot;
  readonly again: boolean;
}

/** Successes stay; a live lease of a worker is waited for, since it may still be at work; everything else is taken away (G24). */
function openSlots(slots: readonly Found[], time: ReopenTime): Opened {
  const set: SetAction[] = [];
  const remove: string[] = [];
  const seen: Condition[] = [];
  let open = 0;
  for (const { attribute, slot, again } of slots) {
    if (slot.state === "settled" && !isBad(slot) && !again) continue;
    open++;
    if (slot.state !== "settled") seen.push(asSeen(attribute, slot));
    // Programs elsewhere hold theirs for up to a year; what they report of this generation is refused by its token. A child run
    // is no owner to wait for either: the next expansion meets it again, and goes on with it.
    const ownedApart = slot.state === "leased" && (slot.owner === outsideOwner || slot.untilMs === endlessMs);
    // Two may be at work: the later end is waited for.
    const untilMs = slot.state === "leased" ? Math.max(slot.untilMs, slot.second?.untilMs ?? 0) : 0;
    const waits = slot.state === "leased" && !ownedApart && !leaseOver({ untilMs }, time);
    if (!waits) {
      remove.push(attribute);
      continue;
    }
    const atMs = untilMs + time.skewMs;
    const { attempt, lost } = countsOf(slot);
    const waiting = { state: "waiting", dispatch: slot.dispatch + 1, attempt, lost, atMs, timer: true } as const;
    set.push({ path: [attribute], value: encodeSlot(waiting) });
  }
  return { open, set, remove, seen };
}

/** Marks of children in which everything has succeeded stay, unless something below runs again (G26). */
function inner({ again }: Reopening, join: PlanJoin, place: TallyPlace, image: Image): Opened {
  const remove: string[] = [];
  const dirty = childrenWith(again.slots.get(join.id) ?? new Set(), join, place.level - 1);
  for (let i = 0; i < sizeOf(join, place); i++) {
    const child = { level: place.level - 1, number: place.number * join.fan + i };
    const mark = image[markOf(join, child)];
    const good = typeof mark === "number" && isGoodMark(join, child, mark);
    if (!good || dirty.has(child.number)) remove.push(markOf(join, child));
  }
  return { open: remove.length, set: [], remove, seen: [] };
}

/** Numbers of the items of a level that hold some of these members. */
function childrenWith(members: ReadonlySet<number>, join: PlanJoin, level: number): ReadonlySet<number> {
  const size = join.leafSize * join.fan ** level;
  return new Set([...members].map((index) => Math.floor(index / size)));
}

/** Slots of nodes that have an item of their own. Error branches run again as a whole: their join is decided anew (G25). */
function nodes({ snapshot, time, again, isKept }: Reopening): Write[] {
  return Object.values(snapshot.plan.nodes).flatMap((node) => {
    if (node.slot !== null || isKept(node.id)) return [];
    const key = nodeKey(snapshot.head.runId, node.id);
    const runsAgain = again.nodes.has(node.id);
    const image = snapshot.images.get(key.sk);
    if (image === undefined) return runsAgain ? [fence(snapshot, key)] : [];
    return slotItem(snapshot, key, image, runsAgain || node.afterEnd, time);
  });
}

/**
 * Ranges that were not sent to the end, and those that will be sent anew. So will those inside a member that waits for its
 * turn in a lane: whoever comes to it there sees no more of the older generation than its slots.
 */
function ranges(reopening: Reopening): Write[] {
  const { snapshot, time, again } = reopening;
  const bounded = Object.values(snapshot.plan.joins).filter((join) => isBounded(join) && !reopening.isKept(join.id));
  const isInLane = (list: ListName) =>
    bounded.some((join) => isOpenIn(reopening, join, list.slice(list.indexOf(":") + 1)));
  return [...snapshot.images].flatMap(([sk, image]) => {
    if (!sk.startsWith("range#")) return [];
    const at = sk.lastIndexOf("#");
    const list = sk.slice("range#".length, at) as ListName;
    const { key } = rangePlace(snapshot.head.runId, list, Number(sk.slice(at + 1)));
    return slotItem(snapshot, key, image, again.lists.has(list) || isInLane(list), time);
  });
}

/** Whether a unit lies in a member of that join which will be open. */
function isOpenIn({ snapshot, again }: Reopening, join: PlanJoin, unit: string): boolean {
  const index = memberAround(join, unit);
  if (index === undefined) return false;
  const slot = memberSlot(snapshot, join, index);
  return slot.state !== "settled" || isBad(slot) || again.slots.get(join.id)?.has(index) === true;
}

function slotItem(snapshot: Snapshot, key: Key, image: Image, again: boolean, time: ReopenTime): Write[] {
  if (!isOlder(snapshot, image)) return [];
  const { open, set, remove, seen } = openSlots([{ attribute: "s0", slot: decodeSlot(image.s0), again }], time);
  if (open === 0) return [];
  return [
    {
      key,
      set: [{ path: ["g"], value: snapshot.head.generation }, ...set],
      remove,
      condition: { is: "all", of: [{ is: "equal", path: ["g"], value: image.g as number }, ...seen] },
    },
  ];
}
