/**
 * A queue, with its receiving side, that counts what SQS is asked for and what it bills: one request for each started 64 KB
 * of what is sent or received, and one for every other call.
 *
 * A receive that comes back empty is counted apart: their number is a matter of time and of pollers, not of messages.
 *
 * @see https://aws.amazon.com/sqs/pricing/
 */
import { batchesOf, entryOf, maxBatch } from "../../lib/adapters/sqs/envelope.ts";
import type { ConsumedQueue, OutgoingMessage, Queue, QueueConsumer } from "../../lib/ports/index.ts";
import { messageKind } from "./kinds.ts";
import type { Meter, Place } from "./meter.ts";

/** Operation of a receive without messages. */
export const emptyReceive = "ReceiveMessage (empty)";

/** What calls of the receiving side have as a site. */
const site = "event source";
const requestBytes = 64 * 1024;

export function meteredQueue(queue: Queue & QueueConsumer, meter: Meter): Queue & QueueConsumer {
  /** Where messages in hand came from; a receipt alone does not tell. */
  const sources = new Map<string, ConsumedQueue>();

  const take = (receipt: string): ConsumedQueue => {
    const source = sources.get(receipt) ?? "request";
    sources.delete(receipt);
    return source;
  };

  return {
    async send(to, messages, at) {
      const place: Place = { site: at, operation: "SendMessageBatch", kind: messageKind(to) };
      for (const batch of batchesOf(messages.map((message, position) => entryOf(message, position)))) {
        const bytes = batch.reduce((sum, entry) => sum + entry.bytes, 0);
        meter.count(place, { calls: 1, requests: requestsOf(bytes), messages: batch.length, bytes });
      }
      return await queue.send(to, messages, at);
    },

    async receive(from, max, options) {
      const held = await queue.receive(from, max, options);
      const kind = messageKind(from);
      for (const { receipt } of held) sources.set(receipt, from);
      const bytes = held.reduce((sum, message) => sum + bytesOf(message), 0);
      const operation = held.length === 0 ? emptyReceive : "ReceiveMessage";
      meter.count({ site, operation, kind }, { calls: 1, requests: requestsOf(bytes), messages: held.length, bytes });
      return held;
    },

    async remove(...receipts) {
      const counts = new Map<ConsumedQueue, number>();
      for (const source of receipts.map(take)) counts.set(source, (counts.get(source) ?? 0) + 1);
      for (const [source, messages] of counts) {
        const calls = Math.ceil(messages / maxBatch);
        const kind = messageKind(source);
        meter.count({ site, operation: "DeleteMessageBatch", kind }, { calls, requests: calls, messages });
      }
      await queue.remove(...receipts);
    },

    async changeVisibility(receipt, seconds) {
      const kind = messageKind(take(receipt));
      meter.count({ site, operation: "ChangeMessageVisibility", kind }, { calls: 1, requests: 1, messages: 1 });
      await queue.changeVisibility(receipt, seconds);
    },
  };
}

function bytesOf({ body, attributes }: Pick<OutgoingMessage, "body" | "attributes">): number {
  return entryOf({ body, delaySeconds: 0, ...(attributes === undefined ? {} : { attributes }) }, 0).bytes;
}

function requestsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / requestBytes));
}
