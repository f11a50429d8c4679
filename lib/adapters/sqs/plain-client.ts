/**
 * What the queues need of the SDK's client, for the local engine and without the SDK's work: no signature, no middleware, no
 * digests of what has not left the machine. Commands are on the wire what they are in the program.
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { JsonAnswer, JsonCall } from "../../ports/json-call.ts";

/** The commands that the queues send, and no others. */
const operations = new Map<unknown, string>([
  [ChangeMessageVisibilityCommand, "ChangeMessageVisibility"],
  [DeleteMessageBatchCommand, "DeleteMessageBatch"],
  [GetQueueAttributesCommand, "GetQueueAttributes"],
  [PurgeQueueCommand, "PurgeQueue"],
  [ReceiveMessageCommand, "ReceiveMessage"],
  [SendMessageBatchCommand, "SendMessageBatch"],
]);

interface Command {
  readonly input: object;
}

interface Options {
  readonly requestTimeout?: number;
  readonly abortSignal?: AbortSignal;
}

/** @throws As the SDK's, by name, for a refusal. */
export function createPlainSqsClient(call: JsonCall): Pick<SQSClient, "send"> {
  const send = async (command: Command, { requestTimeout, abortSignal }: Options = {}): Promise<unknown> => {
    const operation = operations.get(command.constructor);
    if (operation === undefined) throw new TypeError(`${command.constructor.name} is no command of the queues`);
    const answer = await call(`AmazonSQS.${operation}`, JSON.stringify(command.input), {
      ...(requestTimeout === undefined ? {} : { timeoutMs: requestTimeout }),
      ...(abortSignal === undefined ? {} : { signal: abortSignal }),
    });
    if (answer.ok) return JSON.parse(answer.text);
    throw refusal(answer);
  };
  return { send: send as SQSClient["send"] };
}

/** By the name of its shape where SQS has one; else by the code of the older protocol, as the SDK does. */
function refusal({ text, queryCode }: JsonAnswer): Error {
  const { __type = "", message = "" } = JSON.parse(text) as { readonly __type?: string; readonly message?: string };
  const [room, shape = __type] = __type.split("#");
  const name = room === "com.amazonaws.sqs" ? shape : (queryCode ?? shape);
  return Object.assign(new Error(message), { name });
}
