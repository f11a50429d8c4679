/**
 * What a worker process works with: the deployment that flags, environment or a running `tutti dev` name.
 */
import type { Ports, Whereabouts } from "../lambdas/compose.ts";
import { type Environment, readEnvironment, type Variables } from "../lambdas/environment.ts";
import { createPlainDynamoCalls } from "../lib/adapters/dynamodb/plain-calls.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb/store.ts";
import { createPlainSqsCalls } from "../lib/adapters/sqs/plain-calls.ts";
import { createSqsQueue } from "../lib/adapters/sqs/queue.ts";
import { wallClock } from "../lib/adapters/system/clock.ts";
import { cryptoIds } from "../lib/adapters/system/ids.ts";
import { noMetrics } from "../lib/adapters/system/metrics.ts";
import type { Connection as Found } from "../lib/connect.ts";
import type { Log } from "../lib/ports/index.ts";
import { settingVariables } from "./connection.ts";
import { createJsonCaller } from "./json-call.ts";
import type { WorkerPorts } from "./worker.ts";

/** Times that flags set; they go before the environment. */
export interface TimeFlags {
  readonly leaseSeconds?: number | undefined;
  readonly visibilitySeconds?: number | undefined;
  readonly sweepSeconds?: number | undefined;
}

/**
 * The environment of a worker: what was found, laid over the variables of its process. Times: flags, else these variables,
 * else those that the engine was started with.
 *
 * @throws InvalidEnvironmentError which names every variable that is absent or wrong.
 */
export function environmentOf(found: Found, variables: Variables, times: TimeFlags): Environment {
  return readEnvironment({
    ...settingVariables(found.settings ?? {}),
    ...variables,
    TUTTI_TABLE: found.table,
    TUTTI_REQUEST_QUEUE_URL: found.requestQueueUrl,
    TUTTI_TASK_QUEUE_URLS: JSON.stringify(found.taskQueueUrls),
    TUTTI_DEAD_LETTER_QUEUE_URLS: JSON.stringify(found.deadLetterQueueUrls),
    ...settingVariables(times),
  });
}

/** The ports of a worker. A local engine gets none of the user's credentials, and is spoken to without the SDK's work. */
export async function portsOf(found: Found, environment: Environment, log: Log): Promise<WorkerPorts> {
  const ports = enginePorts(found, environment) ?? (await accountPorts(found, environment));
  return { ...ports, log, metrics: noMetrics };
}

async function accountPorts({ endpoints, region }: Found, environment: Environment): Promise<Ports> {
  const whereabouts: Whereabouts = { endpoints, ...(region === undefined ? {} : { region }) };
  // Loads the SDK, which workers of an engine start without.
  const { awsPorts } = await import("../lambdas/compose.ts");
  return awsPorts(environment, whereabouts);
}

/** Undefined for what is no engine of this machine. */
function enginePorts({ local, endpoints }: Found, environment: Environment): Ports | undefined {
  const { dynamodb, sqs } = endpoints;
  if (!local || dynamodb === undefined || sqs === undefined) return undefined;
  const [clock, ids] = [wallClock, cryptoIds];
  const { table, requestQueueUrl: request, taskQueueUrls: tasks, deadLetterQueueUrls: dead } = environment;
  return {
    store: createDynamoStore({
      calls: createPlainDynamoCalls(createJsonCaller(dynamodb).call),
      table,
      clock,
      ids,
    }),
    queue: createSqsQueue({
      calls: createPlainSqsCalls(createJsonCaller(sqs).call),
      urls: { request, tasks, dead },
    }),
    clock,
    ids,
  };
}
