/**
 * How a deployment is configured, as its services answer: for `tutti doctor`. Asking changes nothing.
 */
import type { EpochMs } from "../model/ids.ts";
import type { QueueDepth, QueueRef } from "./queue.ts";

/** A part of the table's layout, in words that are equal when the parts are. */
export interface LayoutPart {
  /** `keys`, or `index <name>`. */
  readonly name: string;
  readonly found: string;
  readonly expected: string;
}

export interface TableDescription {
  /** As DynamoDB says it: `ACTIVE` when it takes requests. */
  readonly status: string;
  readonly parts: readonly LayoutPart[];
  readonly deletionProtected: boolean;
}

/** What expires: the attribute that is wanted, and the one that is switched on. */
export interface Expiry {
  readonly found: string;
  readonly expected: string;
}

export interface QueueDescription {
  readonly arn: string;
  readonly visibilitySeconds: number;
  /** Absent: a message comes back for as long as the queue keeps it. */
  readonly redrive?: { readonly maxReceiveCount: number; readonly targetArn: string };
  readonly encryption: "SQS" | "KMS" | "none";
  readonly depth: QueueDepth;
}

/** A function that Lambda hands a queue's messages. */
export interface QueueMapping {
  /** With the version or alias, where one is named. */
  readonly functionName: string;
  /** As Lambda says it: `Enabled` when it hands messages over. */
  readonly state: string;
  /** Of the last batch, as Lambda says it; empty before the first. */
  readonly lastResult: string;
  readonly batchSize: number;
  /** Whether the function can tell which messages of a batch have failed. */
  readonly tellsFailures: boolean;
}

/** How far this machine's clock is ahead of a service's, as far as the answers tell: somewhere between the two. */
export interface ClockOffset {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Any call may throw what the service's SDK throws. */
export interface TableInspector {
  describe(): Promise<TableDescription>;
  expiry(): Promise<Expiry>;
  /** Whether the table can be put back as it was at a point in time. */
  recovery(): Promise<boolean>;
  /** From the answers so far; undefined when none told its time. */
  clockOffset(): ClockOffset | undefined;
}

/** Any call may throw what the service's SDK throws. */
export interface QueueInspector {
  describe(url: string): Promise<QueueDescription>;
}

/** May throw what the service's SDK throws. */
export interface MappingInspector {
  ofQueue(arn: string): Promise<readonly QueueMapping[]>;
}

/** What came of asking. */
export type Asked<T> =
  | { readonly answer: "found"; readonly value: T }
  | { readonly answer: "missing" }
  | { readonly answer: "refused" | "no-credentials" | "unreachable" | "failed"; readonly why: string };

/** One queue with its dead letters. */
export interface AskedQueue {
  readonly queue: Asked<QueueDescription>;
  /** Absent: where its dead letters go is not known here. */
  readonly dead?: Asked<QueueDescription>;
  /** Absent: there was nothing to ask for, or nobody to ask. */
  readonly mappings?: Asked<readonly QueueMapping[]>;
  readonly deadMappings?: Asked<readonly QueueMapping[]>;
}

/** What was obtained. */
export interface DeploymentFacts {
  readonly table: Asked<TableDescription>;
  readonly expiry: Asked<Expiry>;
  readonly recovery: Asked<boolean>;
  /** The request queue first. */
  readonly queues: ReadonlyMap<QueueRef, AskedQueue>;
  /** When the sweeper should have made the visit that is most overdue; undefined: none is. */
  readonly dueMs: Asked<EpochMs | undefined>;
  readonly clock?: ClockOffset;
}
