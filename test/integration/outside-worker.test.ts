/**
 * The Python worker of the example, in a virtual environment of its own, against the embedded engine.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { wordsWorkflow } from "../../examples/05-outside-worker/workflow.ts";
import { localCredentials } from "../../local/connection.ts";
import type { Dev } from "../../local/dev.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { loadTasksModule } from "../../local/tasks-module.ts";
import { aDev, aFolder, clientOf, endOf, removeFolders } from "./support.ts";

const example = fileURLToPath(new URL("../../examples/05-outside-worker/", import.meta.url));
const run = promisify(execFile);

/** A Python that has boto3, or why there is none. */
async function aPython(): Promise<{ readonly python: string } | { readonly absent: string }> {
  const folder = await aFolder();
  const python = join(folder, "bin", "python");
  try {
    await run("python3", ["-m", "venv", folder]);
    const quiet = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"];
    await run(python, ["-m", "pip", "install", ...quiet, "boto3"], { timeout: 120_000 });
    await run(python, ["-c", "import boto3"]);
    return { python };
  } catch (error) {
    return { absent: String(error).split("\n")[0] ?? "" };
  }
}

const found = dynoxideAvailable() ? await aPython() : { absent: "there is no DynamoDB engine for this platform" };
if ("absent" in found) console.warn(`the Python worker is not tested: ${found.absent}`);
const python = "python" in found ? found.python : "";

let dev: Dev | undefined;
const workers: ChildProcess[] = [];
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await dev?.close();
  await removeFolders();
});

/** Starts worker.py for the engine, told of it as of an account; what it prints goes to ours. */
function startPython({ connection }: Dev): void {
  const { endpoints, region, table, taskQueueUrls } = connection;
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    TUTTI_TABLE: table,
  };
  workers.push(spawn(python, [join(example, "worker.py"), taskQueueUrls.python as string], { env, stdio: "inherit" }));
}

describe.skipIf(python === "")("a worker in Python", () => {
  it("counts what its queue has, large arguments too, and reports what it cannot", async () => {
    dev = await aDev({ tasks: await loadTasksModule(join(example, "tasks.ts")) });
    startPython(dev);
    const client = clientOf(dev.engine);
    const large = "word ".repeat(70_000);
    const compressed = "word ".repeat(100_000);
    await client.submit(wordsWorkflow(["one two three", "", large, compressed, "four"]), { id: "words" });
    expect(await endOf(dev.engine.store, "words")).toMatchObject({ status: "SUCCEEDED" });
    expect(await client.result("words")).toMatchObject({
      value: { words: 3 + 70_000 + 100_000 + 1, failed: ["there is no text"] },
    });
  });
});
