/**
 * The clients that a local engine is spoken to with in place of the SDK's: store and queues on them are held to the same contracts.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { createLocalDynamoClient } from "../../lib/adapters/dynamodb/client.ts";
import { createPlainDynamoCalls } from "../../lib/adapters/dynamodb/plain-calls.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb/store.ts";
import { createTable } from "../../lib/adapters/dynamodb/table.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createLocalSqsClient } from "../../lib/adapters/sqs/client.ts";
import { createPlainSqsCalls } from "../../lib/adapters/sqs/plain-calls.ts";
import { createQueues } from "../../lib/adapters/sqs/provision.ts";
import { createSqsQueue } from "../../lib/adapters/sqs/queue.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import type { JsonCall, Store } from "../../lib/ports/index.ts";
import { dynoxideAvailable, startDynoxide } from "../../local/dynoxide.ts";
import { createJsonCaller } from "../../local/json-call.ts";
import { startSqsServer } from "../../local/sqs/server.ts";
import { queueContract } from "./queue.contract.ts";
import { storeContract } from "./store.contract.ts";

storeContract("DynamoDB on dynoxide, without the SDK", makePlainStore, dynoxideAvailable());

async function makePlainStore() {
  const engine = await startDynoxide();
  const maker = createLocalDynamoClient(engine.endpoint);
  await createTable(maker, "tutti");
  maker.destroy();
  const caller = createJsonCaller(engine.endpoint);
  const calls = createPlainDynamoCalls(caller.call);
  return {
    store: createDynamoStore({ calls, table: "tutti", clock: wallClock, ids: createSeededIds(1) }),
    async close() {
      caller.close();
      await engine.close();
    },
  };
}

queueContract("SQS on the local server, without the SDK", async (needs) => {
  const server = await startSqsServer();
  const maker = createLocalSqsClient(server.endpoint);
  const urls = await createQueues(maker, { prefix: "plain", ...needs });
  maker.destroy();
  const caller = createJsonCaller(server.endpoint);
  return {
    queue: createSqsQueue({ calls: createPlainSqsCalls(caller.call), urls }),
    async close() {
      caller.close();
      await server.close();
    },
  };
});

describe("a plain client", () => {
  it("knows a failed condition, as the SDK's, also where a bundler has renamed its class", async () => {
    const contents = `
      import { createPlainDynamoCalls } from "./lib/adapters/dynamodb/plain-calls.ts";
      import { createDynamoStore } from "./lib/adapters/dynamodb/store.ts";
      export const storeOver = (call) => createDynamoStore({ calls: createPlainDynamoCalls(call), table: "t", clock: {}, ids: {} });
      export { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL("../../", import.meta.url)) },
      bundle: true,
      minifyIdentifiers: true,
      platform: "node",
      format: "cjs",
      conditions: ["source"],
      write: false,
    });
    const bundled: { exports: Record<string, unknown> } = { exports: {} };
    new Function("module", "exports", "require", outputFiles[0]?.text ?? "")(
      bundled,
      bundled.exports,
      createRequire(import.meta.url),
    );
    const { storeOver, ConditionalCheckFailedException } = bundled.exports as {
      readonly storeOver: (call: JsonCall) => Store;
      readonly ConditionalCheckFailedException: { readonly name: string };
    };
    expect(ConditionalCheckFailedException.name).not.toBe("ConditionalCheckFailedException");
    const text = JSON.stringify({
      __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
      message: "The conditional request failed",
      Item: { pk: { S: "p" }, sk: { S: "s" }, n: { N: "1" } },
    });
    const store = storeOver(async () => ({ ok: false, text }));
    const refused = await store.write({ key: { pk: "p", sk: "s" }, set: [{ path: ["n"], value: 2 }] }, "test");
    expect(refused).toEqual({ applied: false, image: { n: 1 } });
  });

  it("names errors as the SDK does", async () => {
    const server = await startSqsServer();
    const caller = createJsonCaller(server.endpoint);
    const missing = `${server.endpoint}/000000000000/none`;
    const queue = createSqsQueue({
      calls: createPlainSqsCalls(caller.call),
      urls: { request: missing, tasks: {} },
    });
    await expect(queue.purge("request")).rejects.toThrow(/QueueDoesNotExist: The specified queue does not exist/);
    await expect(queue.receive("request", 11)).rejects.toThrow(/InvalidParameterValue: /);
    caller.close();
    await server.close();
  });

  it("gives up an answer that does not come, and one that does not end", async () => {
    const heads: string[] = [];
    const server = createServer((request, response) => {
      heads.push(String(request.headers["x-amz-target"]));
      if (heads.length % 2 === 0) response.writeHead(200, { "content-length": 10 }).write("{");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const caller = createJsonCaller(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(caller.call("Any.Thing", "{}", { timeoutMs: 20 })).rejects.toThrow();
    expect(heads).toEqual(Array.from({ length: 5 }, () => "Any.Thing"));
    caller.close();
    server.closeAllConnections();
    server.close();
  });
});
