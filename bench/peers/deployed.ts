/** One system with one variant of its settings: its server, worker and client, up and running. */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "./install.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { freePorts, listening, type Running, type Setting, start, startClient } from "./process.ts";
import type { System, Variant } from "./systems.ts";

/** What the client is asked to do. */
export interface Submission {
  readonly op: "chord" | "chain";
  readonly ids: readonly string[];
  readonly n: number;
  /** Members that do nothing, or that work for a while and note it. */
  readonly kind: "noop" | "work";
}

export interface Deployed {
  readonly ledger: Ledger;
  /** Milliseconds of the monotonic clock: just before, and when all were submitted. */
  submit(submission: Submission): Promise<{ readonly beganMs: number; readonly submittedMs: number }>;
  /** SIGKILL to the worker with all its processes; resolves when a new one is up. */
  replaceWorker(): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error when a part of it does not come up; nothing is left behind then. */
export async function deploy(system: System, variant: Variant, folder: string): Promise<Deployed> {
  const data = join(folder, "run", system.name);
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  chmodSync(data, 0o777);
  const ledger = openLedger(join(folder, "run", `${system.name}.ledger`));
  const ports = await freePorts(4);
  const env = {
    ...process.env,
    ...Object.fromEntries(ports.map((port, at) => [`BENCH_PORT_${at + 1}`, String(port)])),
    BENCH_LEDGER: ledger.file,
    PYTHONUNBUFFERED: "1",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    ...variant.environment,
  };
  // Tutti is found by its file in the folder it is started in; the others by what is installed there.
  const cwd = system.name === "tutti" ? data : join(folder, system.name);
  const setting = (part: string): Setting => ({ cwd, env, log: join(folder, "run", `${system.name}-${part}.log`) });
  const command = (parts: readonly string[]) =>
    parts.map((part) => (part === "tsx" ? tsx : part.replace("{DATA}", data).replace("{TUTTI}", checkout)));

  const up: Running[] = [];
  const close = async () => {
    for (const part of up.splice(0).reverse()) await part.stop();
    ledger.close();
  };
  try {
    const { server, worker } = variant;
    if (server) {
      up.push(await start(command(server.command), setting("server"), server.port === undefined));
      if (server.port !== undefined) await listening(ports[server.port - 1] as number);
      await sleep(server.settleMs ?? 0);
    }
    const startWorker = () => start(command(worker ?? []), setting("worker"), true);
    let working = worker && (await startWorker());
    if (working) up.push(working);
    const client = await startClient(command(variant.client), setting("client"));
    up.push(client);
    return {
      ledger,
      async submit(submission) {
        const { t0, t1 } = JSON.parse(await client.ask(JSON.stringify(submission))) as { t0: number; t1: number };
        return { beganMs: t0 / 1e6, submittedMs: t1 / 1e6 };
      },
      async replaceWorker() {
        if (working === undefined) throw new Error(`${variant.name} has no worker of its own`);
        up.splice(up.indexOf(working), 1);
        await working.kill();
        working = await startWorker();
        up.push(working);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The folder it is started in has no packages. */
const tsx = import.meta.resolve("tsx");
