/**
 * The table in memory: the reference implementation of `Store`.
 *
 * Interprets writes as DynamoDB would (interpret.ts, values.ts) and passes the same contract suite. Every call takes effect
 * when it is made and answers in a microtask. Indexes are never stale and nothing is throttled here: a test that wants those
 * wraps this store (FAILURES G6, J5).
 */
import { InvalidRequestError, InvalidWriteError, ItemTooLargeError } from "../../errors.ts";
import type { Image, Item, Key, Page, Store, Value } from "../../ports/store.ts";
import { applied, checkWrite, holds } from "./interpret.ts";
import { compareText, copyImage, entriesBytes, textBytes, type ValueMap } from "./values.ts";

export interface MemoryStoreOptions {
  /** Largest item by DynamoDB's counting. @default 409600 (400 KB, as DynamoDB) */
  readonly maxItemBytes?: number;
  /** Size that ends a page of a read. @default 1048576 (1 MB, as DynamoDB) */
  readonly pageBytes?: number;
}

/** The store and what tests need of it. */
export interface MemoryStore extends Store {
  /** Every item, by partition and sort key; deep copies. */
  dump(): readonly Item[];
  /** Replaces every item. */
  restore(items: readonly Item[]): void;
}

interface Partition {
  readonly items: Map<string, Image>;
  /** Sort keys in order; undefined when it must be made again. */
  sorted: readonly string[] | undefined;
}

/** Attributes of a sparse index: an item is in it when it has both. */
interface Index {
  readonly shard: string;
  readonly sort: string;
  readonly items: Map<string, Item>;
}

export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const maxItemBytes = options.maxItemBytes ?? 400 * 1024;
  const pageBytes = options.pageBytes ?? 1024 * 1024;
  const partitions = new Map<string, Partition>();
  const due: Index = { shard: "dueShard", sort: "due", items: new Map() };
  const list: Index = { shard: "listShard", sort: "listAt", items: new Map() };

  const read = (key: Key): Image | undefined => partitions.get(key.pk)?.items.get(key.sk);

  const put = (key: Key, image: Image): void => {
    const partition = partitions.get(key.pk) ?? { items: new Map<string, Image>(), sorted: undefined };
    partitions.set(key.pk, partition);
    if (!partition.items.has(key.sk)) partition.sorted = undefined;
    partition.items.set(key.sk, image);
    for (const index of [due, list]) reindex(index, key, image);
  };

  const drop = (key: Key): void => {
    const partition = partitions.get(key.pk);
    if (!partition?.items.delete(key.sk)) return;
    partition.sorted = undefined;
    if (partition.items.size === 0) partitions.delete(key.pk);
    for (const index of [due, list]) index.items.delete(keyText(key));
  };

  const sortedKeys = (pk: string): readonly string[] => {
    const partition = partitions.get(pk);
    if (!partition) return [];
    partition.sorted ??= [...partition.items.keys()].sort(compareText);
    return partition.sorted;
  };

  return {
    async get(key) {
      const image = read(key);
      return image && copyImage(image);
    },

    async getMany(keys) {
      return keys.map((key) => {
        const image = read(key);
        return image && copyImage(image);
      });
    },

    async query(pk, prefix, cursor) {
      const keys = sortedKeys(pk);
      const start = cursor === undefined ? lowerBound(keys, prefix) : upperBound(keys, decodeCursor(cursor));
      const found: Item[] = [];
      for (let i = start; i < keys.length; i++) {
        const sk = keys[i] as string;
        if (!sk.startsWith(prefix)) break;
        found.push({ key: { pk, sk }, image: read({ pk, sk }) as Image });
      }
      return pageOf(found, pageBytes, ({ key }) => key.sk);
    },

    async write(write) {
      checkWrite(write);
      const before = read(write.key);
      if (write.condition && !holds(write.condition, write.key, before))
        return { applied: false, image: before && copyImage(before) };
      const after = applied(write, before);
      for (const index of [due, list]) checkIndexKey(index, write.key, after);
      if (itemBytes({ key: write.key, image: after }) > maxItemBytes) throw new ItemTooLargeError(write.key);
      put({ pk: write.key.pk, sk: write.key.sk }, after);
      return { applied: true, image: copyImage(after) };
    },

    async remove(keys) {
      for (const key of keys) drop(key);
    },

    async due(shard, before, cursor) {
      const items = ordered(due, shard, 1).filter(({ image }) => (image.due as number) <= before);
      const page = pageOf(after(due, items, 1, cursor), pageBytes, (item) => indexCursor(due, item));
      return {
        ...page,
        items: page.items.map(({ key, image }) => ({ key, image: { dueShard: shard, due: image.due as Value } })),
      };
    },

    async list(shard, cursor) {
      return pageOf(after(list, ordered(list, shard, -1), -1, cursor), pageBytes, (item) => indexCursor(list, item));
    },

    dump() {
      const pks = [...partitions.keys()].sort(compareText);
      return pks.flatMap((pk) =>
        sortedKeys(pk).map((sk) => ({ key: { pk, sk }, image: copyImage(read({ pk, sk }) as Image) })),
      );
    },

    restore(items) {
      for (const map of [partitions, due.items, list.items]) map.clear();
      for (const { key, image } of items) put({ ...key }, copyImage(image));
    },
  };
}

