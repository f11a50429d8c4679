/**
 * The local SQS server as the AWS SDK sees it. What depends on time alone is tested on a fake clock in
 * test/unit/local/sqs.
 */
import { connect } from "node:net";
import {
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  type Message,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type SqsServer, startSqsServer } from "../../local/sqs/server.ts";

let server: SqsServer;
let sqs: SQSClient;
let queuesMade = 0;

function clientOf(endpoint: string): SQSClient {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new SQSClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
}

beforeAll(async () => {
  server = await startSqsServer();
  sqs = clientOf(server.endpoint);
});

afterAll(async () => {
  sqs.destroy();
  await server.close();
});

function newName(): string {
  queuesMade += 1;
  return `queue-${queuesMade}`;
}

async function newQueue(attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: newName(), Attributes: attributes }));
  return QueueUrl as string;
}

async function arnOf(queueUrl: string): Promise<string> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
  );
  return Attributes?.QueueArn as string;
}

async function newQueueWithDeadLetters(maxReceiveCount: number): Promise<{ source: string; dead: string }> {
  const dead = await newQueue();
  const policy = { deadLetterTargetArn: await arnOf(dead), maxReceiveCount };
  return { source: await newQueue({ RedrivePolicy: JSON.stringify(policy) }), dead };
}

function send(queueUrl: string, body: string, input: Partial<SendMessageCommandInput> = {}) {
  return sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, ...input }));
}

/** Receives up to ten messages without waiting, unless told otherwise. */
async function receive(
  queueUrl: string,
  input: Partial<ReceiveMessageCommandInput> = {},
  abortSignal?: AbortSignal,
): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, ...input });
  return (await sqs.send(command, abortSignal === undefined ? {} : { abortSignal })).Messages ?? [];
}

async function receiveOne(queueUrl: string, input: Partial<ReceiveMessageCommandInput> = {}): Promise<Message> {
  const [message] = await receive(queueUrl, { MaxNumberOfMessages: 1, ...input });
  if (message === undefined) {
    throw new Error("nothing to receive");
  }
  return message;
}

async function counts(queueUrl: string): Promise<readonly number[]> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }));
  return [
    Number(Attributes?.ApproximateNumberOfMessages),
    Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
    Number(Attributes?.ApproximateNumberOfMessagesDelayed),
  ];
}

/** What `promise` is rejected with. */
function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("expected a failure");
    },
    (error: Error) => error,
  );
}

/** Until a long poll stands in line: the request was written and the server had turns to read it. */
async function settle(): Promise<void> {
  for (let requests = 0; requests < 3; requests += 1) {
    await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "none" }));
  }
}

