/**
 * The program as a process: streams, signals and exit codes, against the embedded engine.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageVersion } from "../../cli/program.ts";
import { findConnection } from "../../lib/connect.ts";
import type { Log } from "../../lib/ports/system.ts";
import { environmentOf, portsOf } from "../../local/deployment.ts";
import { type Dev, startDev } from "../../local/dev.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { startWorker, type Worker } from "../../local/worker.ts";
import { emptyFolder, exitCodes, json } from "./fake-io.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const workflow = join(here, "fixtures", "workflow.ts");
/** As npm links it. */
const program = join(root, "bin", "tutti.mjs");
const silent: Log = { write: () => undefined };

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface SpawnOptions {
  readonly cwd: string;
  readonly stdin?: string;
  /** Sends SIGINT, once, when stderr has this text. */
  readonly interruptAt?: string;
  /** Closes the reading end of stdout at once. */
  readonly deafToStdout?: boolean;
}

/** Runs the program to its end. */
async function run(
  program: readonly string[],
  { cwd, stdin = "", interruptAt, deafToStdout }: SpawnOptions,
): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: cwd, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  const child = spawn(process.execPath, program, { cwd, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    if (interruptAt !== undefined && !child.killed && stderr.includes(interruptAt)) child.kill("SIGINT");
  });
  child.stdin.end(stdin);
  if (deafToStdout === true) child.stdout.destroy();
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

const tutti = (argv: readonly string[], options: SpawnOptions) => run([program, ...argv], options);

describe.skipIf(!dynoxideAvailable())("the program, against the embedded engine", () => {
  const cwd = emptyFolder();
  let dev: Dev;
  let worker: Worker;

  beforeAll(async () => {
    const tasks = await loadTasksModule(join(here, "fixtures", "tasks.ts"));
    dev = await startDev({ cwd, tasks, engineOnly: true, log: silent });
    const found = findConnection({}, { environment: {}, cwd });
    const environment = environmentOf(found, {}, { sweepSeconds: 5 });
    worker = startWorker({ ports: await portsOf(found, environment, silent), environment, tasks, concurrency: 2 });
  });

  afterAll(async () => {
    await worker?.stop();
    await dev?.close();
  });

  it("runs a workflow from a module, and prints its value", async () => {
    const { exitCode, stdout, stderr } = await tutti(["run", workflow, "--id", "sums"], { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.fine, stdout: "110\n" });
    expect(stderr).toMatch(/^run sums created\n/);
    expect(stderr).toMatch(/run sums SUCCEEDED: 3 of 3 tasks in /);
  });

  it("fires the callback after the producer has exited", async () => {
    const stdin = JSON.stringify({ chord: { header: [{ task: "nap", args: [1500] }], callback: { task: "sum" } } });
    const submitted = await tutti(["submit", "-", "--id", "orphan", "--no-wait", "--json"], { cwd, stdin });
    expect(submitted).toMatchObject({ exitCode: exitCodes.fine, stderr: "" });
    const waited = await tutti(["wait", json(submitted.stdout).runId, "--timeout-seconds", "30", "--json"], { cwd });
    expect(waited.exitCode).toBe(exitCodes.fine);
    expect(json(waited.stdout)).toMatchObject({ runId: "orphan", status: "SUCCEEDED", value: 1500 });
  });

  it("ends with 1 when the run fails", async () => {
    const { exitCode, stdout } = await tutti(["run", "-", "--json"], { cwd, stdin: '{"task":"fail"}' });
    expect(exitCode).toBe(exitCodes.issue);
    expect(json(stdout)).toMatchObject({ status: "FAILED", error: { name: "FatalError" } });
  });

  it("ends with 130 at Ctrl-C, and with 124 when time is up: the run goes on", async () => {
    const interrupted = await tutti(["run", "-", "--id", "long"], {
      cwd,
      // However slow the machine is, it has not ended when the next process looks.
      stdin: '{"task":"nap","args":[1],"delaySeconds":600}',
      interruptAt: "of 1 task",
    });
    expect(interrupted).toMatchObject({ exitCode: exitCodes.interrupted, stdout: "" });
    expect(interrupted.stderr).toMatch(/error: interrupted: run long goes on\n {2}follow it: tutti wait long\n$/);
    const late = await tutti(["wait", "long", "--timeout-seconds", "0.2", "--json"], { cwd });
    expect(late.exitCode).toBe(exitCodes.timedOut);
    expect(json(late.stdout)).toMatchObject({ runId: "long", status: "RUNNING", progress: { total: 1 } });
  });

  it("shows the lengths of the queues", async () => {
    const { exitCode, stdout } = await tutti(["status", "--json"], { cwd });
    expect(exitCode).toBe(exitCodes.fine);
    expect(json(stdout).queues).toContainEqual({ queue: "request", visible: 0, inFlight: 0, delayed: 0, dead: 0 });
  });

  it("takes it in silence when nobody reads its output", async () => {
    const { exitCode, stderr } = await tutti(["inspect", "sums", "--verbose", "--json"], { cwd, deafToStdout: true });
    expect({ exitCode, stderr }).toEqual({ exitCode: exitCodes.fine, stderr: "" });
  });
});

describe("the installed command", () => {
  beforeAll(async () => {
    const { exitCode, stderr } = await run([join(root, "scripts", "build.mjs")], { cwd: root });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });

  const bin = join(root, "bin", "tutti.mjs");

  it("prints its version and its help", async () => {
    const cwd = emptyFolder();
    expect(await run([bin, "--version"], { cwd })).toEqual({
      exitCode: 0,
      stdout: `${packageVersion()}\n`,
      stderr: "",
    });
    expect((await run([bin, "--help"], { cwd })).stdout).toContain("Usage: tutti");
  });

  it("ends with 2 for wrong usage and with 1 for an error, without a stack trace", async () => {
    const cwd = emptyFolder();
    expect(await run([bin, "rum"], { cwd })).toMatchObject({
      exitCode: exitCodes.usage,
      stdout: "",
      stderr: expect.stringContaining("Did you mean run?"),
    });
    const lost = await run([bin, "status", "--json"], { cwd });
    expect(lost).toMatchObject({ exitCode: exitCodes.issue, stdout: "" });
    expect(json(lost.stderr)).toMatchObject({ kind: "error", code: "invalid-configuration" });
    const gone = await run(
      [bin, "status", "--table", "t", "--region", "us-east-1", "--endpoint-dynamodb", "http://127.0.0.1:1"],
      { cwd },
    );
    expect(gone.exitCode).toBe(exitCodes.issue);
    expect(gone.stderr).not.toMatch(/\n\s+at /);
  });
});
