/** The engine of `tutti dev`, alone: server.ts FOLDER [disk] [soon]. Workers and client find it by the file it writes in FOLDER. */
import { join } from "node:path";
import { silentLog } from "../../../../lib/adapters/system/log.ts";
import { startDev } from "../../../../local/dev.ts";

const [folder = "", ...more] = process.argv.slice(2);
await startDev({
  cwd: folder,
  engineOnly: true,
  table: "dynoxide",
  // For kills: the same times as its workers.
  ...(more.includes("soon") ? { leaseSeconds: 5, visibilitySeconds: 5, sweepSeconds: 1 } : {}),
  ...(more.includes("disk") ? { dataDir: join(folder, "table") } : {}),
  log: silentLog,
});
process.stdout.write("READY\n");