describe("queues", () => {
  it("creates, finds, lists and deletes a queue", async () => {
    const name = newName();
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    expect(QueueUrl).toBe(`${server.endpoint}/000000000000/${name}`);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl).toBe(QueueUrl);
    expect((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: name }))).QueueUrls).toEqual([QueueUrl]);
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    const error = await failureOf(sqs.send(new GetQueueUrlCommand({ QueueName: name })));
    expect(error.name).toBe("QueueDoesNotExist");
    expect(error).toBeInstanceOf(QueueDoesNotExist);
  });

  it("lists in pages when asked to", async () => {
    for (const letter of ["a", "b", "c"]) {
      await sqs.send(new CreateQueueCommand({ QueueName: `paged-${letter}` }));
    }
    const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "paged-", MaxResults: 2 }));
    const second = await sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: "paged-", MaxResults: 2, NextToken: first.NextToken }),
    );
    const names = [...(first.QueueUrls ?? []), ...(second.QueueUrls ?? [])].map((url) => url.split("/").at(-1));
    expect(names).toEqual(["paged-a", "paged-b", "paged-c"]);
    expect(second.NextToken).toBeUndefined();
  });

  it("shows defaults, and attributes once they are set", async () => {
    const QueueUrl = await newQueue();
    const all = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
    expect((await sqs.send(all)).Attributes).toMatchObject({
      QueueArn: `arn:aws:sqs:us-east-1:000000000000:${QueueUrl.split("/").at(-1)}`,
      VisibilityTimeout: "30",
      DelaySeconds: "0",
      MaximumMessageSize: "1048576",
      MessageRetentionPeriod: "345600",
      ReceiveMessageWaitTimeSeconds: "0",
      SqsManagedSseEnabled: "true",
      ApproximateNumberOfMessages: "0",
    });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "5" } }));
    const some = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] });
    expect((await sqs.send(some)).Attributes).toEqual({ VisibilityTimeout: "5" });
  });

  it.each<[string, string, Record<string, string>]>([
    ["UnsupportedOperation", "orders.fifo", {}],
    ["UnsupportedOperation", "orders", { FifoQueue: "true" }],
    ["InvalidAttributeName", "orders", { Colour: "red" }],
    ["InvalidAttributeValue", "orders", { VisibilityTimeout: "43201" }],
    ["InvalidParameterValue", "or ders", {}],
    ["InvalidParameterValue", "orders", { RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:0:x"}' }],
  ])("refuses with %s to create %j with %j", async (name, QueueName, Attributes) => {
    const error = await failureOf(sqs.send(new CreateQueueCommand({ QueueName, Attributes })));
    expect(error.name).toBe(name);
  });

  it("says QueueNameExists when a queue exists with other attributes", async () => {
    const QueueName = newName();
    const create = (DelaySeconds: string) =>
      sqs.send(new CreateQueueCommand({ QueueName, Attributes: { DelaySeconds } }));
    const { QueueUrl } = await create("1");
    expect((await create("1")).QueueUrl).toBe(QueueUrl);
    expect((await failureOf(create("2"))).name).toBe("QueueNameExists");
  });

  it("refuses tags by name and anything unknown", async () => {
    const QueueUrl = await newQueue();
    expect((await failureOf(sqs.send(new TagQueueCommand({ QueueUrl, Tags: { a: "b" } })))).name).toBe(
      "UnsupportedOperation",
    );
    const response = await fetch(server.endpoint, { method: "POST", headers: { "x-amz-target": "AmazonSQS.Fly" } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: expect.stringContaining("UnknownOperation") });
    expect((await fetch(server.endpoint)).status).toBe(400);
  });
});

