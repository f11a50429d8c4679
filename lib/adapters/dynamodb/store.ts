/**
 * The table on DynamoDB: the one file that sends. Requests are built in params.ts, errors translated in errors.ts.
 *
 * The SDK repeats a request that was throttled or not answered. It may so repeat a write whose answer was lost, which then
 * fails on its own success: the caller sees its own image and goes on from it. Batches come back in any order
 * and in part: they are asked again until whole, and put in order.
 */
import type { QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { StoreError } from "../../errors.ts";
import type { Image, Item, Key, Page, Store } from "../../ports/store.ts";
import type { Clock, Ids } from "../../ports/system.ts";
import { keyOf, toImage, toItem, type WireItem } from "./attributes.ts";
import type { DynamoCalls } from "./calls.ts";
import { type Call, translateError } from "./errors.ts";
import {
  batchDeleteParams,
  batchGetParams,
  dueParams,
  encodeCursor,
  getParams,
  listParams,
  queryParams,
  updateParams,
} from "./params.ts";

export interface DynamoStoreOptions {
  readonly calls: DynamoCalls;
  /** Name or ARN. */
  readonly table: string;
  /** Times the pauses between repeated batches. */
  readonly clock: Clock;
  /** Spreads them. */
  readonly ids: Ids;
}

/** Items of a batch (AWS, BatchGetItem and BatchWriteItem). */
const readBatch = 100;
const deleteBatch = 25;
/** Batches of one call under way at a time: enough to hide the latency, too few to crowd out other calls. */
const batchesAtOnce = 4;
/** Rounds of a batch without any progress before the call gives up; its pauses then sum to about 6 s. */
const idleRounds = 8;
const firstPauseMs = 50;
const longestPauseMs = 2000;

export function createDynamoStore(options: DynamoStoreOptions): Store {
  const { calls, table } = options;

  const sent = async <T>(call: Omit<Call, "table">, sending: Promise<T>): Promise<T> => {
    try {
      return await sending;
    } catch (error) {
      throw translateError(error, { table, ...call });
    }
  };

  const page = async (params: QueryCommandInput, site: string): Promise<Page<Item>> => {
    const answer = await sent({ operation: "query", site }, calls.query(params));
    const items = (answer.Items ?? []).map(toItem);
    return answer.LastEvaluatedKey === undefined ? { items } : { items, cursor: encodeCursor(answer.LastEvaluatedKey) };
  };

  /** Repeats what a batch left over until nothing is. `round` returns the keys still open. */
  const untilDone = async (keys: readonly Key[], call: Call, round: (open: readonly Key[]) => Promise<Key[]>) => {
    let idle = 0;
    for (let open = keys; ; ) {
      const left = await round(open);
      if (left.length === 0) return;
      idle = left.length < open.length ? 0 : idle + 1;
      if (idle === idleRounds) {
        throw new StoreError(
          `table ${table}: ${call.operation} at ${call.site} left over ${left.length} of ${keys.length} items ${idleRounds} times`,
        );
      }
      await pause(options, idle);
      open = left;
    }
  };

  return {
    async get(key, site) {
      const { Item } = await sent({ operation: "get", site }, calls.getItem(getParams(table, key)));
      return Item && toImage(Item);
    },

    async getMany(keys, site) {
      const call = { table, operation: "batch get", site };
      const found = new Map<string, Image>();
      await inBatches(distinct(keys), readBatch, (batch) =>
        untilDone(batch, call, async (open) => {
          const answer = await sent(call, calls.batchGetItem(batchGetParams(table, open)));
          for (const item of answer.Responses?.[table] ?? []) found.set(keyText(keyOf(item)), toImage(item));
          return keysOf(answer.UnprocessedKeys?.[table]?.Keys);
        }),
      );
      return keys.map((key) => found.get(keyText(key)));
    },

    query: async (pk, prefix, cursor, site) => page(queryParams(table, { pk, prefix, cursor }), site),

    async write(write, site) {
      const params = updateParams(table, write);
      try {
        const { Attributes } = await calls.updateItem(params);
        return { applied: true, image: toImage(Attributes ?? {}) };
      } catch (error) {
        if (isRefused(error)) return { applied: false, image: error.Item && toImage(error.Item) };
        throw translateError(error, { table, operation: "write", site, key: write.key });
      }
    },

    async remove(keys, site) {
      const call = { table, operation: "batch delete", site };
      await inBatches(distinct(keys), deleteBatch, (batch) =>
        untilDone(batch, call, async (open) => {
          const answer = await sent(call, calls.batchWriteItem(batchDeleteParams(table, open)));
          return keysOf(answer.UnprocessedItems?.[table]?.map(({ DeleteRequest }) => DeleteRequest?.Key ?? {}));
        }),
      );
    },

    due: async (shard, before, cursor, site) => page(dueParams(table, shard, before, cursor), site),

    list: async (shard, from, site) => page(listParams(table, shard, from), site),
  };
}

/** By name: a bundler may give the SDK's class another one, and an engine is spoken to without it. */
function isRefused(error: unknown): error is Error & { readonly Item?: WireItem } {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

/** Exponential, with full jitter: nobody repeats in step with others. */
function pause({ clock, ids }: DynamoStoreOptions, idle: number): Promise<void> {
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** idle);
  return new Promise((resolve) => {
    clock.after(ids.fraction() * longest, resolve);
  });
}

/** Runs the work on every batch, a few at a time; the first failure ends it. */
async function inBatches(
  keys: readonly Key[],
  size: number,
  work: (batch: readonly Key[]) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < keys.length) {
      const start = next;
      next += size;
      await work(keys.slice(start, start + size));
    }
  };
  await Promise.all(Array.from({ length: batchesAtOnce }, lane));
}

/** DynamoDB refuses a batch that names an item twice. */
function distinct(keys: readonly Key[]): readonly Key[] {
  return [...new Map(keys.map((key) => [keyText(key), key])).values()];
}

/** Text that no two keys share. */
function keyText({ pk, sk }: Key): string {
  return `${pk.length}:${pk}${sk}`;
}

function keysOf(items: readonly WireItem[] | undefined): Key[] {
  return (items ?? []).map(keyOf);
}
