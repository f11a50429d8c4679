/**
 * The function of the scheduled check, as it is deployed. A file of its own, so that no other function holds its client.
 */
import type { Context } from "aws-lambda";
import { checkStuck } from "../lib/index.ts";
import type { HealthReport } from "../lib/lambda.ts";
import { createCheckHandler } from "./check/handler.ts";
import { publisherTo } from "./compose-check.ts";
import { InvalidEnvironmentError, readEnvironment } from "./environment.ts";
import { createTelemetry, withTelemetry } from "./telemetry.ts";

/** @throws InvalidEnvironmentError when `TUTTI_TOPIC_ARN` names no topic. */
export function createCheckFunction(): (event: unknown, context: Context) => Promise<HealthReport> {
  const environment = readEnvironment();
  const { topicArn, stuckMinutes = 60 } = environment;
  if (topicArn === undefined) throw new InvalidEnvironmentError(["TUTTI_TOPIC_ARN is not set"]);
  const telemetry = createTelemetry("check", environment);
  const handler = createCheckHandler({
    // It finds its deployment by the same variables as any program does.
    check: () => checkStuck({ maxRuntimeHours: stuckMinutes / 60 }),
    publish: publisherTo(topicArn),
    log: telemetry.log,
    metrics: telemetry.metrics,
  });
  return withTelemetry(telemetry, handler);
}
