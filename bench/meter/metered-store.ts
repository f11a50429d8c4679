/**
 * A store that counts what it is asked for, in calls and capacity units as the DynamoDB adapter and DynamoDB come to them.
 *
 * What a write costs depends on the item before it, which no answer holds; so the last image of each item is remembered. It
 * is exact for a table that this meter has seen from the start, except that answers to two writes of one item which cross on
 * their way are taken in the order of the answers: that tells when a size crosses a KB just then.
 *
 * A call that throws is counted, without units. Repeats within the SDK, and batches that a throttled table answers in part,
 * are not seen.
 */
import type { Image, Item, Key, Page, Store } from "../../lib/ports/index.ts";
import { itemBytes, readUnits, writeCapacity } from "./item-size.ts";
import { itemKind } from "./kinds.ts";
import type { Meter, Place } from "./meter.ts";

/** Items of one BatchGetItem and BatchWriteItem (AWS), as the adapter cuts them. */
const readBatch = 100;
const deleteBatch = 25;

export function meteredStore(store: Store, meter: Meter): Store {
  const images = new Map<string, Image>();

  const remember = (key: Key, image: Image | undefined): void => {
    if (image === undefined) images.delete(nameOf(key));
    else images.set(nameOf(key), image);
  };

  const changed = (key: Key, before: Image | undefined, after: Image | undefined, place: Place, refused = 0): void => {
    const bytes = after === undefined ? 0 : itemBytes({ key, image: after });
    meter.count(place, { writeUnits: writeCapacity(key, before, after).total, refused, bytes });
    meter.countWriteOf(key);
    remember(key, after);
  };

  const read = (place: Omit<Place, "kind">, key: Key, image: Image | undefined): void => {
    const bytes = image === undefined ? 0 : itemBytes({ key, image });
    meter.count({ ...place, kind: itemKind(key) }, { readUnits: readUnits(bytes), bytes });
  };

  /** A page costs its bytes together; an item of an index holds what the index does. */
  const page = async (
    place: Place,
    consistency: "strong" | "eventual",
    ask: () => Promise<Page<Item>>,
  ): Promise<Page<Item>> => {
    meter.count(place, { calls: 1 });
    const answer = await ask();
    const bytes = answer.items.reduce((sum, item) => sum + itemBytes(item), 0);
    meter.count(place, { readUnits: readUnits(bytes, consistency), bytes });
    return answer;
  };

  return {
    async get(key, site) {
      const place = { site, operation: "GetItem" };
      meter.count({ ...place, kind: itemKind(key) }, { calls: 1 });
      const image = await store.get(key, site);
      read(place, key, image);
      return image;
    },

    async getMany(keys, site) {
      const place = { site, operation: "BatchGetItem" };
      const asked = distinct(keys);
      for (let at = 0; at < asked.length; at += readBatch)
        meter.count({ ...place, kind: itemKind(asked[at] as Key) }, { calls: 1 });
      const answer = await store.getMany(keys, site);
      const found = new Map(keys.map((key, at) => [nameOf(key), answer[at]]));
      for (const key of asked) read(place, key, found.get(nameOf(key)));
      return answer;
    },

    query: (pk, prefix, cursor, site) =>
      page({ site, operation: "Query", kind: itemKind({ pk, sk: prefix }) }, "strong", () =>
        store.query(pk, prefix, cursor, site),
      ),

    async write(write, site) {
      const { key } = write;
      const place: Place = { site, operation: "UpdateItem", kind: itemKind(key) };
      meter.count(place, { calls: 1 });
      const result = await store.write(write, site);
      if (result.applied) changed(key, images.get(nameOf(key)), result.image, place);
      else changed(key, result.image, result.image, place, 1);
      return result;
    },

    async remove(keys, site) {
      const place = { site, operation: "BatchWriteItem" };
      const asked = distinct(keys);
      for (let at = 0; at < asked.length; at += deleteBatch)
        meter.count({ ...place, kind: itemKind(asked[at] as Key) }, { calls: 1 });
      await store.remove(keys, site);
      for (const key of asked) changed(key, images.get(nameOf(key)), undefined, { ...place, kind: itemKind(key) });
    },

    due: (shard, before, cursor, site) =>
      page({ site, operation: "Query", kind: "head" }, "eventual", () => store.due(shard, before, cursor, site)),

    list: (shard, from, site) =>
      page({ site, operation: "Query", kind: "head" }, "eventual", () => store.list(shard, from, site)),
  };
}

/** Text that no two keys share. */
function nameOf({ pk, sk }: Key): string {
  return `${pk.length}:${pk}${sk}`;
}

function distinct(keys: readonly Key[]): readonly Key[] {
  return [...new Map(keys.map((key) => [nameOf(key), key])).values()];
}
