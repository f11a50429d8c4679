/**
 * The SDK's client, configured once and with reasons.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SqsCalls } from "./calls.ts";

export interface SqsClientOptions {
  /** @default that of the environment */
  readonly region?: string;
  /** Another endpoint than AWS's, for example that of the local engine. */
  readonly endpoint?: string;
  /** @default those of the environment */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Tries of one request, the first included. What outlasts them is the message's to outlast. @default 5 */
  readonly maxAttempts?: number;
}

/** An answer that takes longer than this is as good as lost. A receive that waits is given that much longer. */
const requestTimeoutMs = 3000;
const connectionTimeoutMs = 1000;
/** More calls than one process ever has under way, waiting receives included. */
const maxSockets = 256;

export function createSqsClient(options: SqsClientOptions = {}): SQSClient {
  const agent = { keepAlive: true, maxSockets };
  const client = new SQSClient({
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
export function createLocalSqsClient(endpoint: string): SQSClient {
  return createSqsClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
}

/** The calls of the queues through the SDK: signed, repeated and timed by it. */
export function sqsCalls(client: Pick<SQSClient, "send">): SqsCalls {
  return {
    sendMessageBatch: (input) => client.send(new SendMessageBatchCommand(input)),
    deleteMessageBatch: (input) => client.send(new DeleteMessageBatchCommand(input)),
    receiveMessage: (input, options) => client.send(new ReceiveMessageCommand(input), options),
    changeMessageVisibility: (input) => client.send(new ChangeMessageVisibilityCommand(input)),
    purgeQueue: (input) => client.send(new PurgeQueueCommand(input)),
    getQueueAttributes: (input) => client.send(new GetQueueAttributesCommand(input)),
  };
}
