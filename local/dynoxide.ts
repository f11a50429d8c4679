/**
 * The local DynamoDB: one dynoxide process on 127.0.0.1, ended by its id.
 *
 * It cannot outlive this process: an exit ends it, and so does a small guard that waits for the end of a pipe which only
 * this process holds open, so a kill -9 ends it too. Killing it is its way to stop: with a data directory every
 * acknowledged write is on disk, and SIGTERM takes it up to two seconds (measured with dynoxide 1.2.1).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

export interface DynoxideOptions {
  /** Where the data is kept; absent: in memory. */
  readonly dataDir?: string;
  /** @default a free one */
  readonly port?: number;
}

export interface Dynoxide {
  /** For example `http://127.0.0.1:41873`. */
  readonly endpoint: string;
  readonly pid: number;
  /** Ends the process and waits until it is gone. Repeatable. */
  close(): Promise<void>;
}

const host = "127.0.0.1";
/** It listens after about 10 ms; a busy machine may take longer. */
const startTimeoutMs = 10_000;
/** Between asking for a free port and taking it, another process may take it. */
const startAttempts = 3;

/** True when there is a binary for this platform. */
export function dynoxideAvailable(): boolean {
  return findBinary() !== undefined;
}

function findBinary(): string | undefined {
  const name = process.platform === "win32" ? "dynoxide.exe" : "dynoxide";
  try {
    return createRequire(import.meta.url).resolve(`@dynoxide/${process.platform}-${process.arch}/${name}`);
  } catch {
    return undefined;
  }
}

/** @throws Error when there is no binary, or it does not answer in time; its own words are in the message. */
export async function startDynoxide(options: DynoxideOptions = {}): Promise<Dynoxide> {
  const binary = findBinary();
  if (!binary)
    throw new Error(`no dynoxide for ${process.platform}-${process.arch}: run npm ci with optional packages`);
  if (options.dataDir !== undefined) await mkdir(options.dataDir, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await launch(binary, port, options.dataDir);
    } catch (error) {
      if (options.port !== undefined || attempt === startAttempts) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function launch(binary: string, port: number, dataDir: string | undefined): Promise<Dynoxide> {
  const database = dataDir === undefined ? [] : ["--db-path", join(dataDir, "dynamodb.sqlite")];
  // A group of its own: an interrupt from the terminal is for this process, which then stops the engine in its time.
  const child = spawn(binary, ["--host", host, "--port", String(port), ...database], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  };
  const guard = child.pid === undefined ? undefined : startGuard(child.pid);
  process.once("exit", kill);
  void ended.then(() => {
    process.off("exit", kill);
    guard?.kill("SIGKILL");
  });

  try {
    await listening(child);
  } catch (cause) {
    kill();
    await ended;
    throw new Error(`dynoxide did not start on port ${port}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  leaveToItself(child, child.stderr);
  return {
    endpoint: `http://${host}:${port}`,
    pid: child.pid as number,
    async close() {
      child.ref();
      kill();
      await ended;
    },
  };
}

/** Waits for the child's own word that it listens: an answer on the port could be another engine's. */
async function listening(child: ChildProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      let said = "";
      const give = (up: string) => () => reject(new Error(said.trim() || up));
      timer = setTimeout(give(`silent for ${startTimeoutMs} ms`), startTimeoutMs);
      child.once("error", reject);
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-2000);
        if (/listening on/i.test(said)) resolve();
      });
      // Not "exit": what it said last may come after that.
      child.once("close", give("it ended without a word"));
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the engine when this process is gone, however it went. Without a shell there is none, as on Windows. */
function startGuard(pid: number): ChildProcess | undefined {
  if (process.platform === "win32") return undefined;
  const guard = spawn("/bin/sh", ["-c", 'cat >/dev/null; kill -9 "$1" 2>/dev/null', "sh", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => {});
  leaveToItself(guard, guard.stdin);
  return guard;
}

/** Neither the child nor its pipe keeps this process running. */
function leaveToItself(child: ChildProcess, pipe: Readable | Writable | null): void {
  child.unref();
  (pipe as Socket | null)?.unref();
}
