/**
 * The deployment of the soak, all of it real processes: dynoxide on disk, queues, and the workers of `tutti dev` in pools
 * that replace what is killed. Clients and workers reach table and queues through proxies only.
 */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { createLocalDynamoClient } from "../../lib/adapters/dynamodb/client.ts";
import { createTable } from "../../lib/adapters/dynamodb/table.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { defaults } from "../../lib/model/limits.ts";
import { type Connection, childVariables, queueNames } from "../../local/connection.ts";
import { type Dynoxide, startDynoxide } from "../../local/dynoxide.ts";
import type { FaultSwitches } from "../../local/sqs/faults.ts";
import { startWorkerPool, type WorkerPool } from "../../local/worker-pool.ts";
import { type Drawn, drawFault } from "./faults.ts";
import { ledgerVariable } from "./ledger.ts";
import { type FaultyProxy, startProxy } from "./proxy.ts";
import { logVariable, type QueueSettings, queueVariable, settings } from "./settings.ts";

/** Processes of each kind. */
export const counts = { tasks: 4, control: 2, sweep: 2, queues: 1 } as const;
export type PoolName = keyof typeof counts;
export const poolNames = Object.keys(counts) as readonly PoolName[];

const region = "us-east-1";
const table = "tutti";
const queues = [defaults.queue, "callbacks"];
/** What a standard queue may do by itself. */
const queueFaults: FaultSwitches = {
  duplicate: { probability: 0.05 },
  delay: { probability: 0.05, maxMs: 2000 },
  reorder: { probability: 0.2 },
  swallow: { probability: 0.01 },
};

export interface DeploymentOptions {
  readonly folder: string;
  readonly random: () => number;
  /** Share of calls that meet a fault; asked at each call. */
  readonly faultShare: () => number;
  readonly onFault: (drawn: Drawn) => void;
}

export interface Deployment {
  readonly connection: Connection;
  readonly ledgerFile: string;
  readonly pools: Readonly<Record<PoolName, WorkerPool>>;
  /** Kills the engine with SIGKILL and starts it again on its data and its port; resolves when it is up. */
  killEngine(): Promise<void>;
  close(): Promise<void>;
}

/** Starts everything; nothing is left behind when that fails. */
export async function startDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { folder } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const program = join(folder, "process.cjs");
    await bundle(program);
    const [enginePort, queuePort] = [await freePort(), await freePort()];
    const engine = await startEngine(join(folder, "data"), enginePort);
    closers.push(() => engine.close());
    const proxies = [await startFaulty(options, enginePort), await startFaulty(options, queuePort)] as const;
    for (const proxy of proxies) closers.push(() => proxy.close());
    const connection = connectionOf(proxies[0], proxies[1]);
    const ledgerFile = join(folder, "ledger");
    const variables = childVariables(process.env, connection, settings);
    const env = {
      ...variables,
      [ledgerVariable]: ledgerFile,
      [queueVariable]: JSON.stringify(queueSettings(queuePort)),
      [logVariable]: join(folder, "log"),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    };
    const startPool = async (name: PoolName): Promise<WorkerPool> => {
      const pool = await startWorkerPool({
        command: [starter, program, name],
        cwd: folder,
        env,
        count: counts[name],
        output: "stderr",
        clock: wallClock,
        log: silentLog,
      });
      closers.push(() => pool.stop(0));
      return pool;
    };
    const pools = {
      queues: await startPool("queues"),
      control: await startPool("control"),
      tasks: await startPool("tasks"),
      sweep: await startPool("sweep"),
    };
    return { connection, ledgerFile, pools, killEngine: () => engine.kill(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const starter = fileURLToPath(new URL("start.cjs", import.meta.url));

/** One file with everything in it, and compiled: a process is up in a fraction of the time that modules one by one take. */
async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL("process.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    conditions: ["source"],
    logLevel: "error",
  });
  await promisify(execFile)(process.execPath, [starter, outfile, "none"]);
}

/** Dynoxide behind one port, whatever becomes of its process. */
async function startEngine(dataDir: string, port: number) {
  let dynoxide: Dynoxide = await startDynoxide({ dataDir, port });
  const client = createLocalDynamoClient(dynoxide.endpoint);
  await createTable(client, table);
  client.destroy();
  let closed = false;
  return {
    async kill() {
      process.kill(dynoxide.pid, "SIGKILL");
      await dynoxide.close();
      if (!closed) dynoxide = await startDynoxide({ dataDir, port });
      if (closed) await dynoxide.close();
    },
    async close() {
      closed = true;
      await dynoxide.close();
    },
  };
}

function startFaulty({ random, faultShare, onFault }: DeploymentOptions, port: number): Promise<FaultyProxy> {
  return startProxy({
    target: { host: "127.0.0.1", port },
    faultOf(operation, body) {
      const drawn = drawFault(operation, body, random, faultShare());
      if (drawn !== undefined) onFault(drawn);
      return drawn?.fault;
    },
  });
}

function queueSettings(port: number): QueueSettings {
  const { visibilitySeconds } = settings;
  return { port, region, queues, visibilitySeconds, maxReceiveCount: 20, faults: queueFaults };
}

function connectionOf(dynamodb: FaultyProxy, sqs: FaultyProxy): Connection {
  const url = (queue: string) => `${sqs.endpoint}/${accountId}/${queue}`;
  const { request, task, deadLetter } = queueNames;
  return {
    endpoints: { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint },
    region,
    table,
    requestQueueUrl: url(request),
    taskQueueUrls: Object.fromEntries(queues.map((name) => [name, url(task(name))])),
    deadLetterQueueUrls: {
      request: url(deadLetter(request)),
      ...Object.fromEntries(queues.map((name) => [`task:${name}`, url(deadLetter(task(name)))])),
    },
  };
}

/** Of the local server. */
const accountId = "000000000000";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
