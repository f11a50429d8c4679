import type { RunId } from "../model/ids.ts";
import type { Item, Store } from "../ports/index.ts";
import { decodeHead, type Head } from "../protocol/head.ts";
import { headKey } from "../protocol/keys.ts";
import { type Snapshot, snapshotOf } from "../protocol/snapshot.ts";
import type { PlanCache } from "./plans.ts";

/** One strong read of a head; undefined when there is no such run. */
export async function readHead(store: Store, run: RunId): Promise<Head | undefined> {
  const image = await store.get(headKey(run), "head.read");
  return image === undefined ? undefined : decodeHead(run, image);
}

/** Reads a run whole: its tallies and node slots, strongly. Values and plan pages are not read here. */
export async function readSnapshot(store: Store, plans: PlanCache, head: Head): Promise<Snapshot> {
  const plan = await plans.load(head.runId, { hash: head.planHash, pages: head.planPages });
  const [tallies, nodes] = [await readAll(store, head.runId, "tally#"), await readAll(store, head.runId, "node#")];
  return snapshotOf(head, plan, [...tallies, ...nodes]);
}

/** Every item of a partition whose sort key begins with `prefix`. */
export async function readAll(store: Store, pk: RunId, prefix: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query(pk, prefix, cursor, "run.read");
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
}
