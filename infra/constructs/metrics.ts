/**
 * Metrics of one deployment, as its functions write them with their logs (lambdas/telemetry.ts), and what AWS counts itself.
 */
import { Duration } from "aws-cdk-lib";
import { Metric, type MetricOptions, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { TuttiTable } from "./table.ts";

/** Names of the metrics, and what one of them counts. */
export const metricNames = {
  runsSubmitted: "runs.submitted",
  runsSucceeded: "runs.succeeded",
  runsFailed: "runs.failed",
  runsTimedOut: "runs.timed_out",
  runsRevoked: "runs.revoked",
  /** Attempts that failed and are repeated. */
  tasksRetried: "tasks.retried",
  requestsRejected: "requests.rejected",
  /** Messages that a queue gave up, and that the dead-letter function took. */
  deadLetters: "dead-letters",
  /** Runs that a sweep has looked at. It is there, and may be 0, for every sweep: the sweeper's heartbeat. */
  sweepVisited: "sweep.visited",
  /** What a sweep has mended. */
  sweepRepaired: "sweep.repaired",
  /** Runs that were due and stayed so: a sweep could not look at them, or not mend them. */
  sweepLeft: "sweep.left",
  /** What a scheduled check has found stuck. It is there, and may be 0, for every check that could look. */
  checkStuck: "check.stuck",
} as const;

const namespace = "Tutti";
const service = "tutti";

/** A metric of a deployment, a minute at a time, added up. */
export function metricOf({ table }: TuttiTable, metricName: string, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { service, table: table.tableName },
    statistic: Stats.SUM,
    period: Duration.minutes(1),
    ...options,
  });
}
