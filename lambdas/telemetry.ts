/**
 * Logs and metrics of a function: the ports `Log` and `Metrics` on Powertools, so that records carry the request id and
 * metrics go out in the embedded metric format, which costs no call.
 */
import { Logger } from "@aws-lambda-powertools/logger";
import { MetricUnit, Metrics as PowertoolsMetrics } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { type Log, type LogLevel, type Metrics, textOfThrown } from "../lib/lambda.ts";

/** Namespace of the metrics in CloudWatch, and their dimensions: `service` is this, `table` tells deployments apart. */
export const metricsNamespace = "Tutti";
const metricsService = "tutti";

export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Names the invocation in what is logged from here on. */
  begin(context: Context): void;
  /** Writes out what was counted. */
  flush(): void;
}

/** @param service - Name of the function in logs: `control`, `worker`, … */
export function createTelemetry(
  service: string,
  { logLevel, table }: { readonly logLevel: LogLevel; readonly table: string },
): Telemetry {
  const logger = new Logger({ serviceName: service, logLevel });
  const metrics = new PowertoolsMetrics({
    namespace: metricsNamespace,
    serviceName: metricsService,
    defaultDimensions: { table },
  });
  return {
    log: {
      write(level, message, fields) {
        try {
          logger[level](message, { ...fields });
        } catch (error) {
          // Powertools overflows the stack at an error that is its own cause, and lets getters throw: a log must not fail
          // what it tells of.
          logger[level](String(message), { unwritable: textOfThrown(error) });
        }
      },
    },
    metrics: { count: (name, value) => void metrics.addMetric(name, MetricUnit.Count, value) },
    begin: (context) => logger.addContext(context),
    flush: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}

/** A handler whose invocations are named in the logs, and whose metrics are written out however it ends. */
export function withTelemetry<Event, Result>(
  telemetry: Telemetry,
  handler: (event: Event, context: Context) => Promise<Result>,
): (event: Event, context: Context) => Promise<Result> {
  return async (event, context) => {
    telemetry.begin(context);
    try {
      return await handler(event, context);
    } finally {
      telemetry.flush();
    }
  };
}
