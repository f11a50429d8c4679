/**
 * The table in memory: the reference implementation of `Store`.
 *
 * Interprets writes as DynamoDB would (interpret.ts, values.ts) and passes the same contract suite. Every call takes effect
 * when it is made and answers in a microtask. Indexes are never stale and nothing is throttled here: a test that wants those
 * wraps this store.
 */
import { ItemTooLargeError } from "../../errors.ts";
import { itemBytes } from "../../model/item-size.ts";
import type { Image, Item, Key, Store, Value } from "../../ports/store.ts";
import { applied, checkWrite, holds } from "./interpret.ts";
import { afterInIndex, pageOf, placeInIndex, startOf } from "./pages.ts";
import { checkIndexKeys, createTable, dueRule, listRule } from "./table.ts";
import { copyImage } from "./values.ts";

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

export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxItemBytes = 400 * 1024, pageBytes = 1024 * 1024 } = options;
  const table = createTable();

  const copyOf = (key: Key): Image | undefined => {
    const image = table.get(key);
    return image && copyImage(image);
  };

  return {
    async get(key) {
      return copyOf(key);
    },

    async getMany(keys) {
      return keys.map(copyOf);
    },

    async query(pk, prefix, cursor) {
      const keys = table.sortKeys(pk);
      const items: Item[] = [];
      for (let i = startOf(keys, prefix, cursor); keys[i]?.startsWith(prefix); i++) {
        const key = { pk, sk: keys[i] as string };
        items.push({ key, image: table.get(key) as Image });
      }
      return pageOf(items, pageBytes, ({ key }) => [key.sk]);
    },

    async write(write) {
      checkWrite(write);
      const key: Key = { pk: write.key.pk, sk: write.key.sk };
      const before = table.get(key);
      if (write.condition && !holds(write.condition, key, before)) return { applied: false, image: copyOf(key) };
      const after = applied(write, before);
      checkIndexKeys(key, after);
      if (itemBytes({ key, image: after }) > maxItemBytes) throw new ItemTooLargeError(key);
      table.put(key, after);
      return { applied: true, image: copyImage(after) };
    },

    async remove(keys) {
      for (const key of keys) table.delete(key);
    },

    async due(shard, before, cursor) {
      const due = table.indexed(dueRule, shard).filter(({ image }) => (image.due as number) <= before);
      const page = pageOf(afterInIndex(dueRule, due, cursor), pageBytes, placeInIndex(dueRule));
      const keysOnly = page.items.map(({ key, image }) => ({
        key,
        image: { dueShard: shard, due: image.due as Value },
      }));
      return { ...page, items: keysOnly };
    },

    async list(shard, from) {
      const { cursor, wanted } = typeof from === "object" ? from : { cursor: from, wanted: undefined };
      const listed = afterInIndex(listRule, table.indexed(listRule, shard), cursor);
      return pageOf(listed, pageBytes, placeInIndex(listRule), wanted);
    },

    dump() {
      const keys = table.partitions().flatMap((pk) => table.sortKeys(pk).map((sk) => ({ pk, sk })));
      return keys.map((key) => ({ key, image: copyImage(table.get(key) as Image) }));
    },

    restore(items) {
      table.clear();
      for (const { key, image } of items) table.put({ pk: key.pk, sk: key.sk }, copyImage(image));
    },
  };
}
