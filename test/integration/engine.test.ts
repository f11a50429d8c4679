/**
 * The embedded engine: what survives a restart, what it does without dynoxide, what it refuses.
 */

import { once } from "node:events";
import { access } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readEnvironment } from "../../lambdas/environment.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { noMetrics } from "../../lib/adapters/system/metrics.ts";
import { variablesOf } from "../../local/connection.ts";
import { type Dev, NoWorkerProcessesError, startDev } from "../../local/dev.ts";
import { devFilePath } from "../../local/dev-file.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { EngineStartError, startEngine } from "../../local/engine.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { type Role, startWorker, type Worker } from "../../local/worker.ts";
import {
  aChord,
  aDev,
  aFolder,
  clientOf,
  endOf,
  openGate,
  removeFolders,
  shortTimes,
  startsIn,
  tasksFile,
  waitFor,
} from "./support.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await removeFolders();
});

function closing(dev: Dev): Dev {
  closers.push(() => dev.close());
  return dev;
}

/** A worker of an engine alone, in this process. */
async function aWorker({ engine, connection }: Dev, ...roles: readonly Role[]): Promise<Worker> {
  const settings = { ...shortTimes, clockSkewSeconds: 0, retentionSeconds: 3600, tasksPerInvocation: 10 };
  const ports = {
    store: engine.store,
    queue: engine.queue,
    clock: wallClock,
    ids: cryptoIds,
    log: silentLog,
    metrics: noMetrics,
  };
  const environment = readEnvironment(variablesOf(connection, settings));
  return startWorker({ ports, environment, tasks: await loadTasksModule(tasksFile), roles, concurrency: 2 });
}

describe.skipIf(!dynoxideAvailable())("a table on disk", () => {
  it("is there after a restart, and the sweeper sends again what the queues held", async () => {
    const [folder, dataDir] = [await aFolder(), await aFolder()];
    const options = {
      cwd: folder,
      engineOnly: true,
      dataDir,
      tasks: await loadTasksModule(tasksFile),
      log: silentLog,
      ...shortTimes,
    };
    const first = await startDev(options);
    const control = await aWorker(first, "control");
    await clientOf(first.engine).submit(aChord(folder, "tell", 3), { id: "kept" });
    await waitFor(
      "the pack of the members on its queue",
      async () => (await first.engine.queue.depth("task:default")).visible === 1,
    );
    await control.stop();
    await first.close();

    const second = closing(await startDev(options));
    expect(await second.engine.queue.depth("task:default")).toMatchObject({ visible: 0 });
    const worker = await aWorker(second, "control", "tasks", "sweep");
    closers.push(() => worker.stop());
    expect(await endOf(second.engine.store, "kept")).toMatchObject({ status: "SUCCEEDED" });
    expect(await clientOf(second.engine).result("kept")).toMatchObject({ value: 6 });
    expect((await startsIn(folder)).length).toBe(4);
  });
});

describe("without dynoxide", () => {
  it("runs everything in this process, and has no worker to kill", async () => {
    const folder = await aFolder();
    const dev = closing(await aDev({ cwd: folder, table: "memory" }));
    expect(dev).toMatchObject({ table: "memory", connection: { endpoints: { sqs: expect.any(String) } } });
    expect(dev.connection.endpoints.dynamodb).toBeUndefined();
    expect(dev.workers()).toEqual([]);
    expect(() => dev.killWorker(process.pid)).toThrow(NoWorkerProcessesError);
    await expect(access(devFilePath(folder))).rejects.toThrow();

    await clientOf(dev.engine).submit(aChord(folder, "tell", 5), { id: "alone" });
    expect(await endOf(dev.engine.store, "alone")).toMatchObject({ status: "SUCCEEDED" });
  });

  it("does not wait longer than it is told for what runs when it stops", async () => {
    const folder = await aFolder();
    const dev = closing(await aDev({ cwd: folder, table: "memory" }));
    await clientOf(dev.engine).submit({ task: "wait-at-gate", args: [folder, 1] }, { id: "left" });
    await waitFor("the task to run", async () => (await startsIn(folder)).length > 0);
    const startedMs = performance.now();
    await dev.close(200);
    expect(performance.now() - startedMs).toBeLessThan(1500);
    await openGate(folder);
  });

  it("refuses what would be of no use", async () => {
    const options = { log: silentLog, table: "memory" } as const;
    await expect(startDev({ ...options, cwd: await aFolder(), engineOnly: true })).rejects.toThrow(EngineStartError);
    await expect(
      startDev({ ...options, cwd: await aFolder(), dataDir: await aFolder(), engineOnly: true }),
    ).rejects.toThrow(/on disk/);
  });
});

describe("starting", () => {
  it("says which port is taken, and leaves nothing behind", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    closers.push(async () => taken.close());
    const options = { queues: [], visibilitySeconds: 1, clock: wallClock, ids: cryptoIds } as const;
    await expect(startEngine({ ...options, table: "memory", port: port - 1 })).rejects.toThrow(
      `port ${port}, which SQS takes, is in use`,
    );
  });

  it.skipIf(!dynoxideAvailable())("gives up when workers cannot start, and removes what it made", async () => {
    const folder = await aFolder();
    const tasks = { ...(await loadTasksModule(tasksFile)), file: "/nowhere/tasks.ts" };
    await expect(aDev({ cwd: folder, tasks, workers: 1, output: "none" })).rejects.toThrow(
      /ended 3 times before it was ready/,
    );
    await expect(access(devFilePath(folder))).rejects.toThrow();
  });
});
