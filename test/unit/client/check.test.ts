/**
 * Checking through the client: what is exported for programs, the listing's pages, and that reading changes nothing.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createPortClient } from "../../../lib/client/client.ts";
import { changesBetween } from "../../../lib/client/monitoring.ts";
import { sqsFacts } from "../../../lib/connect-facts.ts";
import { QueueError } from "../../../lib/errors.ts";
import * as tutti from "../../../lib/index.ts";
import { reportsJsonSchema } from "../../../lib/model/operating-reports.ts";
import { createStage } from "../diagnose/stage.ts";

const one = (value: number) => ({ task: "one", args: [value] });
const collect = { task: "collect" };

async function waitingStage() {
  const stage = createStage();
  stage.deployment.switches.unread.add("other");
  await stage.begin({ chord: { header: [one(1), { task: "other" }], callback: collect } }, { seconds: 5 });
  return stage;
}

describe("what programs import", () => {
  it("S1-52 S1-55 S1-56: has the functions of monitoring", () => {
    const { checkStuck, getActiveJoins, health, setupPeriodicMonitoring } = tutti;
    for (const one of [checkStuck, getActiveJoins, health, setupPeriodicMonitoring])
      expect(typeof one).toBe("function");
  });

  it("S1-55: getActiveJoins names the joins that wait, how far they are, and since when", async () => {
    const { deployment } = await waitingStage();
    expect(await deployment.until(deployment.client.getActiveJoins())).toEqual([
      { runId: "r", joinId: ".", kind: "chord", expected: 2, arrived: 1, since: "2026-11-21T09:00:00.000Z" },
    ]);
  });

  it("S1-56: checkStuck takes hours, fractions too, and refuses what is none", async () => {
    const { deployment, check } = await waitingStage();
    await deployment.advance(60);
    expect(await check()).toMatchObject({ healthy: true, maxRuntimeHours: 1 });
    expect((await check({ maxRuntimeHours: 0.01 })).issues).toMatchObject([{ runId: "r", stuck: true }]);
    for (const hours of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(deployment.client.checkStuck({ maxRuntimeHours: hours })).rejects.toThrow("number of hours above 0");
  });

  it("S1-52: monitoring checks once and returns the result, or goes on until it is stopped", async () => {
    const { deployment, pass } = await waitingStage();
    const told: string[][] = [];
    const onCheck = (_: unknown, { appeared }: { appeared: readonly { kind: string }[] }) => {
      told.push(appeared.map(({ kind }) => kind));
    };
    const once = await deployment.until(deployment.client.monitor({ onCheck }));
    expect(once.report.healthy).toBe(true);
    const { stop } = await deployment.until(deployment.client.monitor({ onCheck, everyMinutes: 15 }));
    await pass(1900);
    stop();
    await pass(1900);
    expect(told).toEqual([[], [], ["queue-not-read"], []]);
  });
});

describe("a check", () => {
  it("S19: reads only: table and queues stay byte for byte as they were, whatever is asked", async () => {
    const { deployment } = await waitingStage();
    Object.assign(deployment.switches, { workers: false, control: false });
    const { client, store, queue, sent, until } = deployment;
    const before = JSON.stringify([store.dump(), queue.list()]);
    const messages = sent.length;
    await until(client.checkStuck());
    await until(client.checkStuck({ id: "r/." }));
    await until(client.health());
    await until(client.list());
    await until(client.getActiveJoins());
    expect(JSON.stringify([store.dump(), queue.list()])).toBe(before);
    expect(sent).toHaveLength(messages);
  });

  it("asks the queues before it reads a run: what is taken in between is shown as taken", async () => {
    const { begin, deployment } = createStage();
    const { store, queue, clock, switches } = deployment;
    switches.workers = false;
    await begin({ task: "nap", args: [100] }, { seconds: 5 });
    const facts = {
      queues: async () => {
        const depth = queue.depth("task:default");
        switches.workers = true;
        await deployment.advance(1);
        return { queues: new Map([["task:default", { exists: true, depth }] as const]), allQueues: true };
      },
    };
    const client = createPortClient({ store, queue, clock, ids: createSeededIds(3), facts });
    expect((await deployment.until(client.checkStuck({ id: "r" }))).waiting).toMatchObject([{ kind: "runs-long" }]);
  });

  it("is of one run, or of a part of it, by its path", async () => {
    const { check } = await waitingStage();
    expect((await check({ id: "r/header[1]" })).waiting).toHaveLength(1);
    expect((await check({ id: "r/header[0]" })).waiting).toHaveLength(0);
    await expect(check({ id: "nobody" })).rejects.toThrow("no run has the id nobody");
  });

  it("is the same issue while run, join and cause are", async () => {
    const { deployment, check } = await waitingStage();
    await deployment.advance(600);
    const first = await check();
    await deployment.advance(60);
    expect(changesBetween(first, await check())).toEqual({ appeared: [], gone: [] });
  });
});

describe("facts from SQS", () => {
  const connection = {
    from: "options",
    table: "t",
    endpoints: {},
    local: false,
    taskQueueUrls: { a: "u" },
    deadLetterQueueUrls: { "task:a": "d" },
  } as const;
  const depth = { visible: 1, inFlight: 2, delayed: 3 };

  it("are depths, and what is missing is told from what could not be asked", async () => {
    const missing = new QueueError("x", { cause: Object.assign(new Error("x"), { name: "QueueDoesNotExist" }) });
    const queue = {
      depth: async (name: string) => {
        if (name === "task:a") throw missing;
        if (name === "dead:task:a") throw new QueueError("no answer");
        return depth;
      },
    };
    const { queues, allQueues } = await sqsFacts(queue, connection).queues();
    expect(Object.fromEntries(queues)).toEqual({ request: { exists: true, depth }, "task:a": { exists: false } });
    expect(allQueues).toBe(true);
    expect((await sqsFacts(queue, { ...connection, taskQueueUrls: {} }).queues()).allQueues).toBe(false);
  });
});

it("schema/reports-1.json is what the reports are; else run: npx tsx scripts/write-schema.ts", () => {
  const file = new URL("../../../schema/reports-1.json", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(reportsJsonSchema(), null, 2)}\n`);
});
