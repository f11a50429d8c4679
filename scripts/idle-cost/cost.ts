/**
 * What a stack costs in a month in which nothing is asked of it, from its template. List prices, without free tiers.
 */
import type { Template } from "aws-cdk-lib/assertions";
import { usEast1Prices } from "../../lib/model/prices.ts";
import { indexShards } from "../../lib/protocol/keys.ts";

/** One line of the bill. */
export interface CostLine {
  readonly what: string;
  readonly amount: number;
  readonly unit: string;
  readonly usd: number;
}

/** us-east-1, November 2026: https://aws.amazon.com/cloudwatch/pricing/ and https://aws.amazon.com/eventbridge/pricing/ */
const monthly = {
  alarmMetric: 0.1,
  compositeAlarm: 0.5,
  dashboard: 3,
  customMetric: 0.3,
  provisionedPollerHour: 0.00925,
};
const perMillion = { ...usEast1Prices.perMillion, schedulerCalls: 1 };
const logGb = 0.5;

const minutesAMonth = 43_800;
/** Lambda asks an idle queue with five long polls of 20 s at a time. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const pollsAMinute = 5 * 3;
/** An idle sweep, measured on the embedded engine and doubled: a read of each shard of the index. */
const sweepSeconds = 0.2;
/** Its log lines, Lambda's own three included. */
const sweepLogBytes = 2000;
/** Metrics that an idle sweep writes: visited, repaired, left. */
const idleMetrics = 3;

type Properties = Readonly<Record<string, unknown>>;

export function idleCost(template: Template): readonly CostLine[] {
  const of = (type: string): readonly Properties[] =>
    Object.values(template.findResources(type)).map(({ Properties = {} }) => Properties as Properties);
  const mappings = of("AWS::Lambda::EventSourceMapping");
  const pollers = mappings.reduce((sum, { ProvisionedPollerConfig: own }) => {
    return sum + ((own as { MinimumPollers?: number } | undefined)?.MinimumPollers ?? 0);
  }, 0);
  // Reads of a table's stream by Lambda cost nothing.
  const polled = mappings.filter((one) => one.StartingPosition === undefined);
  const polls = polled.length * pollsAMinute * minutesAMonth;
  const everyMinute = of("AWS::Scheduler::Schedule").filter((one) => one.ScheduleExpression === "rate(1 minute)");
  const sweeps = everyMinute.length * minutesAMonth;
  const alarmMetrics = of("AWS::CloudWatch::Alarm").reduce((sum, alarm) => sum + metricsOf(alarm), 0);
  const composites = of("AWS::CloudWatch::CompositeAlarm").length;
  const dashboards = of("AWS::CloudWatch::Dashboard").length;
  const gbSeconds = sweeps * sweepSeconds * (usEast1Prices.lambda.memoryMb / 1024);
  const reads = sweeps * indexShards * 0.5;
  return [
    { what: "SQS: polls of idle queues", amount: polls, unit: "requests", usd: (polls * perMillion.sqsRequests) / 1e6 },
    { what: "CloudWatch: alarms", amount: alarmMetrics, unit: "metrics", usd: alarmMetrics * monthly.alarmMetric },
    {
      what: "CloudWatch: composite alarms",
      amount: composites,
      unit: "alarms",
      usd: composites * monthly.compositeAlarm,
    },
    {
      what: "CloudWatch: metrics of ours",
      amount: idleMetrics,
      unit: "metrics",
      usd: idleMetrics * monthly.customMetric,
    },
    { what: "CloudWatch: dashboards", amount: dashboards, unit: "dashboards", usd: dashboards * monthly.dashboard },
    {
      what: "CloudWatch: logs of sweeps",
      amount: (sweeps * sweepLogBytes) / 1e9,
      unit: "GB",
      usd: ((sweeps * sweepLogBytes) / 1e9) * logGb,
    },
    {
      what: "Lambda: sweeps",
      amount: sweeps,
      unit: "invocations",
      usd: (sweeps * perMillion.lambdaRequests) / 1e6 + gbSeconds * usEast1Prices.lambda.gbSecond,
    },
    {
      what: "Lambda: pollers of their own",
      amount: pollers,
      unit: "pollers",
      usd: pollers * monthly.provisionedPollerHour * 730,
    },
    { what: "Scheduler: sweeps", amount: sweeps, unit: "calls", usd: (sweeps * perMillion.schedulerCalls) / 1e6 },
    { what: "DynamoDB: reads of sweeps", amount: reads, unit: "read units", usd: (reads * perMillion.readUnits) / 1e6 },
  ];
}

/** A computed alarm is paid for by the metrics it looks at. */
function metricsOf({ Metrics }: Properties): number {
  return (Metrics as readonly { MetricStat?: unknown }[] | undefined)?.filter((one) => one.MetricStat).length ?? 1;
}

export const totalOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);
