/**
 * A dashboard: what flows, what is repaired, and what AWS says of queues, table and functions.
 */
import { Duration } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { TuttiAlarms } from "./alarms.ts";
import type { TuttiFunctions } from "./functions.ts";
import { metricNames, metricOf } from "./metrics.ts";
import type { TuttiQueues } from "./queues.ts";
import type { TuttiTable } from "./table.ts";

export interface DashboardParts {
  readonly table: TuttiTable;
  readonly queues: TuttiQueues;
  readonly functions: TuttiFunctions;
  readonly alarms: TuttiAlarms | undefined;
}

/** Puts a dashboard into the stack. One more than three an account costs $3 a month. */
export function createDashboard(scope: Construct, { table, queues, functions, alarms }: DashboardParts): Dashboard {
  const ours = (...names: readonly (keyof typeof metricNames)[]) =>
    names.map((name) => metricOf(table, metricNames[name]));
  const all = [functions.control, functions.sweep, functions.deadLetter, ...functions.workers.values()];
  const longest = { statistic: Stats.MAXIMUM, period: Duration.minutes(1) };
  const rows: IWidget[][] = [
    ...(alarms === undefined
      ? []
      : [[new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms.alarms], width: 24 })]]),
    [
      graph("Runs", ours("runsSubmitted", "runsSucceeded", "runsFailed", "runsTimedOut", "runsRevoked")),
      graph("Repairs", ours("tasksRetried", "deadLetters", "requestsRejected", "sweepRepaired", "sweepLeft")),
    ],
    [
      graph(
        "Queues: age of the oldest message",
        queues.pairs.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage(longest)),
      ),
      graph(
        "Dead letters waiting",
        queues.pairs.map(({ deadLetters }) => deadLetters.metricApproximateNumberOfMessagesVisible(longest)),
      ),
    ],
    [
      graph(
        "Functions: errors and throttles",
        all.flatMap((fn) => [fn.metricErrors(), fn.metricThrottles()]),
      ),
      graph(
        "Functions: duration",
        all.map((fn) => fn.metricDuration({ statistic: "p99" })),
      ),
    ],
    [
      graph("Table: units", [
        table.table.metricConsumedWriteCapacityUnits(),
        table.table.metricConsumedReadCapacityUnits(),
      ]),
      graph(
        "Functions: copies at work",
        all.map((fn) => fn.metric("ConcurrentExecutions", longest)),
      ),
    ],
  ];
  return new Dashboard(scope, "Dashboard", { widgets: rows });
}

function graph(title: string, left: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...left], width: 12, leftYAxis: { min: 0 } });
}
