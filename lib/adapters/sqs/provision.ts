/**
 * Makes the queues on a local engine. In an account the stack makes them.
 */
import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { QueueRef } from "../../ports/queue.ts";
import type { QueueUrls } from "./urls.ts";

export interface ProvisionOptions {
  /** Begins every name, so that several deployments share an engine. */
  readonly prefix: string;
  /** Names of the task queues. */
  readonly tasks: readonly string[];
  readonly visibilitySeconds: number;
  /** Deliveries before a message moves to the dead-letter queue. */
  readonly maxReceiveCount: number;
}

/** Creates the request queue, the task queues, and a dead-letter queue for each; those that are there stay. */
export async function createQueues(client: SQSClient, options: ProvisionOptions): Promise<Required<QueueUrls>> {
  const refs: QueueRef[] = ["request", ...options.tasks.map((name): QueueRef => `task:${name}`)];
  const made = new Map<QueueRef, { readonly url: string; readonly deadUrl: string }>();
  for (const ref of refs) made.set(ref, await createPair(client, options, ref));
  const url = (ref: QueueRef): string => made.get(ref)?.url ?? "";
  return {
    request: url("request"),
    tasks: Object.fromEntries(options.tasks.map((name) => [name, url(`task:${name}`)])),
    dead: Object.fromEntries([...made].map(([ref, { deadUrl }]) => [ref, deadUrl])),
  };
}

/** A queue and its dead-letter queue. */
async function createPair(client: SQSClient, options: ProvisionOptions, ref: QueueRef) {
  const name = `${options.prefix}-${ref.replace(":", "-")}`;
  const visibility = { VisibilityTimeout: String(options.visibilitySeconds) };
  const deadUrl = await create(client, `${name}-dead`, visibility);
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ["QueueArn"] }),
  );
  const redrive = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: options.maxReceiveCount };
  return { url: await create(client, name, { ...visibility, RedrivePolicy: JSON.stringify(redrive) }), deadUrl };
}

async function create(client: SQSClient, name: string, attributes: Record<string, string>): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  if (QueueUrl === undefined) throw new Error(`no URL for queue ${name}`);
  return QueueUrl;
}
