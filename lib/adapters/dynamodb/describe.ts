/**
 * How the table is set up. Describes only: no item is read, nothing is written.
 */
import {
  DescribeContinuousBackupsCommand,
  type TableDescription as Described,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import type { ClockOffset, LayoutPart, TableInspector } from "../../ports/deployment.ts";
import type { Clock } from "../../ports/system.ts";
import { type IndexDefinition, indexDefinitions, partitionKey, sortKey, timeToLiveAttribute } from "./keys.ts";

export interface InspectorOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

/** What an HTTP date leaves out. */
const dateGrainMs = 999;

export function createTableInspector({ client, table, clock }: InspectorOptions): TableInspector {
  let offset: ClockOffset | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = clock.now();
      const result = await next(args);
      const serviceMs = Date.parse(dateIn(result.response));
      if (!Number.isNaN(serviceMs)) offset = narrowed(offset, { serviceMs, sentMs, receivedMs: clock.now() });
      return result;
    },
    // Innermost: a refusal tells the time as well.
    { step: "deserialize", priority: "low", name: "tuttiClockOffset" },
  );
  return {
    async describe() {
      const { Table = {} } = await client.send(new DescribeTableCommand({ TableName: table }));
      return {
        status: Table.TableStatus ?? "unknown",
        parts: layoutOf(Table),
        deletionProtected: Table.DeletionProtectionEnabled === true,
      };
    },
    async expiry() {
      const { TimeToLiveDescription: found } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
      const isOn = found?.TimeToLiveStatus === "ENABLED" || found?.TimeToLiveStatus === "ENABLING";
      return { found: isOn ? (found?.AttributeName ?? "off") : "off", expected: timeToLiveAttribute };
    },
    async recovery() {
      const { ContinuousBackupsDescription: found } = await client.send(
        new DescribeContinuousBackupsCommand({ TableName: table }),
      );
      return found?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === "ENABLED";
    },
    clockOffset: () => offset,
  };
}

function dateIn(response: unknown): string {
  const { headers = {} } = (response ?? {}) as { readonly headers?: Readonly<Record<string, string>> };
  return headers.date ?? "";
}

/**
 * The service wrote its date, in whole seconds, between sending and receiving: each answer bounds the offset, and all
 * together bound it more closely. Answers that disagree (a clock was set meanwhile) leave the last one.
 */
function narrowed(
  before: ClockOffset | undefined,
  at: { readonly serviceMs: number; readonly sentMs: number; readonly receivedMs: number },
): ClockOffset {
  const one = { leastMs: at.sentMs - at.serviceMs - dateGrainMs, mostMs: at.receivedMs - at.serviceMs };
  if (before === undefined) return one;
  const leastMs = Math.max(before.leastMs, one.leastMs);
  const mostMs = Math.min(before.mostMs, one.mostMs);
  return leastMs <= mostMs ? { leastMs, mostMs } : one;
}

function layoutOf({ KeySchema = [], AttributeDefinitions = [], GlobalSecondaryIndexes = [] }: Described): LayoutPart[] {
  const types = new Map(AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]));
  const keysText = (keys: typeof KeySchema): string =>
    [...keys]
      .sort((a, b) => (a.KeyType ?? "").localeCompare(b.KeyType ?? ""))
      .map(({ AttributeName }) => `${AttributeName} (${types.get(AttributeName as string)})`)
      .join(", ");
  const indexText = (name: string): string => {
    const index = GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === name);
    if (index === undefined) return "none";
    const { KeySchema: keys = [], Projection, IndexStatus = "ACTIVE" } = index;
    const text = `${keysText(keys)}, ${projectionText(Projection?.ProjectionType)}`;
    return IndexStatus === "ACTIVE" ? text : `${text}, ${IndexStatus}`;
  };
  return [
    {
      name: "keys",
      found: keysText(KeySchema),
      expected: [partitionKey, sortKey].map(({ name, type }) => `${name} (${type})`).join(", "),
    },
    ...indexDefinitions.map((index) => ({
      name: `index ${index.name}`,
      found: indexText(index.name),
      expected: expectedIndex(index),
    })),
  ];
}

function expectedIndex({ partitionKey: partition, sortKey: sort, projection }: IndexDefinition): string {
  const keys = [partition, sort].map(({ name, type }) => `${name} (${type})`).join(", ");
  return `${keys}, ${projectionText(projection)}`;
}

function projectionText(projection: string | undefined): string {
  return projection === "KEYS_ONLY" ? "keys only" : projection === "ALL" ? "all attributes" : "some attributes";
}
