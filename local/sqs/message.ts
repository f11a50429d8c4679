/**
 * What a message is made of, on the way in and on the way out.
 */
import { z } from "zod";

/** One message attribute, in the form it has on the wire: `BinaryValue` is base64. */
export const messageAttributeSchema = z.object({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.base64().optional(),
});
export type MessageAttribute = z.infer<typeof messageAttributeSchema>;
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** What a producer gives. Checked by `checkContent` before it gets here. */
export interface MessageContent {
  readonly body: string;
  readonly attributes: MessageAttributes;
  /** The system attribute `AWSTraceHeader`. */
  readonly traceHeader?: string | undefined;
  /** Kept and returned; a standard queue uses it for fairness between tenants, which this server has none of. */
  readonly groupId?: string | undefined;
}

/** What identifies a message and outlives a move to a dead-letter queue. */
export interface MessageHistory {
  readonly messageId: string;
  readonly sentAtMs: number;
  /** Receives in all queues it was in. */
  readonly receiveCount: number;
  readonly firstReceivedAtMs?: number | undefined;
  /** ARN of the queue whose redrive policy moved it here. */
  readonly deadLetterSourceArn?: string | undefined;
}

/** A message as one receive returns it. */
export interface ReceivedMessage {
  readonly content: MessageContent;
  readonly history: MessageHistory;
  readonly receiptHandle: string;
}

/** A message that leaves one queue for another. */
export interface MovedMessage {
  readonly content: MessageContent;
  readonly history: MessageHistory;
}

/** Bytes that count towards the size limit: body, and name, type and value of each attribute. */
export function messageBytes(content: Pick<MessageContent, "body" | "attributes">): number {
  let bytes = Buffer.byteLength(content.body);
  for (const [name, attribute] of Object.entries(content.attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType);
    bytes += Buffer.byteLength(attribute.StringValue ?? "");
    bytes += Buffer.byteLength(attribute.BinaryValue ?? "", "base64");
  }
  return bytes;
}
