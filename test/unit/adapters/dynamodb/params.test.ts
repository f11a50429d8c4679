import { describe, expect, it } from "vitest";
import { partitionKey, sortKey } from "../../../../lib/adapters/dynamodb/keys.ts";
import {
  batchDeleteParams,
  batchGetParams,
  dueParams,
  encodeCursor,
  getParams,
  listParams,
  queryParams,
  updateParams,
} from "../../../../lib/adapters/dynamodb/params.ts";
import { tableParams } from "../../../../lib/adapters/dynamodb/table.ts";
import { InvalidRequestError, InvalidWriteError } from "../../../../lib/errors.ts";
import type { Key } from "../../../../lib/ports/index.ts";

const key: Key = { pk: "run", sk: "head" };
const wireKey = { pk: { S: "run" }, sk: { S: "head" } };

describe("requests to DynamoDB", () => {
  it("reads one item strongly (J16)", () => {
    expect(getParams("t", key)).toEqual({ TableName: "t", Key: wireKey, ConsistentRead: true });
  });

  it("reads a batch strongly (J16)", () => {
    expect(batchGetParams("t", [key])).toEqual({ RequestItems: { t: { Keys: [wireKey], ConsistentRead: true } } });
  });

  it("deletes a batch", () => {
    expect(batchDeleteParams("t", [key])).toEqual({ RequestItems: { t: [{ DeleteRequest: { Key: wireKey } }] } });
  });

  it("commits as docs/protocol.md says: guard, lease, outcome and count-down in one write", () => {
    const params = updateParams("t", {
      key,
      set: [
        { path: ["g"], value: 1 },
        { path: ["s0"], value: { s: "SUCCEEDED", v: "1" } },
        { path: ["remaining"], minus: 1, initial: 4 },
        { path: ["s1", "u"], value: 1 },
      ],
      remove: ["error"],
      condition: {
        is: "all",
        of: [
          {
            is: "any",
            of: [
              { is: "absent", path: ["g"] },
              { is: "equal", path: ["g"], value: 1 },
            ],
          },
          { is: "equal", path: ["s0", "o"], value: "me" },
        ],
      },
    });
    expect(params).toEqual({
      TableName: "t",
      Key: wireKey,
      ConditionExpression: "(attribute_not_exists(#0) OR #0 = :0) AND #1.#2 = :1",
      UpdateExpression: "SET #0 = :0, #1 = :2, #3 = if_not_exists(#3, :3) - :0, #4.#5 = :0 REMOVE #6",
      ExpressionAttributeNames: {
        "#0": "g",
        "#1": "s0",
        "#2": "o",
        "#3": "remaining",
        "#4": "s1",
        "#5": "u",
        "#6": "error",
      },
      ExpressionAttributeValues: {
        ":0": { N: "1" },
        ":1": { S: "me" },
        ":2": { M: { s: { S: "SUCCEEDED" }, v: { S: "1" } } },
        ":3": { N: "4" },
      },
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  });

  it("leaves out what a write does not say", () => {
    const answers = { ReturnValues: "ALL_NEW", ReturnValuesOnConditionCheckFailure: "ALL_OLD" };
    expect(updateParams("t", { key, set: [], remove: [] })).toEqual({ TableName: "t", Key: wireKey, ...answers });
    expect(updateParams("t", { key, set: [], remove: ["a"] })).toEqual({
      TableName: "t",
      Key: wireKey,
      UpdateExpression: "REMOVE #0",
      ExpressionAttributeNames: { "#0": "a" },
      ...answers,
    });
  });

  it("gives every map, list and bytes an alias of its own", () => {
    const set = [1, 2].map((i) => ({ path: [`m${i}`] as const, value: { a: [Uint8Array.of(1), null, true] } }));
    expect(Object.keys(updateParams("t", { key, set }).ExpressionAttributeValues ?? {})).toEqual([":0", ":1"]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, [{ a: -(2 ** 53) }]])(
    "refuses the value %j before it is sent",
    (value) => {
      expect(() => updateParams("t", { key, set: [{ path: ["a"], value }] })).toThrow(InvalidWriteError);
    },
  );

  it("keeps each slot of a claim of sixteen within one expression", () => {
    const condition = {
      is: "all" as const,
      of: Array.from({ length: 16 }, (_, i) => ({ is: "absent" as const, path: [`s${i}`] as const })),
    };
    const { ConditionExpression = "" } = updateParams("t", { key, set: [], condition });
    expect(ConditionExpression.length).toBeLessThan(600);
  });

  it("asks for a partition, or for a prefix of it, strongly and in order (J16)", () => {
    expect(queryParams("t", { pk: "run", prefix: "", cursor: undefined })).toEqual({
      TableName: "t",
      ConsistentRead: true,
      KeyConditionExpression: "#0 = :0",
      ExpressionAttributeNames: { "#0": "pk" },
      ExpressionAttributeValues: { ":0": { S: "run" } },
    });
    expect(queryParams("t", { pk: "run", prefix: "tally#", cursor: undefined })).toMatchObject({
      KeyConditionExpression: "#0 = :0 AND begins_with(#1, :1)",
      ExpressionAttributeNames: { "#0": "pk", "#1": "sk" },
      ExpressionAttributeValues: { ":0": { S: "run" }, ":1": { S: "tally#" } },
    });
  });

  it("asks an index for what is due, earliest first, and never strongly", () => {
    expect(dueParams("t", "due#1", 500, undefined)).toEqual({
      TableName: "t",
      IndexName: "due",
      KeyConditionExpression: "#0 = :0 AND #1 <= :1",
      ExpressionAttributeNames: { "#0": "dueShard", "#1": "due" },
      ExpressionAttributeValues: { ":0": { S: "due#1" }, ":1": { N: "500" } },
      ScanIndexForward: true,
    });
  });

  it("asks an index for what was submitted, latest first", () => {
    expect(listParams("t", "list#1", undefined)).toEqual({
      TableName: "t",
      IndexName: "list",
      KeyConditionExpression: "#0 = :0",
      ExpressionAttributeNames: { "#0": "listShard" },
      ExpressionAttributeValues: { ":0": { S: "list#1" } },
      ScanIndexForward: false,
    });
    expect(listParams("t", "list#1", { cursor: undefined, wanted: 50 }).Limit).toBe(50);
  });

  it("goes on where a cursor says", () => {
    const lastKey = { pk: { S: "é🎉" }, sk: { S: "1" }, dueShard: { S: "due#1" }, due: { N: "5" } };
    expect(dueParams("t", "due#1", 500, encodeCursor(lastKey)).ExclusiveStartKey).toEqual(lastKey);
  });

  it.each(["", "x", encodeCursor({ pk: { BOOL: true } }), Buffer.from("[1]").toString("base64url")])(
    "refuses the cursor %j",
    (cursor) => {
      expect(() => queryParams("t", { pk: "run", prefix: "", cursor })).toThrow(InvalidRequestError);
    },
  );

  it("defines the table by its names", () => {
    const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = tableParams("t");
    expect(
      AttributeDefinitions?.map(({ AttributeName, AttributeType }) => `${AttributeName}:${AttributeType}`),
    ).toEqual(["pk:S", "sk:S", "dueShard:S", "due:N", "listShard:S", "listAt:N"]);
    expect(KeySchema?.map(({ AttributeName }) => AttributeName)).toEqual([partitionKey.name, sortKey.name]);
    expect(GlobalSecondaryIndexes?.map(({ IndexName, Projection }) => [IndexName, Projection?.ProjectionType])).toEqual(
      [
        ["due", "KEYS_ONLY"],
        ["list", "ALL"],
      ],
    );
  });
});