describe("sending and receiving", () => {
  it("carries body, attributes and system attributes with their digests, which the SDK checks", async () => {
    const queue = await newQueue();
    const attributes = {
      text: { DataType: "String", StringValue: "grüße 😀" },
      count: { DataType: "Number.int", StringValue: "42" },
      bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 7]) },
    };
    const trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    const sentAtMs = Date.now();
    const sent = await send(queue, "hello ✓", {
      MessageAttributes: attributes,
      MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: trace } },
      MessageGroupId: "tenant",
    });
    const message = await receiveOne(queue, {
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    expect(message).toMatchObject({ MessageId: sent.MessageId, Body: "hello ✓", MessageAttributes: attributes });
    expect(message.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
    expect(message.Attributes).toMatchObject({
      ApproximateReceiveCount: "1",
      AWSTraceHeader: trace,
      SenderId: "000000000000",
      MessageGroupId: "tenant",
    });
    expect(Number(message.Attributes?.SentTimestamp) - sentAtMs).toBeLessThan(5000);
    expect(Number(message.Attributes?.ApproximateFirstReceiveTimestamp) - sentAtMs).toBeLessThan(5000);
  });

  it("returns the attributes that are asked for, and no others", async () => {
    const queue = await newQueue({ VisibilityTimeout: "0" });
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    await send(queue, "x", { MessageAttributes: { "a.one": text("1"), "a.two": text("2"), b: text("3") } });
    const plain = await receiveOne(queue);
    expect([plain.Attributes, plain.MessageAttributes, plain.MD5OfMessageAttributes]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const legacy = await receiveOne(queue, { AttributeNames: ["ApproximateReceiveCount" as never] });
    expect(legacy.Attributes).toEqual({ ApproximateReceiveCount: "2" });
    const names = async (...MessageAttributeNames: string[]) =>
      Object.keys((await receiveOne(queue, { MessageAttributeNames })).MessageAttributes ?? {});
    expect(await names("a.*")).toEqual(["a.one", "a.two"]);
    expect(await names("b", "missing")).toEqual(["b"]);
    expect(await names(".*")).toEqual(["a.one", "a.two", "b"]);
  });

  it.each([
    ["InvalidMessageContents", "a\uFFFFb", {}],
    ["InvalidMessageContents", "a\u0000b", {}],
    ["MissingParameter", "", {}],
    ["InvalidParameterValue", "x".repeat(1_048_577), {}],
    ["InvalidParameterValue", "x", { DelaySeconds: 901 }],
    ["InvalidParameterValue", "x", { MessageAttributes: { "AWS.x": { DataType: "String", StringValue: "x" } } }],
    ["InvalidParameterValue", "x", { MessageDeduplicationId: "fifo only" }],
  ])("refuses with %s a send it cannot take", async (name, body, input) => {
    expect((await failureOf(send(await newQueue(), body, input))).name).toBe(name);
  });

  it("takes exactly 1 MiB, and no more than the queue's MaximumMessageSize", async () => {
    const body = "x".repeat(1_048_576);
    const queue = await newQueue();
    await send(queue, body);
    expect((await receiveOne(queue)).Body).toBe(body);
    const small = await newQueue({ MaximumMessageSize: "1024" });
    await send(small, "x".repeat(1024));
    expect((await failureOf(send(small, "x".repeat(1025)))).message).toContain("shorter than 1024 bytes");
  });

  it.each([
    ["InvalidParameterValue", { MaxNumberOfMessages: 11 }],
    ["InvalidParameterValue", { MaxNumberOfMessages: 0 }],
    ["InvalidParameterValue", { WaitTimeSeconds: 21 }],
    ["InvalidParameterValue", { VisibilityTimeout: 43_201 }],
    ["InvalidAttributeName", { MessageSystemAttributeNames: ["Colour" as never] }],
    ["QueueDoesNotExist", { QueueUrl: "http://127.0.0.1/000000000000/missing" }],
    ["InvalidAddress", { QueueUrl: "missing" }],
  ])("refuses with %s the receive %j", async (name, input) => {
    expect((await failureOf(receive(await newQueue(), input))).name).toBe(name);
  });

  it("counts visible, in-flight and delayed messages, and purges them at once", async () => {
    const queue = await newQueue();
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: "x" }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
    await send(queue, "later", { DelaySeconds: 60 });
    await receive(queue, { MaxNumberOfMessages: 4 });
    expect(await counts(queue)).toEqual([6, 4, 1]);
    await sqs.send(new PurgeQueueCommand({ QueueUrl: queue }));
    expect(await counts(queue)).toEqual([0, 0, 0]);
  });

  it("delivers 500 messages to 16 receivers without a duplicate", async () => {
    const queue = await newQueue();
    for (let batch = 0; batch < 50; batch += 1) {
      const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: `${batch}-${index}` }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
    }
    const bodies: string[] = [];
    const drain = async (): Promise<void> => {
      for (let messages = await receive(queue); messages.length > 0; messages = await receive(queue)) {
        bodies.push(...messages.map((message) => message.Body ?? ""));
      }
    };
    await Promise.all(Array.from({ length: 16 }, drain));
    expect(bodies).toHaveLength(500);
    expect(new Set(bodies).size).toBe(500);
  });
});

describe("deleting and visibility", () => {
  it("deletes by the last receipt handle; by an older one it succeeds and deletes nothing", async () => {
    const queue = await newQueue();
    await send(queue, "x");
    const { ReceiptHandle: older } = await receiveOne(queue, { VisibilityTimeout: 0 });
    const { ReceiptHandle: latest } = await receiveOne(queue);
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: older }));
    expect(await counts(queue)).toEqual([0, 1, 0]);
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: latest }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: latest }));
    expect(await counts(queue)).toEqual([0, 0, 0]);
  });

  it("refuses a made-up receipt handle, and one of another queue", async () => {
    const [queue, other] = [await newQueue(), await newQueue()];
    await send(other, "x");
    const { ReceiptHandle: foreign } = await receiveOne(other);
    for (const ReceiptHandle of ["garbage", foreign]) {
      const deletion = sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
      expect((await failureOf(deletion)).name).toBe("ReceiptHandleIsInvalid");
    }
  });

  it("changes visibility: to 0, longer, and not beyond its limits", async () => {
    const queue = await newQueue();
    await send(queue, "x");
    const { ReceiptHandle } = await receiveOne(queue);
    const change = (VisibilityTimeout: number) =>
      sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout }));
    await change(60);
    expect(await counts(queue)).toEqual([0, 1, 0]);
    expect((await failureOf(change(43_201))).name).toBe("InvalidParameterValue");
    await change(0);
    expect(await counts(queue)).toEqual([1, 0, 0]);
    expect((await failureOf(change(60))).name).toBe("MessageNotInflight");
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
    expect((await failureOf(change(60))).name).toBe("InvalidParameterValue");
  });
});

