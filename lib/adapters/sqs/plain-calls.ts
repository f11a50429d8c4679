/**
 * What the queues need of the SDK's client, for the local engine and without the SDK's work: no signature, no middleware, no
 * digests of what has not left the machine. Calls are on the wire what they are in the program.
 */
import type { JsonAnswer, JsonCall } from "../../ports/json-call.ts";
import type { CallOptions, SqsCalls } from "./calls.ts";

/** @throws As the SDK's, by name, for a refusal. */
export function createPlainSqsCalls(call: JsonCall): SqsCalls {
  const send = async <Output>(operation: string, input: object, options: CallOptions = {}): Promise<Output> => {
    const { requestTimeout, abortSignal } = options;
    const answer = await call(`AmazonSQS.${operation}`, JSON.stringify(input), {
      ...(requestTimeout === undefined ? {} : { timeoutMs: requestTimeout }),
      ...(abortSignal === undefined ? {} : { signal: abortSignal }),
    });
    if (answer.ok) return JSON.parse(answer.text) as Output;
    throw refusal(answer);
  };
  return {
    sendMessageBatch: (input) => send("SendMessageBatch", input),
    deleteMessageBatch: (input) => send("DeleteMessageBatch", input),
    receiveMessage: (input, options) => send("ReceiveMessage", input, options),
    changeMessageVisibility: (input) => send("ChangeMessageVisibility", input),
    purgeQueue: (input) => send("PurgeQueue", input),
    getQueueAttributes: (input) => send("GetQueueAttributes", input),
  };
}

/** By the name of its shape where SQS has one; else by the code of the older protocol, as the SDK does. */
function refusal({ text, queryCode }: JsonAnswer): Error {
  const { __type = "", message = "" } = JSON.parse(text) as { readonly __type?: string; readonly message?: string };
  const [room, shape = __type] = __type.split("#");
  const name = room === "com.amazonaws.sqs" ? shape : (queryCode ?? shape);
  return Object.assign(new Error(message), { name });
}
