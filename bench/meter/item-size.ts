/**
 * Bytes of items and of their copies in the indexes, and the capacity units these come to, as DynamoDB counts them.
 *
 * The bytes themselves are those of the memory store, which refuses items that are too large by the same count. What is
 * billed for storage (100 bytes more an item) is no part of this.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
import { isDeepStrictEqual } from "node:util";
import { type IndexDefinition, indexDefinitions } from "../../lib/adapters/dynamodb/keys.ts";
import { itemBytes } from "../../lib/model/item-size.ts";
import type { Image, Item, Key } from "../../lib/ports/index.ts";

export { itemBytes };

/** Bytes of one write unit, and of one unit of a strongly consistent read. */
const writeUnitBytes = 1024;
const readUnitBytes = 4096;

/** Units of writing that many bytes: each started KB is one, and nothing is free. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / writeUnitBytes));
}

/** Units of reading that many bytes: each started 4 KB is one, half when eventually consistent; no item counts as an empty one. */
export function readUnits(bytes: number, consistency: "strong" | "eventual" = "strong"): number {
  const units = Math.max(1, Math.ceil(bytes / readUnitBytes));
  return consistency === "strong" ? units : units / 2;
}

/** What one write takes, of the table and of each index that it changes. */
export interface WriteCapacity {
  readonly table: number;
  readonly indexes: Readonly<Record<string, number>>;
  /** All of them together. */
  readonly total: number;
}

/**
 * What the change of an item from `before` to `after` takes; absent means there is no item. A refused write is one that
 * changes nothing: it takes what the item it met does.
 */
export function writeCapacity(key: Key, before: Image | undefined, after: Image | undefined): WriteCapacity {
  const bytes = (image: Image | undefined) => (image === undefined ? 0 : itemBytes({ key, image }));
  const table = writeUnits(Math.max(bytes(before), bytes(after)));
  const indexes = Object.fromEntries(
    indexDefinitions.flatMap((index) => {
      const units = indexUnits(copyIn(index, key, before), copyIn(index, key, after));
      return units === 0 ? [] : [[index.name, units] as const];
    }),
  );
  return { table, indexes, total: Object.values(indexes).reduce((sum, units) => sum + units, table) };
}

/** An item as an index holds it. */
interface Copy {
  /** The index's own key: an entry whose key changes is deleted and made anew. */
  readonly place: readonly unknown[];
  readonly item: Item;
}

/** The copy of an item in a sparse index; undefined when it is not in it. */
function copyIn(index: IndexDefinition, key: Key, image: Image | undefined): Copy | undefined {
  const names = [index.partitionKey.name, index.sortKey.name];
  const place = names.map((name) => image?.[name]);
  if (image === undefined || place.includes(undefined)) return undefined;
  const kept = index.projection === "ALL" ? image : pick(image, names);
  return { place, item: { key, image: kept } };
}

function pick(image: Image, names: readonly string[]): Image {
  return Object.fromEntries(Object.entries(image).filter(([name]) => names.includes(name)));
}

function indexUnits(before: Copy | undefined, after: Copy | undefined): number {
  if (!before || !after) return unitsOf(before) + unitsOf(after);
  if (!isDeepStrictEqual(before.place, after.place)) return unitsOf(before) + unitsOf(after);
  if (isDeepStrictEqual(before.item.image, after.item.image)) return 0;
  return Math.max(unitsOf(before), unitsOf(after));
}

function unitsOf(copy: Copy | undefined): number {
  return copy === undefined ? 0 : writeUnits(itemBytes(copy.item));
}
