/**
 * The queues on SQS: the one file that sends and receives. Messages are made in envelope.ts.
 *
 * Sending repeats nothing itself but what the SDK repeats: what SQS refused is told to the caller, who knows whether it
 * is still wanted. A message that an answer does not mention counts as refused.
 */
import type { QueueAttributeName, ReceiveMessageCommandInput } from "@aws-sdk/client-sqs";
import { QueueError } from "../../errors.ts";
import type { ConsumedQueue, Queue, QueueConsumer, QueueDepth } from "../../ports/queue.ts";
import type { SqsCalls } from "./calls.ts";
import { batchesOf, type Entry, entryOf, heldOf, maxBatch, maxBatchBytes, readReceipt } from "./envelope.ts";
import { type QueueUrls, queueUrlResolver } from "./urls.ts";

export interface SqsQueueOptions {
  readonly calls: SqsCalls;
  readonly urls: QueueUrls;
  /** Largest message, and sum of a batch. @default 1048576 (1 MiB, as SQS); less for a queue set to less */
  readonly maxBytes?: number;
}

export interface SqsQueue extends Queue, QueueConsumer {
  depth(queue: ConsumedQueue): Promise<QueueDepth>;
  /** Deletes every message in it. SQS takes up to a minute, and one such call a minute. */
  purge(queue: ConsumedQueue): Promise<void>;
}

/** What a receive waits longer for than SQS does, before its answer counts as lost. */
const answerTimeoutMs = 5000;

export function createSqsQueue({ calls, urls, maxBytes = maxBatchBytes }: SqsQueueOptions): SqsQueue {
  const urlOf = queueUrlResolver(urls);

  const sendBatch = async (url: string, batch: readonly Entry[]): Promise<readonly number[]> => {
    const entries = batch.map(({ request }) => request);
    const { Successful = [] } = await calls.sendMessageBatch({ QueueUrl: url, Entries: entries });
    const accepted = new Set(Successful.map(({ Id }) => Id));
    return batch.filter(({ request }) => !accepted.has(request.Id)).map(({ position }) => position);
  };

  const removeBatch = async (queue: ConsumedQueue, handles: readonly string[]): Promise<void> => {
    const entries = handles.map((handle, i) => ({ Id: String(i), ReceiptHandle: handle }));
    const { Failed = [] } = await calls.deleteMessageBatch({ QueueUrl: urlOf(queue), Entries: entries });
    // A receipt that is no longer good has nothing to remove; any other refusal leaves the message in the queue.
    const left = Failed.filter(({ Code }) => !isOldReceipt(Code ?? ""));
    if (left.length > 0) throw new Error(`${left.length} of ${handles.length} were not removed: ${left[0]?.Code}`);
  };

  return {
    async send(queue, messages, site) {
      const entries = messages.map((message, position) => entryOf(message, position, maxBytes));
      return await translated(`send to ${queue} at ${site}`, async () => {
        const refused = await Promise.all(batchesOf(entries, maxBytes).map((batch) => sendBatch(urlOf(queue), batch)));
        return { failed: refused.flat() };
      });
    },

    async receive(queue, max, { waitSeconds = 0, signal } = {}) {
      if (signal?.aborted) return [];
      const input: ReceiveMessageCommandInput = {
        QueueUrl: urlOf(queue),
        MaxNumberOfMessages: max,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp", "MessageGroupId"],
        MessageAttributeNames: ["All"],
      };
      const options = { requestTimeout: waitSeconds * 1000 + answerTimeoutMs, ...(signal && { abortSignal: signal }) };
      return await translated(`receive from ${queue}`, async () => {
        try {
          const { Messages = [] } = await calls.receiveMessage(input, options);
          return Messages.map((message) => heldOf(queue, message));
        } catch (error) {
          if (signal?.aborted) return [];
          throw error;
        }
      });
    },

    async remove(...receipts) {
      const handles = new Map<ConsumedQueue, string[]>();
      for (const { queue, handle } of receipts.map(readReceipt))
        handles.set(queue, [...(handles.get(queue) ?? []), handle]);
      for (const [queue, all] of handles) {
        for (let at = 0; at < all.length; at += maxBatch) {
          await translated(`remove from ${queue}`, () => removeBatch(queue, all.slice(at, at + maxBatch)));
        }
      }
    },

    async changeVisibility(receipt, seconds) {
      const { queue, handle } = readReceipt(receipt);
      await translated(`give back to ${queue}`, async () => {
        try {
          await calls.changeMessageVisibility({
            QueueUrl: urlOf(queue),
            ReceiptHandle: handle,
            VisibilityTimeout: seconds,
          });
        } catch (error) {
          if (!(error instanceof Error && (isOldReceipt(error.name) || isGone(error)))) throw error;
        }
      });
    },

    async purge(queue) {
      await translated(`purge of ${queue}`, () => calls.purgeQueue({ QueueUrl: urlOf(queue) }));
    },

    async depth(queue) {
      const names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
      ] as const satisfies readonly QueueAttributeName[];
      return await translated(`depth of ${queue}`, async () => {
        const { Attributes = {} } = await calls.getQueueAttributes({
          QueueUrl: urlOf(queue),
          AttributeNames: [...names],
        });
        const [visible = 0, inFlight = 0, delayed = 0] = names.map((name) => Number(Attributes[name]));
        return { visible, inFlight, delayed };
      });
    },
  };
}

/** Whatever the SDK throws, as a `QueueError`: all of it may pass, and no message is lost meanwhile. */
async function translated<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof QueueError) throw cause;
    const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
    throw new QueueError(`${what} failed: ${name}: ${message}`, { cause });
  }
}

function isOldReceipt(code: string): boolean {
  return code === "ReceiptHandleIsInvalid" || code === "MessageNotInflight";
}

/** How SQS says that a receipt's message is no longer there. */
function isGone(error: Error): boolean {
  return error.name === "InvalidParameterValue" && /ReceiptHandle/i.test(error.message);
}
