/**
 * What `status`, `inspect`, `check` and `list` read, and how long they take, on a table in memory: one chord of 100,000
 * members that all wait, and a deployment of 10,000 runs of which 100 are active. Ends with 1 when one of them takes more
 * than its bound.
 *
 * Read units are those of DynamoDB, counted as it bills them; times are of the code alone, without a network. The table in
 * memory is slower than its network would be for some calls, and faster for others: take the units for exact, and the times
 * for what a CPU needs.
 *
 * `npm run bench:operate`
 */
import { z } from "zod";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../lib/adapters/memory/store.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { createPortClient, type TuttiClient } from "../../lib/client/client.ts";
import { type Coordinator, createCoordinator, type Disposition } from "../../lib/coordinator/index.ts";
import { defineTask } from "../../lib/index.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { Workflow } from "../../lib/model/workflow.ts";
import type { HeldMessage, QueueConsumer, Store } from "../../lib/ports/index.ts";
import { protocol } from "../../lib/protocol/index.ts";
import { requestBody } from "../../lib/records/documents.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { createMeter } from "../meter/meter.ts";
import { meteredStore } from "../meter/metered-store.ts";

const members = 100_000;
const runs = 10_000;
/** Of those, the last ones wait on a queue that nobody reads. */
const active = 100;

const anything = z.array(z.unknown());
const one = defineTask({ name: "one", args: anything }, async () => 1);
const waits = defineTask({ name: "waits", args: anything, queue: "unread" }, async () => 1);
const registry = registryOf({ one, waits });

interface Submitted {
  readonly id: string;
  readonly name?: string;
  readonly workflow: Workflow;
}

interface Deployment {
  readonly store: Store;
  /** Handles what lies on the request queue, and on the one that is read. */
  work(): Promise<void>;
  send(request: Submitted): Promise<void>;
}

function createDeployment(): Deployment {
  const store = createMemoryStore();
  const queue = createMemoryQueue({ clock: wallClock, visibilitySeconds: 3600, maxReceiveCount: 20 });
  const coordinator: Coordinator = createCoordinator({
    store,
    queue,
    clock: wallClock,
    ids: createSeededIds(1),
    log: { write: () => undefined },
    metrics: { count: () => undefined },
    settings: defaults,
    registry,
    catalog: catalogOf(registry),
    protocol,
  });
  return {
    store,
    async work() {
      for (let moved = true; moved; ) {
        const requests = await queue.receive("request", 10);
        const tasks = await queue.receive("task:default", 10);
        for (const message of requests) await settle(queue, message, await coordinator.control(message));
        const deadlineAtMs = wallClock.now() + 3_600_000;
        const ends = await coordinator.work({ messages: tasks, queue: "default", deadlineAtMs });
        for (const [at, message] of tasks.entries()) await settle(queue, message, ends[at] as Disposition);
        moved = requests.length + tasks.length > 0;
      }
    },
    async send(request) {
      const body = await requestBody(
        { store, clock: wallClock },
        { tutti: 1, type: "submit", requestId: request.id, ...request },
      );
      await queue.send("request", [{ body, delaySeconds: 0 }], "request.send");
    },
  };
}

async function settle(queue: QueueConsumer, { receipt }: HeldMessage, end: Disposition): Promise<void> {
  if (end.kind === "acknowledge") await queue.remove(receipt);
  else await queue.changeVisibility(receipt, 0);
}

/** What a question may take at most. */
interface Bound {
  readonly readUnits: number;
  readonly calls: number;
}

/** On a machine that is busy with other work. What is not bounded otherwise takes minutes. */
const maxSeconds = 60;

/** Runs a command, and prints what it has read. */
async function measure(
  name: string,
  store: Store,
  bound: Bound,
  command: (client: TuttiClient) => Promise<string>,
): Promise<void> {
  const meter = createMeter();
  const metered = meteredStore(store, meter);
  const none = { send: async () => ({ failed: [] }) };
  const client = createPortClient({ store: metered, queue: none, clock: wallClock, ids: createSeededIds(2) });
  const startMs = performance.now();
  const found = await command(client);
  const seconds = (performance.now() - startMs) / 1000;
  const { readUnits, writeUnits, calls } = meter.report().totals;
  const numbers = [readUnits.toFixed(1).padStart(10), String(calls).padStart(8), seconds.toFixed(2).padStart(8)];
  console.log(`${name.padEnd(44)}${numbers.join("")}  ${found}`);
  if (writeUnits > 0) throw new Error(`${name} wrote ${writeUnits} units`);
  if (readUnits > bound.readUnits || calls > bound.calls || seconds > maxSeconds)
    throw new Error(
      `${name} takes more than ${bound.readUnits} read units, ${bound.calls} calls or ${maxSeconds} seconds`,
    );
}

console.log(`${"".padEnd(44)}${"read units".padStart(10)}${"calls".padStart(8)}${"seconds".padStart(8)}`);
const large = createDeployment();
const over = Array.from({ length: members }, (_, i) => i);
await large.send({ id: "large", workflow: { map: { over, each: { task: "waits" } } } });
await large.work();
const wholeRun = { readUnits: 600, calls: 50 };
await measure(
  "status, one run",
  large.store,
  wholeRun,
  async (client) => `${(await client.status()).activeJoins} joins`,
);
await measure(`inspect, ${members} members`, large.store, wholeRun, async (client) => {
  const { joins } = await client.inspect("large");
  return `${joins[0]?.missingCount} missing`;
});
await measure("inspect --verbose, its first 1000", large.store, wholeRun, async (client) => {
  const { tasks = [] } = await client.inspect("large", { verbose: true });
  return `${tasks.length} tasks`;
});
await measure(`check, ${members} members`, large.store, wholeRun, async (client) => {
  const { waiting } = await client.checkStuck({ id: "large" });
  return `${waiting[0]?.groups[0]?.members} ${waiting[0]?.kind}`;
});

const many = createDeployment();
for (let i = 0; i < runs; i++) {
  const task = i < runs - active ? "one" : "waits";
  const header = [{ task: "one" }, { task: "one" }, { task }];
  await many.send({ id: `run-${i}`, name: i % 2 === 0 ? "even" : "odd", workflow: { group: header } });
}
await many.work();
await measure(`status, ${runs} runs`, many.store, { readUnits: 1500, calls: 500 }, async (client) => {
  const { runs: states, activeJoins } = await client.status();
  return `${states.RUNNING} running, ${activeJoins} joins`;
});
await measure(`list, first page of ${runs} runs`, many.store, { readUnits: 100, calls: 10 }, async (client) => {
  const { runs: page } = await client.list();
  return `${page.length} runs`;
});
await measure(`list --status RUNNING, of ${runs} runs`, many.store, { readUnits: 700, calls: 10 }, async (client) => {
  const { runs: page } = await client.list({ status: ["RUNNING"], limit: 1000 });
  return `${page.length} runs`;
});
await measure(
  `check, ${active} of ${runs} runs active`,
  many.store,
  { readUnits: 1500, calls: 500 },
  async (client) => {
    const { runs: looked, activeJoins } = await client.checkStuck();
    return `${looked} runs, ${activeJoins} joins`;
  },
);
