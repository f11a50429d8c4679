/** The outside of the function that tells of ends of runs: the table's stream and an event bus. */
import { newItemIn } from "../lib/adapters/dynamodb/stream.ts";
import { createEventBus } from "../lib/adapters/eventbridge/bus.ts";
import type { RunEnded } from "../lib/lambda.ts";

/** The `detail-type` of the event. */
export const runEndedType = "Run Ended";

/** @param bus - Name or ARN. */
export function endsOf(bus: string) {
  const { put } = createEventBus(bus);
  return {
    newItemIn,
    put: (events: readonly RunEnded[]) =>
      put(events.map((detail) => ({ detailType: runEndedType, atMs: Date.parse(detail.endedAt), detail }))),
  };
}
