/** The outside of the scheduled check: a topic. */
import { createTopic } from "../lib/adapters/sns/topic.ts";

export function publisherTo(topicArn: string): (subject: string, text: string) => Promise<void> {
  const topic = createTopic(topicArn);
  return (subject, text) => topic.publish(subject, text);
}
