/**
 * A topic: the one file that publishes to it.
 */
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";

export interface Topic {
  /** @param subject - ASCII, at most 100 characters. */
  publish(subject: string, text: string): Promise<void>;
}

export function createTopic(arn: string, client: Pick<SNSClient, "send"> = aClient()): Topic {
  return {
    async publish(subject, text) {
      await client.send(new PublishCommand({ TopicArn: arn, Subject: subject, Message: text }));
    },
  };
}

function aClient(): SNSClient {
  return new SNSClient({ maxAttempts: 5, requestHandler: { requestTimeout: 3000, connectionTimeout: 1000 } });
}
