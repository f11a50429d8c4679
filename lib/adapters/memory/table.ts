/**
 * Items in memory, by partition and sort key, with the two sparse indexes. Knows nothing of conditions.
 *
 * Holds what it is given and gives out what it holds: copying is the store's business.
 */
import { InvalidWriteError } from "../../errors.ts";
import type { Image, Item, Key } from "../../ports/store.ts";
import { compareText } from "./values.ts";

/** Attributes of a sparse index, and its order: an item is in it when it has both attributes. */
export interface IndexRule {
  readonly shard: string;
  readonly time: string;
  readonly direction: 1 | -1;
}

export const dueRule: IndexRule = { shard: "dueShard", time: "due", direction: 1 };
export const listRule: IndexRule = { shard: "listShard", time: "listAt", direction: -1 };
const rules = [dueRule, listRule] as const;

export interface Table {
  get(key: Key): Image | undefined;
  put(key: Key, image: Image): void;
  delete(key: Key): void;
  clear(): void;
  /** Partition keys in order. */
  partitions(): readonly string[];
  /** Sort keys of a partition in order. */
  sortKeys(pk: string): readonly string[];
  /** Items of an index partition in its order; those of one time by primary key. */
  indexed(rule: IndexRule, shard: string): readonly Item[];
}

interface Partition {
  readonly images: Map<string, Image>;
  /** Sort keys in order; undefined when it must be made again. */
  sorted: readonly string[] | undefined;
}

export function createTable(): Table {
  const partitions = new Map<string, Partition>();
  const indexes = rules.map((rule) => ({ rule, items: new Map<string, Item>() }));

  return {
    get: ({ pk, sk }) => partitions.get(pk)?.images.get(sk),

    put(key, image) {
      const partition = partitions.get(key.pk) ?? { images: new Map<string, Image>(), sorted: undefined };
      partitions.set(key.pk, partition);
      if (!partition.images.has(key.sk)) partition.sorted = undefined;
      partition.images.set(key.sk, image);
      for (const { rule, items } of indexes) {
        if (image[rule.shard] === undefined || image[rule.time] === undefined) items.delete(keyText(key));
        else items.set(keyText(key), { key, image });
      }
    },

    delete(key) {
      const partition = partitions.get(key.pk);
      if (!partition?.images.delete(key.sk)) return;
      partition.sorted = undefined;
      if (partition.images.size === 0) partitions.delete(key.pk);
      for (const { items } of indexes) items.delete(keyText(key));
    },

    clear() {
      partitions.clear();
      for (const { items } of indexes) items.clear();
    },

    partitions: () => [...partitions.keys()].sort(compareText),

    sortKeys(pk) {
      const partition = partitions.get(pk);
      if (!partition) return [];
      partition.sorted ??= [...partition.images.keys()].sort(compareText);
      return partition.sorted;
    },

    indexed(rule, shard) {
      const index = indexes.find((one) => one.rule === rule);
      const items = [...(index?.items.values() ?? [])].filter(({ image }) => image[rule.shard] === shard);
      return items.sort((a, b) => compareInIndex(rule, a, b));
    },
  };
}

/** Text that no two keys share. */
function keyText({ pk, sk }: Key): string {
  return `${pk.length}:${pk}${sk}`;
}

export function compareInIndex({ time, direction }: IndexRule, a: Item, b: Item): number {
  const difference = (a.image[time] as number) - (b.image[time] as number);
  return direction * difference || compareText(a.key.pk, b.key.pk) || compareText(a.key.sk, b.key.sk);
}

/**
 * An index takes a text as shard and a number as time; an item with anything else is refused.
 *
 * @throws {@link InvalidWriteError}
 */
export function checkIndexKeys(key: Key, image: Image): void {
  for (const { shard, time } of rules) {
    const [inShard, atTime] = [image[shard], image[time]];
    if (inShard !== undefined && (typeof inShard !== "string" || inShard === "")) {
      throw new InvalidWriteError(key, `${shard}: must be a text that is not empty`);
    }
    if (atTime !== undefined && typeof atTime !== "number")
      throw new InvalidWriteError(key, `${time}: must be a number`);
  }
}