describe("batches", () => {
  it("fails entries one by one and does the rest", async () => {
    const queue = await newQueue();
    const sent = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queue,
        Entries: [
          { Id: "good", MessageBody: "good" },
          { Id: "bad", MessageBody: "\uFFFE" },
          { Id: "late", MessageBody: "late", DelaySeconds: 901 },
        ],
      }),
    );
    expect(sent.Successful?.map((entry) => entry.Id)).toEqual(["good"]);
    expect(sent.Failed).toMatchObject([
      { Id: "bad", Code: "InvalidMessageContents", SenderFault: true },
      { Id: "late", Code: "InvalidParameterValue", SenderFault: true },
    ]);
    const { ReceiptHandle } = await receiveOne(queue);
    const entries = [
      { Id: "good", ReceiptHandle },
      { Id: "bad", ReceiptHandle: "garbage" },
    ];
    const changed = await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queue,
        Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout: 60 })),
      }),
    );
    const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries: entries }));
    for (const { Successful, Failed } of [changed, deleted]) {
      expect(Successful).toEqual([{ Id: "good" }]);
      expect(Failed).toMatchObject([{ Id: "bad", Code: "ReceiptHandleIsInvalid", SenderFault: true }]);
    }
    expect(await counts(queue)).toEqual([0, 0, 0]);
  });

  it.each<[string, readonly { Id: string; MessageBody: string }[]]>([
    ["EmptyBatchRequest", []],
    ["TooManyEntriesInBatchRequest", Array.from({ length: 11 }, (_, index) => ({ Id: `${index}`, MessageBody: "x" }))],
    ["BatchEntryIdsNotDistinct", [1, 2].map(() => ({ Id: "same", MessageBody: "x" }))],
    ["InvalidBatchEntryId", [{ Id: "in valid", MessageBody: "x" }]],
    ["BatchRequestTooLong", [1, 2].map((id) => ({ Id: `${id}`, MessageBody: "x".repeat(600_000) }))],
  ])("refuses with %s a batch as a whole, and sends nothing of it", async (name, entries) => {
    const queue = await newQueue();
    const command = new SendMessageBatchCommand({ QueueUrl: queue, Entries: [...entries] });
    expect((await failureOf(sqs.send(command))).name).toBe(name);
    expect(await counts(queue)).toEqual([0, 0, 0]);
  });
});

