/**
 * `tutti dev` and `tutti worker` as processes: what they print, write, obey and leave behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { CliIo } from "../../cli/io.ts";
import { main } from "../../cli/program.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { devReadyReportSchema, workerReadyReportSchema } from "../../lib/model/change-reports.ts";
import { startDev } from "../../local/dev.ts";
import { devFilePath } from "../../local/dev-file.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { cliCommand } from "../../local/self.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import {
  aFolder,
  clientOf,
  endOf,
  isAlive,
  openGate,
  removeFolders,
  shortTimes,
  startsIn,
  tasksFile,
  waitFor,
} from "./support.ts";

interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  out(): string;
  err(): string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

const started: Running[] = [];

function tutti(cwd: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [...cliCommand(), ...args], {
    cwd,
    env: { ...process.env, TUTTI_LOG_LEVEL: "error" },
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  const running = { process: child, pid: child.pid as number, out: () => out, err: () => err, ended };
  started.push(running);
  return running;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

afterEach(async () => {
  for (const { process: child, ended } of started.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  await removeFolders();
});

describe.skipIf(!dynoxideAvailable())("tutti dev", () => {
  it("writes .tutti/dev.json while it runs; SIGINT ends it with 130 and leaves nothing behind", async () => {
    const folder = await aFolder();
    const dev = tutti(folder, "dev", "--tasks", tasksFile, "--json");
    const ready = await waitFor(
      "the line on stdout",
      () => dev.out().includes("\n") && (JSON.parse(dev.out()) as { workers: number[] }),
    );
    expect(devReadyReportSchema.strict().parse(ready)).toEqual(ready);

    const file = JSON.parse(await readFile(devFilePath(folder), "utf8")) as Record<string, unknown>;
    expect(file).toEqual({
      pid: dev.pid,
      endpoints: {
        dynamodb: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        sqs: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      },
      region: "us-east-1",
      table: "tutti",
      requestQueueUrl: expect.stringMatching(/\/tutti-requests$/),
      taskQueueUrls: {
        default: expect.stringMatching(/\/tutti-task-default$/),
        gated: expect.stringMatching(/\/tutti-task-gated$/),
      },
      deadLetterQueueUrls: {
        request: expect.stringMatching(/\/tutti-requests-dlq$/),
        "task:default": expect.stringMatching(/\/tutti-task-default-dlq$/),
        "task:gated": expect.stringMatching(/\/tutti-task-gated-dlq$/),
      },
      settings: expect.objectContaining({ leaseSeconds: expect.any(Number), sweepSeconds: expect.any(Number) }),
      tasks: { "add-up": { queue: "default" }, tell: { queue: "default" }, "wait-at-gate": { queue: "gated" } },
    });
    expect(ready.workers.map(isAlive)).toEqual([true, true]);

    dev.process.kill("SIGINT");
    expect(await dev.ended).toEqual({ code: 130, signal: null });
    expect(await exists(join(folder, ".tutti"))).toBe(false);
    expect(ready.workers.map(isAlive)).toEqual([false, false]);
  });

  it("gives up what a worker does not finish in time, and ends at once at the second signal", async () => {
    const folder = await aFolder();
    const dev = tutti(folder, "dev", "--tasks", tasksFile, "--workers", "1");
    await waitFor("ready", () => dev.err().includes("tutti dev: ready"));
    const workflow = { task: "wait-at-gate", args: [folder, 1] };
    await writeFile(join(folder, "workflow.json"), JSON.stringify(workflow));
    const submit = tutti(folder, "submit", "workflow.json", "--no-wait");
    expect(await submit.ended).toMatchObject({ code: 0 });
    const [start] = await waitFor(
      "the task to run",
      async () => (await startsIn(folder)).length > 0 && startsIn(folder),
    );

    dev.process.kill("SIGTERM");
    await waitFor("the note that it stops", () => dev.err().includes("stopping"));
    dev.process.kill("SIGTERM");
    expect(await dev.ended).toEqual({ code: 0, signal: null });
    expect(isAlive(start?.pid as number)).toBe(false);
  });

  it("takes its workers with it when it is killed", async () => {
    const folder = await aFolder();
    const dev = tutti(folder, "dev", "--tasks", tasksFile, "--json");
    const { workers } = await waitFor(
      "ready",
      () => dev.out().includes("\n") && (JSON.parse(dev.out()) as { workers: number[] }),
    );
    dev.process.kill("SIGKILL");
    await dev.ended;
    await waitFor("the end of the workers", () => !workers.some(isAlive), 5);
  });

  it("refuses a second engine in the same folder, and passes over the file of one that is gone", async () => {
    const folder = await aFolder();
    const options = { cwd: folder, engineOnly: true, log: silentLog };
    await mkdir(join(folder, ".tutti"));
    const gone = tutti(folder, "--version");
    await gone.ended;
    const stale = {
      pid: gone.pid,
      endpoints: { dynamodb: "http://127.0.0.1:1", sqs: "http://127.0.0.1:1" },
      region: "us-east-1",
      table: "tutti",
      requestQueueUrl: "http://127.0.0.1:1/q",
      taskQueueUrls: {},
      deadLetterQueueUrls: {},
    };
    await writeFile(devFilePath(folder), JSON.stringify(stale));

    const dev = await startDev(options);
    try {
      expect(JSON.parse(await readFile(devFilePath(folder), "utf8"))).toMatchObject({ pid: process.pid });
      const second = tutti(folder, "dev", "--engine-only");
      expect(await second.ended).toEqual({ code: 1, signal: null });
      expect(second.err()).toContain(`process ${process.pid}`);
      expect(await exists(devFilePath(folder))).toBe(true);
    } finally {
      await dev.close();
    }
    expect(await exists(devFilePath(folder))).toBe(false);
  });
});

describe("usage", () => {
  it.each([
    [["dev"], "--engine-only"],
    [["dev", "--workers", "0"], "whole number from 1 to 64"],
    [["dev", "--tasks", "none.ts"], "none.ts does not exist"],
    [["worker", "--only", "everything"], "control, tasks, sweep, dead-letter"],
    [["worker", "--only", "sweep"], "tutti dev"],
    [["worker", "--queues", "a b"], "names of task queues"],
  ])("says what to do instead of %j", async (args, hint) => {
    const { code, out, err } = await inProcess(await aFolder(), args);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(hint);
    expect(out).toBe("");
  });

  it.each(["dev", "worker"])("explains %s with its defaults and an example", async (command) => {
    const { code, out } = await inProcess(await aFolder(), [command, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/--lease-seconds <N> .*?(?:default:|else) \d+/s);
    expect(out).toContain("Examples:\n  tutti");
  });
});

/** A command line without a process of its own. */
async function inProcess(cwd: string, args: readonly string[]) {
  let [out, err] = ["", ""];
  const stream = (write: (text: string) => void) => ({ write, isTTY: false, columns: undefined });
  const io: CliIo = {
    out: stream((text) => {
      out += text;
    }),
    err: stream((text) => {
      err += text;
    }),
    readStdin: async () => "",
    env: {},
    cwd,
    exitWith: () => {},
    onInterrupt: () => () => {},
  };
  const code = await main(args, io);
  return { code, out, err };
}

