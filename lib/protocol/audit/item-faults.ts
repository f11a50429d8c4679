/**
 * The items of a run one by one: that the plan has a place for each, and what each holds by itself (S2, S8, S17, S18, S20, S23).
 */
import { itemBytes } from "../../model/item-size.ts";
import type { Plan, PlanJoin } from "../../plan/types.ts";
import type { Item } from "../../ports/store.ts";
import type { Head } from "../head.ts";
import { budgetKey, nodeKey } from "../keys.ts";
import { type ListName, listOf, rangesOf } from "../release.ts";
import { itemsAt, sizeOf, type TallyPlace, tallyKey } from "../tally.ts";
import { anyText, count, isMap, oneOf, only, positive, type Rule, shapeFaults, shown, text, time } from "./shape.ts";
import { type Fault, slotFaults } from "./slot-shape.ts";

/** Largest item that DynamoDB takes. */
export const maxItemBytes = 400 * 1024;

/** What is stored under a key. */
export type ItemKind =
  | { readonly kind: "tally"; readonly join: PlanJoin; readonly place: TallyPlace }
  | { readonly kind: "node"; readonly node: string }
  | { readonly kind: "range" }
  | { readonly kind: "plan-page" }
  | { readonly kind: "value" }
  | { readonly kind: "budget" };

