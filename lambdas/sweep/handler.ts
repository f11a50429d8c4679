/** The sweeper: started by a schedule, whose event says nothing. */
import type { Context } from "aws-lambda";
import type { Clock, Coordinator, SweepReport } from "../../lib/lambda.ts";
import { deadlineOf } from "../deadline.ts";

export interface SweepDeps {
  readonly coordinator: Pick<Coordinator, "sweep">;
  readonly clock: Clock;
}

/**
 * The handler of the schedule. It throws when the due index cannot be read: nothing was done then, and the failed
 * invocation is what an alarm sees. The next one begins where this one did.
 */
export function createSweepHandler(deps: SweepDeps) {
  return (_event: unknown, context: Pick<Context, "getRemainingTimeInMillis">): Promise<SweepReport> =>
    deps.coordinator.sweep({ deadlineAtMs: deadlineOf(deps.clock, context) });
}
