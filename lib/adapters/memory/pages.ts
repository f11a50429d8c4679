/**
 * Pages of a read: cut by size, continued by a cursor that names the last item by value, so that it may have gone since.
 */
import { InvalidRequestError } from "../../errors.ts";
import { itemBytes } from "../../model/item-size.ts";
import type { Item, Page } from "../../ports/store.ts";
import { compareInIndex, type IndexRule } from "./table.ts";
import { compareText, copyImage } from "./values.ts";

/** The first items up to the page size, or a number of them. As in DynamoDB a page that was cut has a cursor even when nothing follows. */
export function pageOf(
  items: readonly Item[],
  pageBytes: number,
  place: (item: Item) => readonly unknown[],
  wanted = Number.POSITIVE_INFINITY,
): Page<Item> {
  let bytes = 0;
  let count = 0;
  while (count < Math.min(items.length, wanted) && bytes < pageBytes) bytes += itemBytes(items[count++] as Item);
  const page = items.slice(0, count).map(({ key, image }) => ({ key: { ...key }, image: copyImage(image) }));
  return bytes < pageBytes && count < wanted
    ? { items: page }
    : { items: page, cursor: encodeCursor(place(items[count - 1] as Item)) };
}

/** Where an index page ended. */
export function placeInIndex({ time }: IndexRule): (item: Item) => readonly unknown[] {
  return ({ key, image }) => [key.pk, key.sk, image[time]];
}

/** What follows the cursor in an index. */
export function afterInIndex(rule: IndexRule, items: readonly Item[], cursor: string | undefined): readonly Item[] {
  if (cursor === undefined) return items;
  const [pk, sk, time] = decodeCursor(cursor, ["string", "string", "number"]) as [string, string, number];
  const last: Item = { key: { pk, sk }, image: { [rule.time]: time } };
  return items.filter((item) => compareInIndex(rule, item, last) > 0);
}

/** Position of the first sort key of a query: at the prefix, or after the cursor. */
export function startOf(sortKeys: readonly string[], prefix: string, cursor: string | undefined): number {
  if (cursor === undefined) return boundary(sortKeys, (sk) => compareText(sk, prefix) >= 0);
  const [last] = decodeCursor(cursor, ["string"]) as [string];
  return boundary(sortKeys, (sk) => compareText(sk, last) > 0);
}

/** Position of the first of the sorted keys that lies beyond. */
function boundary(keys: readonly string[], isBeyond: (key: string) => boolean): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBeyond(keys[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function encodeCursor(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function decodeCursor(cursor: string, types: readonly string[]): readonly unknown[] {
  const place = parse(Buffer.from(cursor, "base64url").toString());
  if (Array.isArray(place) && place.length === types.length && place.every((part, i) => typeof part === types[i]))
    return place;
  throw new InvalidRequestError("cursor", cursor, "must be one that this store gave out");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
