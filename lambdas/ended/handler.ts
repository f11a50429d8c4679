/** Ends of runs, from the table's stream to an event bus. */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import type { Log, RunEnded } from "../../lib/lambda.ts";

export interface EndedDeps {
  /** The event of a record; undefined when it tells of no end. */
  readonly eventOf: (record: DynamoDBRecord) => Promise<RunEnded | undefined>;
  /** Sends events; returns the positions that were refused. */
  readonly put: (events: readonly RunEnded[]) => Promise<readonly number[]>;
  readonly log: Log;
}

interface Made {
  readonly sequence: string;
  readonly event: RunEnded;
}

/**
 * The handler of the stream. A record is done when the bus has its event: what is not comes again, with all after it, so an event
 * may be sent twice. It cannot be lost before the stream forgets it, in a day.
 */
export function createEndedHandler({ eventOf, put, log }: EndedDeps) {
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const made: Made[] = [];
    let failed: string | undefined;
    for (const record of Records) {
      const sequence = record.dynamodb?.SequenceNumber ?? "";
      try {
        const event = await eventOf(record);
        if (event !== undefined) made.push({ sequence, event });
      } catch (error) {
        log.write("warn", "the end of a run could not be read", { sequence, error: String(error) });
        failed = sequence;
        break;
      }
    }
    // The first that is not done: Lambda goes on from there. Made before the one that failed, so it goes first.
    const first = (await refused(made)) ?? failed;
    return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] };
  };

  async function refused(made: readonly Made[]): Promise<string | undefined> {
    if (made.length === 0) return undefined;
    try {
      const [position] = await put(made.map(({ event }) => event));
      if (position === undefined) return undefined;
      log.write("warn", "the event bus refused the end of a run", { run: made[position]?.event.runId });
      return made[position]?.sequence;
    } catch (error) {
      log.write("warn", "ends of runs could not be sent", { error: String(error) });
      return made[0]?.sequence;
    }
  }
}
