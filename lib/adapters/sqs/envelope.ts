/**
 * What a message is on the wire: its characters, its size, its entry in a batch. Pure.
 */
import type { Message, MessageAttributeValue, SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { MessageTooLargeError } from "../../errors.ts";
import type { ConsumedQueue, HeldMessage, OutgoingMessage } from "../../ports/queue.ts";

/** Messages of a batch (AWS, SendMessageBatch). */
export const maxBatch = 10;
/** Bytes of a message, and of a batch (AWS, SendMessageBatch: 1 MiB). */
export const maxBatchBytes = 1024 * 1024;

/** Seconds a message may be held back (AWS, SendMessageBatch). */
const maxDelaySeconds = 900;

/** Everything but the characters that SQS takes (AWS, SendMessage: #x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF). */
const refused = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * A JSON text in characters that SQS takes. What it refuses, as U+FFFF or a lone surrogate, can stand in a JSON text only
 * within a string, where an escape means the same.
 */
export function escapeBody(json: string): string {
  return json.replace(refused, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** One entry of a batch, with the bytes that SQS counts for it. Its id is its position in what is sent. */
export interface Entry {
  readonly position: number;
  readonly bytes: number;
  readonly request: SendMessageBatchRequestEntry;
}

/**
 * @throws {@link MessageTooLargeError} when the message alone is larger than a batch may be.
 * @throws RangeError for a delay that SQS does not take.
 */
export function entryOf(message: OutgoingMessage, position: number, limitBytes = maxBatchBytes): Entry {
  const { delaySeconds } = message;
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > maxDelaySeconds) {
    throw new RangeError(`delay of ${delaySeconds} s, allowed is an integer of 0 to ${maxDelaySeconds}`);
  }
  const body = escapeBody(message.body);
  const attributes = Object.entries(message.attributes ?? {});
  const named = attributes.map(([name, value]): [string, MessageAttributeValue] => [
    name,
    { DataType: "String", StringValue: value },
  ]);
  const bytes = Buffer.byteLength(body) + attributes.reduce((sum, pair) => sum + attributeBytes(pair), 0);
  if (bytes > limitBytes) throw new MessageTooLargeError(bytes, limitBytes);
  const request = {
    Id: String(position),
    MessageBody: body,
    DelaySeconds: delaySeconds,
    ...(named.length === 0 ? {} : { MessageAttributes: Object.fromEntries(named) }),
  };
  return { position, bytes, request };
}

/** Name, type and value count (AWS, SQS message metadata). */
function attributeBytes([name, value]: readonly [string, string]): number {
  return Buffer.byteLength(name) + "String".length + Buffer.byteLength(value);
}

/** Batches that SQS takes, in order: by number and by bytes. */
export function batchesOf(entries: readonly Entry[], limitBytes = maxBatchBytes): readonly (readonly Entry[])[] {
  const batches: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const last = batches.at(-1);
    if (!last || last.length === maxBatch || bytes + entry.bytes > limitBytes) {
      batches.push([entry]);
      bytes = entry.bytes;
    } else {
      last.push(entry);
      bytes += entry.bytes;
    }
  }
  return batches;
}

/** A received message in our terms. */
export function heldOf(queue: ConsumedQueue, message: Message): HeldMessage {
  const attributes = Object.entries(message.MessageAttributes ?? {});
  return {
    messageId: message.MessageId ?? "",
    body: message.Body ?? "",
    receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    sentAtMs: Number(message.Attributes?.SentTimestamp ?? 0),
    attributes: Object.fromEntries(attributes.map(([name, { StringValue = "" }]) => [name, StringValue])),
    queue,
    receipt: receiptOf(queue, message.ReceiptHandle ?? ""),
  };
}

/** A receipt names its queue too, since SQS asks for both. No queue's name holds a space. */
function receiptOf(queue: ConsumedQueue, handle: string): string {
  return `${queue} ${handle}`;
}

export function readReceipt(receipt: string): { readonly queue: ConsumedQueue; readonly handle: string } {
  const space = receipt.indexOf(" ");
  return { queue: receipt.slice(0, space) as ConsumedQueue, handle: receipt.slice(space + 1) };
}
