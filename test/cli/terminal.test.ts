/**
 * The installed program on a real terminal, where questions, colours and redrawing matter. `script` of util-linux gives the
 * program a pseudo-terminal of its own.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog as log } from "../../lib/adapters/system/log.ts";
import { connect, findConnection } from "../../lib/connect.ts";
import { environmentOf, portsOf } from "../../local/deployment.ts";
import { type Dev, startDev } from "../../local/dev.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { startWorker, type Worker } from "../../local/worker.ts";
import { emptyFolder, exitCodes } from "./fake-io.ts";

const installed = fileURLToPath(new URL("../../bin/tutti.mjs", import.meta.url));
const tasksFile = fileURLToPath(new URL("fixtures/tasks.ts", import.meta.url));
const esc = "\u001b";

function canMakeTerminals(): boolean {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux");
  } catch {
    return false;
  }
}

interface Typing {
  /** Typed when the terminal shows this. */
  readonly at: string | RegExp;
  readonly keys: string;
}

/** Runs the program on a terminal of 80 columns. What it shows is stdout and stderr together. */
async function onTerminal(cwd: string, argv: readonly string[], typing?: Typing, variables: NodeJS.ProcessEnv = {}) {
  const quoted = [process.execPath, installed, ...argv].map((word) => `'${word}'`).join(" ");
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    TERM: "xterm-256color",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    ...variables,
  };
  const line = `stty cols 80 rows 24; exec ${quoted}`;
  const child = spawn("script", ["--quiet", "--flush", "--return", "--command", line, "/dev/null"], { cwd, env });
  let shown = "";
  let typed = false;
  child.stdout.on("data", (chunk) => {
    shown += chunk;
    if (typing === undefined || typed || stripVTControlCharacters(shown).search(typing.at) < 0) return;
    typed = true;
    child.stdin.write(typing.keys);
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, shown, plain: stripVTControlCharacters(shown) };
}

describe.skipIf(!dynoxideAvailable() || !canMakeTerminals())("on a terminal", () => {
  const cwd = emptyFolder();
  const found = () => findConnection({}, { environment: {}, cwd });
  let dev: Dev;
  let worker: Worker;

  beforeAll(async () => {
    const tasks = await loadTasksModule(tasksFile);
    dev = await startDev({ cwd, tasks, engineOnly: true, log });
    const environment = environmentOf(found(), {}, {});
    worker = startWorker({ ports: await portsOf(found(), environment, log), environment, tasks, concurrency: 1 });
    const client = await connect(found());
    await client.submit({ task: "nap", args: [1], delaySeconds: 3600 } as never, { id: "nightly" });
  });
  afterAll(async () => {
    await worker?.stop();
    await dev?.close();
  });

  const status = async () => (await connect(found())).inspect("nightly");

  it.each([
    ["no", "n"],
    ["Ctrl-C", "\u0003"],
  ])("asks before a revoke: %s ends with 130, and changes nothing", async (_, keys) => {
    const { exitCode, plain } = await onTerminal(cwd, ["revoke", "nightly"], { at: "revoke run nightly?", keys });
    expect(plain).toContain("1 of 1 task would be revoked");
    expect(exitCode).toBe(exitCodes.interrupted);
    expect((await status()).run.status).toBe("RUNNING");
  });

  it("redraws what it watches in place, in colours, until Ctrl-C", async () => {
    const { exitCode, shown } = await onTerminal(cwd, ["watch"], { at: /nightly[\s\S]*nightly/, keys: "\u0003" });
    expect(exitCode).toBe(exitCodes.interrupted);
    expect(shown).toMatch(new RegExp(`${esc}\\[\\d+F${esc}\\[J`));
    expect(shown).toMatch(new RegExp(`${esc}\\[3\\dm`));
  });

  it("paints, and with NO_COLOR or --no-color paints nothing", async () => {
    const painted = await onTerminal(cwd, ["status"]);
    expect(painted.shown).toMatch(new RegExp(`${esc}\\[3\\dm`));
    for (const plain of [
      await onTerminal(cwd, ["status"], undefined, { NO_COLOR: "1" }),
      await onTerminal(cwd, ["status", "--no-color"]),
    ]) {
      expect(plain.exitCode).toBe(exitCodes.fine);
      expect(plain.shown).not.toContain(esc);
      for (const line of plain.plain.split("\r\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });
});
