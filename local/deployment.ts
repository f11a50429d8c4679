/**
 * What a worker process works with: the deployment that flags, environment or a running `tutti dev` name.
 */
import { awsPorts, type Whereabouts } from "../lambdas/compose.ts";
import { type Environment, readEnvironment, type Variables } from "../lambdas/environment.ts";
import { noMetrics } from "../lib/adapters/system/metrics.ts";
import type { Connection as Found } from "../lib/connect.ts";
import type { Log } from "../lib/ports/index.ts";
import { localCredentials, settingVariables } from "./connection.ts";
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

/** The ports of a worker. A local engine gets none of the user's credentials. */
export function portsOf(found: Found, environment: Environment, log: Log): WorkerPorts {
  const whereabouts: Whereabouts = {
    endpoints: found.endpoints,
    ...(found.region === undefined ? {} : { region: found.region }),
    ...(found.local ? { credentials: localCredentials } : {}),
  };
  return { ...awsPorts(environment, whereabouts), log, metrics: noMetrics };
}
