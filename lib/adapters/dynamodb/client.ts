/**
 * The SDK's client, configured once and with reasons.
 */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { DynamoCalls } from "./calls.ts";

export interface DynamoClientOptions {
  /** @default that of the environment */
  readonly region?: string;
  /** Another endpoint than AWS's, for example that of the local engine. */
  readonly endpoint?: string;
  /** @default those of the environment */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Tries of one request, the first included. What outlasts them is the message's to outlast. @default 5 */
  readonly maxAttempts?: number;
}

/**
 * An answer that takes longer than this is as good as lost: DynamoDB's own take milliseconds. All tries together then last
 * half a lease at most.
 */
const requestTimeoutMs = 3000;
const connectionTimeoutMs = 1000;
/** More calls than one process ever has under way. */
const maxSockets = 256;

export function createDynamoClient(options: DynamoClientOptions = {}): DynamoDBClient {
  const agent = { keepAlive: true, maxSockets };
  const client = new DynamoDBClient({
    ...options,
    maxAttempts: options.maxAttempts ?? 5,
    retryMode: "standard",
    requestHandler: {
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      connectionTimeout: connectionTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  // It hides what is secret in every request and answer, for a log that nobody has asked for: a tenth of a call's work here.
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** A client of a local engine: no account, no region, nothing read from the environment. */
export function createLocalDynamoClient(endpoint: string): DynamoDBClient {
  return createDynamoClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
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
