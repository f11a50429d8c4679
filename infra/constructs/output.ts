/**
 * The output by which `tutti … --stack NAME` finds what was put up (lib/connect-stack.ts reads it).
 */
import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { TuttiQueues } from "./queues.ts";
import type { TuttiTable } from "./table.ts";

/** One JSON object for each instance of the construct: no bigger than the environment of its functions. */
export function writeOutput(
  scope: Construct,
  { table, queues }: { readonly table: TuttiTable; readonly queues: TuttiQueues },
): void {
  new CfnOutput(scope, "Deployment", {
    description: "Tutti: what tutti --stack reads",
    value: Stack.of(scope).toJsonString({
      tutti: 1,
      table: table.table.tableName,
      requestQueueUrl: queues.requests.queue.queueUrl,
      taskQueueUrls: queues.taskUrls,
      deadLetterQueueUrls: queues.deadLetterUrls,
    }),
  });
}