/** What the plan has in that place; undefined: nothing of the run is stored there. */
export function kindOf(head: Head, plan: Plan, { key }: Item): ItemKind | undefined {
  const { runId } = head;
  const [prefix] = key.sk.split("#", 1);
  const isHere = key.pk === runId;
  if (prefix === "tally") return tallyKind(runId, plan, key);
  if (!isHere) return undefined;
  if (prefix === "node") {
    const node = plan.nodes[key.sk.slice("node#".length)];
    return node?.slot === null && nodeKey(runId, node.id).sk === key.sk ? { kind: "node", node: node.id } : undefined;
  }
  if (prefix === "range") return isRange(plan, key.sk) ? { kind: "range" } : undefined;
  if (/^plan#[0-9a-f]{32}#\d{4,}$/.test(key.sk)) return { kind: "plan-page" };
  if (/^value#[0-9a-f]{32}#\d{4,}$/.test(key.sk)) return { kind: "value" };
  return key.sk === budgetKey(runId).sk && head.budget?.kind === "own" ? { kind: "budget" } : undefined;
}

function tallyKind(runId: string, plan: Plan, key: Item["key"]): ItemKind | undefined {
  const found = /^tally#(.*)#(\d+)#(\d+)$/.exec(key.sk);
  const join = found && Object.hasOwn(plan.joins, found[1] ?? "") ? plan.joins[found[1] ?? ""] : undefined;
  if (!found || join === undefined) return undefined;
  const place = { level: Number(found[2]), number: Number(found[3]) };
  const there = tallyKey(runId, join, place);
  if (there.pk !== key.pk || there.sk !== key.sk) return undefined;
  // A join without members has an item where it was skipped, or had a condition.
  const top = join.size === 0 && place.level === 0 && place.number === 0;
  const above = place.level > 0 && itemsAt(join, place.level - 1) <= 1;
  return top || (!above && place.number < itemsAt(join, place.level)) ? { kind: "tally", join, place } : undefined;
}

function isRange(plan: Plan, sk: string): boolean {
  const found = /^range#(.+)#(\d+)$/.exec(sk);
  return found !== null && Number(found[2]) < rangesOf(plan, listOf(plan, found[1] as ListName));
}

const bytes: Rule = { must: "be bytes", holds: (value) => value instanceof Uint8Array };
const map: Rule = { must: "be a map", holds: isMap };
const mark: Rule = count;

/** What is wrong with an item by itself. */
export function itemFaults(head: Head, item: Item, kind: ItemKind): Fault[] {
  const size = itemBytes(item);
  const faults: Fault[] =
    size > maxItemBytes ? [["S17", `the item has ${size} bytes, DynamoDB takes ${maxItemBytes}`]] : [];
  if (item.image.ttl !== undefined) faults.push(["S18", "DynamoDB will delete the item, and only a tombstone expires"]);
  switch (kind.kind) {
    case "tally":
      return [...faults, ...ownFaults(head, item), ...tallyFaults(item, kind)];
    case "node":
    case "range":
      return [...faults, ...ownFaults(head, item), ...singleFaults(item, kind)];
    case "plan-page":
      return [...faults, ...shapeFaults("the page", item.image, { required: { data: bytes } }).map(sealed)];
    case "value":
      return [...faults, ...contentFaults(item)];
    case "budget":
      return [...faults, ...budgetFaults(head, item)];
  }
}

const sealed = (fault: string): Fault => ["S2", fault];

/** S20: an item belongs to one generation, and none is ahead of its run. */
function ownFaults({ generation }: Head, { image }: Item): Fault[] {
  const shape = shapeFaults("the item", image, { required: { g: positive } });
  if (shape.length > 0) return shape.map((fault) => ["S20", fault]);
  return Number(image.g) > generation
    ? [["S20", `the item is of generation ${image.g}, and the run of ${generation}`]]
    : [];
}

function singleFaults({ image }: Item, kind: ItemKind): Fault[] {
  // The retry fences an item that was not there: it has a generation alone.
  if (image.s0 === undefined) return Number(image.g) > 1 ? [] : [["S23", "the item has no slot"]];
  return slotFaults(kind.kind === "range" ? "the part of the list" : "the task", image.s0);
}

const topAttributes = {
  lastBy: text,
  lastAt: time,
  decision: oneOf(["callback", "error", "skipped"]),
  decidedBy: text,
  decidedAt: time,
  accepted: map,
  skip: map,
  cause: map,
  held: only(1),
  hedgedAt: time,
} as const;

function tallyFaults({ image }: Item, { join, place }: Extract<ItemKind, { kind: "tally" }>): Fault[] {
  const what = `the tally of ${join.id}`;
  const size = join.size === 0 ? 0 : sizeOf(join, place);
  const faults: Fault[] = shapeFaults(what, image, {
    required: {},
    optional: { ...topAttributes, remaining: count },
  }).map((fault) => ["S23", fault]);
  for (const [name, value] of Object.entries(image)) {
    const [, letter, number] = /^([sm])(\d+)$/.exec(name) ?? [];
    if (letter === undefined) continue;
    const index = Number(number);
    if (index >= size || (letter === "s") !== (place.level === 0))
      faults.push([
        "S8",
        `${what} counts "${name}", and has ${size} ${place.level === 0 ? "members" : "children"} here`,
      ]);
    else if (letter === "s")
      faults.push(...slotFaults(`member ${place.number * join.leafSize + index} of ${join.id}`, value));
    else if (!mark.holds(value))
      faults.push(["S8", `mark ${index} of ${join.id} is ${shown(value)}, and must ${mark.must}`]);
  }
  return faults;
}

/** A value is text in one item, or bytes of a part. */
function contentFaults({ image }: Item): Fault[] {
  const faults = shapeFaults("the value", image, { required: {}, optional: { text: anyText, data: bytes } });
  if (faults.length === 0 && (image.text === undefined) === (image.data === undefined))
    faults.push("the value must have either a text or bytes");
  return faults.map((fault) => ["S11", fault]);
}

/** L1: no more is used than the budget allows, nor less than was planned. */
function budgetFaults({ budget, taskCount, status }: Head, { image }: Item): Fault[] {
  const shape = shapeFaults("the budget", image, { required: { tasks: count, attempts: count, nanoUsd: count } });
  if (shape.length > 0) return shape.map((fault) => ["L1", fault]);
  if (budget?.kind !== "own") return [];
  const planned = { tasks: taskCount, attempts: taskCount, nanoUsd: budget.plannedNanoUsd };
  return (["tasks", "attempts", "nanoUsd"] as const).flatMap((name): Fault[] => {
    const used = Number(image[name]);
    // A retry charges by the limits that it brings, before it writes them to the head.
    const limit = (status === "RUNNING" ? budget.limits[name] : undefined) ?? Number.POSITIVE_INFINITY;
    if (used > limit) return [["L1", `${used} of "${name}" are used, the budget allows ${limit}`]];
    return used < planned[name] ? [["L1", `${used} of "${name}" are used, and ${planned[name]} were planned`]] : [];
  });
}
