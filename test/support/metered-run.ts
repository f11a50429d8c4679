/**
 * One run of any workflow in memory, through the handlers of the Lambda functions, with everything that is asked of AWS
 * counted (bench/meter). Sweeper and dead-letter consumer are not there.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { makeEngine } from "../../bench/members/engines.ts";
import { createMeter, type Line } from "../../bench/meter/meter.ts";
import { emptyReceive, meteredQueue } from "../../bench/meter/metered-queue.ts";
import { meteredStore } from "../../bench/meter/metered-store.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { noMetrics } from "../../lib/adapters/system/metrics.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { SubmitRequest } from "../../lib/model/request.ts";
import { compile } from "../../lib/plan/compile.ts";
import type { Plan } from "../../lib/plan/types.ts";
import type { Clock, Store } from "../../lib/ports/index.ts";
import { readHead } from "../../lib/records/snapshots.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { startWorker } from "../../local/worker.ts";

export interface MeteredRun {
  readonly store: Store;
  readonly plan: Plan;
  /** By call, without receives that came back empty. */
  readonly lines: readonly Line[];
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly sqsRequests: number;
}

const urls = {
  table: "tutti",
  requestQueueUrl: "http://localhost/000000000000/requests",
  taskQueueUrls: { [defaults.queue]: `http://localhost/000000000000/tasks-${defaults.queue}` },
  deadLetterQueueUrls: {},
};

/**
 * Runs a workflow to its end as the run `metered`.
 *
 * @param clock - That of tasks and items; by default one that stands still.
 */
export async function meteredRun(
  tasks: Readonly<Record<string, unknown>>,
  workflow: SubmitRequest["workflow"],
  tasksPerInvocation = 10,
  clock?: Clock,
): Promise<MeteredRun> {
  const engine = await makeEngine("memory");
  const meter = createMeter();
  const queue = meteredQueue(engine.queue, meter);
  const registry = registryOf(tasks);
  const catalog = catalogOf(registry);
  const shape = { tasksPerMessage: () => tasksPerInvocation };
  const worker = startWorker({
    ports: {
      ...engine,
      clock: clock ?? engine.clock,
      store: meteredStore(engine.store, meter),
      queue,
      log: silentLog,
      metrics: noMetrics,
    },
    environment: { ...urls, queues: {}, settings: { ...defaults, tasksPerInvocation }, logLevel: "error" },
    tasks: { registry, catalog },
    roles: ["control", "tasks"],
    concurrency: 4,
    compile: (request, known) => compile(request, known, shape),
  });
  const request: SubmitRequest = { tutti: 1, type: "submit", id: "metered", requestId: "metered", workflow };
  try {
    await queue.send("request", [{ body: JSON.stringify(request), delaySeconds: 0 }], "request.send");
    for (;;) {
      const head = await readHead(engine.store, "metered");
      if (head && head.status !== "RUNNING") break;
      await sleep(2);
    }
    await worker.stop();
    const lines = meter.report().lines.filter(({ operation }) => operation !== emptyReceive);
    const sum = (name: "writeUnits" | "readUnits" | "requests") => lines.reduce((all, line) => all + line[name], 0);
    return {
      store: engine.store,
      plan: compile(request, catalog, shape),
      lines,
      writeUnits: sum("writeUnits"),
      readUnits: sum("readUnits"),
      sqsRequests: sum("requests"),
    };
  } finally {
    await worker.stop();
    await engine.close();
  }
}
