/**
 * What the retry of the SDK, and that of the plain client, makes of a lost answer: the write was applied, its repetition is
 * refused, and the caller meets its own image. A proxy forwards each request and drops chosen answers after the engine has
 * given them.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocalDynamoClient, dynamoCalls } from "../../lib/adapters/dynamodb/client.ts";
import { createPlainDynamoCalls } from "../../lib/adapters/dynamodb/plain-calls.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb/store.ts";
import { createTable } from "../../lib/adapters/dynamodb/table.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { StoreError } from "../../lib/errors.ts";
import type { Store, Write } from "../../lib/ports/index.ts";
import { type Dynoxide, dynoxideAvailable, startDynoxide } from "../../local/dynoxide.ts";
import { createJsonCaller, type JsonCaller } from "../../local/json-call.ts";

describe.skipIf(!dynoxideAvailable()).each(["the SDK", "the plain client"])(
  "a write by %s whose answer is lost",
  (by) => {
    let engine: Dynoxide;
    let proxy: Server;
    let sdk: DynamoDBClient;
    let caller: JsonCaller;
    let store: Store;
    let answersToDrop = 0;

    beforeAll(async () => {
      engine = await startDynoxide();
      proxy = startProxy(engine.endpoint, () => answersToDrop-- > 0);
      await once(proxy, "listening");
      const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      sdk = createLocalDynamoClient(endpoint);
      await createTable(sdk, "tutti");
      caller = createJsonCaller(endpoint);
      const calls = by === "the SDK" ? dynamoCalls(sdk) : createPlainDynamoCalls(caller.call);
      store = createDynamoStore({ calls, table: "tutti", clock: wallClock, ids: createSeededIds(1) });
    });
    afterAll(async () => {
      sdk?.destroy();
      caller?.close();
      proxy?.close();
      await engine?.close();
    });

    const claim = (sk: string, owner: string): Write => ({
      key: { pk: "run", sk },
      set: [
        { path: ["s0"], value: { o: owner } },
        { path: ["remaining"], minus: 1, initial: 3 },
      ],
      condition: { is: "absent", path: ["s0"] },
    });

    it("is refused with its own image, once counted (J7)", async () => {
      answersToDrop = 1;
      const result = await store.write(claim("once", "me"), "test.claim");
      expect(result).toEqual({ applied: false, image: { s0: { o: "me" }, remaining: 2 } });
    });

    it("is a StoreError when every answer is lost, and was applied all the same", async () => {
      answersToDrop = 100;
      await expect(store.write(claim("never", "me"), "test.claim")).rejects.toThrow(StoreError);
      answersToDrop = 0;
      expect(await store.get({ pk: "run", sk: "never" }, "test.get")).toEqual({ s0: { o: "me" }, remaining: 2 });
      expect((await store.write(claim("never", "other"), "test.claim")).image).toEqual({
        s0: { o: "me" },
        remaining: 2,
      });
    });

    it("leaves every other call as it was: reads, queries and deletes are repeated unseen", async () => {
      const key = { pk: "run", sk: "once" };
      answersToDrop = 1;
      expect((await store.getMany([key], "test.getMany"))[0]?.remaining).toBe(2);
      answersToDrop = 1;
      expect((await store.query("run", "once", undefined, "test.query")).items).toHaveLength(1);
      answersToDrop = 1;
      await store.remove([key], "test.remove");
      expect(await store.get(key, "test.get")).toBeUndefined();
    });
  },
);

/** Forwards to the engine; where `drop` says so, cuts the connection instead of answering. */
function startProxy(target: string, drop: () => boolean): Server {
  const server = createServer((request, response) => {
    const forward = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const headers = Object.entries(request.headers).filter(
        ([name]) => name.startsWith("x-amz") || name.startsWith("auth") || name === "content-type",
      );
      const answer = await fetch(target, {
        method: "POST",
        headers: headers as [string, string][],
        body: Buffer.concat(chunks),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      if (drop()) request.socket.destroy();
      else response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(body);
    };
    forward().catch(() => request.socket.destroy());
  });
  return server.listen(0, "127.0.0.1");
}
