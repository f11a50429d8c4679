/**
 * The scheduled check: a function that looks for what is stuck, every 15 minutes, and tells a topic.
 */
import { Duration } from "aws-cdk-lib";
import { Grant } from "aws-cdk-lib/aws-iam";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { ConfigurationError } from "../../lib/index.ts";
import { acknowledge } from "./acknowledge.ts";
import { codeOf } from "./bundle.ts";
import { scheduleOf } from "./function-schedule.ts";
import type { TuttiFunctions } from "./functions.ts";
import type { TuttiQueues } from "./queues.ts";
import type { TuttiTable } from "./table.ts";

export interface CheckSettings {
  /** Told what is stuck, why, and which commands mend it: at each check for as long as it is. */
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
}

/** Every running run is read whole, 16 at a time. */
const timeout = Duration.minutes(5);
const memoryMb = 512;
const defaultEvery = Duration.minutes(15);
const defaultStuckAfter = Duration.hours(1);

export class Checks extends Construct {
  /** @throws ConfigurationError when a time is no whole number of minutes. */
  constructor(scope: Construct, id: string, { table, queues, functions, topic, ...times }: ChecksProps) {
    super(scope, id);
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
  }
}

function minutesOf(what: string, duration: Duration): number {
  const minutes = duration.toMinutes({ integral: false });
  if (Number.isInteger(minutes) && minutes >= 1) return minutes;
  throw new ConfigurationError(`checks.${what} is ${minutes} minutes: it must be a whole number of minutes from 1`);
}
