/**
 * `npm run verify:engine`: lane D by hand. See `help` below.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { missingDynamoDbLocal } from "./dynamodb-local.ts";

const help = `The contract of a store, and random operations compared with the memory store, on a real engine; and a twentieth as
many on our SQS server, compared with the memory queue.

  npm run verify:engine                                20,000 operations on dynoxide
  npm run verify:engine -- --engine dynamodb-local     on Amazon's DynamoDB Local, where Java and its JAR are
  npm run verify:engine -- --operations 200000
  npm run verify:engine -- --seed 7                    the same operations again
  npm run verify:engine -- --queues                    20,000 operations on the queues alone
  --help

Exit codes: 0 the same answers, or the engine is not here (said in a line), 1 others, 2 wrong usage.`;

const storeTests = ["test/contract/store.dynamodb.test.ts", "test/contract/store.differential.test.ts"];
const queueTest = "test/contract/queue.differential.test.ts";

class UsageError extends Error {}

const options = {
  engine: { type: "string", default: "dynoxide" },
  operations: { type: "string", default: "20000" },
  seed: { type: "string" },
  queues: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function read() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const whole = (name: string, text: string): string => {
  if (/^[1-9]\d*$/.test(text)) return text;
  throw new UsageError(`--${name} ${text}: must be a whole number from 1`);
};

function main(): number {
  const { engine, operations, seed, queues, help: isHelp } = read();
  if (isHelp) {
    console.log(help);
    return 0;
  }
  if (engine !== "dynoxide" && engine !== "dynamodb-local")
    throw new UsageError(`--engine ${engine}: must be dynoxide or dynamodb-local`);
  const missing = engine === "dynamodb-local" ? missingDynamoDbLocal() : undefined;
  if (missing !== undefined) {
    console.log(`SKIPPED: ${missing}`);
    return 0;
  }
  const env = {
    ...process.env,
    TUTTI_ENGINE: engine,
    TUTTI_OPERATIONS: whole("operations", operations),
    TUTTI_QUEUE_OPERATIONS: String(queues ? operations : Math.ceil(Number(operations) / 20)),
    ...(seed === undefined ? {} : { TUTTI_SEED: whole("seed", seed) }),
  };
  const tests = queues ? [queueTest] : [...storeTests, queueTest];
  const { status } = spawnSync("npx", ["vitest", "run", "--project", "contract", ...tests], { stdio: "inherit", env });
  return status === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
