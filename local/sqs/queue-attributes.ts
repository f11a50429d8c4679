/**
 * The attributes of a queue: which there are, which values they take, what they are when nobody set them.
 *
 * Values are the strings of the API. Encryption and access policies are kept and returned, and do nothing here.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
import { SqsError } from "./errors.ts";
import { sqsLimits } from "./limits.ts";
import type { QueueCounts } from "./queue-state.ts";
import { checkRedriveAllowPolicy, parseRedrivePolicy } from "./redrive.ts";

interface IntegerAttribute {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}

const integerAttributes = {
  DelaySeconds: { min: 0, max: sqsLimits.delaySeconds, initial: 0 },
  MaximumMessageSize: {
    min: sqsLimits.smallestMaximumMessageBytes,
    max: sqsLimits.messageBytes,
    initial: sqsLimits.messageBytes,
  },
  MessageRetentionPeriod: {
    min: sqsLimits.smallestRetentionSeconds,
    max: sqsLimits.retentionSeconds,
    initial: 345_600,
  },
  ReceiveMessageWaitTimeSeconds: { min: 0, max: sqsLimits.waitSeconds, initial: 0 },
  VisibilityTimeout: { min: 0, max: sqsLimits.visibilitySeconds, initial: 30 },
} as const satisfies Readonly<Record<string, IntegerAttribute>>;
type IntegerName = keyof typeof integerAttributes;

/** Attributes that an empty value takes away. */
const textAttributes = [
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
] as const;
type TextName = (typeof textAttributes)[number];

const fifoAttributes: readonly string[] = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];
const readOnlyAttributes = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesDelayed",
  "ApproximateNumberOfMessagesNotVisible",
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "QueueArn",
] as const;

/** What somebody set; the defaults are added by `describeAttributes`. */
export type QueueAttributes = Readonly<Partial<Record<IntegerName | TextName, string>>>;

const defaults: QueueAttributes = {
  ...Object.fromEntries(Object.entries(integerAttributes).map(([name, { initial }]) => [name, String(initial)])),
  SqsManagedSseEnabled: "true",
};

function unknownAttribute(name: string): SqsError {
  return new SqsError("InvalidAttributeName", `Unknown Attribute ${name}.`);
}

/** Refuses what would make a queue FIFO. */
function refuseFifo(name: string, value: string): void {
  if (name === "FifoQueue" && value === "true") {
    throw fifoUnsupported();
  }
  if (name === "FifoQueue" || fifoAttributes.includes(name)) {
    throw unknownAttribute(name);
  }
}

/** The refusal of FIFO queues. */
export function fifoUnsupported(): SqsError {
  return new SqsError(
    "UnsupportedOperation",
    "FIFO queues are not supported by the local SQS server: it has standard queues only.",
  );
}

function normalizeInteger(name: IntegerName, value: string): string {
  const { min, max } = integerAttributes[name];
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw new SqsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
  }
  return String(number);
}

function normalizeText(name: TextName, value: string): string {
  if (value === "") {
    return value;
  }
  switch (name) {
    case "RedrivePolicy":
      return JSON.stringify(parseRedrivePolicy(value));
    case "RedriveAllowPolicy":
      checkRedriveAllowPolicy(value);
      return value;
    case "Policy":
    case "KmsMasterKeyId":
    case "KmsDataKeyReusePeriodSeconds":
    case "SqsManagedSseEnabled":
      return value;
    default:
      return name satisfies never;
  }
}

function isIntegerName(name: string): name is IntegerName {
  return Object.hasOwn(integerAttributes, name);
}

function isTextName(name: string): name is TextName {
  return (textAttributes as readonly string[]).includes(name);
}

/**
 * Checks attributes a caller gives and brings their values into one form.
 *
 * @returns The same names; an empty value stands for "take away".
 * @throws {@link SqsError} `InvalidAttributeName`, `InvalidAttributeValue`, `InvalidParameterValue` for a redrive
 * policy, `UnsupportedOperation` for FIFO.
 */
export function parseAttributes(given: Readonly<Record<string, string>>): QueueAttributes {
  const parsed: Partial<Record<IntegerName | TextName, string>> = {};
  for (const [name, value] of Object.entries(given)) {
    refuseFifo(name, value);
    if (isIntegerName(name)) {
      parsed[name] = normalizeInteger(name, value);
    } else if (isTextName(name)) {
      parsed[name] = normalizeText(name, value);
    } else {
      throw unknownAttribute(name);
    }
  }
  return parsed;
}

/** Lays new attributes over those a queue has. */
export function mergeAttributes(current: QueueAttributes, changes: QueueAttributes): QueueAttributes {
  return Object.fromEntries(Object.entries({ ...current, ...changes }).filter(([, value]) => value !== ""));
}

/** The value of an attribute with a number: seconds or bytes, as its name says. */
export function integerAttribute(attributes: QueueAttributes, name: IntegerName): number {
  return Number(attributes[name] ?? integerAttributes[name].initial);
}

/** The first name whose given value differs from the one in force; `undefined` when all agree. */
export function differingAttribute(current: QueueAttributes, given: QueueAttributes): string | undefined {
  const inForce: Readonly<Record<string, string | undefined>> = { ...defaults, ...current };
  return Object.entries(given).find(([name, value]) => (inForce[name] ?? "") !== value)?.[0];
}

/** What `GetQueueAttributes` needs besides the attributes. */
export interface QueueFacts {
  readonly arn: string;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly counts: QueueCounts;
}

/**
 * The attributes a caller asked for, with their values.
 *
 * @param names - `All`, or names; one that has no value is left out.
 * @throws {@link SqsError} `InvalidAttributeName`.
 */
export function describeAttributes(
  attributes: QueueAttributes,
  facts: QueueFacts,
  names: readonly string[],
): Record<string, string> {
  const all: Record<string, string> = {
    ...defaults,
    ...attributes,
    QueueArn: facts.arn,
    CreatedTimestamp: String(Math.floor(facts.createdAtMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(facts.modifiedAtMs / 1000)),
    ApproximateNumberOfMessages: String(facts.counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(facts.counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(facts.counts.delayed),
  };
  if (names.includes("All")) {
    return all;
  }
  const known: readonly string[] = [
    ...readOnlyAttributes,
    ...textAttributes,
    ...Object.keys(integerAttributes),
    "FifoQueue",
    ...fifoAttributes,
  ];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw unknownAttribute(unknown);
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}
