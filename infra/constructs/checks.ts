/**
 * The scheduled check: a function that looks for what is stuck, every 15 minutes, and tells a topic.
 *
 * The function keeps no state. An alarm on what it counts has the memory that takes to tell, once, that nothing is any more.
 */
import { Duration, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Grant } from "aws-cdk-lib/aws-iam";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { ConfigurationError } from "../../lib/index.ts";
import { acknowledge } from "./acknowledge.ts";
import { runbookPage } from "./alarms.ts";
import { codeOf } from "./bundle.ts";
import { scheduleOf } from "./function-schedule.ts";
import type { TuttiFunctions } from "./functions.ts";
import { metricNames, metricOf } from "./metrics.ts";
import type { TuttiQueues } from "./queues.ts";
import type { TuttiTable } from "./table.ts";

export interface CheckSettings {
  /** Told what is stuck, why, and which commands mend it: at each check for as long as it is; and once that nothing is. */
  readonly topic: ITopic;
  /**
   * How often. Whole minutes.
   *
   * @default 15 minutes
   */
  readonly every?: Duration;
  /**
   * What has made no progress for that long is stuck. What is wrong for certain is told at once.
   *
   * @default 1 hour
   */
  readonly stuckAfter?: Duration;
}

export interface ChecksProps extends CheckSettings {
  readonly table: TuttiTable;
  readonly queues: TuttiQueues;
  readonly functions: TuttiFunctions;
  /** @default the page of the installed package */
  readonly runbookUrl?: string;
}

/** Every running run is read whole, 16 at a time. */
const timeout = Duration.minutes(5);
const memoryMb = 512;
const defaultEvery = Duration.minutes(15);
const defaultStuckAfter = Duration.hours(1);
/** Longer than a count takes to arrive. */
const countedWithin = Duration.minutes(5);

export class Checks extends Construct {
  /** Alarm from the first check that finds something stuck to the first one that finds nothing. */
  readonly stuck: Alarm;

  /** @throws ConfigurationError when a time is no whole number of minutes. */
  constructor(scope: Construct, id: string, props: ChecksProps) {
    super(scope, id);
    const { table, queues, functions, topic, runbookUrl, ...times } = props;
    const every = minutesOf("every", times.every ?? defaultEvery);
    const check = functions.create({
      id: "Check",
      description: "Tutti: tells a topic what is stuck",
      code: codeOf("Check"),
      timeout,
      memoryMb,
      environment: {
        TUTTI_TOPIC_ARN: topic.topicArn,
        TUTTI_STUCK_MINUTES: String(minutesOf("stuckAfter", times.stuckAfter ?? defaultStuckAfter)),
        TUTTI_DEAD_LETTER_QUEUE_URLS: functions.jsonOf(queues.deadLetterUrls),
      },
      inLoop: false,
    });
    // The next check looks again.
    check.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(every) });
    acknowledge(check, "Serverless::Serverless-LambdaAsyncFailureDestination");
    table.grantInspect(check);
    table.grantList(check);
    queues.grantRead(check);
    Grant.addToPrincipal({ grantee: check, actions: ["sns:Publish"], resourceArns: [topic.topicArn] });
    scheduleOf(this, {
      description: "Tutti: starts the check",
      expression: every === 1 ? "rate(1 minute)" : `rate(${every} minutes)`,
      target: check,
      maxAge: Duration.minutes(every),
    });
    this.stuck = new Alarm(this, "Stuck", {
      alarmDescription: `Tutti in ${Stack.of(this).stackName}: OK when the scheduled check finds nothing stuck. Runbook: ${runbookPage("stuck", runbookUrl)}`,
      metric: metricOf(table, metricNames.checkStuck, { statistic: Stats.MAXIMUM, period: countedWithin }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      // Between two checks, and while they fail, what the last one found holds.
      treatMissingData: TreatMissingData.IGNORE,
    });
    // What is stuck, the check says itself, and better.
    this.stuck.addOkAction(new SnsAction(topic));
  }
}

function minutesOf(what: string, duration: Duration): number {
  const minutes = duration.toMinutes({ integral: false });
  if (Number.isInteger(minutes) && minutes >= 1) return minutes;
  throw new ConfigurationError(`checks.${what} is ${minutes} minutes: it must be a whole number of minutes from 1`);
}
