/**
 * Operations on queues as a whole.
 */
import type { Queue } from "../broker.ts";
import { sqsLimits } from "../limits.ts";
import { requestSchemas } from "../requests.ts";
import { nothing, type Operation, operation, type Service } from "./operation.ts";

interface Page {
  readonly urls: readonly string[];
  readonly nextToken: string | undefined;
}

/** One page of queue URLs; the token is the name of the last queue before the page. */
function pageOf(
  service: Service,
  queues: readonly Queue[],
  request: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
): Page {
  const after = request.NextToken === undefined ? "" : Buffer.from(request.NextToken, "base64url").toString();
  const rest = queues.filter((queue) => queue.name > after);
  const shown = rest.slice(0, request.MaxResults ?? sqsLimits.listedQueues);
  const last = shown.at(-1);
  // As on AWS, there is a token only for those who asked for pages.
  const more = request.MaxResults !== undefined && last !== undefined && rest.length > shown.length;
  return { urls: shown.map(service.urlOf), nextToken: more ? Buffer.from(last.name).toString("base64url") : undefined };
}

export const queueOperations = {
  CreateQueue: operation(requestSchemas.CreateQueue, ({ QueueName, Attributes }, { service }) => ({
    QueueUrl: service.urlOf(service.broker.create(QueueName, Attributes)),
  })),

  GetQueueUrl: operation(requestSchemas.GetQueueUrl, ({ QueueName }, { service }) => ({
    QueueUrl: service.urlOf(service.broker.byName(QueueName)),
  })),

  ListQueues: operation(requestSchemas.ListQueues, (request, { service }) => {
    const named = service.broker.list().filter((queue) => queue.name.startsWith(request.QueueNamePrefix));
    const { urls, nextToken } = pageOf(service, named, request);
    return { QueueUrls: urls.length === 0 ? undefined : urls, NextToken: nextToken };
  }),

  ListDeadLetterSourceQueues: operation(requestSchemas.ListDeadLetterSourceQueues, (request, { service }) => {
    const sources = service.broker.sourcesOf(service.broker.byUrl(request.QueueUrl).arn);
    const { urls, nextToken } = pageOf(service, sources, request);
    return { queueUrls: urls, NextToken: nextToken };
  }),

  DeleteQueue: operation(requestSchemas.DeleteQueue, ({ QueueUrl }, { service }) => {
    const queue = service.broker.byUrl(QueueUrl);
    service.broker.delete(queue);
    service.polling.forget(queue);
    return nothing;
  }),

  GetQueueAttributes: operation(requestSchemas.GetQueueAttributes, ({ QueueUrl, AttributeNames }, { service }) => {
    const attributes = service.broker.describe(service.broker.byUrl(QueueUrl), AttributeNames);
    return Object.keys(attributes).length === 0 ? nothing : { Attributes: attributes };
  }),

  SetQueueAttributes: operation(requestSchemas.SetQueueAttributes, ({ QueueUrl, Attributes }, { service }) => {
    service.broker.setAttributes(service.broker.byUrl(QueueUrl), Attributes);
    return nothing;
  }),

  PurgeQueue: operation(requestSchemas.PurgeQueue, ({ QueueUrl }, { service }) => {
    service.broker.byUrl(QueueUrl).core.purge();
    return nothing;
  }),
} satisfies Readonly<Record<string, Operation>>;