describe("long polling", () => {
  it("answers as soon as a message is sent, without waiting for a full batch", async () => {
    const queue = await newQueue();
    const polled = receive(queue, { WaitTimeSeconds: 20 });
    await settle();
    const sentAtMs = performance.now();
    await send(queue, "now");
    expect((await polled).map((message) => message.Body)).toEqual(["now"]);
    expect(performance.now() - sentAtMs).toBeLessThan(3000);
  });

  it("answers when a visibility timeout ends, when it is set to 0, and when a delay ends", async () => {
    const queue = await newQueue();
    await send(queue, "hidden");
    await receiveOne(queue, { VisibilityTimeout: 1 });
    const startMs = performance.now();
    const [hidden] = await receive(queue, { WaitTimeSeconds: 20 });
    expect(hidden?.Body).toBe("hidden");
    const polled = receive(queue, { WaitTimeSeconds: 20 });
    await settle();
    const { ReceiptHandle } = hidden as Message;
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 0 }));
    expect((await polled).map((message) => message.Body)).toEqual(["hidden"]);
    await send(queue, "delayed", { DelaySeconds: 1 });
    expect((await receive(queue, { WaitTimeSeconds: 20 })).map((message) => message.Body)).toEqual(["delayed"]);
    const elapsedMs = performance.now() - startMs;
    expect(elapsedMs).toBeGreaterThan(1900);
    expect(elapsedMs).toBeLessThan(10_000);
  });

  it("answers with nothing when the time is up; the queue's wait counts when the receive names none", async () => {
    const queue = await newQueue({ ReceiveMessageWaitTimeSeconds: "1" });
    const startMs = performance.now();
    expect(await receive(queue)).toEqual([]);
    const waitedMs = performance.now() - startMs;
    expect(waitedMs).toBeGreaterThan(950);
    expect(await receive(queue, { WaitTimeSeconds: 0 })).toEqual([]);
    expect(performance.now() - startMs - waitedMs).toBeLessThan(900);
  });

  it("wakes one receive per message: 50 polls get 50 messages, none comes back empty", async () => {
    const queue = await newQueue();
    // A client of their own: each client has 50 sockets, and waiting polls hold them.
    const pollers = clientOf(server.endpoint);
    const command = new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 1, WaitTimeSeconds: 10 });
    const polls = Array.from({ length: 50 }, () => pollers.send(command));
    await settle();
    await Promise.all(Array.from({ length: 50 }, (_, index) => send(queue, `${index}`)));
    const bodies = (await Promise.all(polls)).map(({ Messages }) => Messages?.map((message) => message.Body));
    expect(bodies.every((received) => received?.length === 1)).toBe(true);
    expect(new Set(bodies.flat()).size).toBe(50);
    pollers.destroy();
  });

  it("forgets a poll whose caller has gone, which swallows nothing", async () => {
    const queue = await newQueue();
    const caller = new AbortController();
    const polled = failureOf(receive(queue, { WaitTimeSeconds: 20 }, caller.signal));
    await settle();
    caller.abort();
    expect((await polled).name).toBe("AbortError");
    await settle();
    await send(queue, "kept");
    const message = await receiveOne(queue, { MessageSystemAttributeNames: ["ApproximateReceiveCount"] });
    expect([message.Body, message.Attributes?.ApproximateReceiveCount]).toEqual(["kept", "1"]);
  });

  it("ends the polls of a deleted queue", async () => {
    const queue = await newQueue();
    const polled = failureOf(receive(queue, { WaitTimeSeconds: 20 }));
    await settle();
    await sqs.send(new DeleteQueueCommand({ QueueUrl: queue }));
    expect((await polled).name).toBe("QueueDoesNotExist");
  });
});

describe("dead letters", () => {
  it("moves a message after maxReceiveCount receives, and wakes a poll of the dead-letter queue", async () => {
    const { source, dead } = await newQueueWithDeadLetters(2);
    await send(source, "poison");
    const first = await receiveOne(source, { VisibilityTimeout: 0, MessageSystemAttributeNames: ["All"] });
    await receiveOne(source, { VisibilityTimeout: 0 });
    const polled = receive(dead, { WaitTimeSeconds: 20, MessageSystemAttributeNames: ["All"] });
    await settle();
    expect(await receive(source)).toEqual([]);
    const [letter] = await polled;
    expect(letter).toMatchObject({ MessageId: first.MessageId, Body: "poison" });
    expect(letter?.Attributes).toMatchObject({
      SentTimestamp: first.Attributes?.SentTimestamp,
      ApproximateReceiveCount: "3",
      DeadLetterQueueSourceArn: await arnOf(source),
    });
  });

  it("lists the sources of a dead-letter queue", async () => {
    const { source, dead } = await newQueueWithDeadLetters(1);
    const { queueUrls } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
    expect(queueUrls).toEqual([source]);
  });

  it("moves them back as new messages by a move task", async () => {
    const { source, dead } = await newQueueWithDeadLetters(1);
    const sent = await send(source, "poison");
    await receiveOne(source, { VisibilityTimeout: 0 });
    await receive(source);
    const SourceArn = await arnOf(dead);
    const polled = receive(source, { WaitTimeSeconds: 20, MessageSystemAttributeNames: ["All"] });
    await settle();
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
    const [moved] = await polled;
    expect(moved).toMatchObject({ Body: "poison", Attributes: { ApproximateReceiveCount: "1" } });
    expect(moved?.MessageId).not.toBe(sent.MessageId);
    const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
    expect(Results).toMatchObject([{ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 1 }]);
  });

  it("moves at the rate it is told, until it is cancelled", async () => {
    const { source, dead } = await newQueueWithDeadLetters(1);
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: "x" }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: source, Entries }));
    await receive(source, { VisibilityTimeout: 0 });
    await receive(source);
    const SourceArn = await arnOf(dead);
    const { TaskHandle } = await sqs.send(
      new StartMessageMoveTaskCommand({ SourceArn, MaxNumberOfMessagesPerSecond: 1 }),
    );
    await receiveOne(source, { WaitTimeSeconds: 5 });
    await receiveOne(source, { WaitTimeSeconds: 5 });
    const cancelled = await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    const moved = cancelled.ApproximateNumberOfMessagesMoved ?? 0;
    expect(moved).toBeGreaterThanOrEqual(2);
    expect(moved).toBeLessThan(10);
    expect(await counts(dead)).toEqual([10 - moved, 0, 0]);
    const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
    expect(Results).toMatchObject([{ Status: "CANCELLED", ApproximateNumberOfMessagesToMove: 10 }]);
    const again = sqs.send(new StartMessageMoveTaskCommand({ SourceArn: await arnOf(source) }));
    expect((await failureOf(again)).name).toBe("InvalidParameterValue");
  });
});

