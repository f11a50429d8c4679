/**
 * How a running engine is reached, and the names it gives its queues.
 */
import { z } from "zod";
import { type Environment, InvalidEnvironmentError, type Variables } from "../lambdas/environment.ts";
import type { Connection as Found } from "../lib/connect.ts";
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

const connectionSchema = z.object({
  endpoints: z.object({ dynamodb: z.url(), sqs: z.url() }),
  region: z.string(),
  table: z.string(),
  requestQueueUrl: z.url(),
  taskQueueUrls: z.record(z.string(), z.url()),
  deadLetterQueueUrls: z.record(z.string(), z.url()),
});

/** What `.tutti/dev.json` holds. Fields may be added, never changed. */
export const devFileSchema = connectionSchema.extend({
  pid: z.int().positive(),
  /** Times that the engine was started with. */
  settings: z.record(z.string(), z.number()).optional(),
  /** Tasks of its workers, by name; absent when it has none of its own. */
  tasks: z.record(z.string(), z.object({ queue: z.string() })).optional(),
});
export type DevFile = z.infer<typeof devFileSchema>;

/** Credentials that every local engine takes: the SDK insists on some. */
export const localCredentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

/** The variables that tell a function or a worker the same: those of the AWS SDK and ours. */
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
    ...settingVariables(settings),
  };
}

const settingNames = {
  leaseSeconds: "TUTTI_LEASE_SECONDS",
  clockSkewSeconds: "TUTTI_CLOCK_SKEW_SECONDS",
  sweepSeconds: "TUTTI_SWEEP_SECONDS",
  visibilitySeconds: "TUTTI_VISIBILITY_SECONDS",
  retentionSeconds: "TUTTI_RETENTION_SECONDS",
  tasksPerInvocation: "TUTTI_TASKS_PER_INVOCATION",
} as const satisfies Record<keyof Settings, string>;

/** The variables that say the same as some settings. */
export function settingVariables(
  settings: Readonly<Partial<Record<keyof Settings, number | undefined>>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settingNames).flatMap(([name, variable]) => {
      const value = settings[name as keyof Settings];
      return value === undefined ? [] : [[variable, String(value)]];
    }),
  );
}

/** Where a worker process finds the connection of the `tutti dev` that started it. */
const parentVariable = "TUTTI_DEV_CONNECTION";
/** What names another deployment: a task that makes a client is to find this one. */
const deploymentVariables = [
  "TUTTI_TABLE",
  "TUTTI_REQUEST_QUEUE_URL",
  "TUTTI_TASK_QUEUE_URLS",
  "TUTTI_DEAD_LETTER_QUEUE_URLS",
];

/**
 * The environment of a worker process of this engine.
 *
 * Endpoints and credentials go in a variable of their own: tasks may talk to AWS themselves, with what the user has set.
 */
export function childVariables(
  inherited: Variables,
  connection: Connection,
  settings: Settings,
): Record<string, string | undefined> {
  const kept = Object.entries(inherited).filter(([name]) => !deploymentVariables.includes(name));
  return { ...Object.fromEntries(kept), ...settingVariables(settings), [parentVariable]: JSON.stringify(connection) };
}

/** What control is to know of the task queues, where it is not the default. */
export function queueVariables({ taskQueueUrls }: Connection, tasksPerMessage: number | undefined): Variables {
  if (tasksPerMessage === undefined) return {};
  const traits = { tasksPerInvocation: tasksPerMessage, tasksPerMessage };
  const queues = Object.fromEntries(Object.keys(taskQueueUrls).map((name) => [name, traits]));
  return { TUTTI_QUEUES: JSON.stringify(queues) };
}

/** The connection that the parent gave; undefined in a process that no `tutti dev` started. */
export function parentConnection(variables: Variables): Found | undefined {
  const text = variables[parentVariable];
  if (text === undefined) return undefined;
  return { ...connectionSchema.parse(JSON.parse(text)), from: "dev-file", local: true };
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
