/**
 * Queues with workers of their own: each task runs where its queue is read, whatever started it, with its headers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TuttiClient } from "../../lib/client/client.ts";
import type { Dev } from "../../local/dev.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { cliCommand } from "../../local/self.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { aDev, aFolder, clientOf, removeFolders, waitFor } from "./support.ts";

const tasksFile = fileURLToPath(new URL("../support/queue-tasks.ts", import.meta.url));
const headers = { organization_id: "org-1", user_id: null };
const execute = (value: number) => ({ task: "execute", args: [value] });

describe.skipIf(!dynoxideAvailable())("queues with workers of their own", () => {
  let dev: Dev;
  let client: TuttiClient;
  let folder: string;
  const started: ChildProcess[] = [];

  /** A worker process; its id. */
  function worker(...args: readonly string[]): number {
    const command = [...cliCommand(), "worker", "--tasks", tasksFile, ...args];
    const child = spawn(process.execPath, command, { cwd: folder, env: { ...process.env, TUTTI_LOG_LEVEL: "error" } });
    started.push(child);
    return child.pid as number;
  }

  async function stop(pid: number): Promise<void> {
    const child = started.find((one) => one.pid === pid) as ChildProcess;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "close");
    }
  }

  beforeAll(async () => {
    folder = await aFolder();
    dev = await aDev({ cwd: folder, engineOnly: true, tasks: await loadTasksModule(tasksFile) });
    client = clientOf(dev.engine);
    worker("--only", "control,sweep");
  });
  afterAll(async () => {
    for (const { pid } of started) await stop(pid as number);
    await dev?.close();
    await removeFolders();
  });

  it("S2-19 S2-20: tasks of execution and of metrics run where their queue is read, and a callback on another than its header", async () => {
    const [execution, metrics] = [
      worker("--queues", "execution", "--only", "tasks"),
      worker("--queues", "metrics", "--only", "tasks"),
    ];
    try {
      const workflow = {
        chord: {
          header: [execute(1), execute(2), { ...execute(3), queue: "metrics" }],
          callback: { task: "summarise", label: "Test Execution Summary" },
        },
      };
      const run = await client.submit(workflow, { id: "routed", headers });
      expect(await run.result({ timeoutSeconds: 60 })).toMatchObject({
        pid: metrics,
        label: "Test Execution Summary",
        headers,
        members: [
          { pid: execution, headers },
          { pid: execution, headers },
          { pid: metrics, headers },
        ],
      });
      const { tasks = [] } = await client.inspect("routed", { verbose: true });
      expect(tasks.map(({ queue, label }) => [queue, label])).toEqual([
        ["execution", null],
        ["execution", null],
        ["metrics", null],
        ["metrics", "Test Execution Summary"],
      ]);
    } finally {
      await stop(execution);
      await stop(metrics);
    }
  });

  it("S2-24: a callback whose queue nobody reads waits, is shown with its queue, and starts with the first reader", async () => {
    const execution = worker("--queues", "execution", "--only", "tasks");
    const run = await client.submit(
      { chord: { header: [execute(1)], callback: { task: "summarise" } } },
      { id: "unread" },
    );
    const waiting = await waitFor("the callback to wait", async () => {
      const { tasks = [] } = await client.inspect("unread", { verbose: true });
      return tasks.find(({ id, status }) => id === "unread/callback" && status === "QUEUED");
    });
    expect(waiting).toMatchObject({ queue: "metrics", attempt: 0, worker: null });
    await expect(run.result({ timeoutSeconds: 2 })).rejects.toMatchObject({
      code: "wait-timed-out",
      progress: { total: 2, succeeded: 1, waiting: 1 },
    });
    const metrics = worker("--queues", "metrics", "--only", "tasks");
    try {
      expect(await run.result({ timeoutSeconds: 60 })).toMatchObject({ pid: metrics });
    } finally {
      await stop(execution);
      await stop(metrics);
    }
  });

  it("S2-08: headers reach members, callback, error callback and readers outside as they are, strings or null", async () => {
    const all = worker("--only", "tasks");
    try {
      const file = join(folder, "complaint");
      const onError = { task: "complain", args: [file], headers: { reason: "" } };
      await client.submit({ chord: { header: [{ task: "break-down" }], onError } }, { id: "failing", headers });
      const complained = await waitFor("the error callback", async () => {
        const { tasks = [] } = await client.inspect("failing", { verbose: true });
        return tasks.find(({ task, status }) => task === "complain" && status === "SUCCEEDED");
      });
      expect(complained.queue).toBe("default");
      expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ pid: all, headers: { ...headers, reason: "" } });
      const outside = { task: "translate", args: ["hello"], headers: { user_id: "u-1", trace: null } };
      await client.submit({ chain: [outside] }, { id: "outside", headers, fairnessKey: "acme" });
      const [message] = await waitFor("the message", async () => {
        const held = await dev.engine.queue.receive("task:outside", 1, { waitSeconds: 1 });
        return held.length > 0 && held;
      });
      expect(message?.fairnessKey).toBe("acme");
      expect(JSON.parse(message?.body ?? "")).toMatchObject({
        task: "translate",
        args: ["hello"],
        headers: { organization_id: "org-1", user_id: "u-1", trace: null },
      });
    } finally {
      await stop(all);
    }
  });
});
