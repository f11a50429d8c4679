/** Tasks: a batch of one task queue goes to the coordinator as a whole, which keeps its records apart. */
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { Clock, Coordinator, Disposition } from "../../lib/lambda.ts";
import { deliveredIn, type SettleDeps, settleEach } from "../batch.ts";
import { deadlineOf } from "../deadline.ts";

export interface WorkerDeps extends SettleDeps {
  readonly coordinator: Pick<Coordinator, "work">;
  readonly clock: Clock;
  /** Name of the task queue this function reads. */
  readonly queue: string;
}

/** The handler of one task queue. */
export function createWorkerHandler(deps: WorkerDeps) {
  return async (event: SQSEvent, context: Pick<Context, "getRemainingTimeInMillis">): Promise<SQSBatchResponse> => {
    const batch = deliveredIn(event);
    const messages = batch.map(({ message }) => message);
    const dispositions = deps.coordinator.work({
      messages,
      queue: deps.queue,
      deadlineAtMs: deadlineOf(deps.clock, context),
    });
    return settleEach(
      deps,
      batch,
      () => `task:${deps.queue}`,
      async (delivered) => (await dispositions)[batch.indexOf(delivered)] as Disposition,
    );
  };
}
