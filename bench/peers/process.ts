/** Processes of the systems under test: each in a session of its own, so that it ends with all that it has started. */
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { appendFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

export interface Setting {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it prints goes there. */
  readonly log: string;
}

export interface Running {
  /** SIGKILL to all of it. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL after a while. */
  stop(): Promise<void>;
}

const upSeconds = 60;
const graceMs = 5000;

const alive = new Set<ChildProcess>();
// Whatever ends this process: nothing that it has started stays.
process.on("exit", () => {
  for (const child of alive) signal(child, "SIGKILL");
});

/** Starts it and waits until it says that it is ready, if asked to. @throws Error when it ends before. */
export async function start(command: readonly string[], setting: Setting, ready: boolean): Promise<Running> {
  const launched = launch(command, setting);
  const running = handle(launched.child);
  if (ready) await readyLine(launched, running);
  return running;
}

export interface Client extends Running {
  /** Writes a line, and reads the answer. @throws Error when the client ends instead. */
  ask(line: string): Promise<string>;
}

export async function startClient(command: readonly string[], setting: Setting): Promise<Client> {
  const launched = launch(command, setting);
  const running = handle(launched.child);
  await readyLine(launched, running);
  return {
    ...running,
    ask(line) {
      const answer = lineThat(launched, (text) => text.startsWith("{"));
      launched.child.stdin?.write(`${line}\n`);
      return answer;
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  readonly log: string;
  /** Of both outputs. */
  readonly lines: EventEmitter<{ line: [string] }>;
}

function launch([program = "", ...args]: readonly string[], { cwd, env, log }: Setting): Launched {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  child.once("error", () => alive.delete(child));
  child.stdin?.on("error", () => {}); // Its end is heard of otherwise.
  const lines = new EventEmitter<{ line: [string] }>();
  for (const output of [child.stdout, child.stderr])
    createInterface({ input: output as Readable }).on("line", (line) => {
      appendFileSync(log, `${line}\n`);
      lines.emit("line", line);
    });
  return { child, log, lines };
}

async function readyLine(launched: Launched, running: Running): Promise<void> {
  try {
    await lineThat(launched, (line) => /\bREADY\b|is ready$/.test(line), upSeconds * 1000);
  } catch (error) {
    await running.kill();
    throw error;
  }
}

/** @throws Error when the process ends before it prints such a line, or the time is over. */
function lineThat({ child, lines, log }: Launched, isIt: (line: string) => boolean, limitMs?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      lines.off("line", look);
      child.off("exit", ended).off("error", ended);
      settle();
    };
    const look = (line: string) => {
      if (isIt(line)) finish(() => resolve(line));
    };
    const ended = () => finish(() => reject(new Error(`ended, see ${log}`)));
    const late = () => finish(() => reject(new Error(`not ready within ${upSeconds} s, see ${log}`)));
    const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs);
    lines.on("line", look);
    child.on("exit", ended).on("error", ended);
    if (child.exitCode !== null || child.signalCode !== null) ended();
  });
}

function handle(child: ChildProcess): Running {
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve()).once("error", () => resolve());
    if (child.exitCode !== null || child.signalCode !== null) resolve();
  });
  const kill = async () => {
    signal(child, "SIGKILL");
    await gone;
  };
  return {
    kill,
    async stop() {
      signal(child, "SIGTERM");
      await Promise.race([gone, sleep(graceMs, undefined, { ref: false })]);
      await kill();
    },
  };
}

/** To the process and all that it has started. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @throws Error when nobody listens there within a minute. */
export async function listening(port: number): Promise<void> {
  const untilMs = performance.now() + upSeconds * 1000;
  while (performance.now() < untilMs) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}
