/**
 * What each operation may be asked, as schemas, and the AWS error for a request that does not fit.
 *
 * Entries of a batch are parsed one by one, since one bad entry fails alone.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
import { z } from "zod";
import { missingParameter, SqsError } from "./errors.ts";
import { sqsLimits } from "./limits.ts";
import { messageAttributeSchema } from "./message.ts";

interface Range {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** An integer within a range. */
function integerIn({ name, min, max }: Range): z.ZodInt {
  const error = (issue: { readonly input?: unknown }): string =>
    `Value ${issue.input} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`;
  return z.int().min(min, { error }).max(max, { error });
}

const { messagesPerReceive, moveTaskRatePerSecond, moveTasksListed } = sqsLimits;
const delaySeconds = integerIn({ name: "DelaySeconds", min: 0, max: sqsLimits.delaySeconds });
const visibilityTimeout = integerIn({ name: "VisibilityTimeout", min: 0, max: sqsLimits.visibilitySeconds });
const waitTimeSeconds = integerIn({ name: "WaitTimeSeconds", min: 0, max: sqsLimits.waitSeconds });
const maxNumberOfMessages = integerIn({ name: "MaxNumberOfMessages", min: 1, max: messagesPerReceive });
const maxQueues = integerIn({ name: "MaxResults", min: 1, max: sqsLimits.listedQueues });
const maxTasks = integerIn({ name: "MaxResults", min: 1, max: moveTasksListed });
const moveRate = integerIn({ name: "MaxNumberOfMessagesPerSecond", min: 1, max: moveTaskRatePerSecond });

const attributeMap = z.record(z.string(), z.string());
const ofQueue = { QueueUrl: z.string() };
const page = { MaxResults: maxQueues.optional(), NextToken: z.string().optional() };

const messageFields = {
  MessageBody: z.string(),
  DelaySeconds: delaySeconds.optional(),
  MessageAttributes: z.record(z.string(), messageAttributeSchema).default({}),
  MessageSystemAttributes: z.record(z.string(), messageAttributeSchema).default({}),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
};
const batchFields = { ...ofQueue, Entries: z.array(z.looseObject({ Id: z.string() })) };

export const requestSchemas = {
  CreateQueue: z.object({ QueueName: z.string(), Attributes: attributeMap.default({}) }),
  GetQueueUrl: z.object({ QueueName: z.string() }),
  ListQueues: z.object({ QueueNamePrefix: z.string().default(""), ...page }),
  DeleteQueue: z.object(ofQueue),
  GetQueueAttributes: z.object({ ...ofQueue, AttributeNames: z.array(z.string()).default([]) }),
  SetQueueAttributes: z.object({ ...ofQueue, Attributes: attributeMap }),
  PurgeQueue: z.object(ofQueue),
  ListDeadLetterSourceQueues: z.object({ ...ofQueue, ...page }),
  SendMessage: z.object({ ...ofQueue, ...messageFields }),
  ReceiveMessage: z.object({
    ...ofQueue,
    AttributeNames: z.array(z.string()).default([]),
    MessageSystemAttributeNames: z.array(z.string()).default([]),
    MessageAttributeNames: z.array(z.string()).default([]),
    MaxNumberOfMessages: maxNumberOfMessages.default(1),
    VisibilityTimeout: visibilityTimeout.optional(),
    WaitTimeSeconds: waitTimeSeconds.optional(),
  }),
  DeleteMessage: z.object({ ...ofQueue, ReceiptHandle: z.string() }),
  ChangeMessageVisibility: z.object({ ...ofQueue, ReceiptHandle: z.string(), VisibilityTimeout: visibilityTimeout }),
  SendMessageBatch: z.object(batchFields),
  DeleteMessageBatch: z.object(batchFields),
  ChangeMessageVisibilityBatch: z.object(batchFields),
  StartMessageMoveTask: z.object({
    SourceArn: z.string(),
    DestinationArn: z.string().optional(),
    MaxNumberOfMessagesPerSecond: moveRate.optional(),
  }),
  ListMessageMoveTasks: z.object({
    SourceArn: z.string(),
    MaxResults: maxTasks.default(1),
  }),
  CancelMessageMoveTask: z.object({ TaskHandle: z.string() }),
};

/** One entry of each batch operation. */
export const entrySchemas = {
  SendMessageBatch: z.object({ Id: z.string(), ...messageFields }),
  DeleteMessageBatch: z.object({ Id: z.string(), ReceiptHandle: z.string() }),
  ChangeMessageVisibilityBatch: z.object({
    Id: z.string(),
    ReceiptHandle: z.string(),
    VisibilityTimeout: visibilityTimeout,
  }),
};

export type SendFields = z.infer<typeof entrySchemas.SendMessageBatch>;

/** The AWS error for the first thing wrong with a request. */
function toSqsError(issue: z.core.$ZodIssue | undefined): SqsError {
  const parameter = issue?.path.join(".") || "request";
  if (issue?.code !== "invalid_type") {
    return new SqsError("InvalidParameterValue", issue?.message ?? "the request is invalid");
  }
  return issue.input === undefined
    ? missingParameter(parameter)
    : new SqsError("SerializationException", `${parameter}: ${issue.message}`);
}

/**
 * Parses a request or an entry.
 *
 * @throws {@link SqsError} `MissingParameter`, `InvalidParameterValue` or `SerializationException`.
 */
export function parseRequest<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (!parsed.success) {
    throw toSqsError(parsed.error.issues[0]);
  }
  return parsed.data;
}
