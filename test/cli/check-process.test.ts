/**
 * `check` and `health` as a process, against an embedded engine whose queues nobody reads.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, findConnection } from "../../lib/connect.ts";
import { dropReportSchema } from "../../lib/model/letter-reports.ts";
import { checkReportSchema, healthReportSchema } from "../../lib/model/operating-reports.ts";
import { type Dev, startDev } from "../../local/dev.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { emptyFolder, exitCodes, json } from "./fake-io.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function tutti(cwd: string, ...argv: readonly string[]) {
  const env = { PATH: process.env.PATH, HOME: cwd, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  const program = join(root, "bin", "tutti.mjs");
  const child = spawn(process.execPath, [program, ...argv], { cwd, env, stdio: ["ignore", "pipe", "ignore"] });
  let stdout = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout };
}

describe.skipIf(!dynoxideAvailable())("the program, where nobody reads the request queue", () => {
  const cwd = emptyFolder();
  let dev: Dev;

  beforeAll(async () => {
    dev = await startDev({ cwd, engineOnly: true, log: { write: () => undefined } });
    const client = await connect(findConnection({}, { environment: {}, cwd }));
    await client.submit({ task: "anything" } as never, { id: "nightly", wait: false });
  });
  afterAll(() => dev.close(0));

  it("tells by check what is wrong, and ends with 1", async () => {
    const { exitCode, stdout } = await tutti(cwd, "check", "--json");
    const { healthy, issues, unknown } = checkReportSchema.parse(json(stdout));
    expect(healthy).toBe(false);
    expect(issues.map(({ kind, fix }) => [kind, fix])).toEqual([
      ["requests-not-read", ["tutti worker --only control --tasks FILE"]],
    ]);
    expect(unknown).toEqual(["the tasks of the deployed code"]);
    expect(exitCode).toBe(exitCodes.issue);
  });

  it("finds no letter of that id, and drops none without being told to", async () => {
    const [shown, asked, dropped] = await Promise.all([
      tutti(cwd, "dlq", "show", "nobody"),
      tutti(cwd, "dlq", "drop", "nobody"),
      tutti(cwd, "dlq", "drop", "nobody", "--yes", "--json"),
    ]);
    expect([shown, asked].map(({ exitCode }) => exitCode)).toEqual([exitCodes.issue, exitCodes.usage]);
    expect(dropReportSchema.parse(json(dropped.stdout))).toMatchObject({ dropped: false, letter: null });
    expect(dropped.exitCode).toBe(exitCodes.fine);
  });

  it("is unhealthy", async () => {
    const { exitCode, stdout } = await tutti(cwd, "health");
    expect(healthReportSchema.parse(json(stdout))).toMatchObject({ status: "unhealthy", active_chord_unlocks: 0 });
    expect(exitCode).toBe(exitCodes.issue);
  });
});
