/**
 * A DynamoDB store on a dynoxide process of its own.
 */
import { createLocalDynamoClient, dynamoCalls } from "../../lib/adapters/dynamodb/client.ts";
import { createDynamoStore } from "../../lib/adapters/dynamodb/store.ts";
import { createTable } from "../../lib/adapters/dynamodb/table.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { startDynoxide } from "../../local/dynoxide.ts";
import type { StoreUnderTest } from "./store.contract.ts";

export async function makeDynoxideStore(): Promise<StoreUnderTest> {
  const engine = await startDynoxide();
  const client = createLocalDynamoClient(engine.endpoint);
  await createTable(client, "tutti");
  return {
    store: createDynamoStore({ calls: dynamoCalls(client), table: "tutti", clock: wallClock, ids: createSeededIds(1) }),
    async close() {
      client.destroy();
      await engine.close();
    },
  };
}
