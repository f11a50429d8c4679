import { createLocalSqsClient, sqsCalls } from "../../lib/adapters/sqs/client.ts";
import { createQueues } from "../../lib/adapters/sqs/provision.ts";
import { createSqsQueue } from "../../lib/adapters/sqs/queue.ts";
import { startSqsServer } from "../../local/sqs/server.ts";
import { queueContract } from "./queue.contract.ts";

queueContract("SQS on the local server", async (needs) => {
  const server = await startSqsServer();
  const client = createLocalSqsClient(server.endpoint);
  const urls = await createQueues(client, { prefix: "contract", ...needs });
  return {
    queue: createSqsQueue({ calls: sqsCalls(client), urls }),
    async close() {
      client.destroy();
      await server.close();
    },
  };
});
