/**
 * An event bus: the one file that sends events to it.
 */
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

/** An event to send. */
export interface BusEvent {
  readonly detailType: string;
  readonly atMs: number;
  readonly detail: object;
}

export interface EventBus {
  /** Sends up to 10 events. Returns the positions that the bus refused. Throws what the SDK throws: nothing is then known. */
  put(events: readonly BusEvent[]): Promise<readonly number[]>;
}

/** As the `source` of an event: what rules are written against. */
export const eventSource = "tutti";

/** @param name - Name or ARN of the bus. */
export function createEventBus(name: string, client: Pick<EventBridgeClient, "send"> = aClient()): EventBus {
  return {
    async put(events) {
      if (events.length === 0) return [];
      const command = new PutEventsCommand({
        Entries: events.map(({ detailType, atMs, detail }) => ({
          EventBusName: name,
          Source: eventSource,
          DetailType: detailType,
          Time: new Date(atMs),
          Detail: JSON.stringify(detail),
        })),
      });
      const { Entries = [] } = await client.send(command);
      // What the answer does not name counts as refused.
      return events.flatMap((_, i) => (Entries[i]?.EventId === undefined ? [i] : []));
    },
  };
}

function aClient(): EventBridgeClient {
  // The stream hands out again what was not sent.
  return new EventBridgeClient({ maxAttempts: 5, requestHandler: { requestTimeout: 3000, connectionTimeout: 1000 } });
}
