/**
 * The table, as the protocol needs it.
 *
 * A write is data: what it sets, and the condition under which it applies. Memory interprets it, DynamoDB gets it
 * rendered, a test mutates it; so each condition is stated once. Nothing here knows an SDK.
 *
 * Contract (test/contract/store.contract.ts, run by every implementation):
 *  - writes to one item are linearisable; every read but `due` and `list` is strongly consistent
 *  - a refused write changes nothing and returns the item it met
 *  - an answer may be lost after the effect: callers must be able to repeat every write
 *  - every call names its *site*, so that tests can stop, repeat, lose or delay each one
 */

/** Primary key of an item. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** What an attribute may hold. */
export type Value =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value };

/** An item without its key. */
export type Image = Readonly<Record<string, Value>>;

/** An attribute, or an entry of a map attribute. */
export type Path = readonly [attribute: string] | readonly [attribute: string, entry: string];

/** The whole vocabulary of conditions. `below` and `above` are false when the path is absent. */
export type Condition =
  | { readonly is: "absent"; readonly path: Path }
  | { readonly is: "present"; readonly path: Path }
  | { readonly is: "equal"; readonly path: Path; readonly value: string | number | boolean }
  | { readonly is: "below"; readonly path: Path; readonly value: number }
  | { readonly is: "above"; readonly path: Path; readonly value: number }
  | { readonly is: "all"; readonly of: readonly Condition[] }
  | { readonly is: "any"; readonly of: readonly Condition[] };

/** Sets a path, or counts a number down from `initial` when it is absent: `if_not_exists(path, initial) - minus`. */
export type SetAction =
  | { readonly path: Path; readonly value: Value }
  | { readonly path: readonly [attribute: string]; readonly minus: number; readonly initial: number };

/** One conditional write of one item. An entry of a map can only be set when the map exists. */
export interface Write {
  readonly key: Key;
  readonly set: readonly SetAction[];
  readonly remove?: readonly string[];
  /** Absent: unconditional, for content-addressed items only. */
  readonly condition?: Condition;
}

/** What became of a write. A refused one is an answer, not an error. */
export type WriteResult =
  /** The item as it is after the write. */
  | { readonly applied: true; readonly image: Image }
  /** The item the condition met; undefined when there was none. */
  | { readonly applied: false; readonly image: Image | undefined };

/** An item with its key. */
export interface Item {
  readonly key: Key;
  readonly image: Image;
}

/** One page of a read; `cursor` is absent on the last one. A page may be empty and not the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}

/** Where a page of a listing starts. */
export type ListFrom = string | undefined | { readonly cursor: string | undefined; readonly wanted: number };

/** The table. Any call may throw {@link StoreError}: nothing is then known about its effect. */
export interface Store {
  get(key: Key, site: string): Promise<Image | undefined>;
  /** In the order of `keys`; undefined where there is no item. Any number of keys. */
  getMany(keys: readonly Key[], site: string): Promise<readonly (Image | undefined)[]>;
  /** Items of a partition whose sort key begins with `prefix`, in order of the sort key. */
  query(pk: string, prefix: string, cursor: string | undefined, site: string): Promise<Page<Item>>;
  write(write: Write, site: string): Promise<WriteResult>;
  /** Deletes items, whatever they hold. Repeatable. */
  remove(keys: readonly Key[], site: string): Promise<void>;
  /** Items whose `dueShard` is `shard` and whose `due` is not after `before`, earliest first. Eventually consistent. */
  due(shard: string, before: number, cursor: string | undefined, site: string): Promise<Page<Item>>;
  /**
   * Items whose `listShard` is `shard`, by `listAt` descending. Eventually consistent.
   *
   * @param from - A cursor, or with it how many items are wanted: the page then ends there at the latest.
   */
  list(shard: string, from: ListFrom, site: string): Promise<Page<Item>>;
}
