/**
 * The functions as they are deployed: environment, wiring and handler together. Each call reads the environment, so a
 * wrong one stops the function while it starts.
 */
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { SweepReport } from "../lib/lambda.ts";
import { compose, noTasks, tasksOf } from "./compose.ts";
import { createControlHandler } from "./control/handler.ts";
import { createDeadLetterHandler } from "./dead-letter/handler.ts";
import { readEnvironment, workerQueueOf } from "./environment.ts";
import { letterSources } from "./letter-sources.ts";
import { createSweepHandler } from "./sweep/handler.ts";
import { withTelemetry } from "./telemetry.ts";
import { createWorkerHandler } from "./worker/handler.ts";

/** The namespace object of a tasks module: `import * as tasks from "./tasks.ts"`. */
export type TasksModuleExports = Readonly<Record<string, unknown>>;

/** A function behind an SQS queue, with partial batch responses switched on (`ReportBatchItemFailures`). */
export type QueueFunction = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
/** A function behind a schedule. */
export type ScheduledFunction = (event: unknown, context: Context) => Promise<SweepReport>;

/**
 * The function that reads the request queue.
 *
 * @param tasks - Its names, queues and argument schemas are what requests are checked against.
 */
export function createControlFunction(tasks: TasksModuleExports): QueueFunction {
  const { telemetry, ...deps } = compose("control", readEnvironment(), tasksOf(tasks));
  return withTelemetry(telemetry, createControlHandler(deps));
}

/** The function that reads the task queue that `TUTTI_QUEUE` names, and runs its tasks. */
export function createWorkerFunction(tasks: TasksModuleExports): QueueFunction {
  const environment = readEnvironment();
  const { telemetry, ...deps } = compose("worker", environment, tasksOf(tasks));
  return withTelemetry(telemetry, createWorkerHandler({ ...deps, queue: workerQueueOf(environment) }));
}

/** The function of the schedule. */
export function createSweepFunction(): ScheduledFunction {
  const { telemetry, ...deps } = compose("sweep", readEnvironment(), noTasks);
  return withTelemetry(telemetry, createSweepHandler(deps));
}

/** The function that reads every dead-letter queue. */
export function createDeadLetterFunction(): QueueFunction {
  const environment = readEnvironment();
  const { telemetry, ...deps } = compose("dead-letter", environment, noTasks);
  return withTelemetry(
    telemetry,
    createDeadLetterHandler({ ...deps, sourceOf: letterSources(environment.deadLetterQueueUrls) }),
  );
}