describe.skipIf(!dynoxideAvailable())("tutti worker", () => {
  it("joins a running engine, finishes what runs at SIGTERM, and takes nothing new", async () => {
    const folder = await aFolder();
    const dev = await startDev({
      cwd: folder,
      engineOnly: true,
      tasks: await loadTasksModule(tasksFile),
      log: silentLog,
      ...shortTimes,
    });
    try {
      const client = clientOf(dev.engine);
      const worker = tutti(folder, "worker", "--tasks", tasksFile);
      await waitFor("ready", () => worker.err().includes("Ctrl-C"));
      expect(worker.err()).toContain("queues    default, gated");
      await client.submit({ task: "wait-at-gate", args: [folder, 7] }, { id: "stopped" });
      await waitFor("the task to run", async () => (await startsIn(folder)).length > 0);

      worker.process.kill("SIGTERM");
      await waitFor("the note that it stops", () => worker.err().includes("finishing what runs"));
      await client.submit({ task: "tell", args: [folder, 0] }, { id: "later", wait: false });
      await openGate(folder);

      expect(await worker.ended).toEqual({ code: 0, signal: null });
      expect(await endOf(dev.engine.store, "stopped")).toMatchObject({ status: "SUCCEEDED" });
      expect(await startsIn(folder)).toEqual([{ taskId: "stopped/task", attempt: 1, pid: worker.pid }]);
      expect(await dev.engine.queue.depth("request")).toMatchObject({ visible: 1, inFlight: 0 });
    } finally {
      await dev.close();
    }
  });

  it("refuses a queue that none of its tasks is on, and reads those it is told to", async () => {
    const folder = await aFolder();
    const tasks = await loadTasksModule(tasksFile);
    const dev = await startDev({ cwd: folder, engineOnly: true, tasks, log: silentLog, ...shortTimes });
    try {
      const wrong = tutti(folder, "worker", "--tasks", tasksFile, "--queues", "gated,urgent");
      expect(await wrong.ended).toEqual({ code: 2, signal: null });
      expect(wrong.err()).toContain("is on queue urgent: they are on default, gated");
      const worker = tutti(folder, "worker", "--tasks", tasksFile, "--queues", "gated,gated", "--json");
      const ready = await waitFor("ready", () => worker.out().includes("\n") && (JSON.parse(worker.out()) as object));
      expect(workerReadyReportSchema.strict().parse(ready)).toEqual(ready);
      expect(ready).toMatchObject({ queues: ["gated"], roles: ["control", "tasks", "sweep", "dead-letter"] });
    } finally {
      await dev.close();
    }
  });

  it("runs only the roles it is told to", async () => {
    const folder = await aFolder();
    const dev = await startDev({
      cwd: folder,
      engineOnly: true,
      tasks: await loadTasksModule(tasksFile),
      log: silentLog,
      ...shortTimes,
    });
    try {
      const control = tutti(folder, "worker", "--tasks", tasksFile, "--only", "control", "--json");
      const ready = await waitFor("ready", () => control.out().includes("\n") && (JSON.parse(control.out()) as object));
      expect(ready).toMatchObject({ pid: control.pid, roles: ["control"], queues: [] });
      await clientOf(dev.engine).submit({ task: "tell", args: [folder, 1] }, { id: "unread" });
      await waitFor("the task's message", async () => (await dev.engine.queue.depth("task:default")).visible === 1);

      const tasks = tutti(folder, "worker", "--tasks", tasksFile, "--only", "tasks", "--json");
      expect(await endOf(dev.engine.store, "unread")).toMatchObject({ status: "SUCCEEDED" });
      expect(await startsIn(folder)).toMatchObject([{ pid: tasks.pid }]);
    } finally {
      await dev.close();
    }
  });
});
