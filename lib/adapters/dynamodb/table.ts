/**
 * Makes the table on a local engine. In an account the stack makes it, from the same names.
 */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { type IndexDefinition, indexDefinitions, type KeyAttribute, partitionKey, sortKey } from "./keys.ts";

const maxWaitSeconds = 30;

/** The table as it is defined in keys.ts, paid by request. */
export function tableParams(table: string): CreateTableCommandInput {
  const keys = [partitionKey, sortKey, ...indexDefinitions.flatMap((index) => [index.partitionKey, index.sortKey])];
  return {
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: keys.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keySchema(partitionKey, sortKey),
    GlobalSecondaryIndexes: indexDefinitions.map((index: IndexDefinition) => ({
      IndexName: index.name,
      KeySchema: keySchema(index.partitionKey, index.sortKey),
      Projection: { ProjectionType: index.projection },
    })),
  };
}

function keySchema(partition: KeyAttribute, sort: KeyAttribute) {
  return [
    { AttributeName: partition.name, KeyType: "HASH" as const },
    { AttributeName: sort.name, KeyType: "RANGE" as const },
  ];
}

/** Creates the table unless it is there, and waits until it takes requests. */
export async function createTable(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(new CreateTableCommand(tableParams(table)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: maxWaitSeconds, minDelay: 1, maxDelay: 1 }, { TableName: table });
}
