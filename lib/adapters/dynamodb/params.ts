/**
 * Requests to DynamoDB, built and not sent. Pure: what is asked of the table can be read, and tested, without one.
 *
 * Reads of the table itself are strongly consistent; those of an index cannot be.
 */
import type {
  BatchGetItemCommandInput,
  BatchWriteItemCommandInput,
  GetItemCommandInput,
  QueryCommandInput,
  UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import { InvalidRequestError, InvalidWriteError } from "../../errors.ts";
import type { Key, ListFrom, SetAction, Write } from "../../ports/store.ts";
import { toKey, type WireItem } from "./attributes.ts";
import { type Aliases, createAliases, renderCondition } from "./conditions.ts";
import { dueIndex, type IndexDefinition, listIndex, partitionKey, sortKey } from "./keys.ts";

export function getParams(table: string, key: Key): GetItemCommandInput {
  return { TableName: table, Key: toKey(key), ConsistentRead: true };
}

/** @param keys - Up to 100, none twice (AWS, BatchGetItem). */
export function batchGetParams(table: string, keys: readonly Key[]): BatchGetItemCommandInput {
  return { RequestItems: { [table]: { Keys: keys.map(toKey), ConsistentRead: true } } };
}

/** @param keys - Up to 25, none twice (AWS, BatchWriteItem). */
export function batchDeleteParams(table: string, keys: readonly Key[]): BatchWriteItemCommandInput {
  return { RequestItems: { [table]: keys.map((key) => ({ DeleteRequest: { Key: toKey(key) } })) } };
}

/**
 * One conditional write. The answer is the item after it, or the item its condition met.
 *
 * @throws {@link InvalidWriteError} for a value that the table cannot hold.
 */
export function updateParams(table: string, write: Write): UpdateItemCommandInput {
  const aliases = createAliases();
  try {
    const condition = write.condition && renderCondition(write.condition, aliases);
    const update = renderUpdate(write, aliases);
    const [names, values] = [aliases.names(), aliases.values()];
    return {
      TableName: table,
      Key: toKey(write.key),
      ...(update === "" ? {} : { UpdateExpression: update }),
      ...(condition === undefined ? {} : { ConditionExpression: condition }),
      ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    };
  } catch (cause) {
    throw new InvalidWriteError(write.key, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function renderUpdate({ set, remove = [] }: Write, aliases: Aliases): string {
  const sets = set.map((action) => renderSet(action, aliases));
  const removals = remove.map((name) => aliases.path([name]));
  const parts = [sets.length > 0 && `SET ${sets.join(", ")}`, removals.length > 0 && `REMOVE ${removals.join(", ")}`];
  return parts.filter(Boolean).join(" ");
}

function renderSet(action: SetAction, aliases: Aliases): string {
  const path = aliases.path(action.path);
  if (!("minus" in action)) return `${path} = ${aliases.value(action.value)}`;
  if (!Number.isSafeInteger(action.minus) || !Number.isSafeInteger(action.initial)) {
    throw new RangeError(`counting down takes integers, found ${action.initial} - ${action.minus}`);
  }
  return `${path} = if_not_exists(${path}, ${aliases.value(action.initial)}) - ${aliases.value(action.minus)}`;
}

export interface QueryRange {
  readonly pk: string;
  /** What the sort keys begin with; everything when empty, which DynamoDB does not take as a text. */
  readonly prefix: string;
  readonly cursor: string | undefined;
}

export function queryParams(table: string, { pk, prefix, cursor }: QueryRange): QueryCommandInput {
  const aliases = createAliases();
  const partition = `${aliases.path([partitionKey.name])} = ${aliases.value(pk)}`;
  const begins = prefix && ` AND begins_with(${aliases.path([sortKey.name])}, ${aliases.value(prefix)})`;
  return {
    TableName: table,
    ConsistentRead: true,
    ...keyCondition(partition + begins, aliases),
    ...startAfter(cursor),
  };
}

/** Access pattern "what is due": one shard, earliest first. */
export function dueParams(table: string, shard: string, before: number, cursor: string | undefined): QueryCommandInput {
  const aliases = createAliases();
  const partition = shardIs(dueIndex, shard, aliases);
  const range = `${aliases.path([dueIndex.sortKey.name])} <= ${aliases.value(before)}`;
  return {
    ...indexParams(table, dueIndex, cursor),
    ...keyCondition(`${partition} AND ${range}`, aliases),
    ScanIndexForward: true,
  };
}

/** Access pattern "what was submitted": one shard, latest first. */
export function listParams(table: string, shard: string, from: ListFrom): QueryCommandInput {
  const { cursor, wanted } = typeof from === "object" ? from : { cursor: from, wanted: undefined };
  const aliases = createAliases();
  return {
    ...indexParams(table, listIndex, cursor),
    ...(wanted === undefined ? {} : { Limit: wanted }),
    ...keyCondition(shardIs(listIndex, shard, aliases), aliases),
    ScanIndexForward: false,
  };
}

function indexParams(table: string, index: IndexDefinition, cursor: string | undefined) {
  return { TableName: table, IndexName: index.name, ...startAfter(cursor) };
}

function shardIs(index: IndexDefinition, shard: string, aliases: Aliases): string {
  return `${aliases.path([index.partitionKey.name])} = ${aliases.value(shard)}`;
}

function keyCondition(expression: string, aliases: Aliases) {
  return {
    KeyConditionExpression: expression,
    ExpressionAttributeNames: aliases.names(),
    ExpressionAttributeValues: aliases.values(),
  };
}

/** Where a page ended: keys of the table and of the index. */
const lastKeySchema = z.record(
  z.string(),
  z.union([z.strictObject({ S: z.string() }), z.strictObject({ N: z.string() })]),
);

export function encodeCursor(lastKey: WireItem): string {
  return Buffer.from(JSON.stringify(lastKey)).toString("base64url");
}

function startAfter(cursor: string | undefined): { readonly ExclusiveStartKey?: WireItem } {
  if (cursor === undefined) return {};
  try {
    return { ExclusiveStartKey: lastKeySchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString())) };
  } catch {
    throw new InvalidRequestError("cursor", cursor, "must be one that this store gave out");
  }
}
