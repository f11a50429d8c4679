/**
 * Where everything of a run is stored (docs/data-model.md).
 *
 * Small runs lie in one partition, so that one query reads them whole; the tallies of a large group are spread over several
 * (tally.ts). User ids hold no `#`, so no key collides.
 */
import type { JoinId, NodeId, RunId } from "../model/ids.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Key } from "../ports/store.ts";
import type { ListName } from "./release.ts";
import { leafKey } from "./tally.ts";

/** Index partitions of due heads and of listed items: enough that no index key takes more than a quarter of the writes. */
export const indexShards = 4;

export function headKey(run: RunId): Key {
  return { pk: run, sk: "head" };
}

/** The document's hash in the key keeps two documents under one id apart. */
export function planPageKey(run: RunId, hash: string, page: number): Key {
  return { pk: run, sk: `plan#${hash}#${String(page).padStart(4, "0")}` };
}

export function nodeKey(run: RunId, node: NodeId): Key {
  return { pk: run, sk: `node#${node}` };
}

/** What a run with a budget has used, with everything that its maps expand into. */
export function budgetKey(run: RunId): Key {
  return { pk: run, sk: "budget" };
}

/** A part of a value over the inline limit, named by the hash of its text. */
export function valueKey(run: RunId, hash: string, part = 0): Key {
  return { pk: run, sk: `value#${hash}#${partName(part)}` };
}

export function rejectedKey(requestId: string): Key {
  return { pk: `rejected#${requestId}`, sk: "rejected" };
}

/** Slot of a range message: whether its part of a list was sent. */
export function rangePlace(run: RunId, list: ListName, range: number): SlotPlace {
  return { key: { pk: run, sk: `range#${list}#${range}` }, attribute: "s0" };
}

/** Item and attribute that hold a node's slot. */
export interface SlotPlace {
  readonly key: Key;
  readonly attribute: string;
  /** Set when the slot is in a tally leaf: its join, and the leaf's number. */
  readonly leaf?: { readonly join: JoinId; readonly number: number; readonly index: number };
}

/**
 * A node that feeds exactly one join has its slot in that join's leaf, so outcome and arrival are one write.
 *
 * @param join - The join that its slot is in; undefined for a node with an item of its own.
 */
export function slotPlace(run: RunId, node: PlanNode, join: PlanJoin | undefined): SlotPlace {
  if (node.slot === null || join === undefined) return { key: nodeKey(run, node.id), attribute: "s0" };
  return memberPlace(run, join, node.slot.index);
}

/** Place of member `index` of a join. */
export function memberPlace(run: RunId, join: PlanJoin, index: number): SlotPlace {
  const number = Math.floor(index / join.leafSize);
  const leaf = { join: join.id, number, index };
  return { key: leafKey(run, join, number), attribute: `s${index % join.leafSize}`, leaf };
}

/** Index partition of a run: FNV-1a of its id, so that runs spread and a run stays put. */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  return hash % indexShards;
}

export function dueShard(shard: number): string {
  return `due#${shard}`;
}

export function listShard(shard: number): string {
  return `list#${shard}`;
}

/**
 * A part of a stored document: in a partition of its request, so that no two requests share what one of them may remove;
 * named by its content, so that no upload changes what a message on its way refers to (docs/adr/0007).
 */
export function documentKey(requestId: string, sha256: string, part: number): Key {
  return { pk: `document#${requestId}`, sk: `document#${sha256}#${partName(part)}` };
}

function partName(part: number): string {
  return String(part).padStart(4, "0");
}
