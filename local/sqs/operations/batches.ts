/**
 * Operations on up to ten messages. The batch as a whole is refused for its form; an entry fails alone for its content.
 */
import type { z } from "zod";
import { checkBatchBytes } from "../content.ts";
import { SqsError } from "../errors.ts";
import { sqsLimits } from "../limits.ts";
import { entrySchemas, parseRequest, requestSchemas } from "../requests.ts";
import { sendOne } from "./messages.ts";
import { type Operation, operation } from "./operation.ts";

interface UnparsedEntry {
  readonly Id: string;
}

const entryId = new RegExp(`^[A-Za-z0-9_-]{1,${sqsLimits.batchEntryIdLength}}$`);

/** Refuses a batch for its number of entries and their ids. */
function checkEntries(entries: readonly UnparsedEntry[]): void {
  if (entries.length === 0) {
    throw new SqsError("EmptyBatchRequest", "There should be at least one entry in the request.");
  }
  if (entries.length > sqsLimits.batchEntries) {
    const message = `Maximum number of entries per request are ${sqsLimits.batchEntries}. You have sent ${entries.length}.`;
    throw new SqsError("TooManyEntriesInBatchRequest", message);
  }
  if (entries.some(({ Id }) => !entryId.test(Id))) {
    const message =
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
    throw new SqsError("InvalidBatchEntryId", message);
  }
  const repeated = entries.find(({ Id }, index) => entries.findIndex((other) => other.Id === Id) < index);
  if (repeated !== undefined) {
    throw new SqsError("BatchEntryIdsNotDistinct", `Id ${repeated.Id} repeated.`);
  }
}

function failedEntry(id: string, error: unknown): object {
  if (!(error instanceof SqsError)) {
    throw error;
  }
  const { queryCode, status } = error.shape;
  return { Id: id, SenderFault: status < 500, Code: queryCode, Message: error.message };
}

/** Does the work for each entry. Lists without entries are left out, as on AWS. */
function runEntries<T>(entries: readonly UnparsedEntry[], schema: z.ZodType<T>, run: (entry: T) => object): object {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...run(parseRequest(schema, entry)) });
    } catch (error) {
      failed.push(failedEntry(entry.Id, error));
    }
  }
  return {
    Successful: successful.length === 0 ? undefined : successful,
    Failed: failed.length === 0 ? undefined : failed,
  };
}

/** Refuses a batch of sends for its size. An entry that cannot be parsed counts nothing: it will fail alone. */
function checkSize(entries: readonly UnparsedEntry[]): void {
  const parsed = entries.flatMap((entry) => entrySchemas.SendMessageBatch.safeParse(entry).data ?? []);
  checkBatchBytes(
    parsed.map(({ MessageBody, MessageAttributes }) => ({ body: MessageBody, attributes: MessageAttributes })),
  );
}

export const batchOperations = {
  SendMessageBatch: operation(requestSchemas.SendMessageBatch, ({ QueueUrl, Entries }, { service }) => {
    const queue = service.broker.byUrl(QueueUrl);
    checkEntries(Entries);
    checkSize(Entries);
    const result = runEntries(Entries, entrySchemas.SendMessageBatch, (entry) => sendOne(queue, entry));
    service.polling.wake(queue);
    return result;
  }),

  DeleteMessageBatch: operation(requestSchemas.DeleteMessageBatch, ({ QueueUrl, Entries }, { service }) => {
    const queue = service.broker.byUrl(QueueUrl);
    checkEntries(Entries);
    return runEntries(Entries, entrySchemas.DeleteMessageBatch, (entry) => {
      queue.core.delete(entry.ReceiptHandle);
      return {};
    });
  }),

  ChangeMessageVisibilityBatch: operation(
    requestSchemas.ChangeMessageVisibilityBatch,
    ({ QueueUrl, Entries }, { service }) => {
      const queue = service.broker.byUrl(QueueUrl);
      checkEntries(Entries);
      const result = runEntries(Entries, entrySchemas.ChangeMessageVisibilityBatch, (entry) => {
        queue.core.changeVisibility(entry.ReceiptHandle, entry.VisibilityTimeout);
        return {};
      });
      service.polling.wake(queue);
      return result;
    },
  ),
} satisfies Readonly<Record<string, Operation>>;
