import { describe, expect, it } from "vitest";
import { type Broker, createBroker, type Queue } from "../../../../local/sqs/broker.ts";
import { createFaults } from "../../../../local/sqs/faults.ts";
import { createMoveTasks, type MoveTasks } from "../../../../local/sqs/move-tasks.ts";
import { content, startMs } from "./fake-queue.ts";

interface FakeBroker {
  readonly broker: Broker;
  readonly moves: MoveTasks;
  /** Names of queues that were told of an arrival. */
  readonly arrivals: string[];
  passSeconds(seconds: number): void;
}

function createFakeBroker(): FakeBroker {
  let nowMs = startMs;
  let lastId = 0;
  const arrivals: string[] = [];
  const now = (): number => nowMs;
  const newId = (): string => `id-${++lastId}`;
  const arrived = (queue: Queue): void => {
    arrivals.push(queue.name);
  };
  const broker = createBroker({
    now,
    newId,
    faults: createFaults(() => 0),
    accountId: "000000000000",
    region: "eu-west-1",
    onDeadLetters: arrived,
  });
  return {
    broker,
    moves: createMoveTasks({ now, newId, broker, onArrival: arrived }),
    arrivals,
    passSeconds(seconds) {
      nowMs += seconds * 1000;
    },
  };
}

function redriveTo(target: Queue, maxReceiveCount = 1): Record<string, string> {
  return { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: target.arn, maxReceiveCount }) };
}

/** A source with a dead-letter queue that holds these messages, all received once. */
function withDeadLetters(fake: FakeBroker, bodies: readonly string[]): { source: Queue; target: Queue } {
  const target = fake.broker.create("dead", {});
  const source = fake.broker.create("source", redriveTo(target));
  for (const body of bodies) {
    source.core.send(content(body), 0);
  }
  fake.broker.receive(source, 10, 0);
  fake.broker.receive(source, 10, 0);
  return { source, target };
}

describe("queues", () => {
  it("finds a queue by any URL that ends in its account and name", () => {
    const { broker } = createFakeBroker();
    const queue = broker.create("q", {});
    expect(broker.byUrl("http://127.0.0.1:1234/000000000000/q")).toBe(queue);
    expect(broker.byUrl("https://sqs.eu-west-1.amazonaws.com/000000000000/q")).toBe(queue);
    expect(() => broker.byUrl("http://127.0.0.1:1234/111111111111/q")).toThrow(
      expect.objectContaining({ name: "QueueDoesNotExist" }),
    );
    expect(() => broker.byUrl("q")).toThrow(expect.objectContaining({ name: "InvalidAddress" }));
    expect(broker.byArn("arn:aws:sqs:eu-west-1:000000000000:q")).toBe(queue);
    expect(broker.byArn("arn:aws:sqs:us-east-1:000000000000:q")).toBeUndefined();
  });

  it.each(["", "a b", "a.b", "a".repeat(81)])("refuses the name %j", (name) => {
    expect(() => createFakeBroker().broker.create(name, {})).toThrow(
      expect.objectContaining({ name: "InvalidParameterValue" }),
    );
  });

  it("applies a shorter retention to messages that are there", () => {
    const fake = createFakeBroker();
    const queue = fake.broker.create("q", {});
    queue.core.send(content("old"), 0);
    fake.passSeconds(61);
    expect(queue.core.counts().visible).toBe(1);
    fake.broker.setAttributes(queue, { MessageRetentionPeriod: "60" });
    expect(queue.core.counts().visible).toBe(0);
  });
});

describe("attributes", () => {
  it.each([
    ["VisibilityTimeout", "43201"],
    ["DelaySeconds", "901"],
    ["DelaySeconds", "-1"],
    ["DelaySeconds", "1.5"],
    ["MaximumMessageSize", "1023"],
    ["MaximumMessageSize", "1048577"],
    ["MessageRetentionPeriod", "59"],
    ["ReceiveMessageWaitTimeSeconds", "21"],
  ])("refuses %s = %s", (name, value) => {
    expect(() => createFakeBroker().broker.create("q", { [name]: value })).toThrow(
      expect.objectContaining({ name: "InvalidAttributeValue" }),
    );
  });

  it.each(["QueueArn", "Colour", "FifoQueue", "ContentBasedDeduplication"])("refuses to set %s", (name) => {
    expect(() => createFakeBroker().broker.create("q", { [name]: "false" })).toThrow(
      expect.objectContaining({ name: "InvalidAttributeName" }),
    );
  });

  it("gives back an existing queue for the same attributes and for none, defaults included", () => {
    const { broker } = createFakeBroker();
    const queue = broker.create("q", { DelaySeconds: "5" });
    expect(broker.create("q", {})).toBe(queue);
    expect(broker.create("q", { DelaySeconds: "5", VisibilityTimeout: "30" })).toBe(queue);
    expect(() => broker.create("q", { VisibilityTimeout: "31" })).toThrow(
      expect.objectContaining({ name: "QueueNameExists" }),
    );
  });

  it.each([
    "{",
    "{}",
    '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:missing","maxReceiveCount":1}',
    '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead"}',
    '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead","maxReceiveCount":0}',
    '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead","maxReceiveCount":1001}',
  ])("refuses the redrive policy %s", (policy) => {
    const { broker } = createFakeBroker();
    broker.create("dead", {});
    expect(() => broker.create("q", { RedrivePolicy: policy })).toThrow(
      expect.objectContaining({ name: "InvalidParameterValue" }),
    );
  });

  it("takes a redrive policy away by an empty value", () => {
    const { broker } = createFakeBroker();
    const dead = broker.create("dead", {});
    const queue = broker.create("q", redriveTo(dead));
    expect(broker.sourcesOf(dead.arn)).toEqual([queue]);
    broker.setAttributes(queue, { RedrivePolicy: "" });
    expect(broker.sourcesOf(dead.arn)).toEqual([]);
    expect(broker.describe(queue, ["All"])).not.toHaveProperty("RedrivePolicy");
  });

  it.each([
    [{ redrivePermission: "denyAll" }, false],
    [{ redrivePermission: "allowAll" }, true],
    [{ redrivePermission: "byQueue", sourceQueueArns: ["arn:aws:sqs:eu-west-1:000000000000:q"] }, true],
    [{ redrivePermission: "byQueue", sourceQueueArns: ["arn:aws:sqs:eu-west-1:000000000000:other"] }, false],
  ])("asks the target's redrive allow policy: %j", (policy, allowed) => {
    const { broker } = createFakeBroker();
    const dead = broker.create("dead", { RedriveAllowPolicy: JSON.stringify(policy) });
    const create = (): Queue => broker.create("q", redriveTo(dead));
    if (allowed) {
      expect(create).not.toThrow();
    } else {
      expect(create).toThrow(expect.objectContaining({ name: "InvalidParameterValue" }));
    }
  });
});

