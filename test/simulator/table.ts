/**
 * The table: the memory store, watched at every write, with an index that may lag behind.
 */
import { createMemoryStore, type MemoryStore } from "../../lib/adapters/memory/store.ts";
import type { Image, Item, Key, Store } from "../../lib/ports/store.ts";
import { forbiddenChanges } from "../simulation/oracle.ts";
import { createTrace } from "../simulation/reference-step.ts";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

export interface TableRules {
  /** By how much clocks may be ahead. */
  readonly skewMs: number;
  /** By how much the index may lag. */
  readonly lagMs: number;
}

export interface Table {
  /** What processes see; its due index is the lagging one. */
  readonly store: Store;
  readonly memory: MemoryStore;
  /** Items as they are now; nobody may change them. */
  readonly images: ReadonlyMap<string, Item>;
  /** What the due index says: the time of each run. */
  readonly due: ReadonlyMap<string, { readonly shard: string; readonly dueMs: number }>;
}

export const nameOf = ({ pk, sk }: Key) => `${pk}/${sk}`;
const usualLagMs = 50;

export function createTable(
  schedule: Schedule,
  random: Random,
  rules: TableRules,
  told: { readonly wrong: (what: readonly string[]) => void; readonly indexed: () => unknown },
): Table {
  const memory = createMemoryStore();
  const images = new Map<string, Item>();
  const due = new Map<string, { shard: string; dueMs: number }>();

  const trace = createTrace();
  const indexedAtMs = new Map<string, number>();

  /** Late as it may be, the index takes the changes of an item in their order. */
  const index = ({ pk }: Key, image: Image | undefined) => {
    const lagMs = rules.lagMs > 0 && random.chance(0.3) ? random.below(rules.lagMs) : random.below(usualLagMs);
    const atMs = Math.max(schedule.now() + lagMs, indexedAtMs.get(pk) ?? 0);
    indexedAtMs.set(pk, atMs);
    schedule.at(atMs, () => {
      if (image?.dueShard === undefined || image.due === undefined) due.delete(pk);
      else due.set(pk, { shard: String(image.dueShard), dueMs: Number(image.due) });
      told.indexed();
    });
  };

  const store: Store = {
    ...memory,
    async write(write, site) {
      const name = nameOf(write.key);
      const before = images.get(name)?.image;
      const result = await memory.write(write, site);
      if (!result.applied) return result;
      images.set(name, { key: write.key, image: result.image });
      // Who is ahead by the skew is right to act so much earlier.
      const nowMs = schedule.now() + rules.skewMs;
      if (before) told.wrong(forbiddenChanges(write.key.sk, before, result.image, nowMs));
      told.wrong(trace.note({ site, key: write.key, before, after: result.image, nowMs }));
      if (write.key.sk === "head") index(write.key, result.image);
      return result;
    },
    async remove(keys, site) {
      await memory.remove(keys, site);
      for (const key of keys) {
        images.delete(nameOf(key));
        if (key.sk === "head") index(key, undefined);
      }
    },
    async due(shard, before) {
      const rows = [...due].filter(([, row]) => row.shard === shard && row.dueMs <= before);
      rows.sort(([a, one], [b, two]) => one.dueMs - two.dueMs || (a < b ? -1 : 1));
      const items = rows.map(([pk, row]) => ({
        key: { pk, sk: "head" },
        image: { dueShard: row.shard, due: row.dueMs },
      }));
      return { items };
    },
  };
  return { store, memory, images, due };
}
