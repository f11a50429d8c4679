/**
 * The AWS adapters of a client. A file of its own: importing it loads the SDK.
 */
import { createDynamoClient, dynamoCalls } from "./adapters/dynamodb/client.ts";
import { createDynamoStore } from "./adapters/dynamodb/store.ts";
import { createSqsClient, sqsCalls } from "./adapters/sqs/client.ts";
import { createSqsQueue, type SqsQueue } from "./adapters/sqs/queue.ts";
import { wallClock } from "./adapters/system/clock.ts";
import { cryptoIds } from "./adapters/system/ids.ts";
import type { ClientDeps } from "./client/client.ts";
import { ConfigurationError } from "./client/errors.ts";
import { redrive } from "./client/letters.ts";
import type { QueueReport } from "./client/shapes.ts";
import type { Connection } from "./connect.ts";
import { sqsFacts } from "./connect-facts.ts";
import type { QueueRef } from "./ports/queue.ts";

/** A sweep by hand ends after that long; what is due then stays due. */
const sweepMs = 600_000;
/** What the local engine takes; the SDK insists on some. */
const localCredentials = { accessKeyId: "local", secretAccessKey: "local" } as const;

/** Where the two services are, and whose credentials they get. */
export function clientOptions({ endpoints, region, local }: Connection) {
  const common = { ...(region === undefined ? {} : { region }), ...(local ? { credentials: localCredentials } : {}) };
  const at = (endpoint: string | undefined) => ({ ...common, ...(endpoint === undefined ? {} : { endpoint }) });
  return { dynamodb: at(endpoints.dynamodb), sqs: at(endpoints.sqs) };
}

/** The ports of a client, on DynamoDB and SQS. Nothing is sent before they are used. */
export function awsPorts(connection: Connection): ClientDeps {
  const { table } = connection;
  const options = clientOptions(connection);
  const dynamodb = createDynamoClient(options.dynamodb);
  const store = createDynamoStore({ calls: dynamoCalls(dynamodb), table, clock: wallClock, ids: cryptoIds });
  if (connection.requestQueueUrl === undefined) return { store, queue: noQueue, clock: wallClock, ids: cryptoIds };
  const queue = createSqsQueue({
    calls: sqsCalls(createSqsClient(options.sqs)),
    urls: {
      request: connection.requestQueueUrl,
      tasks: connection.taskQueueUrls,
      dead: connection.deadLetterQueueUrls,
    },
  });
  const { settings = {} } = connection;
  return {
    store,
    queue,
    clock: wallClock,
    ids: cryptoIds,
    queueDepths: () => depthsOf(queue, connection),
    facts: sqsFacts(queue, connection),
    times: settings,
    ...(connection.from === "dev-file" || connection.from === "stack"
      ? { purge: () => purgeAll(queue, connection) }
      : {}),
    redrive: (ref, limit) => redrive(queue, ref, limit),
    letters: { queue, refs: Object.keys(connection.deadLetterQueueUrls) as QueueRef[] },
    async sweep() {
      const { repairing } = await import("./connect-repair.ts");
      return repairing({ store, queue, settings }).sweep({ deadlineAtMs: wallClock.now() + sweepMs });
    },
    async repair(runId, { sendAgain = false }) {
      const { repairing } = await import("./connect-repair.ts");
      return repairing({ store, queue, settings }).visit(runId, { sendAgain });
    },
  };
}

/** Stands in where only a table is named: enough to look, not to submit. */
const noQueue: ClientDeps["queue"] = {
  send: async () => {
    throw new ConfigurationError("a table is named and no request queue: name it too (TUTTI_REQUEST_QUEUE_URL)");
  },
};

/** Empties the queues that the deployment has made: its own, not those that somebody has named. */
async function purgeAll(queue: SqsQueue, { taskQueueUrls }: Connection): Promise<readonly string[]> {
  const names = Object.keys(taskQueueUrls);
  for (const ref of ["request", ...names.map((name) => `task:${name}` as const)] as const) await queue.purge(ref);
  return ["request", ...names];
}

/** Lengths of the request queue and of every task queue that is known. */
async function depthsOf(
  queue: SqsQueue,
  { taskQueueUrls, deadLetterQueueUrls }: Connection,
): Promise<readonly QueueReport[]> {
  const refs: QueueRef[] = ["request", ...Object.keys(taskQueueUrls).map((name): QueueRef => `task:${name}`)];
  return Promise.all(
    refs.map(async (ref) => {
      const [depth, dead] = await Promise.all([
        queue.depth(ref),
        deadLetterQueueUrls[ref] === undefined ? undefined : queue.depth(`dead:${ref}`),
      ]);
      return {
        queue: ref.replace(/^task:/, ""),
        ...depth,
        dead: dead === undefined ? 0 : dead.visible + dead.inFlight,
      };
    }),
  );
}
