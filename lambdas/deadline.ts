/** When an invocation must be done. */
import type { Context } from "aws-lambda";
import type { Clock } from "../lib/lambda.ts";

/**
 * Kept back from the end of an invocation: what is recorded and handed on after a body has ended takes a few calls of
 * 5–50 ms each, and a call that is repeated by the SDK some seconds.
 */
const marginMs = 5_000;

/** The time at which an invocation must be done with its work, in epoch milliseconds. */
export function deadlineOf(clock: Clock, context: Pick<Context, "getRemainingTimeInMillis">): number {
  return clock.now() + context.getRemainingTimeInMillis() - marginMs;
}
