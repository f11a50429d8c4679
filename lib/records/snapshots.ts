import type { RunId } from "../model/ids.ts";
import type { Plan } from "../plan/types.ts";
import type { Item, Store } from "../ports/index.ts";
import type { ParentView } from "../protocol/child.ts";
import { decodeHead, type Head } from "../protocol/head.ts";
import { headKey } from "../protocol/keys.ts";
import type { ParentRef } from "../protocol/parent-ref.ts";
import { hasRanges } from "../protocol/release.ts";
import { decodeSlot } from "../protocol/slot.ts";
import { type Snapshot, snapshotOf } from "../protocol/snapshot.ts";
import { bucketsOf } from "../protocol/tally.ts";
import type { PlanCache } from "./plans.ts";

/** One strong read of a head; undefined when there is no such run. */
export async function readHead(store: Store, run: RunId): Promise<Head | undefined> {
  const image = await store.get(headKey(run), "head.read");
  return image === undefined ? undefined : decodeHead(run, image);
}

/** Reads a run whole: its tallies, node slots and ranges, strongly. Values and plan pages are not read here. */
export async function readSnapshot(store: Store, plans: PlanCache, head: Head): Promise<Snapshot> {
  const plan = await plans.load(head.runId, { hash: head.planHash, pages: head.planPages });
  const items: Item[] = [];
  const prefixes = hasRanges(plan) ? ["tally#", "node#", "range#"] : ["tally#", "node#"];
  for (const prefix of prefixes) items.push(...(await readAll(store, head.runId, prefix)));
  for (const partition of bucketPartitions(head.runId, plan))
    items.push(...(await readAll(store, partition, "tally#")));
  const snapshot = snapshotOf(head, plan, items);
  return head.parent === undefined ? snapshot : { ...snapshot, parent: await readParent(store, head.parent) };
}

/** What a child run sees of its parent, by strong reads: the head first, so that its slot is not older than that. */
export async function readParent(store: Store, parent: ParentRef): Promise<ParentView> {
  const head = await readHead(store, parent.run);
  const image = await store.get(parent.key, "parent.read");
  return { head, slot: decodeSlot(image?.[parent.attribute]) };
}

/** Partitions beside the run's own, over which its large groups are spread. */
export function bucketPartitions(run: RunId, plan: Plan): readonly string[] {
  return Object.values(plan.joins).flatMap((join) => bucketsOf(run, join));
}

/** Every item of a partition whose sort key begins with `prefix`. */
export async function readAll(store: Store, pk: string, prefix: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query(pk, prefix, cursor, "run.read");
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}
