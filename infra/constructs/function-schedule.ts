/**
 * A schedule that starts a function, with a role that can start that function and nothing else, and dead letters.
 */
import { type Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { letterQueue } from "./queues.ts";

export interface FunctionSchedule {
  readonly description: string;
  /** `rate(1 minute)`. */
  readonly expression: string;
  readonly target: IFunction;
  /** How long a start is worth delivering: until the next one comes. */
  readonly maxAge: Duration;
}

/** @returns Where starts end that could not be delivered. Nobody reads it: what is in it says why. */
export function scheduleOf(scope: Construct, { description, expression, target, maxAge }: FunctionSchedule): Queue {
  const deadLetters = letterQueue(scope, "ScheduleDeadLetters");
  acknowledge(deadLetters, "AwsSolutions::AwsSolutions-SQS3");
  const role = new Role(scope, "ScheduleRole", {
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } },
    }),
  });
  // No other version of it than the one deployed.
  role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [target.functionArn] }));
  role.addToPolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [deadLetters.queueArn] }));
  const schedule = new CfnSchedule(scope, "Schedule", {
    description,
    scheduleExpression: expression,
    flexibleTimeWindow: { mode: "OFF" },
    target: {
      arn: target.functionArn,
      roleArn: role.roleArn,
      deadLetterConfig: { arn: deadLetters.queueArn },
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: maxAge.toSeconds() },
    },
  });
  schedule.node.addDependency(role);
  return deadLetters;
}
