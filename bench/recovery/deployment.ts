/**
 * A deployment of real processes in a folder of its own: the program `tutti` as the engine and as workers, each of which can be
 * killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TuttiClient } from "../../lib/client/client.ts";
import { connect, findConnection } from "../../lib/connect.ts";
import type { Start } from "./tasks.ts";

const program = fileURLToPath(new URL("../../bin/tutti.mjs", import.meta.url));
const tasksFile = fileURLToPath(new URL("tasks.ts", import.meta.url));
const pollMs = 20;

/** Times that decide how soon a loss is noticed. */
export interface Times {
  readonly leaseSeconds: number;
  readonly visibilitySeconds: number;
  readonly sweepSeconds: number;
}

export interface Deployment {
  readonly startsFile: string;
  /** Starts the engine, or starts it again, and waits until it takes requests. */
  startEngine(): Promise<void>;
  /** Ends the engine as a crash would. */
  killEngine(): Promise<void>;
  /** @param roles - As `tutti worker --only` takes them. */
  startWorker(roles: string): void;
  client(): Promise<TuttiClient>;
  starts(): readonly Start[];
  close(): Promise<void>;
}

export async function createDeployment({ leaseSeconds, visibilitySeconds, sweepSeconds }: Times): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), "tutti-recovery-"));
  const startsFile = join(folder, "starts");
  const port = await freePorts();
  const running = new Set<ChildProcess>();
  let engine: ChildProcess | undefined;

  const start = (...argv: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [program, ...argv], { cwd: folder, stdio: "ignore" });
    running.add(child);
    child.once("exit", () => running.delete(child));
    return child;
  };
  const times = [
    ...["--lease-seconds", String(leaseSeconds)],
    ...["--visibility-seconds", String(visibilitySeconds)],
    ...["--sweep-seconds", String(sweepSeconds)],
  ];
  const client = () => connect(findConnection({}, { environment: {}, cwd: folder }));

  return {
    startsFile,
    client,
    async startEngine() {
      const place = ["--data", join(folder, "data"), "--port", String(port)];
      engine = start("dev", "--engine-only", "--tasks", tasksFile, ...place, ...times);
      const { pid } = engine;
      await until("the engine", async () => pidIn(join(folder, ".tutti", "dev.json")) === pid);
    },
    async killEngine() {
      if (engine !== undefined) await end(engine);
    },
    startWorker(roles) {
      start("worker", "--tasks", tasksFile, "--only", roles, ...times);
    },
    starts() {
      if (!existsSync(startsFile)) return [];
      const lines = readFileSync(startsFile, "utf8").split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Start);
    },
    async close() {
      // The engine last: a worker that finds none would wait for it.
      for (const child of [...running].reverse()) await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function pidIn(file: string): number | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { readonly pid: number }).pid : undefined;
}

/** Waits until something is so. @throws when it is not within five minutes. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const startMs = performance.now(); performance.now() - startMs < 300_000; await sleep(pollMs)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A port whose next one is free as well. */
async function freePorts(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { readonly port: number };
    const next = createServer().listen(port + 1, "127.0.0.1");
    const isFree = await Promise.race([
      once(next, "listening").then(() => true),
      once(next, "error").then(() => false),
    ]);
    next.close();
    server.close();
    if (isFree) return port;
  }
}
