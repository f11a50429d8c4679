/**
 * How a queue is set up. Reads its attributes, and no message: to receive one would hide it from its reader.
 */
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { QueueInspector } from "../../ports/deployment.ts";

export function createQueueInspector(client: SQSClient): QueueInspector {
  return {
    async describe(url) {
      const { Attributes: found = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
      );
      return {
        arn: found.QueueArn ?? "",
        visibilitySeconds: Number(found.VisibilityTimeout),
        ...redriveIn(found.RedrivePolicy),
        encryption: found.KmsMasterKeyId ? "KMS" : found.SqsManagedSseEnabled === "true" ? "SQS" : "none",
        depth: {
          visible: Number(found.ApproximateNumberOfMessages ?? 0),
          inFlight: Number(found.ApproximateNumberOfMessagesNotVisible ?? 0),
          delayed: Number(found.ApproximateNumberOfMessagesDelayed ?? 0),
        },
      };
    },
  };
}

/** SQS hands a policy out as JSON text. */
function redriveIn(text: string | undefined) {
  if (text === undefined || text === "") return {};
  const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(text) as Record<string, unknown>;
  return { redrive: { maxReceiveCount: Number(maxReceiveCount), targetArn: String(deadLetterTargetArn) } };
}
