/**
 * The five calls of the store. As the SDK makes them: client.ts; those of a local engine: plain-calls.ts, so that a worker of one
 * starts without the SDK, which would take a fifth of that time.
 */
import type {
  BatchGetItemCommandInput,
  BatchGetItemCommandOutput,
  BatchWriteItemCommandInput,
  BatchWriteItemCommandOutput,
  GetItemCommandInput,
  GetItemCommandOutput,
  QueryCommandInput,
  QueryCommandOutput,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";

type Answer<Output> = Promise<Omit<Output, "$metadata">>;

export interface DynamoCalls {
  getItem(input: GetItemCommandInput): Answer<GetItemCommandOutput>;
  batchGetItem(input: BatchGetItemCommandInput): Answer<BatchGetItemCommandOutput>;
  batchWriteItem(input: BatchWriteItemCommandInput): Answer<BatchWriteItemCommandOutput>;
  query(input: QueryCommandInput): Answer<QueryCommandOutput>;
  /** @throws An error named ConditionalCheckFailedException, with the `Item` that a failed condition met. */
  updateItem(input: UpdateItemCommandInput): Answer<UpdateItemCommandOutput>;
}
