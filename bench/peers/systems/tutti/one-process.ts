/** All of `tutti dev` and the client in one process, the table in its memory: what there is without an engine. */
import { fileURLToPath } from "node:url";
import { wallClock } from "../../../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../../../lib/adapters/system/ids.ts";
import { silentLog } from "../../../../lib/adapters/system/log.ts";
import { createPortClient } from "../../../../lib/client/client.ts";
import { startDev } from "../../../../local/dev.ts";
import { loadTasksModule } from "../../../../local/tasks-module.ts";
import { serve } from "../lib/bench.mjs";
import { submitTo } from "./workflows.ts";

const { engine } = await startDev({
  cwd: process.cwd(),
  tasks: await loadTasksModule(fileURLToPath(new URL("tasks.mjs", import.meta.url))),
  table: "memory",
  concurrency: 4,
  writeDevFile: false,
  log: silentLog,
});
const { store, queue } = engine;
await serve(submitTo(createPortClient({ store, queue, clock: wallClock, ids: cryptoIds })));
