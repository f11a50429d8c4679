import { QueueError } from "../../errors.ts";
import type { ConsumedQueue, QueueRef } from "../../ports/queue.ts";

/** Where the queues are. */
export interface QueueUrls {
  readonly request: string;
  /** By the name tasks give their queue. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Dead-letter queues, by the queue whose letters they take; needed only where those are received. */
  readonly dead?: Readonly<Partial<Record<QueueRef, string>>>;
}

/** Finds the URL of a queue. @throws {@link QueueError} for one that is not configured: a later version of the deployment may know it. */
export type QueueUrlResolver = (queue: ConsumedQueue) => string;

export function queueUrlResolver({ request, tasks, dead = {} }: QueueUrls): QueueUrlResolver {
  const urls = new Map<string, string | undefined>([
    ["request", request],
    ...Object.entries(tasks).map(([name, url]): [string, string] => [`task:${name}`, url]),
    ...Object.entries(dead).map(([queue, url]): [string, string | undefined] => [`dead:${queue}`, url]),
  ]);
  return (queue) => {
    const url = urls.get(queue);
    if (url === undefined)
      throw new QueueError(`queue ${queue}: no URL is configured, configured are ${[...urls.keys()].join(", ")}`);
    return url;
  };
}
