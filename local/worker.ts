/**
 * A worker: the handlers of the Lambda functions in one long-lived process, each fed by what stands in for its trigger.
 */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { GiveBack } from "../lambdas/batch.ts";
import { createControlHandler } from "../lambdas/control/handler.ts";
import { createDeadLetterHandler } from "../lambdas/dead-letter/handler.ts";
import { type Environment, tasksPerMessage } from "../lambdas/environment.ts";
import { letterSources } from "../lambdas/letter-sources.ts";
import { createSweepHandler } from "../lambdas/sweep/handler.ts";
import { createWorkerHandler } from "../lambdas/worker/handler.ts";
import { openTelemetry } from "../lib/adapters/system/tracing.ts";
import { type CoordinatorDeps, createCoordinator } from "../lib/coordinator/index.ts";
import { limits } from "../lib/model/limits.ts";
import type {
  Clock,
  ConsumedQueue,
  Ids,
  Log,
  Metrics,
  Queue,
  QueueConsumer,
  QueueRef,
  Store,
} from "../lib/ports/index.ts";
import { protocol } from "../lib/protocol/index.ts";
import { deadLetterRefs, taskQueueUrl } from "./connection.ts";
import { type InvocationContext, startEventSource } from "./event-source.ts";
import { startSchedule } from "./schedule.ts";
import { servedQueues, type TasksModule } from "./tasks-module.ts";

/** What one process can do; each is one Lambda function in an account. */
export const roles = ["control", "tasks", "sweep", "dead-letter"] as const;
export type Role = (typeof roles)[number];

/** What a worker works with. */
export interface WorkerPorts {
  readonly store: Store;
  readonly queue: Queue & QueueConsumer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface WorkerOptions {
  readonly ports: WorkerPorts;
  readonly environment: Environment;
  readonly tasks: Pick<TasksModule, "registry" | "catalog">;
  /** @default all */
  readonly roles?: readonly Role[];
  /** Of the task queues that {@link servedQueues} names, those to read. @default all */
  readonly queues?: readonly string[] | undefined;
  /** Batches of up to 10 messages at once, for each task queue. */
  readonly concurrency: number;
  /** Compiles requests; measurements ask for other shapes. @default compile of the library */
  readonly compile?: CoordinatorDeps["compile"];
}

export interface Worker {
  /** The task queues it reads. */
  readonly queues: readonly string[];
  /** Takes nothing new, and resolves when all that runs has ended. Repeatable. */
  stop(): Promise<void>;
}

/** As long as a Lambda function may take. */
const functionSeconds = 900;
/** A worker has no function's time-out: longer than any task may take, so that a successor always fits. */
const invocationSeconds = limits.taskTimeoutSeconds + functionSeconds;
/** Batches of requests at once. A request is a few writes; two keep a large one from holding up the rest. */
const controlConcurrency = 2;

interface Stoppable {
  stop(): Promise<void>;
}

/**
 * Starts the roles.
 *
 * @throws InvalidEnvironmentError when a task is on a queue without a URL.
 */
export function startWorker(options: WorkerOptions): Worker {
  const chosen = new Set<Role>(options.roles ?? roles);
  const queues = chosen.has("tasks") ? (options.queues ?? servedQueues(options.tasks.registry)) : [];
  const parts = partsOf(options);
  const running: Stoppable[] = [
    ...(chosen.has("control") ? [parts.control()] : []),
    ...queues.map((name) => parts.tasks(name, taskQueueUrl(options.environment, name))),
    ...(chosen.has("sweep") ? [parts.sweep()] : []),
    ...(chosen.has("dead-letter") ? parts.deadLetters() : []),
  ];
  return {
    queues,
    async stop() {
      await Promise.all(running.map((part) => part.stop()));
    },
  };
}

/** What starts each role. */
function partsOf({ ports, environment, tasks, concurrency, compile }: WorkerOptions) {
  const { clock, log, queue } = ports;
  const { settings } = environment;
  const coordinator = createCoordinator({
    ...ports,
    settings,
    protocol,
    tracing: openTelemetry,
    reportQueueUrl: environment.requestQueueUrl,
    registry: tasks.registry,
    catalog: tasks.catalog,
    tasksPerMessage: (name) => tasksPerMessage(environment.queues[name] ?? settings),
    ...(compile === undefined ? {} : { compile }),
  });
  // The receipt of a local record is the whole receipt of the port: it names its queue itself.
  const giveBack: GiveBack = (_queue, receipt, seconds) => queue.changeVisibility(receipt, seconds);

  const source = (
    from: ConsumedQueue,
    url: string,
    width: number,
    handler: (event: SQSEvent, context: InvocationContext) => Promise<SQSBatchResponse>,
  ) =>
    startEventSource({
      queue: from,
      arn: arnOf(url),
      consumer: queue,
      handler,
      concurrency: width,
      invocationSeconds,
      clock,
      log,
    });

  return {
    control: (): Stoppable =>
      source(
        "request",
        environment.requestQueueUrl,
        controlConcurrency,
        createControlHandler({ coordinator, giveBack, log }),
      ),
    tasks: (name: string, url: string): Stoppable =>
      source(`task:${name}`, url, concurrency, createWorkerHandler({ coordinator, clock, giveBack, log, queue: name })),
    sweep: (): Stoppable => {
      const handler = createSweepHandler({ coordinator, clock });
      const endsAtMs = () => clock.now() + functionSeconds * 1000;
      const run = () => {
        const untilMs = endsAtMs();
        return handler({}, { getRemainingTimeInMillis: () => untilMs - clock.now() });
      };
      return startSchedule({ everySeconds: settings.sweepSeconds, run, clock, log });
    },
    deadLetters: (): Stoppable[] => {
      const handler = createDeadLetterHandler({
        coordinator,
        sourceOf: letterSources(environment.deadLetterQueueUrls),
        giveBack,
        log,
      });
      return deadLetterRefs(environment).map((ref: QueueRef) =>
        source(`dead:${ref}`, environment.deadLetterQueueUrls[ref] as string, 1, handler),
      );
    },
  };
}

/** The ARN as far as handlers look at it: its last part is the queue's name. */
function arnOf(queueUrl: string): string {
  const [account = "", name = ""] = queueUrl.split("/").slice(-2);
  return `arn:aws:sqs:us-east-1:${account}:${name}`;
}
