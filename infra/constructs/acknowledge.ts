/**
 * Rules of cdk-nag that a resource does not follow, each with the reason: for this project's own app, and for the apps of
 * users who run the same packs. The rules of an app that runs none are not looked at.
 */
import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** What a resource may be excused from. */
const reasons = {
  "Serverless::Serverless-LambdaDLQ":
    "It is called by SQS or by a schedule, never asynchronously with something to lose: the queue it reads has a dead-letter queue, and a sweep that fails is made up for by the next one.",
  "Serverless::Serverless-LambdaEventSourceMappingDestination":
    "A mapping of an SQS queue takes no destination for failures: the queue's redrive policy is where they go.",
  "Serverless::Serverless-LambdaAsyncFailureDestination":
    "The schedule's event says nothing, so there is nothing to keep: the next minute sweeps again, and an alarm tells when none does.",
  "Serverless::Serverless-LambdaTracing":
    "A run is followed by its own events, one line of the log each (docs/events.md); X-Ray would be paid for by the message.",
  "Serverless::Serverless-SQSRedrivePolicy":
    "It is a dead-letter queue: what it holds is delivered until it is taken care of, or kept for people.",
  "AwsSolutions::AwsSolutions-SQS3":
    "It is the dead-letter queue of a schedule of EventBridge Scheduler, which no queue of the template points at.",
} as const;

/** Excuses one resource, and nothing in it, from rules. */
export function acknowledge(resource: IConstruct, ...rules: readonly (keyof typeof reasons)[]): void {
  for (const id of rules) Validations.of(resource).acknowledge({ id, reason: reasons[id] });
}
