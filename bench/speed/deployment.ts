/** What `tutti dev` starts, for the bench: engine, workers, a client. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { createPortClient, type TuttiClient } from "../../lib/client/client.ts";
import { startDev } from "../../local/dev.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { type Ledger, ledgerVariable, openLedger } from "./ledger.ts";

/** Where the table is: in the memory of this process, or of the engine's; or on disk. */
export const tables = ["process", "memory", "disk"] as const;
export type Table = (typeof tables)[number];

export interface Deployed {
  readonly client: TuttiClient;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

export async function deploy(options: {
  readonly table: Table;
  readonly workers: number;
  readonly concurrency: number;
  readonly tasksPerMessage: number;
}): Promise<Deployed> {
  const folder = await mkdtemp(join(tmpdir(), "tutti-bench-"));
  const file = join(folder, "ledger");
  process.env[ledgerVariable] = file;
  const ledger = openLedger(file);
  const dev = await startDev({
    cwd: folder,
    tasks: await loadTasksModule(fileURLToPath(new URL("tasks.ts", import.meta.url))),
    table: options.table === "process" ? "memory" : "dynoxide",
    ...(options.table === "disk" ? { dataDir: join(folder, "data") } : {}),
    workers: options.workers,
    concurrency: options.concurrency,
    tasksPerMessage: options.tasksPerMessage,
    writeDevFile: false,
    env: { ...process.env, TUTTI_LOG_LEVEL: "error" },
    log: silentLog,
  });
  const { store, queue } = dev.engine;
  return {
    client: createPortClient({ store, queue, clock: wallClock, ids: cryptoIds }),
    ledger,
    async close() {
      await dev.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