/** Text that no two keys share. */
function keyText(key: Key): string {
  return `${key.pk.length}:${key.pk}${key.sk}`;
}

function itemBytes({ key, image }: Item): number {
  return textBytes(key.pk) + textBytes(key.sk) + 4 + entriesBytes(image as ValueMap);
}

/** An index takes a non-empty text as shard and a number as sort key; anything else is refused with the write. */
function checkIndexKey(index: Index, key: Key, image: Image): void {
  const shard = image[index.shard];
  const sort = image[index.sort];
  if (shard !== undefined && (typeof shard !== "string" || shard === ""))
    throw new InvalidWriteError(key, `${index.shard}: must be a non-empty string`);
  if (sort !== undefined && typeof sort !== "number")
    throw new InvalidWriteError(key, `${index.sort}: must be a number`);
}

function reindex(index: Index, key: Key, image: Image): void {
  if (image[index.shard] === undefined || image[index.sort] === undefined) index.items.delete(keyText(key));
  else index.items.set(keyText(key), { key, image });
}

/** Items of an index partition by sort key; equal ones by primary key, whatever the direction. */
function ordered(index: Index, shard: string, direction: 1 | -1): Item[] {
  const items = [...index.items.values()].filter(({ image }) => image[index.shard] === shard);
  return items.sort((a, b) => compareInIndex(index, a, b, direction));
}

function compareInIndex(index: Index, a: Item, b: Item, direction: 1 | -1): number {
  const difference = (a.image[index.sort] as number) - (b.image[index.sort] as number);
  return direction * difference || compareText(a.key.pk, b.key.pk) || compareText(a.key.sk, b.key.sk);
}

function indexCursor(index: Index, { key, image }: Item): string {
  return JSON.stringify([key.pk, key.sk, image[index.sort]]);
}

/** What follows the cursor: by value, so that it may name an item that has gone since. */
function after(index: Index, items: readonly Item[], direction: 1 | -1, cursor: string | undefined): readonly Item[] {
  if (cursor === undefined) return items;
  const [pk, sk, sort] = decodePlace(cursor);
  const last: Item = { key: { pk, sk }, image: { [index.sort]: sort } };
  return items.filter((item) => compareInIndex(index, item, last, direction) > 0);
}

/** The first items up to the page size. As in DynamoDB a page that was cut has a cursor even when nothing follows. */
function pageOf(items: readonly Item[], pageBytes: number, place: (item: Item) => string): Page<Item> {
  let bytes = 0;
  let count = 0;
  while (count < items.length && bytes < pageBytes) bytes += itemBytes(items[count++] as Item);
  const page = items.slice(0, count).map(({ key, image }) => ({ key: { ...key }, image: copyImage(image) }));
  return bytes < pageBytes ? { items: page } : { items: page, cursor: encodeCursor(place(items[count - 1] as Item)) };
}

function encodeCursor(place: string): string {
  return Buffer.from(place).toString("base64url");
}

function decodeCursor(cursor: string): string {
  const place = Buffer.from(cursor, "base64url").toString();
  if (place === "") throw foreignCursor(cursor);
  return place;
}

function decodePlace(cursor: string): readonly [pk: string, sk: string, sort: number] {
  try {
    return JSON.parse(decodeCursor(cursor));
  } catch {
    throw foreignCursor(cursor);
  }
}

function foreignCursor(cursor: string): InvalidRequestError {
  return new InvalidRequestError("cursor", cursor, "must be one that this store gave out");
}

/** Position of the first key that is not before `bound`. */
function lowerBound(keys: readonly string[], bound: string): number {
  return boundary(keys, (key) => compareText(key, bound) >= 0);
}

function upperBound(keys: readonly string[], bound: string): number {
  return boundary(keys, (key) => compareText(key, bound) > 0);
}

function boundary(keys: readonly string[], beyond: (key: string) => boolean): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (beyond(keys[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low;
}
