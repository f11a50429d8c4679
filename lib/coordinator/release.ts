/**
 * Starting many units at once: one function for roots, headers and dependents (docs/protocol.md#release).
 *
 * Tasks and packs are sent; what is not a message is handed back, for the driver to go on with. A long list is cut into
 * ranges that control sends, each with a slot of its own.
 */
import type { RangeMessage } from "../model/message.ts";
import type { Next, Pack, PlanNode, Source, Start } from "../plan/types.ts";
import { rangePlace } from "../protocol/keys.ts";
import { type ListName, type Released, rangeOf, rangesOf } from "../protocol/release.ts";
import { resendIntervalMs } from "../protocol/retry.ts";
import { isBad, type Slot } from "../protocol/slot.ts";
import { generationOf } from "../protocol/writes.ts";
import { askerOf, type Delivery, sendsAtOnce, type Wins } from "./delivery.ts";
import { lanesAhead, lanesFromStart } from "./lanes.ts";
import { locate, slotIn } from "./places.ts";
import { firstSend, keyed, type NodeSend, sendAll, sendNodes } from "./sending.ts";

/**
 * Releases a list. Its winner sends at once, everybody else looks first what has been seen already.
 *
 * @returns What is not a message: joins to release, slots to settle, the end.
 */
export async function release(
  delivery: Delivery,
  name: ListName,
  starts: readonly Released[],
  wins: Wins,
): Promise<readonly Next[]> {
  // A single unit is never cut, so it needs no plan at hand.
  const ranges = starts.length <= 1 ? 0 : rangesOf(await delivery.run.plan.whole(), starts);
  if (ranges === 0) return startAll(delivery, starts, wins);
  if (sendsAtOnce(wins)) {
    const atMs = delivery.deps.clock.now();
    const all = Array.from({ length: ranges }, (_, range) => ({ range, dispatch: 1, atMs }));
    await sendRanges(delivery, name, all);
    return [];
  }
  const { sends, done } = await unsentRanges(delivery, name, ranges);
  await sendRanges(delivery, name, sends);
  const plan = await delivery.run.plan.whole();
  const rest: Next[] = [];
  for (const range of done) rest.push(...(await startAll(delivery, rangeOf(plan, starts, range), wins)));
  return rest;
}

/** Starts units, however many: the tasks in batches. @returns What is not a message. */
export async function startAll(delivery: Delivery, list: readonly Released[], wins: Wins): Promise<readonly Next[]> {
  const rest: Next[] = [];
  const units: (readonly PlanNode[])[] = [];
  for (const start of await unitsIn(delivery, list, wins)) {
    if (start.kind === "node") units.push([await delivery.run.plan.node(start.node)]);
    else if (start.kind === "pack") units.push(await membersOf(delivery, start));
    else rest.push(start);
  }
  const nowMs = delivery.deps.clock.now();
  if (sendsAtOnce(wins)) {
    const sends = units.map((nodes) => firstSend(nodes, nowMs));
    await sendNodes(delivery, sends, "release.send");
    return rest;
  }
  const { sends, kept } = await unsent(delivery, units);
  await sendNodes(delivery, sends, "release.send");
  return [...rest, ...kept.flatMap(({ next }) => next)];
}

/** Who releases lanes for the first time starts them at their first unit; everybody else at the first that is open. */
async function unitsIn(delivery: Delivery, list: readonly Released[], wins: Wins): Promise<readonly Start[]> {
  if (!list.some(({ kind }) => kind === "lane")) return list as readonly Start[];
  return sendsAtOnce(wins) ? lanesFromStart(await delivery.run.plan.whole(), list) : lanesAhead(delivery, list);
}

async function membersOf(delivery: Delivery, pack: Pack): Promise<readonly PlanNode[]> {
  const plan = await delivery.run.plan.whole();
  const sources = plan.members[pack.join] ?? [];
  return await Promise.all(pack.members.map((index) => delivery.run.plan.node(nodeIn(sources[index], pack, index))));
}

