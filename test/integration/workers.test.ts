/**
 * Real worker processes on the embedded engine, killed and stopped in the middle.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dev } from "../../local/dev.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import {
  aChord,
  aDev,
  aFolder,
  clientOf,
  endOf,
  isAlive,
  openGate,
  removeFolders,
  startsIn,
  waitFor,
} from "./support.ts";

let dev: Dev;
beforeAll(async () => {
  dev = await aDev();
});
afterAll(async () => {
  await dev?.close();
  await removeFolders();
});

describe.skipIf(!dynoxideAvailable())("worker processes", () => {
  it("take a chord from a raw message on the request queue to its callback", async () => {
    const folder = await aFolder();
    const request = { tutti: 1, type: "submit", requestId: "raw-1", id: "raw", workflow: aChord(folder, "tell", 5) };
    await dev.engine.queue.send("request", [{ body: JSON.stringify(request), delaySeconds: 0 }], "test");

    expect(await endOf(dev.engine.store, "raw")).toMatchObject({ status: "SUCCEEDED", taskCount: 6 });
    expect(await clientOf(dev.engine).result("raw")).toMatchObject({ value: 15 });
    const starts = await startsIn(folder);
    expect(starts.map(({ taskId }) => taskId).sort()).toEqual([
      "raw/callback",
      ...[0, 1, 2, 3, 4].map((index) => `raw/header[${index}]`),
    ]);
  });

  it("make up for one that is killed in the middle: same result, callback decided once", async () => {
    const folder = await aFolder();
    const client = clientOf(dev.engine);
    await client.submit(aChord(folder, "wait-at-gate", 5), { id: "killed" });
    const starts = await waitFor("all members to run", async () => {
      const found = await startsIn(folder);
      return found.length >= 5 ? found : undefined;
    });
    const victim = starts[0]?.pid as number;
    expect(dev.workers()).toContain(victim);

    dev.killWorker(victim);
    await waitFor("the end of the process", () => !isAlive(victim));
    await openGate(folder);

    expect(await endOf(dev.engine.store, "killed")).toMatchObject({ status: "SUCCEEDED" });
    expect(await client.result("killed")).toMatchObject({ value: 15 });
    const all = await startsIn(folder);
    expect(all.filter(({ taskId }) => taskId === "killed/callback")).toHaveLength(1);
    const lost = starts.filter(({ pid }) => pid === victim).map(({ taskId }) => taskId);
    for (const taskId of lost) {
      expect(all.filter((start) => start.taskId === taskId).map(({ attempt }) => attempt)).toEqual([1, 2]);
    }
    const report = await client.inspect("killed", { verbose: true });
    expect(report.joins.filter(({ decision }) => decision === "callback")).toHaveLength(1);
    await waitFor("a worker in its place", () => dev.workers().length === 2 && !dev.workers().includes(victim));
  });
});
