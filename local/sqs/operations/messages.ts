/**
 * Operations on single messages, and the parts that the batch operations share with them.
 */
import type { Queue } from "../broker.ts";
import { md5OfAttributes, md5OfBody } from "../checksums.ts";
import { checkContent } from "../content.ts";
import { invalidParameter, SqsError } from "../errors.ts";
import type { MessageAttributes, MessageContent } from "../message.ts";
import { integerAttribute } from "../queue-attributes.ts";
import { requestSchemas, type SendFields } from "../requests.ts";
import { nothing, type Operation, operation } from "./operation.ts";
import { checkSystemAttributeNames, presentMessage } from "./presenting.ts";

/** The message in a send or in an entry of a batch. */
export function contentOf(fields: Omit<SendFields, "Id">): MessageContent {
  return {
    body: fields.MessageBody,
    attributes: fields.MessageAttributes,
    traceHeader: traceHeaderOf(fields.MessageSystemAttributes),
    groupId: fields.MessageGroupId,
  };
}

/** The one system attribute a producer may set. */
function traceHeaderOf(attributes: MessageAttributes): string | undefined {
  const [name] = Object.keys(attributes).filter((candidate) => candidate !== "AWSTraceHeader");
  if (name !== undefined) {
    throw new SqsError("InvalidParameterValue", `Message system attribute name '${name}' is invalid.`);
  }
  return attributes.AWSTraceHeader?.StringValue;
}

/** Checks and stores one message; the caller then wakes the queue's receives. */
export function sendOne(queue: Queue, fields: Omit<SendFields, "Id">): Record<string, string | undefined> {
  if (fields.MessageDeduplicationId !== undefined) {
    const reason = "The request include parameter that is not valid for this queue type.";
    throw invalidParameter("MessageDeduplicationId", fields.MessageDeduplicationId, reason);
  }
  const content = contentOf(fields);
  checkContent(content, integerAttribute(queue.attributes, "MaximumMessageSize"));
  const delaySeconds = fields.DelaySeconds ?? integerAttribute(queue.attributes, "DelaySeconds");
  return {
    MessageId: queue.core.send(content, delaySeconds),
    MD5OfMessageBody: md5OfBody(content.body),
    MD5OfMessageAttributes: md5OfAttributes(fields.MessageAttributes),
    MD5OfMessageSystemAttributes: md5OfAttributes(fields.MessageSystemAttributes),
  };
}

export const messageOperations = {
  SendMessage: operation(requestSchemas.SendMessage, (request, { service }) => {
    const queue = service.broker.byUrl(request.QueueUrl);
    const sent = sendOne(queue, request);
    service.polling.wake(queue);
    return sent;
  }),

  ReceiveMessage: operation(requestSchemas.ReceiveMessage, async (request, { service, signal, onUndelivered }) => {
    const queue = service.broker.byUrl(request.QueueUrl);
    const systemNames = [...request.AttributeNames, ...request.MessageSystemAttributeNames];
    checkSystemAttributeNames(systemNames);
    const poll = {
      maxMessages: request.MaxNumberOfMessages,
      visibilitySeconds: request.VisibilityTimeout ?? integerAttribute(queue.attributes, "VisibilityTimeout"),
      waitSeconds: request.WaitTimeSeconds ?? integerAttribute(queue.attributes, "ReceiveMessageWaitTimeSeconds"),
    };
    const messages = await service.polling.receive(queue, poll, signal);
    onUndelivered(() => {
      for (const { receiptHandle } of messages) {
        queue.core.giveBack(receiptHandle);
      }
      service.polling.wake(queue);
    });
    const wanted = { systemNames, attributeNames: request.MessageAttributeNames, senderId: service.accountId };
    return messages.length === 0 ? nothing : { Messages: messages.map((message) => presentMessage(message, wanted)) };
  }),

  DeleteMessage: operation(requestSchemas.DeleteMessage, ({ QueueUrl, ReceiptHandle }, { service }) => {
    service.broker.byUrl(QueueUrl).core.delete(ReceiptHandle);
    return nothing;
  }),

  ChangeMessageVisibility: operation(requestSchemas.ChangeMessageVisibility, (request, { service }) => {
    const queue = service.broker.byUrl(request.QueueUrl);
    queue.core.changeVisibility(request.ReceiptHandle, request.VisibilityTimeout);
    service.polling.wake(queue);
    return nothing;
  }),
} satisfies Readonly<Record<string, Operation>>;
