/**
 * Recurring runs: an EventBridge schedule for each, which sends its request to the request queue.
 *
 * Scheduler delivers at least once, and repeats what failed. The id in the request is made of the scheduled time, so every
 * delivery of one fire starts the same run.
 */
import { Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { IQueue, Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { letterQueue } from "./queues.ts";
import type { ScheduleFacts } from "./tasks.ts";

export interface TuttiSchedulesProps {
  readonly schedules: readonly ScheduleFacts[];
  readonly requestQueue: IQueue;
  /** Whether they fire. */
  readonly enabled: boolean;
}

/** What SQS does not take within an hour, it will not take; the next fire may be near. */
const maxAge = Duration.hours(1);
/** The most there are: the age decides. */
const maxAttempts = 185;

/** The schedules of a tasks module, and where fires end that could not be delivered. */
export class TuttiSchedules extends Construct {
  /** Fires that the request queue did not take. Nobody reads it: a message in it is for people. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { schedules, requestQueue, enabled }: TuttiSchedulesProps) {
    super(scope, id);
    this.deadLetters = letterQueue(this, "DeadLetters");
    acknowledge(this.deadLetters, "AwsSolutions::AwsSolutions-SQS3");
    const role = this.createRole(requestQueue);
    for (const { name, expression, timeZone, request } of schedules) {
      const schedule = new CfnSchedule(this, name, {
        description: `Tutti: starts a run of ${name}`,
        scheduleExpression: expression,
        scheduleExpressionTimezone: timeZone,
        flexibleTimeWindow: { mode: "OFF" },
        state: enabled ? "ENABLED" : "DISABLED",
        target: {
          arn: requestQueue.queueArn,
          roleArn: role.roleArn,
          input: request,
          deadLetterConfig: { arn: this.deadLetters.queueArn },
          retryPolicy: { maximumRetryAttempts: maxAttempts, maximumEventAgeInSeconds: maxAge.toSeconds() },
        },
      });
      schedule.node.addDependency(role);
    }
  }

  /** May send requests, and put what failed aside: Scheduler does both as this role. */
  private createRole(requestQueue: IQueue): Role {
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    });
    const resources = [requestQueue.queueArn, this.deadLetters.queueArn];
    role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources }));
    return role;
  }
}
