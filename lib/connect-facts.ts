/**
 * What a client learns beyond the table on SQS: the depths of the queues whose URLs are known. Reads their attributes and
 * nothing else: to look into a message would hide it from its reader.
 */
import type { SqsQueue } from "./adapters/sqs/queue.ts";
import type { Connection } from "./connect.ts";
import type { ConsumedQueue, FactSource, QueueDepth, QueueFacts, QueueRef } from "./ports/index.ts";

export function sqsFacts(queue: Pick<SqsQueue, "depth">, connection: Connection): FactSource {
  const { taskQueueUrls, deadLetterQueueUrls, tasks, local } = connection;
  const names = Object.keys(taskQueueUrls);
  const refs: QueueRef[] = ["request", ...names.map((name): QueueRef => `task:${name}`)];
  const factsOf = async (ref: QueueRef): Promise<readonly [QueueRef, QueueFacts]> => {
    const [depth, dead] = await Promise.all([
      depthOf(queue, ref),
      deadLetterQueueUrls[ref] === undefined ? "unknown" : depthOf(queue, `dead:${ref}`),
    ]);
    const about = typeof depth === "string" ? {} : { depth };
    return [ref, { exists: depth !== "missing", ...about, ...(typeof dead === "string" ? {} : { dead }) }];
  };
  return {
    queues: async () => ({
      queues: new Map(await Promise.all(refs.map(factsOf))),
      // Whoever names no task queue has not said that there are none.
      allQueues: local || names.length > 0,
    }),
    ...(tasks === undefined ? {} : { tasks: new Map(Object.entries(tasks)) }),
  };
}

/** How SQS says that there is no such queue, in its two protocols. */
const missingNames = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

async function depthOf(
  queue: Pick<SqsQueue, "depth">,
  name: ConsumedQueue,
): Promise<QueueDepth | "missing" | "unknown"> {
  try {
    return await queue.depth(name);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && missingNames.includes(cause.name) ? "missing" : "unknown";
  }
}
