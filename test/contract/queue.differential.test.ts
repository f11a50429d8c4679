/**
 * The memory queue against our SQS server through the AWS SDK: the same random operations, the same answers, with one
 * clock for both. The server delivers out of order, so that nothing compared rests on an order.
 *
 * `npm run verify:engine -- --queues --operations 20000` runs more of them, `--seed …` the same again.
 */
import { randomInt } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVirtualClock } from "../../lib/adapters/memory/clock.ts";
import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { createLocalSqsClient, sqsCalls } from "../../lib/adapters/sqs/client.ts";
import { createQueues } from "../../lib/adapters/sqs/provision.ts";
import { createSqsQueue, type SqsQueue } from "../../lib/adapters/sqs/queue.ts";
import { startSqsServer } from "../../local/sqs/server.ts";
import { historiesFor, historiesOf } from "./histories.ts";
import { createDuel } from "./queue-duel.ts";
import { maxReceiveCount, operations, refs, visibilitySeconds } from "./queue-operations.ts";

const count = Number(process.env.TUTTI_QUEUE_OPERATIONS ?? 400);
const seed = Number(process.env.TUTTI_SEED ?? randomInt(1, 2 ** 31 - 1));
const rules = { visibilitySeconds, maxReceiveCount };

describe("the memory queue and SQS on the local server", () => {
  const clock = createVirtualClock(Date.UTC(2026, 0, 1));
  let engine: { readonly queue: SqsQueue; close(): Promise<void> };
  beforeAll(async () => {
    engine = await startEngine(clock.now);
  });
  afterAll(() => engine?.close());

  it(`give the same answers to ${count} random operations`, { timeout: 30_000 + count * 20 }, async () => {
    let performed = 0;
    let failed: readonly string[] = [];
    const property = fc.asyncProperty(historiesOf(operations), async (history) => {
      await Promise.all(refs.flatMap((ref) => [engine.queue.purge(ref), engine.queue.purge(`dead:${ref}`)]));
      const duel = createDuel(clock, [createMemoryQueue({ clock, ...rules }), engine.queue]);
      try {
        for (const operation of history) {
          await duel.perform(operation);
          performed++;
        }
        await duel.end();
      } catch (error) {
        failed = duel.told;
        throw error;
      }
    });
    const details = await fc.check(property, { seed, numRuns: historiesFor(count) });
    if (details.failed) throw new Error(report(details, failed), { cause: details.errorInstance });
    expect(performed).toBeGreaterThan(0.95 * count);
  });
});

async function startEngine(now: () => number) {
  const server = await startSqsServer({ now });
  server.faults = { reorder: { probability: 0.5 } };
  const client = createLocalSqsClient(server.endpoint);
  const urls = await createQueues(client, { prefix: "differential", tasks: ["a"], ...rules });
  return {
    queue: createSqsQueue({ calls: sqsCalls(client), urls }),
    async close() {
      client.destroy();
      await server.close();
    },
  };
}

/** The smallest history that was found, and the command that finds it again. */
function report<T>({ numRuns, numShrinks, errorInstance }: fc.RunDetails<T>, told: readonly string[]): string {
  const steps = told.map((line, i) => `${String(i + 1).padStart(4)}  ${line}`);
  return [
    `seed ${seed}: history ${numRuns} differs at its last step; made smaller ${numShrinks} times:`,
    ...steps,
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    `again: npm run verify:engine -- --queues --operations ${count} --seed ${seed}`,
  ].join("\n");
}