describe("fault switches", () => {
  const postFaults = (body: unknown, contentType = "application/json"): Promise<Response> =>
    fetch(`${server.endpoint}/_tutti/faults`, {
      method: "POST",
      headers: { "content-type": contentType },
      body: JSON.stringify(body),
    });

  it("delivers a message twice when told so in the process", async () => {
    const queue = await newQueue();
    server.faults = { duplicate: { next: 1 }, queues: [queue.split("/").at(-1) as string] };
    await send(queue, "twice");
    const [first, second] = [await receiveOne(queue), await receiveOne(queue)];
    expect(second.MessageId).toBe(first.MessageId);
    expect(await receive(queue)).toEqual([]);
    expect(server.faults.duplicate).toEqual({ next: 0 });
    server.faults = {};
  });

  it("is set and shown over HTTP", async () => {
    const queue = await newQueue();
    const faults = { delay: { next: 1, minMs: 300, maxMs: 300 } };
    expect(await (await postFaults(faults)).json()).toEqual(faults);
    await send(queue, "late");
    expect(await receive(queue)).toEqual([]);
    expect(await receive(queue, { WaitTimeSeconds: 5 })).toHaveLength(1);
    const shown = await fetch(`${server.endpoint}/_tutti/faults`);
    expect(await shown.json()).toEqual({ delay: { ...faults.delay, next: 0 } });
    expect((await postFaults({})).status).toBe(200);
    expect(server.faults).toEqual({});
  });

  it("refuses switches that do not exist, and requests a web page could send", async () => {
    const response = await postFaults({ duplicates: {} });
    expect([response.status, await response.json()]).toEqual([400, { message: expect.stringContaining("duplicates") }]);
    expect((await postFaults({}, "text/plain")).status).toBe(405);
  });
});

describe("closing", () => {
  it("ends waiting polls and idle connections at once", async () => {
    const other = await startSqsServer({ region: "eu-central-1", accountId: "123456789012" });
    const client = clientOf(other.endpoint);
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "waiting" }));
    expect(QueueUrl).toBe(`${other.endpoint}/123456789012/waiting`);
    const polls = [1, 2].map(() => client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })));
    await client.send(new ListQueuesCommand({}));
    await client.send(new ListQueuesCommand({}));
    const startMs = performance.now();
    await other.close();
    expect(performance.now() - startMs).toBeLessThan(3000);
    for (const { Messages } of await Promise.all(polls)) {
      expect(Messages).toBeUndefined();
    }
    client.destroy();
  });

  it("says so when its port is taken", async () => {
    await expect(startSqsServer({ port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("gives back messages whose answer was cut off, and does not count the receive", async () => {
    const queue = await newQueue();
    // 10 MB are more than the sockets between the two hold, so the answer stands half-written until the cut.
    await Promise.all(Array.from({ length: 10 }, () => send(queue, "x".repeat(1_000_000))));
    const body = JSON.stringify({ QueueUrl: queue, MaxNumberOfMessages: 10 });
    const socket = connect(server.port, "127.0.0.1").pause();
    socket.write(
      `POST / HTTP/1.1\r\nhost: local\r\nx-amz-target: AmazonSQS.ReceiveMessage\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await vi.waitUntil(async () => (await counts(queue))[1] === 10, { timeout: 5000 });
    socket.destroy();
    const messages = await receive(queue, { WaitTimeSeconds: 10, MessageSystemAttributeNames: ["All"] });
    expect(messages.map((message) => message.Attributes?.ApproximateReceiveCount)).toEqual(Array(10).fill("1"));
  });
});
