/**
 * Our own messages at the border: bytes are counted before anything is parsed, and the shape is checked before anything is used.
 */
import { InvalidRequestError } from "../errors.ts";
import type { Schema } from "../model/issue-rule.ts";
import { limits } from "../model/limits.ts";

/**
 * A message of that shape.
 *
 * @param body - At most 1 MiB in UTF-8, which is what SQS takes.
 * @throws InvalidRequestError when it is none
 */
export function parseMessage<Message>(schema: Schema<Message>, body: string): Message {
  const bytes = Buffer.byteLength(body);
  if (bytes > limits.messageBytes)
    throw new InvalidRequestError("message", bytes, `must have at most ${limits.messageBytes} bytes`);
  const parsed = schema.safeParse(jsonIn(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ["message", ...(issue?.path ?? [])].map(String).join(".");
  throw new InvalidRequestError(path, undefined, issue?.message ?? "is not a message of that kind");
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidRequestError("message", body, "must be JSON");
  }
}
