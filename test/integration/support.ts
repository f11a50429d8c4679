/**
 * What the tests of this folder share: folders, waiting for a state, the starts that task bodies note, a client.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { createPortClient, type TuttiClient } from "../../lib/client/client.ts";
import type { Queue, Store } from "../../lib/ports/index.ts";
import type { Head } from "../../lib/protocol/head.ts";
import { readHead } from "../../lib/records/snapshots.ts";
import { type Dev, type DevOptions, startDev } from "../../local/dev.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { gateFile, startsFile } from "../support/engine-tasks.ts";

export const tasksFile = fileURLToPath(new URL("../support/engine-tasks.ts", import.meta.url));

/** A folder that `removeFolders` removes. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-test-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Waits until `look` gives something. Fails with what was waited for. */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 30,
): Promise<T> {
  const untilMs = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > untilMs) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(20);
  }
}

/** The head of a run that has ended. */
export function endOf(store: Store, run: string): Promise<Head> {
  return waitFor(`the end of run ${run}`, async () => {
    const head = await readHead(store, run);
    return head && head.status !== "RUNNING" ? head : undefined;
  });
}

/** One start of a task's body. */
export interface Start {
  readonly taskId: string;
  readonly attempt: number;
  readonly pid: number;
}

/** Every start of a body so far. */
export async function startsIn(folder: string): Promise<readonly Start[]> {
  const text = await readFile(join(folder, startsFile), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [taskId = "", attempt, pid] = line.split(" ");
      return { taskId, attempt: Number(attempt), pid: Number(pid) };
    });
}

/** Lets everything go that waits at the gate. */
export async function openGate(folder: string): Promise<void> {
  await writeFile(join(folder, gateFile), "");
}

/** A chord over the tasks of the fixture: its members return 1 to `size`. */
export function aChord(folder: string, task: "tell" | "wait-at-gate", size: number) {
  const header = Array.from({ length: size }, (_, index) => ({ task, args: [folder, index + 1] }));
  return { chord: { header, callback: { task: "add-up", args: [folder] } } };
}

export function clientOf(ports: { readonly store: Store; readonly queue: Queue }): TuttiClient {
  return createPortClient({ store: ports.store, queue: ports.queue, clock: wallClock, ids: cryptoIds });
}

/** Short waits: a lost worker is made up for within seconds. */
export const shortTimes = { leaseSeconds: 1, visibilitySeconds: 2, sweepSeconds: 1 } as const;

/** An engine with workers for the fixture's tasks. */
export async function aDev(options: Partial<DevOptions> = {}): Promise<Dev> {
  return startDev({
    cwd: await aFolder(),
    tasks: await loadTasksModule(tasksFile),
    log: silentLog,
    env: { ...process.env, TUTTI_LOG_LEVEL: "error" },
    ...shortTimes,
    ...options,
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
