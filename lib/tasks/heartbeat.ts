/**
 * What a task may say of itself while it runs, and what it is told when its lease is lost.
 */
import { FatalError } from "../errors.ts";
import { pathText } from "../model/document-path.ts";
import type { Json } from "../model/json.ts";
import { findResultProblem } from "../model/json-problem.ts";
import { limits } from "../model/limits.ts";

/** Reason of `ctx.signal`: the worker no longer holds the lease of its task, and another attempt may be running. */
export class LeaseLostError extends Error {
  override readonly name = "lease-lost";
  constructor() {
    super("another delivery has taken this task over; nothing that this attempt returns is kept");
  }
}

/** Heartbeats that say what they cannot: not JSON, or too long. Another attempt would say the same. */
export class InvalidHeartbeatError extends FatalError {
  override readonly name = "InvalidHeartbeatError";
}

/**
 * The JSON text of a heartbeat's details.
 *
 * Nothing is cut: half a JSON text is none, and half of the details would not say so.
 *
 * @throws InvalidHeartbeatError when they are not JSON or longer than 256 bytes.
 */
export function heartbeatText(details: Json): string {
  const problem = findResultProblem(details, limits.heartbeatBytes);
  if (problem) throw new InvalidHeartbeatError(`${pathText("details", problem.path)} of a heartbeat ${problem.rule}`);
  const text = JSON.stringify(details) as string | undefined;
  if (text === undefined) throw new InvalidHeartbeatError("details of a heartbeat must be JSON, not undefined");
  const bytes = Buffer.byteLength(text);
  if (bytes <= limits.heartbeatBytes) return text;
  throw new InvalidHeartbeatError(
    `details of a heartbeat must have at most ${limits.heartbeatBytes} bytes as JSON, not ${bytes}`,
  );
}
