/**
 * An audit of a table on a real engine, while worker processes are at work in it and afterwards.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Dev } from "../../local/dev.ts";
import { aChord, aDev, aFolder, clientOf, endOf, openGate, removeFolders, startsIn, waitFor } from "./support.ts";

let dev: Dev;
beforeAll(async () => {
  dev = await aDev();
});
afterAll(async () => {
  await dev?.close();
  await removeFolders();
});

it("finds nothing wrong in runs that go on, nor in those that have ended", async () => {
  const client = clientOf(dev.engine);
  const folder = await aFolder();
  await client.submit(aChord(folder, "wait-at-gate", 4), { id: "waiting" });
  await client.submit(aChord(folder, "tell", 300), { id: "moving" });
  await waitFor("members to run", async () => (await startsIn(folder)).length >= 4);
  const during = await client.auditAll();
  await openGate(folder);
  for (const run of ["waiting", "moving"])
    expect(await endOf(dev.engine.store, run)).toMatchObject({ status: "SUCCEEDED" });
  const after = await client.auditAll();
  expect(during.violations).toEqual([]);
  expect(after).toEqual({ schemaVersion: 1, runs: 2, found: 0, violations: [], unsteady: [] });
});
