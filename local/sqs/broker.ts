/**
 * All queues of one server: names, URLs and ARNs, attributes, and the way of a dead letter from queue to queue.
 */
import { invalidParameter, SqsError } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { sqsLimits } from "./limits.ts";
import { createQueueCore, type QueueCore } from "./queue.ts";
import {
  describeAttributes,
  differingAttribute,
  fifoUnsupported,
  integerAttribute,
  mergeAttributes,
  parseAttributes,
  type QueueAttributes,
} from "./queue-attributes.ts";
import type { ReceiveResult } from "./receiving.ts";
import { allowsRedriveFrom, parseRedrivePolicy, type RedrivePolicy } from "./redrive.ts";

/** One queue with its name tags. */
export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly core: QueueCore;
  attributes: QueueAttributes;
  /** Parsed from the attributes. */
  redrivePolicy: RedrivePolicy | undefined;
  modifiedAtMs: number;
}

export interface BrokerOptions {
  readonly now: () => number;
  readonly newId: () => string;
  readonly faults: Faults;
  readonly accountId: string;
  readonly region: string;
  /** Called after dead letters came into a queue. */
  readonly onDeadLetters: (queue: Queue) => void;
}

/** Attributes as a caller gives them: not checked yet. */
export type AttributesGiven = Readonly<Record<string, string>>;

export interface Broker {
  /** Creates a queue, or finds the one of this name if the attributes given agree. */
  create(name: string, attributes: AttributesGiven): Queue;
  byName(name: string): Queue;
  byUrl(url: string): Queue;
  byArn(arn: string): Queue | undefined;
  /** All queues in order of their names. */
  list(): readonly Queue[];
  delete(queue: Queue): void;
  setAttributes(queue: Queue, attributes: AttributesGiven): void;
  describe(queue: Queue, names: readonly string[]): Record<string, string>;
  /** Receives, and puts dead letters where they belong. */
  receive(queue: Queue, maxMessages: number, visibilitySeconds: number): ReceiveResult;
  /** Queues whose redrive policy names this one. */
  sourcesOf(arn: string): readonly Queue[];
}

interface QueueTable {
  readonly options: BrokerOptions;
  readonly queues: Map<string, Queue>;
}

const queueName = new RegExp(`^[A-Za-z0-9_-]{1,${sqsLimits.queueNameLength}}$`);

function checkName(name: string): void {
  if (name.endsWith(".fifo")) {
    throw fifoUnsupported();
  }
  if (!queueName.test(name)) {
    const rule = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    throw new SqsError("InvalidParameterValue", rule);
  }
}

function arnPrefix({ options }: QueueTable): string {
  return `arn:aws:sqs:${options.region}:${options.accountId}:`;
}

function byName(table: QueueTable, name: string): Queue {
  const queue = table.queues.get(name);
  if (queue === undefined) {
    throw new SqsError("QueueDoesNotExist", "The specified queue does not exist.");
  }
  return queue;
}

function byArn(table: QueueTable, arn: string): Queue | undefined {
  const prefix = arnPrefix(table);
  return arn.startsWith(prefix) ? table.queues.get(arn.slice(prefix.length)) : undefined;
}

/** Finds a queue by account and name at the end of its URL; the host before them does not matter. */
function byUrl(table: QueueTable, url: string): Queue {
  const [, accountId, name] = /^https?:\/\/[^/]+\/(?:.*\/)?([^/]+)\/([^/]+)\/?$/.exec(url) ?? [];
  if (accountId === undefined || name === undefined) {
    throw new SqsError("InvalidAddress", `The address ${url} is not valid for this endpoint.`);
  }
  return byName(table, accountId === table.options.accountId ? name : "");
}

