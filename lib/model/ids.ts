/**
 * Names and ids, and the rules they follow.
 */
import { z } from "zod";

/** What users may name a run or a dag node: a pattern without `/`, `#`, `@` or brackets, so that paths and keys stay unambiguous. */
export const idPattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

/** Id of a run, unique per table. */
export const runIdSchema = z.string().regex(idPattern, "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}");
export type RunId = string;

/** Name of a task, as registered by `defineTask`. */
export const taskNameSchema = z.string().regex(idPattern, "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}");

/** Name of a task queue: what SQS accepts with a prefix before it. */
export const queueNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "must match [A-Za-z0-9][A-Za-z0-9_-]{0,39}");

/**
 * Whose work a message is, so that a queue can be fair between tenants: what SQS takes as a message group, every printable
 * ASCII character but the space (AWS, SendMessage: alphanumeric characters and punctuation, 128 at most).
 */
export const fairnessKeySchema = z
  .string()
  .regex(/^[!-~]{1,128}$/, "must be 1 to 128 letters, digits and punctuation marks of ASCII, without spaces");

/** Path of a node in its plan, for example `header[3]/[1]`. */
export type NodeId = string;

/** Id of a join: the path of its chord or group (`.` at the root), or `<path>@after` and `<path>@end` in a dag. */
export type JoinId = string;

/** The id users see: stable over retries, so it serves as idempotency key. */
export function taskIdOf(run: RunId, node: NodeId): string {
  return `${run}/${node}`;
}

/** Milliseconds since the Unix epoch. Branded, so that a bare number does not compile. */
export type EpochMs = number & { readonly __brand: "EpochMs" };

/** Marks a number as a time. */
export function epochMs(value: number): EpochMs {
  return value as EpochMs;
}
