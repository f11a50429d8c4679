/**
 * Limits of Amazon SQS that the local server enforces. Bytes are of UTF-8.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-quotas.html
 */
export const sqsLimits = {
  /** One message, and all messages of one batch together: body and attributes. */
  messageBytes: 1_048_576,
  smallestMaximumMessageBytes: 1024,
  batchEntries: 10,
  batchEntryIdLength: 80,
  messagesPerReceive: 10,
  waitSeconds: 20,
  delaySeconds: 900,
  /** Of one receive, extensions included. */
  visibilitySeconds: 43_200,
  smallestRetentionSeconds: 60,
  retentionSeconds: 1_209_600,
  /** Received and neither deleted nor visible again, per standard queue. */
  inFlightMessages: 120_000,
  maxReceiveCount: 1000,
  messageAttributes: 10,
  messageAttributeNameLength: 256,
  queueNameLength: 80,
  listedQueues: 1000,
  moveTasksListed: 10,
  moveTaskRatePerSecond: 500,
} as const;
