/**
 * The embedded engine: a table and queues on this machine, reached as in an account.
 *
 * DynamoDB is a dynoxide process, SQS a server in this process. Where there is no dynoxide for the platform the table is
 * in this process's memory: then nobody but this process can read it.
 */
import { createLocalDynamoClient } from "../lib/adapters/dynamodb/client.ts";
import { createPlainDynamoCalls } from "../lib/adapters/dynamodb/plain-calls.ts";
import { createDynamoStore } from "../lib/adapters/dynamodb/store.ts";
import { createTable } from "../lib/adapters/dynamodb/table.ts";
import { createMemoryStore } from "../lib/adapters/memory/store.ts";
import { createPlainSqsCalls } from "../lib/adapters/sqs/plain-calls.ts";
import { createSqsQueue, type SqsQueue } from "../lib/adapters/sqs/queue.ts";
import { TuttiError } from "../lib/errors.ts";
import type { Clock, Ids, Store } from "../lib/ports/index.ts";
import type { Connection } from "./connection.ts";
import { dynoxideAvailable, startDynoxide } from "./dynoxide.ts";
import { createJsonCaller } from "./json-call.ts";
import { createQueues } from "./queues.ts";
import { type SqsServer, startSqsServer } from "./sqs/server.ts";

/** Where the table is: a process of its own, or this one. */
export type TableKind = "dynoxide" | "memory";

export interface EngineOptions {
  /** @default dynoxide where there is one for this platform, else memory */
  readonly table?: TableKind;
  /** Where the table is kept on disk; queues never are. @default nowhere */
  readonly dataDir?: string;
  /** Of DynamoDB; SQS takes the next one. @default free ones */
  readonly port?: number;
  /** Names of the task queues. */
  readonly queues: readonly string[];
  readonly visibilitySeconds: number;
  /** Deliveries before a message moves to its dead-letter queue. @default 20 */
  readonly maxReceiveCount?: number;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface Engine {
  readonly table: TableKind;
  readonly connection: Connection;
  readonly store: Store;
  readonly queue: SqsQueue;
  /** The SQS server, with its fault switches. */
  readonly sqs: SqsServer;
  /** Ends both. What was not kept on disk is gone. Repeatable. */
  close(): Promise<void>;
}

/** The engine did not come up. */
export class EngineStartError extends TuttiError {
  override readonly name = "EngineStartError";
  readonly code = "engine-unavailable";
}

/** The lost limit of a task bounds its executions, not this: so it is high (docs/protocol.md#retries-and-losses). */
const defaultMaxReceiveCount = 20;
const tableName = "tutti";
const region = "us-east-1";

/** @throws {@link EngineStartError} which says what to do about it. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const table = await startTable(options, closers);
    const sqs = await startSqs(options.port);
    closers.push(() => sqs.close());
    const urls = await createQueues({
      endpoint: sqs.endpoint,
      region,
      queues: options.queues,
      visibilitySeconds: options.visibilitySeconds,
      maxReceiveCount: options.maxReceiveCount ?? defaultMaxReceiveCount,
    });
    const caller = createJsonCaller(sqs.endpoint);
    closers.push(async () => caller.close());
    const { requestQueueUrl, taskQueueUrls, deadLetterQueueUrls } = urls;
    const queue = createSqsQueue({
      calls: createPlainSqsCalls(caller.call),
      urls: { request: requestQueueUrl, tasks: taskQueueUrls, dead: deadLetterQueueUrls },
    });
    const endpoints = { ...(table.endpoint === undefined ? {} : { dynamodb: table.endpoint }), sqs: sqs.endpoint };
    return {
      table: table.kind,
      connection: { endpoints, region, table: tableName, ...urls },
      store: table.store,
      queue,
      sqs,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Table {
  readonly kind: TableKind;
  readonly store: Store;
  readonly endpoint?: string;
}

async function startTable(options: EngineOptions, closers: (() => Promise<void>)[]): Promise<Table> {
  const kind = options.table ?? (dynoxideAvailable() ? "dynoxide" : "memory");
  if (kind === "memory") {
    if (options.dataDir !== undefined) throw new EngineStartError(`the table cannot be kept on disk: ${noDynoxide()}`);
    return { kind, store: createMemoryStore() };
  }
  const { dataDir, port } = options;
  const dynoxide = await launched(() =>
    startDynoxide({ ...(dataDir === undefined ? {} : { dataDir }), ...(port === undefined ? {} : { port }) }),
  );
  closers.push(() => dynoxide.close());
  const maker = createLocalDynamoClient(dynoxide.endpoint);
  try {
    await createTable(maker, tableName);
  } finally {
    maker.destroy();
  }
  const caller = createJsonCaller(dynoxide.endpoint);
  closers.push(async () => caller.close());
  const calls = createPlainDynamoCalls(caller.call);
  return {
    kind,
    store: createDynamoStore({ calls, table: tableName, clock: options.clock, ids: options.ids }),
    endpoint: dynoxide.endpoint,
  };
}

async function launched<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    throw new EngineStartError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function startSqs(port: number | undefined): Promise<SqsServer> {
  const sqsPort = port === undefined ? 0 : port + 1;
  try {
    return await startSqsServer({ port: sqsPort, region });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new EngineStartError(
      `port ${sqsPort}, which SQS takes, is in use: give another --port, or none for free ones`,
      { cause },
    );
  }
}

/** Why the table is in memory. */
export function noDynoxide(): string {
  return `there is no DynamoDB engine (dynoxide) for ${process.platform}-${process.arch} in this installation`;
}
