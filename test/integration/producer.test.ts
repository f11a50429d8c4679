/**
 * The producer takes no part in progress: it may be gone right after its one message (S0-03, S0-28).
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type OwnValue, readValue, storeValue } from "../../lib/records/values.ts";
import { variablesOf } from "../../local/connection.ts";
import { type Dev, devDefaults } from "../../local/dev.ts";
import { aChord, aDev, aFolder, clientOf, endOf, openGate, removeFolders, startsIn, waitFor } from "./support.ts";

const cli = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

let dev: Dev;
beforeAll(async () => {
  dev = await aDev();
});
afterAll(async () => {
  await dev?.close();
  await removeFolders();
});

it("fires the callback after the process that submitted has exited", async () => {
  const folder = await aFolder();
  const file = path.join(folder, "request.json");
  await writeFile(file, JSON.stringify(aChord(folder, "wait-at-gate", 3)));
  const settings = { ...devDefaults, retentionSeconds: 3600, tasksPerInvocation: 10 };
  // Not spawnSync: the queues it sends to are served by this process.
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--conditions=source", "--import", "tsx", cli, "submit", file, "--id", "orphan", "--no-wait", "--json"],
    { env: { ...process.env, ...variablesOf(dev.connection, settings) } },
  );
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({ runId: "orphan" });

  await waitFor("all members to run", async () => (await startsIn(folder)).length >= 3);
  await openGate(folder);
  expect(await endOf(dev.engine.store, "orphan")).toMatchObject({ status: "SUCCEEDED" });
  expect(await clientOf(dev.engine).result("orphan")).toMatchObject({ value: 6 });
});

it("stores a workflow that no message holds, and results that no item holds", async () => {
  const folder = await aFolder();
  const { chord } = aChord(folder, "tell", 300);
  const header = chord.header.map((member) => ({ ...member, headers: { note: "x".repeat(1000) } }));
  const run = await clientOf(dev.engine).submit({ chord: { ...chord, header } }, { id: "large", requestId: "q-large" });
  expect(run.created).toBe(true);
  expect(await run.result({ timeoutSeconds: 50 })).toBe(45_150);
  const { items } = await dev.engine.store.query("document#q-large", "document#", undefined, "test");
  expect(items).toHaveLength(1);

  const value = Array.from({ length: 20_000 }, (_, i) => createHash("sha256").update(`${i}`).digest("base64"));
  const stored = await storeValue(dev.engine.store, "large", value, 1024);
  expect(stored).toMatchObject({ value: { kind: "item", parts: 2 } });
  expect(await readValue(dev.engine.store, "large", (stored as { value: OwnValue }).value)).toEqual(value);
});
