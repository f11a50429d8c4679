/** Requests: submit and what else is asked of a run. One record of the request queue at a time. */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { Coordinator } from "../../lib/lambda.ts";
import { deliveredIn, type SettleDeps, settleEach } from "../batch.ts";

export interface ControlDeps extends SettleDeps {
  readonly coordinator: Pick<Coordinator, "control">;
}

/** The handler of the request queue. */
export function createControlHandler(deps: ControlDeps) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> =>
    settleEach(
      deps,
      deliveredIn(event),
      () => "request",
      ({ message }) => deps.coordinator.control(message),
    );
}
