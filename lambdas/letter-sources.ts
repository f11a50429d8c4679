/** Which queue gave a letter up: known by the name of the dead-letter queue it lies in. */
import type { QueueRef } from "../lib/lambda.ts";
import { InvalidEnvironmentError } from "./environment.ts";

/**
 * Finds the queue whose letters an event source holds.
 *
 * @param urls - Of the dead-letter queues, by the queue whose letters each takes.
 * @returns A function of an event source's ARN; it throws {@link InvalidEnvironmentError} for one that is none of them.
 */
export function letterSources(urls: Readonly<Partial<Record<QueueRef, string>>>): (eventSourceArn: string) => QueueRef {
  const refs = Object.keys(urls) as QueueRef[];
  const byName = new Map(refs.map((ref) => [lastPart(urls[ref] ?? "", "/"), ref]));
  return (eventSourceArn) => {
    const ref = byName.get(lastPart(eventSourceArn, ":"));
    if (ref === undefined)
      throw new InvalidEnvironmentError([`TUTTI_DEAD_LETTER_QUEUE_URLS does not name ${eventSourceArn}`]);
    return ref;
  };
}

/** Name of the queue in a URL or an ARN. */
function lastPart(text: string, separator: string): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}