describe("dead letters", () => {
  it("arrive with id, time of sending and counts, and the ARN of where they come from", () => {
    const fake = createFakeBroker();
    const { source, target } = withDeadLetters(fake, ["poison"]);
    expect(fake.arrivals).toEqual(["dead"]);
    const [dead] = fake.broker.receive(target, 10, 30).messages;
    expect(dead?.history).toMatchObject({ sentAtMs: startMs, receiveCount: 2, deadLetterSourceArn: source.arn });
  });

  it("stay where they are, and are received without end, while their target does not exist", () => {
    const fake = createFakeBroker();
    const target = fake.broker.create("dead", {});
    const source = fake.broker.create("source", redriveTo(target));
    source.core.send(content("poison"), 0);
    fake.broker.delete(target);
    for (let receives = 1; receives < 5; receives += 1) {
      expect(fake.broker.receive(source, 10, 0).messages[0]?.history.receiveCount).toBe(receives);
    }
  });
});

describe("message move tasks", () => {
  it("move everything back to its source as new messages", () => {
    const fake = createFakeBroker();
    const { source, target } = withDeadLetters(fake, ["a", "b"]);
    fake.passSeconds(10);
    const task = fake.moves.start({ sourceArn: target.arn });
    expect(task).toMatchObject({ status: "COMPLETED", moved: 2, toMove: 2 });
    const { messages } = fake.broker.receive(source, 10, 30);
    expect(messages.map(({ content: { body } }) => body)).toEqual(["a", "b"]);
    expect(messages[0]?.history).toMatchObject({
      sentAtMs: startMs + 10_000,
      receiveCount: 1,
      deadLetterSourceArn: undefined,
    });
  });

  it("move as many per second as they were told, and say when they go on", () => {
    const fake = createFakeBroker();
    const { source, target } = withDeadLetters(fake, ["a", "b", "c"]);
    const task = fake.moves.start({ sourceArn: target.arn, ratePerSecond: 2 });
    expect([task.status, task.moved]).toEqual(["RUNNING", 1]);
    expect(fake.moves.nextEventAt()).toBe(startMs + 500);
    fake.passSeconds(0.5);
    fake.moves.run();
    expect(source.core.counts().visible).toBe(2);
    fake.passSeconds(0.5);
    expect(fake.moves.list(target.arn)).toMatchObject([{ status: "COMPLETED", moved: 3 }]);
    expect(fake.moves.nextEventAt()).toBeUndefined();
  });

  it("stop when cancelled and keep what they moved", () => {
    const fake = createFakeBroker();
    const { source, target } = withDeadLetters(fake, ["a", "b", "c"]);
    const { handle } = fake.moves.start({ sourceArn: target.arn, ratePerSecond: 1 });
    expect(fake.moves.cancel(handle)).toMatchObject({ status: "CANCELLED", moved: 1 });
    fake.passSeconds(10);
    fake.moves.run();
    expect([source.core.counts().visible, target.core.counts().visible]).toEqual([1, 2]);
    expect(() => fake.moves.cancel(handle)).toThrow(expect.objectContaining({ name: "UnsupportedOperation" }));
  });

  it("fail when a message has no source to go back to, and lose nothing", () => {
    const fake = createFakeBroker();
    const { target } = withDeadLetters(fake, []);
    target.core.send(content("sent here"), 0);
    expect(fake.moves.start({ sourceArn: target.arn })).toMatchObject({
      status: "FAILED",
      failureReason: "CouldNotDetermineMessageSource",
    });
    expect(target.core.counts().visible).toBe(1);
  });

  it("refuse a source that is no dead-letter queue, a second task, and handles that are none", () => {
    const fake = createFakeBroker();
    const { source, target } = withDeadLetters(fake, ["a", "b"]);
    const start = (sourceArn: string, destinationArn?: string) => () =>
      fake.moves.start({ sourceArn, destinationArn, ratePerSecond: 1 });
    expect(start(source.arn)).toThrow("Source queue must be configured as a Dead Letter Queue");
    expect(start(`${target.arn}x`)).toThrow(expect.objectContaining({ name: "ResourceNotFoundException" }));
    expect(start(target.arn, `${source.arn}x`)).toThrow(expect.objectContaining({ name: "ResourceNotFoundException" }));
    expect(start(target.arn)).not.toThrow();
    expect(start(target.arn)).toThrow("There is already a task running");
    expect(() => fake.moves.cancel("garbage")).toThrow(expect.objectContaining({ name: "InvalidParameterValue" }));
  });
});