function nodeIn(source: Source | undefined, pack: Pack, index: number): string {
  if (source?.kind === "node") return source.node;
  throw new TypeError(`member ${index} of join ${pack.join} is no task`);
}

interface Unsent {
  readonly sends: readonly NodeSend[];
  /** What an older generation has brought to its end: its message is gone, so what follows is looked after here. */
  readonly kept: readonly PlanNode[];
}

/** What nobody has seen yet. A node that has been delivered is the business of its own message. */
async function unsent(delivery: Delivery, units: readonly (readonly PlanNode[])[]): Promise<Unsent> {
  const located = await Promise.all(units.map((nodes) => Promise.all(nodes.map((node) => locate(delivery, node)))));
  const keys = [...new Map(located.flat().map(({ place }) => [place.key.sk, place.key])).values()];
  const images = await delivery.deps.store.getMany(keys, "release.look");
  const imageOf = new Map(keys.map((key, i) => [key.sk, images[i]]));
  const kept: PlanNode[] = [];
  const sends = located.flatMap((members) => {
    const rows = members.map(({ node, place }) => {
      const slot = slotIn(place, imageOf.get(place.key.sk));
      const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), resendMs(delivery, slot));
      if (delivery.run.generation > 1 && slot.state === "settled" && !isBad(slot)) kept.push(node);
      return { node, slot, row };
    });
    const fresh = rows.flatMap(({ node, slot }) => (slot.state === "absent" ? [node] : []));
    const together = fresh.length > 0 ? [firstSend(fresh, delivery.deps.clock.now())] : [];
    const alone = rows.flatMap(({ node, slot, row }): NodeSend[] =>
      slot.state !== "absent" && row.kind === "send" ? [{ nodes: [node], dispatch: row.dispatch, atMs: row.atMs }] : [],
    );
    return [...together, ...alone];
  });
  return { sends, kept };
}

/** How long a node that was sent again may stay unseen. */
export function resendMs(delivery: Delivery, slot: Slot): number {
  const resends = slot.state === "queued" ? slot.resends : 0;
  return resendIntervalMs(delivery.deps.settings.visibilitySeconds * 1000, resends);
}

/** A range to send: that dispatch of it. */
export interface RangeSend {
  readonly range: number;
  readonly dispatch: number;
  readonly atMs: number;
}

/** Sends ranges of a list to control. */
export async function sendRanges(delivery: Delivery, list: ListName, sends: readonly RangeSend[]): Promise<void> {
  const { run, deps } = delivery;
  const { fairnessKey } = await run.plan.whole();
  const messages = sends.map(({ range, dispatch, atMs }) => {
    const message: RangeMessage = {
      tutti: 1,
      type: "range",
      run: run.id,
      generation: run.generation,
      dispatch,
      plan: run.plan.ref,
      list,
      range,
    };
    const delaySeconds = Math.max(0, Math.ceil((atMs - deps.clock.now()) / 1000));
    return { body: JSON.stringify(message), delaySeconds, ...keyed(fairnessKey) };
  });
  await sendAll(deps, "request", messages, "range.send");
}

interface UnsentRanges {
  readonly sends: readonly RangeSend[];
  /** Those that an older generation has sent: what is open of them has no message any more, and is looked after here. */
  readonly done: readonly number[];
}

async function unsentRanges(delivery: Delivery, list: ListName, ranges: number): Promise<UnsentRanges> {
  const places = Array.from({ length: ranges }, (_, range) => rangePlace(delivery.run.id, list, range));
  const images = await delivery.deps.store.getMany(
    places.map(({ key }) => key),
    "range.look",
  );
  const done: number[] = [];
  const sends = places.flatMap((place, range): RangeSend[] => {
    const slot = slotIn(place, images[range]);
    const generation = generationOf(images[range]) ?? delivery.run.generation;
    if (slot.state === "settled" && generation < delivery.run.generation) done.push(range);
    const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), resendMs(delivery, slot));
    return row.kind === "send" ? [{ range, dispatch: row.dispatch, atMs: row.atMs }] : [];
  });
  return { sends, done };
}
