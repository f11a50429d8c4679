/**
 * Whether SQS takes a message: characters, size, attributes.
 *
 * A body with a character outside the allowed set is refused, not repaired: `JSON.stringify` lets U+FFFE and U+FFFF
 * through, so this is the check that shows a producer that forgot to escape them.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
import { invalidParameter, missingParameter, SqsError } from "./errors.ts";
import { sqsLimits } from "./limits.ts";
import { type MessageAttribute, type MessageAttributes, type MessageContent, messageBytes } from "./message.ts";

/** With the flag `u`, a surrogate without its partner is a code point of its own and not in the set. */
const allowedText = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;
const disallowedCharacters =
  "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";

const attributeName = /^(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]+(?<!\.)$/;
const reservedPrefix = /^(aws|amazon)\./i;
const dataType = /^(String|Number|Binary)(\..+)?$/;
const groupId = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

function refuseAttribute(message: string): never {
  throw new SqsError("InvalidParameterValue", message);
}

function checkAttributeName(name: string): void {
  if (name.length > sqsLimits.messageAttributeNameLength || !attributeName.test(name)) {
    refuseAttribute(
      `Message (user) attribute name '${name}' is invalid: up to 256 letters, digits, periods, hyphens and underscores, no period first, last or twice in a row.`,
    );
  }
  if (reservedPrefix.test(name)) {
    refuseAttribute(
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.",
    );
  }
}

function checkAttributeValue(name: string, attribute: MessageAttribute): void {
  const kind = dataType.exec(attribute.DataType)?.[1];
  if (kind === undefined || attribute.DataType.length > sqsLimits.messageAttributeNameLength) {
    refuseAttribute(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  }
  const value = kind === "Binary" ? attribute.BinaryValue : attribute.StringValue;
  if (value === undefined || value === "") {
    refuseAttribute(`Message (user) attribute '${name}' must contain a non-empty value of type '${kind}'.`);
  }
  if (kind !== "Binary" && !allowedText.test(value)) {
    refuseAttribute(disallowedCharacters);
  }
  if (kind === "Number" && !Number.isFinite(Number(value))) {
    refuseAttribute(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
}

function checkAttributes(attributes: MessageAttributes): void {
  const names = Object.keys(attributes);
  if (names.length > sqsLimits.messageAttributes) {
    refuseAttribute(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${sqsLimits.messageAttributes}].`,
    );
  }
  for (const name of names) {
    checkAttributeName(name);
    checkAttributeValue(name, attributes[name] as MessageAttribute);
  }
}

/**
 * Checks one message.
 *
 * @param maximumBytes - The queue's `MaximumMessageSize`.
 * @throws {@link SqsError} `MissingParameter` for an empty body, `InvalidMessageContents` for characters,
 * `InvalidParameterValue` for the rest.
 */
export function checkContent(content: MessageContent, maximumBytes: number): void {
  if (content.body === "") {
    throw missingParameter("MessageBody");
  }
  checkAttributes(content.attributes);
  if (messageBytes(content) > maximumBytes) {
    throw new SqsError(
      "InvalidParameterValue",
      `One or more parameters are invalid. Reason: Message must be shorter than ${maximumBytes} bytes.`,
    );
  }
  if (!allowedText.test(content.body)) {
    throw new SqsError("InvalidMessageContents", disallowedCharacters);
  }
  if (content.groupId !== undefined && !groupId.test(content.groupId)) {
    throw invalidParameter(
      "MessageGroupId",
      content.groupId,
      "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.",
    );
  }
}

/** Refuses a batch whose messages are together larger than one message may be. */
export function checkBatchBytes(contents: readonly Pick<MessageContent, "body" | "attributes">[]): void {
  const bytes = contents.reduce((sum, content) => sum + messageBytes(content), 0);
  if (bytes > sqsLimits.messageBytes) {
    throw new SqsError(
      "BatchRequestTooLong",
      `Batch requests cannot be longer than ${sqsLimits.messageBytes} bytes. You have sent ${bytes} bytes.`,
    );
  }
}
