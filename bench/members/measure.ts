/**
 * One measured run: submit → callback done → head ended, through the handlers of the Lambda functions.
 *
 * Control and workers are in this process, as `tutti dev` runs them; sweeper and dead-letter consumer, which cost by time
 * and not by member, are not.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { noMetrics } from "../../lib/adapters/system/metrics.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { Store } from "../../lib/ports/index.ts";
import type { Head } from "../../lib/protocol/head.ts";
import { readHead } from "../../lib/records/snapshots.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { startWorker } from "../../local/worker.ts";
import { createMeter, type MeterReport } from "../meter/meter.ts";
import { meteredQueue } from "../meter/metered-queue.ts";
import { meteredStore } from "../meter/metered-store.ts";
import * as tasks from "./chord.ts";
import { chordRequest, compileChord } from "./chord.ts";
import { type Delivery, deploymentFor } from "./deployment.ts";
import { type EngineName, makeEngine } from "./engines.ts";

export interface MeasureOptions {
  readonly members: number;
  readonly engine: EngineName;
  readonly tasksPerInvocation: number;
  /** @default 10 */
  readonly tasksPerMessage?: number;
  /** Chords of that many members each, submitted together. @default 1 */
  readonly chords?: number;
}

export interface Measurement {
  /** Of all chords together. */
  readonly members: number;
  readonly delivery: Delivery;
  /** From the submit to the end of the run. */
  readonly seconds: number;
  readonly counted: MeterReport;
}

/** Batches at once. */
const concurrency = 4;
/** How often it is looked whether the run has ended. */
const lookMs = 5;
/** Requests of one call. */
const sentAtOnce = 10;

/** Measures chords. @throws Error when a run does not succeed: the callback has refused the results, say. */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { members, engine: name, tasksPerInvocation, tasksPerMessage, chords = 1 } = options;
  const { settings, shape, delivery } = deploymentFor(tasksPerInvocation, tasksPerMessage);
  const engine = await makeEngine(name);
  const meter = createMeter();
  const queue = meteredQueue(engine.queue, meter);
  const registry = registryOf(tasks);
  const { clock, ids } = engine;
  const worker = startWorker({
    ports: { store: meteredStore(engine.store, meter), queue, clock, ids, log: silentLog, metrics: noMetrics },
    environment: { ...urls, queues: {}, settings, logLevel: "error" },
    tasks: { registry, catalog: catalogOf(registry) },
    roles: ["control", "tasks"],
    concurrency,
    compile: compileChord(members, shape),
  });
  try {
    const startedMs = performance.now();
    const runIds = Array.from({ length: chords }, (_, at) => (chords === 1 ? "bench" : `bench-${at}`));
    for (let at = 0; at < chords; at += sentAtOnce) {
      const requests = runIds.slice(at, at + sentAtOnce).map(chordRequest);
      await queue.send(
        "request",
        requests.map((request) => ({ body: JSON.stringify(request), delaySeconds: 0 })),
        "request.send",
      );
    }
    const heads: Head[] = [];
    for (const runId of runIds) heads.push(await ended(engine.store, runId));
    const seconds = (performance.now() - startedMs) / 1000;
    await worker.stop();
    const wrong = heads.find(({ status }) => status !== "SUCCEEDED");
    if (wrong) throw new Error(`a chord of ${members} ended ${wrong.status}: ${wrong.error?.message}`);
    return { members: members * chords, delivery, seconds, counted: meter.report() };
  } finally {
    await worker.stop();
    await engine.close();
  }
}

/** What handlers are told of a deployment; its queues are asked for by name here. */
const urls = {
  table: "tutti",
  requestQueueUrl: "http://localhost/000000000000/requests",
  taskQueueUrls: { [defaults.queue]: `http://localhost/000000000000/tasks-${defaults.queue}` },
  deadLetterQueueUrls: {},
};

/** Looks past the meter. */
async function ended(store: Store, runId: string): Promise<Head> {
  for (;;) {
    const head = await readHead(store, runId);
    if (head && head.status !== "RUNNING") return head;
    await sleep(lookMs);
  }
}
