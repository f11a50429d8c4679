/**
 * The SDK's client, and its calls.
 */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type ClientOptions, clientConfig, localOptions, unneededMiddleware } from "../client-config.ts";
import type { DynamoCalls } from "./calls.ts";

export function createDynamoClient(options: ClientOptions = {}): DynamoDBClient {
  const client = new DynamoDBClient(clientConfig(options));
  client.middlewareStack.remove(unneededMiddleware);
  return client;
}

/** A client of a local engine. */
export function createLocalDynamoClient(endpoint: string): DynamoDBClient {
  return createDynamoClient(localOptions(endpoint));
}

/** The calls of the store through the SDK: signed, repeated and timed by it. */
export function dynamoCalls(client: Pick<DynamoDBClient, "send">): DynamoCalls {
  return {
    getItem: (input) => client.send(new GetItemCommand(input)),
    batchGetItem: (input) => client.send(new BatchGetItemCommand(input)),
    batchWriteItem: (input) => client.send(new BatchWriteItemCommand(input)),
    query: (input) => client.send(new QueryCommand(input)),
    updateItem: (input) => client.send(new UpdateItemCommand(input)),
  };
}
