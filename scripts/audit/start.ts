/**
 * `npm start`: the licence audit of examples/01-licence-audit on the embedded engine, from request to report.
 *
 * Everything is real: engine, queues, worker processes, the handlers that Lambda runs. It ends by itself.
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { CliIo } from "../../cli/io.ts";
import { type ProgressView, progressView } from "../../cli/output/progress.ts";
import { findPackages } from "../../examples/01-licence-audit/find-packages.ts";
import { auditWorkflow } from "../../examples/01-licence-audit/workflow.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { createPortClient } from "../../lib/client/client.ts";
import type { InspectReport, WaitReport } from "../../lib/client/shapes.ts";
import { type Dev, startDev } from "../../local/dev.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { startKiller } from "./killer.ts";
import { type AuditOptions, parseOptions, usage } from "./options.ts";
import { storedLines } from "./stored.ts";

const tasksFile = fileURLToPath(new URL("../../examples/01-licence-audit/tasks.ts", import.meta.url));
const outputFolder = "licence-report";
/** With workers being killed all the time, dead ones should be noticed soon. */
const shortWaits = { leaseSeconds: 2, visibilitySeconds: 4, sweepSeconds: 2, concurrency: 1 };
const waitSeconds = 120;

const print = (text = "") => void process.stdout.write(`${text}\n`);

/** The terminal, as the CLI's progress bar sees it. */
function terminal(): CliIo {
  const { stdout, stderr } = process;
  const output = (stream: NodeJS.WriteStream) => ({
    write: (text: string) => void stream.write(text),
    isTTY: stream.isTTY === true,
    columns: stream.columns,
  });
  return {
    out: output(stdout),
    err: output(stderr),
    readStdin: async () => "",
    env: process.env,
    cwd: process.cwd(),
    exitWith: () => {},
    onInterrupt: () => () => {},
  };
}

async function audit(
  options: AuditOptions,
  dev: Dev,
  view: ProgressView,
): Promise<{ report: WaitReport; stored: InspectReport; killed: number }> {
  const client = createPortClient({
    store: dev.engine.store,
    queue: dev.engine.queue,
    clock: wallClock,
    ids: cryptoIds,
  });
  const packages = await findPackages(options.folder);
  await mkdir(outputFolder, { recursive: true });
  const workflow = auditWorkflow({
    rootFolder: options.folder,
    packages,
    outputFolder,
    auditedAt: new Date(wallClock.now()).toISOString(),
  });
  print(`auditing the licences of ${packages.length} packages: one task each, then one callback`);
  const killer = options.kill
    ? startKiller(
        dev,
        cryptoIds,
        wallClock,
        (pid) => void process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}worker ${pid} killed\n`),
      )
    : undefined;
  try {
    const run = await client.submit(workflow, { name: "licence-audit" });
    const report = await run.wait({ timeoutSeconds: waitSeconds, onProgress: view.show });
    return { report, stored: await client.inspect(run.runId, { verbose: true }), killed: killer?.killed.length ?? 0 };
  } finally {
    killer?.stop();
    view.end();
  }
}

/** Prints the report, then what is stored. Returns the exit code. */
function show({ report, stored, killed }: Awaited<ReturnType<typeof audit>>, startedMs: number): number {
  print();
  if (report.status === "SUCCEEDED") {
    const value = report.value as { readonly summary: readonly string[]; readonly reportFile: string };
    for (const line of value.summary) print(line);
    print(`\nreport     ${path.relative(process.cwd(), value.reportFile)}`);
  } else {
    print(`the run ended ${report.status}: ${report.error.name}: ${report.error.message}`);
  }
  for (const line of storedLines(stored)) print(line);
  if (killed > 0) print(`killed     ${killed} worker processes with SIGKILL`);
  print(`took       ${((wallClock.now() - startedMs) / 1000).toFixed(1)} s`);
  return report.status === "SUCCEEDED" ? 0 : 1;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    print(usage);
    return 0;
  }
  const startedMs = wallClock.now();
  await findPackages(options.folder);
  const io = terminal();
  const dev = await startDev({
    cwd: process.cwd(),
    tasks: await loadTasksModule(tasksFile),
    writeDevFile: false,
    output: "none",
    log: { write: () => {} },
    ...(options.kill ? shortWaits : {}),
  });
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(130));
  });
  try {
    const view = progressView(io, wallClock);
    const job = audit(options, dev, view).then((outcome) => show(outcome, startedMs));
    return await Promise.race([job, interrupted, dev.failed]);
  } finally {
    await dev.close();
  }
}

// The SDK's note about Node 20 would be the first thing a newcomer reads.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  if (error instanceof TypeError) process.stderr.write(`\n${usage}\n`);
  process.exitCode = 1;
}
