/** Dead letters: what the request queue and the task queues gave up delivering. */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { Coordinator, Letter, QueueRef } from "../../lib/lambda.ts";
import { deliveredIn, type SettleDeps, settleEach } from "../batch.ts";

export interface DeadLetterDeps extends SettleDeps {
  readonly coordinator: Pick<Coordinator, "deadLetter">;
  /** The queue whose letters an event source holds; throws for one that is no dead-letter queue. */
  readonly sourceOf: (eventSourceArn: string) => QueueRef;
}

/** The handler of every dead-letter queue. */
export function createDeadLetterHandler(deps: DeadLetterDeps) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> =>
    settleEach(
      deps,
      deliveredIn(event),
      ({ eventSourceArn }) => `dead:${deps.sourceOf(eventSourceArn)}`,
      async ({ eventSourceArn, message }) =>
        deps.coordinator.deadLetter(letterFrom(deps.sourceOf(eventSourceArn)), message),
    );
}

function letterFrom(ref: QueueRef): Letter {
  return ref === "request" ? { from: ref } : { from: "task", queue: ref.slice("task:".length) };
}
