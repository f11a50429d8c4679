/**
 * Puts the ports together: the only file of this folder that knows which adapters there are.
 */
import { createDynamoClient, dynamoCalls } from "../lib/adapters/dynamodb/client.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb/store.ts";
import { createSqsClient, sqsCalls } from "../lib/adapters/sqs/client.ts";
import { heldOf } from "../lib/adapters/sqs/envelope.ts";
import { createSqsQueue, type SqsQueue } from "../lib/adapters/sqs/queue.ts";
import { wallClock } from "../lib/adapters/system/clock.ts";
import { cryptoIds } from "../lib/adapters/system/ids.ts";
import { openTelemetry } from "../lib/adapters/system/tracing.ts";
import {
  type Clock,
  type Coordinator,
  catalogOf,
  createCoordinator,
  defaults,
  type Ids,
  type Log,
  protocol,
  registryOf,
  type Store,
  type TaskCatalog,
  type TaskRegistry,
} from "../lib/lambda.ts";
import type { GiveBack } from "./batch.ts";
import { type Environment, tasksPerMessage } from "./environment.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";

/** What reaches the outside. */
export interface Ports {
  readonly store: Store;
  readonly queue: SqsQueue;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Where it is, when it is not where the SDK's own variables say. */
export interface Whereabouts {
  readonly endpoints?: { readonly dynamodb?: string; readonly sqs?: string };
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

type Deployment = Pick<Environment, "table" | "requestQueueUrl" | "taskQueueUrls" | "deadLetterQueueUrls">;

/** The ports of a deployment. Clients are made, nothing is sent. */
export function awsPorts(deployment: Deployment, { endpoints = {}, ...common }: Whereabouts = {}): Ports {
  const dynamodb = createDynamoClient({
    ...common,
    ...(endpoints.dynamodb === undefined ? {} : { endpoint: endpoints.dynamodb }),
  });
  const sqs = createSqsClient({ ...common, ...(endpoints.sqs === undefined ? {} : { endpoint: endpoints.sqs }) });
  return {
    store: createDynamoStore({
      calls: dynamoCalls(dynamodb),
      table: deployment.table,
      clock: wallClock,
      ids: cryptoIds,
    }),
    queue: createSqsQueue({
      calls: sqsCalls(sqs),
      urls: {
        request: deployment.requestQueueUrl,
        tasks: deployment.taskQueueUrls,
        dead: deployment.deadLetterQueueUrls,
      },
    }),
    clock: wallClock,
    ids: cryptoIds,
  };
}

/** The tasks of a deployment, as a coordinator takes them. */
export interface Tasks {
  readonly registry: TaskRegistry;
  readonly catalog: TaskCatalog;
}

/** What a function that needs no tasks is given. */
export const noTasks: Tasks = { registry: new Map(), catalog: new Map() };

/** The tasks that a module exports. @throws InvalidTasksError when two of them have one name. */
export function tasksOf(moduleExports: Readonly<Record<string, unknown>>): Tasks {
  const registry = registryOf(moduleExports);
  return { registry, catalog: catalogOf(registry) };
}

/** Everything a handler is made of. */
export interface Composition {
  readonly coordinator: Coordinator;
  readonly giveBack: GiveBack;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/**
 * Wires one function.
 *
 * @param service - Its name in logs and metrics.
 */
export function compose(service: string, environment: Environment, tasks: Tasks): Composition {
  const telemetry = createTelemetry(service, environment);
  const { log, metrics } = telemetry;
  const ports = awsPorts(environment);
  const coordinator = createCoordinator({
    ...ports,
    log,
    metrics,
    settings: environment.settings,
    tasksPerMessage: (queue) => tasksPerMessage(environment.queues[queue] ?? defaults),
    reportQueueUrl: environment.requestQueueUrl,
    protocol,
    tracing: openTelemetry,
    ...tasks,
  });
  return { coordinator, giveBack: giveBackTo(ports.queue), clock: ports.clock, log, telemetry };
}

/** Lambda hands out the receipt handle alone; the port's receipt names the queue too. */
function giveBackTo(consumer: SqsQueue): GiveBack {
  return (queue, receiptHandle, seconds) =>
    consumer.changeVisibility(heldOf(queue, { ReceiptHandle: receiptHandle }).receipt, seconds);
}
