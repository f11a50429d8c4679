/**
 * Finding runs: by id, by the beginning of an id, and all of them.
 *
 * The listing index is a moment behind: what is said of a running run comes from a strong read of its head.
 */
import { InvalidRequestError, RunRemovedError } from "../errors.ts";
import { idPattern } from "../model/ids.ts";
import type { Item, Store } from "../ports/index.ts";
import { decodeHead, type Head, isTombstone } from "../protocol/head.ts";
import { headKey, indexShards, listShard } from "../protocol/keys.ts";
import { readHead } from "../records/snapshots.ts";
import { RunNotFoundError } from "./errors.ts";

/** Listed items looked at for one question: 10,000 are about 2 MB of index. Older ones are found by their full id. */
const maxListed = 10_000;
/** Candidates named when the beginning of an id fits several runs. */
const namedCandidates = 5;

/** What a listing of the deployment shows. */
export interface Listing {
  /** Newest first, as the index has them: a moment old. */
  readonly heads: readonly Head[];
  /** Number of rejected requests and messages. */
  readonly rejected: number;
  /** True when there are more than were looked at. */
  readonly partial: boolean;
}

/** Reads the listing index, all partitions of it. */
export async function readListing(store: Store): Promise<Listing> {
  const shards = Array.from({ length: indexShards }, (_, shard) => shard);
  const lists = await Promise.all(shards.map((shard) => readShard(store, listShard(shard), maxListed / indexShards)));
  const items = lists
    .flatMap((list) => list.items)
    .sort((a, b) => Number(b.image.listAt ?? 0) - Number(a.image.listAt ?? 0));
  const heads = items.filter((item) => item.key.sk === headKey(item.key.pk).sk);
  return {
    heads: heads.map((item) => decodeHead(item.key.pk, item.image)),
    rejected: items.length - heads.length,
    partial: lists.some((list) => list.partial),
  };
}

/** Goes through the listing index page by page, whatever its length. */
export async function* listedItems(store: Store): AsyncGenerator<Item> {
  for (let shard = 0; shard < indexShards; shard++) {
    let cursor: string | undefined;
    do {
      const page = await store.list(listShard(shard), cursor, "list.read");
      yield* page.items;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
}

async function readShard(
  store: Store,
  shard: string,
  max: number,
): Promise<{ readonly items: Item[]; readonly partial: boolean }> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(shard, cursor, "list.read");
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined && items.length < max);
  return { items, partial: cursor !== undefined };
}

/** The heads again, those of running runs as they are now; runs that were removed meanwhile are left out. */
export async function refreshRunning(store: Store, heads: readonly Head[]): Promise<Head[]> {
  const running = heads.filter((head) => head.status === "RUNNING").map((head) => head.runId);
  const images = await store.getMany(running.map(headKey), "head.read");
  const found = new Map(running.map((run, i) => [run, images[i]]));
  return heads.flatMap((head) => {
    const image = found.get(head.runId);
    const now = image === undefined ? head : decodeHead(head.runId, image);
    const gone = isTombstone(now) || (found.has(head.runId) && image === undefined);
    return gone ? [] : [now];
  });
}

/**
 * The head of the run that an id, or the beginning of one, names.
 *
 * @throws RunNotFoundError when there is none.
 * @throws RunRemovedError when the run was removed.
 * @throws InvalidRequestError when several begin so, or the text is no id.
 */
export async function findHead(store: Store, id: string): Promise<Head> {
  if (!idPattern.test(id))
    throw new InvalidRequestError("run id", id, "must be the id of a run, or the beginning of one");
  const head = (await readHead(store, id)) ?? (await findByPrefix(store, id));
  if (isTombstone(head)) throw new RunRemovedError(head.runId);
  return head;
}

async function findByPrefix(store: Store, prefix: string): Promise<Head> {
  const found = (await readListing(store)).heads.map((head) => head.runId).filter((run) => run.startsWith(prefix));
  if (found.length > 1) {
    const named = found.slice(0, namedCandidates).join(", ");
    throw new InvalidRequestError(
      "run id",
      prefix,
      `must name one run; ${found.length} begin so: ${named}${found.length > namedCandidates ? ", …" : ""}`,
    );
  }
  const [only] = found;
  const head = only === undefined ? undefined : await readHead(store, only);
  if (head === undefined) throw new RunNotFoundError(prefix);
  return head;
}
