/**
 * The MD5 digests SQS returns with a message, so that a client can tell a damaged one.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
import { createHash } from "node:crypto";
import type { MessageAttribute, MessageAttributes } from "./message.ts";

/** Marks of the value's kind in the digest of attributes. */
const stringKind = Buffer.from([1]);
const binaryKind = Buffer.from([2]);

/** Digest of a body: hexadecimal, of its UTF-8 bytes. */
export function md5OfBody(body: string): string {
  return createHash("md5").update(body).digest("hex");
}

/** A part of the digest: its length in four bytes, then its bytes. */
function lengthPrefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function valuePart(attribute: MessageAttribute): Buffer {
  return attribute.BinaryValue === undefined
    ? Buffer.concat([stringKind, lengthPrefixed(Buffer.from(attribute.StringValue ?? ""))])
    : Buffer.concat([binaryKind, lengthPrefixed(Buffer.from(attribute.BinaryValue, "base64"))]);
}

/** Digest of attributes, sorted by name; `undefined` when there are none, as SQS then sends none. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) {
    return undefined;
  }
  const hash = createHash("md5");
  for (const name of names) {
    const attribute = attributes[name] as MessageAttribute;
    hash.update(lengthPrefixed(Buffer.from(name)));
    hash.update(lengthPrefixed(Buffer.from(attribute.DataType)));
    hash.update(valuePart(attribute));
  }
  return hash.digest("hex");
}
