/**
 * Makes the engine's queues on the local SQS server: each with its dead-letter queue, as the stack does.
 */
import { queueNames } from "./connection.ts";

export interface QueueOptions {
  /** Of the SQS server. */
  readonly endpoint: string;
  readonly region: string;
  /** Names of the task queues. */
  readonly queues: readonly string[];
  readonly visibilitySeconds: number;
  /** Deliveries before a message moves to the dead-letter queue. */
  readonly maxReceiveCount: number;
}

export interface QueueUrls {
  readonly requestQueueUrl: string;
  readonly taskQueueUrls: Readonly<Record<string, string>>;
  /** By the queue whose letters it takes: `request`, `task:<name>`. */
  readonly deadLetterQueueUrls: Readonly<Record<string, string>>;
}

/** As long as SQS keeps anything. */
const deadLetterRetentionSeconds = 14 * 86_400;
/** Of the local server. */
const accountId = "000000000000";

/** ARN of a queue of the local server. */
function localArn(region: string, queueName: string): string {
  return `arn:aws:sqs:${region}:${accountId}:${queueName}`;
}

export async function createQueues(options: QueueOptions): Promise<QueueUrls> {
  const request = await createPair(options, queueNames.request);
  const tasks: (readonly [string, Pair])[] = [];
  for (const name of options.queues) tasks.push([name, await createPair(options, queueNames.task(name))]);
  return {
    requestQueueUrl: request.url,
    taskQueueUrls: Object.fromEntries(tasks.map(([name, { url }]) => [name, url])),
    deadLetterQueueUrls: {
      request: request.deadLetterUrl,
      ...Object.fromEntries(tasks.map(([name, pair]) => [`task:${name}`, pair.deadLetterUrl])),
    },
  };
}

interface Pair {
  readonly url: string;
  readonly deadLetterUrl: string;
}

async function createPair(
  { endpoint, region, visibilitySeconds, maxReceiveCount }: QueueOptions,
  name: string,
): Promise<Pair> {
  const deadLetterName = queueNames.deadLetter(name);
  const VisibilityTimeout = String(visibilitySeconds);
  const deadLetterUrl = await createQueue(endpoint, deadLetterName, {
    VisibilityTimeout,
    MessageRetentionPeriod: String(deadLetterRetentionSeconds),
  });
  const redrive = { deadLetterTargetArn: localArn(region, deadLetterName), maxReceiveCount };
  const url = await createQueue(endpoint, name, { VisibilityTimeout, RedrivePolicy: JSON.stringify(redrive) });
  return { url, deadLetterUrl };
}

/** One call of the service, by hand: only the adapters know the SDK, and they make no queues. */
async function createQueue(
  endpoint: string,
  QueueName: string,
  Attributes: Readonly<Record<string, string>>,
): Promise<string> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.CreateQueue" },
    body: JSON.stringify({ QueueName, Attributes }),
  });
  const answer = (await response.json()) as { readonly QueueUrl?: string; readonly message?: string };
  if (answer.QueueUrl === undefined)
    throw new Error(`queue ${QueueName} was not made: ${answer.message ?? response.status}`);
  return answer.QueueUrl;
}
