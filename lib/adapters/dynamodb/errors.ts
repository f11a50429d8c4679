/**
 * What DynamoDB and its SDK throw, in Tutti's words.
 *
 * A fault of the write is told from a fault of the moment: only the second may be repeated. What is neither, as a missing
 * permission or table, counts as the second: an operator can mend it, and no message is lost meanwhile.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import { InvalidWriteError, ItemTooLargeError, StoreError, type TuttiError } from "../../errors.ts";
import type { Key } from "../../ports/store.ts";

/** What was being done: for the message. */
export interface Call {
  readonly table: string;
  readonly operation: string;
  readonly site: string;
  /** Set for a write of one item, whose fault it may be. */
  readonly key?: Key;
}

export function translateError(cause: unknown, call: Call): TuttiError {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
  if (call.key && name === "ValidationException") {
    if (/item size.*exceeded/i.test(message)) return new ItemTooLargeError(call.key, { cause });
    return new InvalidWriteError(call.key, message, { cause });
  }
  return new StoreError(`table ${call.table}: ${call.operation} at ${call.site} failed: ${name}: ${message}`, {
    cause,
  });
}
