/**
 * The local engine as a process: it keeps what it acknowledged, and never outlives whoever started it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createLocalDynamoClient, dynamoCalls } from "../../lib/adapters/dynamodb/client.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb/store.ts";
import { createTable } from "../../lib/adapters/dynamodb/table.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { type Dynoxide, dynoxideAvailable, startDynoxide } from "../../local/dynoxide.ts";

describe.skipIf(!dynoxideAvailable())("dynoxide", () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "tutti-dynoxide-"));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it("answers on this machine alone, and is gone after its end", async () => {
    const engine = await startDynoxide();
    expect(engine.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(isAlive(engine.pid)).toBe(true);
    await engine.close();
    await engine.close();
    expect(isAlive(engine.pid)).toBe(false);
    await expect(fetch(engine.endpoint)).rejects.toThrow();
  });

  it("keeps every acknowledged write when it is killed while writing", async () => {
    const first = await startDynoxide({ dataDir });
    const acknowledged = await writeUntilKilled(first);
    const second = await startDynoxide({ dataDir });
    const { store, client } = await storeOn(second);
    const images = await store.getMany(
      acknowledged.map((sk) => ({ pk: "run", sk })),
      "test.getMany",
    );
    client.destroy();
    await second.close();
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(images.filter((image) => image === undefined)).toEqual([]);
  });

  it("says why it did not start", async () => {
    const engine = await startDynoxide();
    try {
      const port = Number(new URL(engine.endpoint).port);
      const reason = new RegExp(`did not start on port ${port}: .*in use`, "i");
      await expect(startDynoxide({ port })).rejects.toThrow(reason);
    } finally {
      await engine.close();
    }
  });

  it.skipIf(process.platform === "win32")(
    "ends with the process that started it, even when that is killed",
    async () => {
      const module = fileURLToPath(new URL("../../local/dynoxide.ts", import.meta.url));
      const program = `import(${JSON.stringify(module)}).then(async ({ startDynoxide }) => {
      console.log((await startDynoxide()).pid);
      setInterval(() => {}, 1000);
    });`;
      const parent = spawn(process.execPath, ["--import", "tsx", "-e", program], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
      const pid = Number(line);
      expect(isAlive(pid)).toBe(true);
      parent.kill("SIGKILL");
      await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000, interval: 20 });
    },
  );
});

async function storeOn(engine: Dynoxide) {
  const client = createLocalDynamoClient(engine.endpoint);
  await createTable(client, "tutti");
  return {
    client,
    store: createDynamoStore({ calls: dynamoCalls(client), table: "tutti", clock: wallClock, ids: createSeededIds(1) }),
  };
}

/** Writes with eight writers; kills the engine after some answers. Returns what was answered for. */
async function writeUntilKilled(engine: Dynoxide): Promise<string[]> {
  const { store, client } = await storeOn(engine);
  const acknowledged: string[] = [];
  const writer = async (name: number): Promise<void> => {
    for (let i = 0; ; i++) {
      const sk = `item-${name}-${i}`;
      await store.write({ key: { pk: "run", sk }, set: [{ path: ["i"], value: i }] }, "test.write");
      acknowledged.push(sk);
      if (acknowledged.length === 100) process.kill(engine.pid, "SIGKILL");
    }
  };
  await Promise.allSettled(Array.from({ length: 8 }, (_, name) => writer(name)));
  client.destroy();
  await engine.close();
  return acknowledged;
}

/** A process that has ended but was not waited for by anybody counts as ended. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
