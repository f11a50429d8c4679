/**
 * The memory store against a real engine: the same random operations, the same answers.
 *
 * `TUTTI_OPERATIONS=20000 npx vitest run --project contract differential` runs more of them, `TUTTI_SEED=…` the same again.
 * `npm run verify:engine -- --engine dynamodb-local` has them against Amazon's own.
 */
import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../lib/adapters/memory/store.ts";
import type { Item, Store } from "../../lib/ports/index.ts";
import { historiesFor, historiesOf } from "./histories.ts";
import { realEngine } from "./real-engine.ts";
import type { StoreUnderTest } from "./store.contract.ts";
import { answerOf, type Operation, operations } from "./store-operations.ts";

const count = Number(process.env.TUTTI_OPERATIONS ?? 2000);
const seed = process.env.TUTTI_SEED === undefined ? {} : { seed: Number(process.env.TUTTI_SEED) };

const { name, isThere, make } = realEngine();

describe.skipIf(!isThere())(`the memory store and DynamoDB on ${name}`, () => {
  let engine: StoreUnderTest;
  beforeAll(async () => {
    engine = await make();
  });
  afterAll(() => engine?.close());

  it(`give the same answers to ${count} random operations`, { timeout: 30_000 + count * 20 }, async () => {
    let performed = 0;
    const property = fc.asyncProperty(historiesOf(operations), async (history) => {
      const memory = createMemoryStore();
      await empty(engine.store);
      for (const operation of history) {
        await expectSameAnswer(memory, engine.store, operation);
        performed++;
      }
      deepStrictEqual(await everything(engine.store), memory.dump());
    });
    await fc.assert(property, { ...seed, numRuns: historiesFor(count) });
    expect(performed).toBeGreaterThan(0.95 * count);
  });
});

async function expectSameAnswer(memory: Store, engine: Store, operation: Operation): Promise<void> {
  const [expected, found] = [await answerOf(memory, operation), await answerOf(engine, operation)];
  deepStrictEqual(found, expected);
}

async function everything(store: Store): Promise<readonly Item[]> {
  const pages = [
    await store.query("run-1", "", undefined, "test.all"),
    await store.query("run-2", "", undefined, "test.all"),
  ];
  return pages.flatMap(({ items }) => items);
}

async function empty(store: Store): Promise<void> {
  await store.remove(
    (await everything(store)).map(({ key }) => key),
    "test.empty",
  );
}