/** The redrive policy in attributes, refused when its target is missing or does not want the source's messages. */
function checkedRedrivePolicy(
  table: QueueTable,
  sourceArn: string,
  attributes: QueueAttributes,
): RedrivePolicy | undefined {
  const text = attributes.RedrivePolicy;
  if (text === undefined) {
    return undefined;
  }
  const policy = parseRedrivePolicy(text);
  const target = byArn(table, policy.deadLetterTargetArn);
  if (target === undefined) {
    throw invalidParameter("RedrivePolicy", text, "Dead letter target does not exist.");
  }
  if (!allowsRedriveFrom(target.attributes.RedriveAllowPolicy, sourceArn)) {
    throw invalidParameter("RedrivePolicy", text, "Dead letter target does not allow this source queue.");
  }
  return policy;
}

function add(table: QueueTable, name: string, attributes: QueueAttributes): Queue {
  const { now, newId, faults } = table.options;
  const nowMs = now();
  const arn = `${arnPrefix(table)}${name}`;
  const retentionMs = (): number => integerAttribute(queue.attributes, "MessageRetentionPeriod") * 1000;
  const queue: Queue = {
    name,
    arn,
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
    attributes,
    redrivePolicy: checkedRedrivePolicy(table, arn, attributes),
    core: createQueueCore({ now, newId, faults: faults.forQueue(name), retentionMs }),
  };
  table.queues.set(name, queue);
  return queue;
}

function create(table: QueueTable, name: string, given: AttributesGiven): Queue {
  checkName(name);
  const attributes = parseAttributes(given);
  const existing = table.queues.get(name);
  if (existing === undefined) {
    return add(table, name, mergeAttributes({}, attributes));
  }
  const differing = differingAttribute(existing.attributes, attributes);
  if (differing !== undefined) {
    const message = `A queue already exists with the same name and a different value for attribute ${differing}`;
    throw new SqsError("QueueNameExists", message);
  }
  return existing;
}

function setAttributes(table: QueueTable, queue: Queue, given: AttributesGiven): void {
  const changes = parseAttributes(given);
  const attributes = mergeAttributes(queue.attributes, changes);
  if (changes.RedrivePolicy !== undefined) {
    queue.redrivePolicy = checkedRedrivePolicy(table, queue.arn, attributes);
  }
  queue.attributes = attributes;
  queue.modifiedAtMs = table.options.now();
}

/** While the target of a queue's redrive policy does not exist, its messages are received without end. */
function receive(table: QueueTable, queue: Queue, maxMessages: number, visibilitySeconds: number): ReceiveResult {
  const policy = queue.redrivePolicy;
  const target = policy && byArn(table, policy.deadLetterTargetArn);
  const maxReceiveCount = target && policy?.maxReceiveCount;
  const result = queue.core.receive({ maxMessages, visibilitySeconds, maxReceiveCount });
  if (target !== undefined && result.deadLetters.length > 0) {
    for (const { content, history } of result.deadLetters) {
      target.core.accept({ content, history: { ...history, deadLetterSourceArn: queue.arn } });
    }
    table.options.onDeadLetters(target);
  }
  return result;
}

/** Creates a broker without queues. */
export function createBroker(options: BrokerOptions): Broker {
  const table: QueueTable = { options, queues: new Map() };
  const all = (): Queue[] => [...table.queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    create: (name, attributes) => create(table, name, attributes),
    byName: (name) => byName(table, name),
    byUrl: (url) => byUrl(table, url),
    byArn: (arn) => byArn(table, arn),
    list: all,
    delete: (queue) => {
      table.queues.delete(queue.name);
    },
    setAttributes: (queue, attributes) => setAttributes(table, queue, attributes),
    describe: (queue, names) => describeAttributes(queue.attributes, { ...queue, counts: queue.core.counts() }, names),
    receive: (queue, maxMessages, visibilitySeconds) => receive(table, queue, maxMessages, visibilitySeconds),
    sourcesOf: (arn) => all().filter((queue) => queue.redrivePolicy?.deadLetterTargetArn === arn),
  };
}
