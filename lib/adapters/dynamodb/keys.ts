/**
 * Names in the table: its keys, its indexes, what expires. The stack and the local engine make the table from these.
 *
 * Both indexes are sparse: an item is in one when it has both of its attributes. `due` nominates, so it holds keys alone
 * and advancing a due time costs one write there; `list` is shown as it is, so it holds whole items.
 */

/** Type of a key attribute, as DynamoDB names it. */
export type KeyType = "S" | "N";

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

export interface IndexDefinition {
  /** At least three characters: DynamoDB refuses shorter ones. */
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute;
  readonly projection: "KEYS_ONLY" | "ALL";
}

export const partitionKey = { name: "pk", type: "S" } as const satisfies KeyAttribute;
export const sortKey = { name: "sk", type: "S" } as const satisfies KeyAttribute;

/** What the sweeper visits, by the time of the visit: heads; rejected requests and stored documents, to remove them. */
export const dueIndex = {
  name: "due",
  partitionKey: { name: "dueShard", type: "S" },
  sortKey: { name: "due", type: "N" },
  projection: "KEYS_ONLY",
} as const satisfies IndexDefinition;

/** Runs and rejected requests, by the time they were submitted. */
export const listIndex = {
  name: "list",
  partitionKey: { name: "listShard", type: "S" },
  sortKey: { name: "listAt", type: "N" },
  projection: "ALL",
} as const satisfies IndexDefinition;

export const indexDefinitions: readonly IndexDefinition[] = [dueIndex, listIndex];

/** Attribute, in epoch seconds, after which DynamoDB deletes an item some day. Only tombstones have it (S18). */
export const timeToLiveAttribute = "ttl";
