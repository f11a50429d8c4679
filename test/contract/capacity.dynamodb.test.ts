/**
 * The meter's arithmetic against what an engine says it consumed (ReturnConsumedCapacity).
 *
 * Items are padded to a whole KB and to one byte more by our own count: where the units of both agree, the bytes do. A refused
 * write is not compared, since DynamoDB tells nothing of what that consumed.
 */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type ConsumedCapacity,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { itemBytes, readUnits, writeCapacity } from "../../bench/meter/item-size.ts";
import { createLocalDynamoClient } from "../../lib/adapters/dynamodb/client.ts";
import {
  batchDeleteParams,
  batchGetParams,
  getParams,
  queryParams,
  updateParams,
} from "../../lib/adapters/dynamodb/params.ts";
import { createTable } from "../../lib/adapters/dynamodb/table.ts";
import type { Image, Key, Value } from "../../lib/ports/index.ts";
import { type Dynoxide, dynoxideAvailable, startDynoxide } from "../../local/dynoxide.ts";

const table = "tutti";
const items = 300;

const numbers = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, 10, 99, 100, -1, 1_767_260_467_123, 110, 12_300, 0.5, -2.25, 3.25159, 0.0123, 1e-7),
);
const texts = fc.string({ unit: "binary", maxLength: 20 });
const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "value" },
    texts,
    numbers,
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie("value"), { maxLength: 4, depthIdentifier: "value" }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const inIndexes = fc.record(
  {
    dueShard: fc.constantFrom("due#0", "due#1"),
    due: fc.integer({ min: 0, max: 2 }),
    listShard: fc.constant("list#0"),
    listAt: fc.integer({ min: 0, max: 2 }),
  },
  { requiredKeys: [] },
);

const images = fc
  .tuple(
    fc.dictionary(fc.constantFrom("a", "g", "s0", "remaining", "é🎉"), values, { noNullPrototype: true }),
    inIndexes,
  )
  .map(([image, indexed]): Image => ({ ...image, ...indexed }));

/** The item with as much padding as makes it that many bytes. */
function padded(key: Key, image: Image, bytes: number): Image {
  const without = itemBytes({ key, image: { ...image, padding: "" } });
  return { ...image, padding: "x".repeat(Math.max(0, bytes - without)) };
}

/** The write that makes one image of another. */
function writeFrom(key: Key, before: Image, after: Image) {
  const set = Object.entries(after).map(([name, value]) => ({ path: [name] as const, value }));
  const remove = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return { key, set, remove };
}

function unitsIn(consumed: ConsumedCapacity | undefined) {
  const indexes = Object.entries(consumed?.GlobalSecondaryIndexes ?? {});
  return {
    table: consumed?.Table?.CapacityUnits,
    indexes: Object.fromEntries(indexes.map(([name, { CapacityUnits }]) => [name, CapacityUnits])),
    total: consumed?.CapacityUnits,
  };
}

describe.skipIf(!dynoxideAvailable())("capacity units are what dynoxide consumes", () => {
  let engine: Dynoxide;
  let client: ReturnType<typeof createLocalDynamoClient>;
  let keys = 0;
  const freshKey = (): Key => ({ pk: "run", sk: `item#${keys++}` });

  beforeAll(async () => {
    engine = await startDynoxide();
    client = createLocalDynamoClient(engine.endpoint);
    await createTable(client, table);
  });
  afterAll(async () => {
    client?.destroy();
    await engine?.close();
  });

  const update = async (key: Key, before: Image, after: Image) => {
    const params = updateParams(table, writeFrom(key, before, after));
    const { ConsumedCapacity } = await client.send(
      new UpdateItemCommand({ ...params, ReturnConsumedCapacity: "INDEXES" }),
    );
    return unitsIn(ConsumedCapacity);
  };

  it(`by ${items} writes of new items, and of others in their place`, async () => {
    const property = fc.asyncProperty(images, images, fc.nat({ max: 3 }), fc.nat({ max: 3 }), async (a, b, ka, kb) => {
      const key = freshKey();
      let before: Image | undefined;
      for (const [image, kilobytes] of [[a, ka] as const, [b, kb] as const]) {
        for (const more of [0, 1]) {
          const after = padded(key, image, kilobytes * 1024 + more);
          expect(await update(key, before ?? {}, after)).toEqual(writeCapacity(key, before, after));
          before = after;
        }
      }
    });
    await fc.assert(property, { numRuns: items / 2 });
  });

  it("by reads of one item, of many, of a partition, and by deletes", async () => {
    const written = fc.sample(images, 60).map((image, i) => {
      const key: Key = { pk: "reads", sk: `item#${String(i).padStart(3, "0")}` };
      return { key, image: padded(key, image, (i % 3) * 4096 + (i % 2)) };
    });
    for (const { key, image } of written) await update(key, {}, image);
    const absent: Key = { pk: "reads", sk: "none" };
    const ReturnConsumedCapacity = "INDEXES";

    for (const item of written) {
      const params = { ...getParams(table, item.key), ReturnConsumedCapacity } as const;
      const { ConsumedCapacity } = await client.send(new GetItemCommand(params));
      expect(ConsumedCapacity?.CapacityUnits).toBe(readUnits(itemBytes(item)));
    }
    const many = [...written.map(({ key }) => key), absent];
    const got = await client.send(new BatchGetItemCommand({ ...batchGetParams(table, many), ReturnConsumedCapacity }));
    expect(got.ConsumedCapacity?.[0]?.CapacityUnits).toBe(
      written.reduce((sum, item) => sum + readUnits(itemBytes(item)), readUnits(0)),
    );
    const range = { pk: "reads", prefix: "", cursor: undefined };
    const page = await client.send(new QueryCommand({ ...queryParams(table, range), ReturnConsumedCapacity }));
    expect(page.Items).toHaveLength(written.length);
    expect(page.ConsumedCapacity?.CapacityUnits).toBe(
      readUnits(written.reduce((sum, item) => sum + itemBytes(item), 0)),
    );
    const gone = written.slice(0, 25);
    const deleted = await client.send(
      new BatchWriteItemCommand({
        ...batchDeleteParams(
          table,
          gone.map(({ key }) => key),
        ),
        ReturnConsumedCapacity,
      }),
    );
    expect(deleted.ConsumedCapacity?.[0]?.CapacityUnits).toBe(
      gone.reduce((sum, { key, image }) => sum + writeCapacity(key, image, undefined).total, 0),
    );
  });
});
