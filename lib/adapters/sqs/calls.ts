/**
 * The six calls of the queues. As the SDK makes them: client.ts; those of a local engine: plain-calls.ts.
 */
import type {
  ChangeMessageVisibilityCommandInput,
  DeleteMessageBatchCommandInput,
  DeleteMessageBatchCommandOutput,
  GetQueueAttributesCommandInput,
  GetQueueAttributesCommandOutput,
  PurgeQueueCommandInput,
  ReceiveMessageCommandInput,
  ReceiveMessageCommandOutput,
  SendMessageBatchCommandInput,
  SendMessageBatchCommandOutput,
} from "@aws-sdk/client-sqs";

type Answer<Output> = Promise<Omit<Output, "$metadata">>;

/** Of one call: both are the SDK's. */
export interface CallOptions {
  /** In milliseconds. */
  readonly requestTimeout?: number;
  readonly abortSignal?: AbortSignal;
}

export interface SqsCalls {
  sendMessageBatch(input: SendMessageBatchCommandInput): Answer<SendMessageBatchCommandOutput>;
  deleteMessageBatch(input: DeleteMessageBatchCommandInput): Answer<DeleteMessageBatchCommandOutput>;
  receiveMessage(input: ReceiveMessageCommandInput, options: CallOptions): Answer<ReceiveMessageCommandOutput>;
  changeMessageVisibility(input: ChangeMessageVisibilityCommandInput): Promise<unknown>;
  purgeQueue(input: PurgeQueueCommandInput): Promise<unknown>;
  getQueueAttributes(input: GetQueueAttributesCommandInput): Answer<GetQueueAttributesCommandOutput>;
}
