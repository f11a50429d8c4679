/**
 * A received message in the form of the API, with the attributes the caller asked for and no others.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
import { md5OfAttributes, md5OfBody } from "../checksums.ts";
import { SqsError } from "../errors.ts";
import type { MessageAttributes, ReceivedMessage } from "../message.ts";

/** What the caller of a receive asked for. */
export interface WantedAttributes {
  /** From `MessageSystemAttributeNames` and the older `AttributeNames`. */
  readonly systemNames: readonly string[];
  readonly attributeNames: readonly string[];
  readonly senderId: string;
}

const systemAttributeNames: readonly string[] = [
  "All",
  "ApproximateFirstReceiveTimestamp",
  "ApproximateReceiveCount",
  "AWSTraceHeader",
  "DeadLetterQueueSourceArn",
  "MessageDeduplicationId",
  "MessageGroupId",
  "SenderId",
  "SentTimestamp",
  "SequenceNumber",
];

/** Refuses names that are no system attributes. */
export function checkSystemAttributeNames(names: readonly string[]): void {
  const unknown = names.find((name) => !systemAttributeNames.includes(name));
  if (unknown !== undefined) {
    throw new SqsError("InvalidAttributeName", `Unknown Attribute ${unknown}.`);
  }
}

/** `undefined` instead of an object without values, as SQS leaves those out. */
function unlessEmpty<T extends object>(object: T): T | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}

function systemAttributes(
  { content, history }: ReceivedMessage,
  wanted: WantedAttributes,
): Record<string, string> | undefined {
  const all: Readonly<Record<string, string | undefined>> = {
    SenderId: wanted.senderId,
    SentTimestamp: String(history.sentAtMs),
    ApproximateReceiveCount: String(history.receiveCount),
    ApproximateFirstReceiveTimestamp: String(history.firstReceivedAtMs),
    AWSTraceHeader: content.traceHeader,
    DeadLetterQueueSourceArn: history.deadLetterSourceArn,
    MessageGroupId: content.groupId,
  };
  const isWanted = (name: string): boolean => wanted.systemNames.includes("All") || wanted.systemNames.includes(name);
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined && isWanted(name)) {
      chosen[name] = value;
    }
  }
  return unlessEmpty(chosen);
}

/** Whether a name of the request (`All`, `.*`, `prefix.*` or a whole name) covers an attribute. */
function covers(pattern: string, name: string): boolean {
  if (pattern === "All" || pattern === ".*") {
    return true;
  }
  return pattern.endsWith(".*") ? name.startsWith(pattern.slice(0, -2)) : pattern === name;
}

function chosenAttributes(attributes: MessageAttributes, patterns: readonly string[]): MessageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => patterns.some((pattern) => covers(pattern, name))),
  );
}

/** The message as `ReceiveMessage` returns it. The digest of the attributes is over those returned. */
export function presentMessage(message: ReceivedMessage, wanted: WantedAttributes): object {
  const attributes = chosenAttributes(message.content.attributes, wanted.attributeNames);
  return {
    MessageId: message.history.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5OfBody(message.content.body),
    Body: message.content.body,
    Attributes: systemAttributes(message, wanted),
    MD5OfMessageAttributes: md5OfAttributes(attributes),
    MessageAttributes: unlessEmpty(attributes),
  };
}
