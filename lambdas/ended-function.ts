/**
 * The function that tells of ends of runs, as it is deployed. A file of its own, so that no other function holds its client.
 */
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { runEnded } from "../lib/lambda.ts";
import { awsPorts } from "./compose.ts";
import { endsOf } from "./compose-ended.ts";
import { createEndedHandler } from "./ended/handler.ts";
import { InvalidEnvironmentError, readEnvironment } from "./environment.ts";
import { createTelemetry, withTelemetry } from "./telemetry.ts";

/** @throws InvalidEnvironmentError when `TUTTI_EVENT_BUS` names no bus. */
export function createEndedFunction(): (
  event: DynamoDBStreamEvent,
  context: Context,
) => Promise<DynamoDBBatchResponse> {
  const environment = readEnvironment();
  const { eventBus, table } = environment;
  if (eventBus === undefined) throw new InvalidEnvironmentError(["TUTTI_EVENT_BUS is not set"]);
  const telemetry = createTelemetry("ended", environment);
  const { store } = awsPorts(environment);
  const { newItemIn, put } = endsOf(eventBus);
  const handler = createEndedHandler({
    eventOf: async (record) => {
      const item = newItemIn(record);
      return item === undefined ? undefined : runEnded({ store }, table, item);
    },
    put,
    log: telemetry.log,
  });
  return withTelemetry(telemetry, handler);
}
