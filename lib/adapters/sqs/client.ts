/**
 * The SDK's client, and its calls.
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
import { type ClientOptions, clientConfig, localOptions, unneededMiddleware } from "../client-config.ts";
import type { SqsCalls } from "./calls.ts";

export function createSqsClient(options: ClientOptions = {}): SQSClient {
  const client = new SQSClient(clientConfig(options));
  client.middlewareStack.remove(unneededMiddleware);
  return client;
}

/** A client of a local engine. */
export function createLocalSqsClient(endpoint: string): SQSClient {
  return createSqsClient(localOptions(endpoint));
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
