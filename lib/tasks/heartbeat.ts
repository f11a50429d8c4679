/**
 * What a task may say of itself while it runs, and what it is told when its lease is lost.
 */
import { FatalError } from "../errors.ts";
import type { Json } from "../model/json.ts";
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
  const text = jsonOf(details);
  const bytes = Buffer.byteLength(text);
  if (bytes <= limits.heartbeatBytes) return text;
  throw new InvalidHeartbeatError(
    `details of a heartbeat must have at most ${limits.heartbeatBytes} bytes as JSON, not ${bytes}`,
  );
}

function jsonOf(details: Json): string {
  try {
    const text = JSON.stringify(details) as string | undefined;
    if (text !== undefined) return text;
  } catch (cause) {
    throw new InvalidHeartbeatError(`details of a heartbeat must be JSON: ${String(cause)}`, { cause });
  }
  throw new InvalidHeartbeatError(`details of a heartbeat must be JSON, not ${typeof details}`);
}
