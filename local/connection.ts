/**
 * How a running engine is reached, and the names it gives its queues.
 */
import { z } from "zod";
import { type Environment, InvalidEnvironmentError } from "../lambdas/environment.ts";
import type { Settings } from "../lib/coordinator/index.ts";
import type { QueueRef } from "../lib/ports/index.ts";

/** What a client or a worker needs to reach an engine. */
export interface Connection {
  /** Without the first the table is in the memory of the engine's process. */
  readonly endpoints: { readonly dynamodb?: string; readonly sqs: string };
  readonly region: string;
  readonly table: string;
  readonly requestQueueUrl: string;
  /** By the name tasks give their queue. */
  readonly taskQueueUrls: Readonly<Record<string, string>>;
  /** By the queue whose letters it takes: `request`, `task:<name>`. */
  readonly deadLetterQueueUrls: Readonly<Record<string, string>>;
}

/** Names of the engine's queues: the same pattern as the stack's. */
export const queueNames = {
  request: "tutti-requests",
  task: (name: string) => `tutti-task-${name}`,
  deadLetter: (queueName: string) => `${queueName}-dlq`,
} as const;

/** What `.tutti/dev.json` holds. Fields may be added, never changed. */
export const devFileSchema = z.object({
  pid: z.int().positive(),
  endpoints: z.object({ dynamodb: z.url(), sqs: z.url() }),
  region: z.string(),
  table: z.string(),
  requestQueueUrl: z.url(),
  taskQueueUrls: z.record(z.string(), z.url()),
  deadLetterQueueUrls: z.record(z.string(), z.url()),
});
export type DevFile = z.infer<typeof devFileSchema>;

/** Credentials that every local engine takes: the SDK insists on some. */
export const localCredentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

/** The variables that tell a worker process the same: those of the AWS SDK and ours. */
export function variablesOf(connection: Connection, settings: Settings): Record<string, string> {
  const { dynamodb } = connection.endpoints;
  return {
    ...(dynamodb === undefined ? {} : { AWS_ENDPOINT_URL_DYNAMODB: dynamodb }),
    AWS_ENDPOINT_URL_SQS: connection.endpoints.sqs,
    AWS_REGION: connection.region,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    TUTTI_TABLE: connection.table,
    TUTTI_REQUEST_QUEUE_URL: connection.requestQueueUrl,
    TUTTI_TASK_QUEUE_URLS: JSON.stringify(connection.taskQueueUrls),
    TUTTI_DEAD_LETTER_QUEUE_URLS: JSON.stringify(connection.deadLetterQueueUrls),
    TUTTI_LEASE_SECONDS: String(settings.leaseSeconds),
    TUTTI_CLOCK_SKEW_SECONDS: String(settings.clockSkewSeconds),
    TUTTI_SWEEP_SECONDS: String(settings.sweepSeconds),
    TUTTI_VISIBILITY_SECONDS: String(settings.visibilitySeconds),
    TUTTI_RETENTION_SECONDS: String(settings.retentionSeconds),
    TUTTI_TASKS_PER_INVOCATION: String(settings.tasksPerInvocation),
  };
}

/** The URLs of an environment by queue, as the SQS adapter wants them. */
export function queueUrlsOf(
  environment: Pick<Environment, "requestQueueUrl" | "taskQueueUrls" | "deadLetterQueueUrls">,
): Record<string, string> {
  const tasks = Object.entries(environment.taskQueueUrls).map(([name, url]) => [`task:${name}`, url] as const);
  const dead = Object.entries(environment.deadLetterQueueUrls).flatMap(([ref, url]) =>
    url === undefined ? [] : [[`dead:${ref}`, url] as const],
  );
  return { request: environment.requestQueueUrl, ...Object.fromEntries(tasks), ...Object.fromEntries(dead) };
}

/** The dead-letter queues that an environment names, by the queue whose letters they take. */
export function deadLetterRefs(environment: Pick<Environment, "deadLetterQueueUrls">): readonly QueueRef[] {
  return Object.keys(environment.deadLetterQueueUrls) as QueueRef[];
}

/** The URL of a task queue. @throws InvalidEnvironmentError when the environment has none. */
export function taskQueueUrl(environment: Pick<Environment, "taskQueueUrls">, name: string): string {
  const url = environment.taskQueueUrls[name];
  if (url === undefined) {
    throw new InvalidEnvironmentError([
      `a task is on queue ${name}, which TUTTI_TASK_QUEUE_URLS does not name; it names ${Object.keys(environment.taskQueueUrls).join(", ") || "none"}`,
    ]);
  }
  return url;
}
