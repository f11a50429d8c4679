/**
 * What a deployment can tell beyond its table: its queues, and the tasks of its code.
 *
 * Everything here may be unknown, and then it is said to be: nobody guesses. Asking changes nothing.
 */
import type { QueueDepth, QueueRef } from "./queue.ts";

/** One queue, as it answers now. */
export interface QueueFacts {
  /** False: nothing answers where it should be. Then there are no depths. */
  readonly exists: boolean;
  readonly depth?: QueueDepth;
  /** Of the dead-letter queue beside it. Absent: unknown. */
  readonly dead?: QueueDepth;
}

/** A task as the deployed code has it. */
export interface DeployedTask {
  readonly queue: string;
}

/** What was obtained. */
export interface Facts {
  /** Absent: the queues cannot be asked. */
  readonly queues?: ReadonlyMap<QueueRef, QueueFacts>;
  /** True: a queue that is not among them is none of the deployment's. @default false */
  readonly allQueues?: boolean;
  /** By name. Absent: it is not known which tasks the deployed code has. */
  readonly tasks?: ReadonlyMap<string, DeployedTask>;
}

/** Where it is asked for. */
export interface FactSource {
  /** Asks every queue of the deployment. Never fails for one that does not answer: it does not exist then. */
  queues(): Promise<Required<Pick<Facts, "queues" | "allQueues">>>;
  /** The tasks of the deployed code, where that can be known. */
  readonly tasks?: NonNullable<Facts["tasks"]>;
}
