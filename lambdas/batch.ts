/**
 * Between Lambda's event source mapping and the coordinator: records in, dispositions out, partial failures reported.
 *
 *  - B1 Each record stands alone: one that throws is reported as failed, its neighbours are not touched (S12).
 *  - B2 A record is left out of the failures only when the coordinator acknowledged it.
 *  - B3 A record to return gets its visibility first. When that call fails, the record is reported all the same and comes
 *    back when its present timeout ends.
 *  - B4 Nothing throws once work has begun: a thrown error would bring back the whole batch.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { z } from "zod";
import type { ConsumedQueue, Disposition, Log, ReceivedMessage } from "../lib/lambda.ts";

/** Gives a message back to its queue: it comes again after that many seconds (0–43,200). */
export type GiveBack = (queue: ConsumedQueue, receiptHandle: string, seconds: number) => Promise<void>;

/** A record as Lambda delivers it, as far as anybody here looks. */
const recordSchema = z.object({
  messageId: z.string().min(1),
  receiptHandle: z.string().min(1),
  body: z.string(),
  attributes: z.object({
    ApproximateReceiveCount: z.string(),
    SentTimestamp: z.string(),
    MessageGroupId: z.string().optional(),
  }),
  messageAttributes: z.record(z.string(), z.object({ stringValue: z.string().optional() })).default({}),
  eventSourceARN: z.string().min(1),
});
const eventSchema = z.object({ Records: z.array(recordSchema) });

/** One delivered message and where it came from. */
export interface Delivered {
  readonly message: ReceivedMessage;
  readonly receiptHandle: string;
  readonly eventSourceArn: string;
}

/** The records of an event. @throws ZodError when it is no SQS event: nothing was done yet, all of it comes back. */
export function deliveredIn(event: SQSEvent): readonly Delivered[] {
  return eventSchema.parse(event).Records.map((record) => ({
    message: {
      messageId: record.messageId,
      body: record.body,
      receiveCount: Number(record.attributes.ApproximateReceiveCount),
      sentAtMs: Number(record.attributes.SentTimestamp),
      attributes: textAttributes(record.messageAttributes),
      ...fairnessKeyOf(record.attributes),
    },
    receiptHandle: record.receiptHandle,
    eventSourceArn: record.eventSourceARN,
  }));
}

function fairnessKeyOf({ MessageGroupId }: { readonly MessageGroupId?: string | undefined }) {
  return MessageGroupId === undefined ? {} : { fairnessKey: MessageGroupId };
}

function textAttributes(
  found: Readonly<Record<string, { readonly stringValue?: string | undefined }>>,
): Record<string, string> {
  const texts = Object.entries(found).flatMap(([name, { stringValue }]) =>
    stringValue === undefined ? [] : [[name, stringValue] as const],
  );
  return Object.fromEntries(texts);
}

/** What the end of a batch needs. */
export interface SettleDeps {
  readonly giveBack: GiveBack;
  readonly log: Log;
}

/** Settles each record by itself, side by side, with the disposition that `handle` comes to. */
export async function settleEach(
  deps: SettleDeps,
  batch: readonly Delivered[],
  queueOf: (delivered: Delivered) => ConsumedQueue,
  handle: (delivered: Delivered) => Promise<Disposition>,
): Promise<SQSBatchResponse> {
  const failed = await Promise.all(batch.map((delivered) => settle(deps, delivered, queueOf, handle)));
  return {
    batchItemFailures: batch
      .filter((_, at) => failed[at])
      .map(({ message }) => ({ itemIdentifier: message.messageId })),
  };
}

/** True when the record failed: it stays on its queue. Never throws. */
async function settle(
  deps: SettleDeps,
  delivered: Delivered,
  queueOf: (delivered: Delivered) => ConsumedQueue,
  handle: (delivered: Delivered) => Promise<Disposition>,
): Promise<boolean> {
  const { messageId } = delivered.message;
  try {
    const disposition = await handle(delivered);
    if (disposition.kind === "acknowledge") return false;
    await deps.giveBack(queueOf(delivered), delivered.receiptHandle, disposition.delaySeconds);
  } catch (error) {
    deps.log.write("error", "a record failed", { messageId, error: String(error) });
  }
  return true;
}
