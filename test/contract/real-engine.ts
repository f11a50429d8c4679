/**
 * The engine that stands for DynamoDB: dynoxide, which comes with the repository, or with `TUTTI_ENGINE=dynamodb-local`
 * Amazon's own (`npm run verify:engine`).
 */
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { makeDynamoDbLocalStore, missingDynamoDbLocal } from "./dynamodb-local.ts";
import { makeDynoxideStore } from "./dynoxide-store.ts";
import type { StoreUnderTest } from "./store.contract.ts";

interface RealEngine {
  readonly name: string;
  readonly isThere: () => boolean;
  readonly make: () => Promise<StoreUnderTest>;
}

const engines: Readonly<Record<string, RealEngine>> = {
  dynoxide: { name: "dynoxide", isThere: dynoxideAvailable, make: makeDynoxideStore },
  "dynamodb-local": {
    name: "DynamoDB Local",
    isThere: () => missingDynamoDbLocal() === undefined,
    make: makeDynamoDbLocalStore,
  },
};

/** @throws Error when the environment names an engine that there is not. */
export function realEngine(): RealEngine {
  const { TUTTI_ENGINE: name = "dynoxide" } = process.env;
  const engine = engines[name];
  if (!engine) throw new Error(`TUTTI_ENGINE=${name}: must be of ${Object.keys(engines).join(", ")}`);
  return engine;
}
