/**
 * A process of the soak, bundled into one file so that it is up soon: the workers of `tutti dev`, one role or two each,
 * or the queues.
 *
 * `start.cjs PROGRAM <queues | control | tasks | sweep>`, started and replaced by a pool of local/worker-pool.ts. Any other role
 * ends at once.
 */
import { appendFileSync } from "node:fs";
import { jsonLog } from "../../lib/adapters/system/log.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { parentConnection } from "../../local/connection.ts";
import { environmentOf, portsOf } from "../../local/deployment.ts";
import { parentLink } from "../../local/parent-link.ts";
import { createQueues } from "../../local/queues.ts";
import { startSqsServer } from "../../local/sqs/server.ts";
import { type Role, startWorker } from "../../local/worker.ts";
import { logVariable, type QueueSettings, queueVariable } from "./settings.ts";
import * as tasks from "./tasks.ts";

/** What one process does: letters go with requests, as both are rare. */
const rolesOf: Readonly<Record<string, readonly Role[]>> = {
  control: ["control", "dead-letter"],
  tasks: ["tasks"],
  sweep: ["sweep"],
};

/** Queues in memory: a kill loses every message, and the same queues are there again. */
async function runQueues(): Promise<void> {
  const settings = JSON.parse(process.env[queueVariable] ?? "") as QueueSettings;
  const server = await startSqsServer({ port: settings.port, region: settings.region, seed: process.pid });
  await createQueues({ ...settings, endpoint: server.endpoint });
  server.faults = settings.faults;
}

async function runWorker(roles: readonly Role[]): Promise<void> {
  const found = parentConnection(process.env);
  if (found === undefined) throw new Error("no connection was given");
  const environment = environmentOf(found, process.env, {});
  const logFile = process.env[logVariable] ?? "/dev/null";
  const log = jsonLog({ stream: { write: (line) => appendFileSync(logFile, line) }, minimum: "warn" });
  const registry = registryOf(tasks);
  startWorker({
    ports: await portsOf(found, environment, log),
    environment,
    tasks: { registry, catalog: catalogOf(registry) },
    roles,
    concurrency: 2,
  });
}

async function main(role: string): Promise<void> {
  const roles = rolesOf[role];
  if (role === "queues") await runQueues();
  else if (roles !== undefined) await runWorker(roles);
  const parent = parentLink();
  // Nothing here is worth an end in order: what is killed all the time may be killed now.
  parent?.onStop(() => process.exit());
  parent?.ready();
  // Without a parent nothing would ever end it.
  if (parent === undefined) process.exit();
}

void main(process.argv[2] ?? "");
