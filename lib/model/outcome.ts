/**
 * What can become of a task and of a run.
 */
import type { Json } from "./json.ts";

/** Terminal states of a task. */
export const outcomeStatuses = ["SUCCEEDED", "FAILED", "TIMED_OUT", "REVOKED", "SKIPPED"] as const;
export type OutcomeStatus = (typeof outcomeStatuses)[number];

/** All states of a task as users see them. */
export type TaskStatus = "WAITING" | "QUEUED" | "RUNNING" | "RETRYING" | OutcomeStatus;

/** States of a run. */
export const runStatuses = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "REVOKED"] as const;
export type RunStatus = (typeof runStatuses)[number];

/** An error as it is stored and shown: strings with a size, never an object of the program that threw it. */
export interface StoredError {
  /** Class or code, for example `TypeError` or `task-timed-out`. */
  readonly name: string;
  /** At most 256 bytes; cut at a character with `…` when longer. */
  readonly message: string;
  /** Id of the task that caused it, where that is another one. */
  readonly taskId?: string;
}

/** Why a task was skipped by choice: what it said itself, or a condition that does not hold. */
export interface Skip {
  /** At most 256 bytes; absent where nothing was said. */
  readonly reason?: string;
  /** Id of the task or chord that chose it, where that is another one: this one comes after it. */
  readonly taskId?: string;
}

/** What stands in the place of a value that there is not, since its task was skipped by choice. */
export type Skipped = { readonly $skipped: true } | { readonly $skipped: true; readonly reason: string };

/** The value of what was skipped by choice: no null, no failure, and not absent. */
export function skippedValue({ reason }: Skip): Skipped {
  return reason === undefined ? { $skipped: true } : { $skipped: true, reason };
}

/** What a callback of an all-settled chord receives for each member, in header order. */
export type MemberOutcome =
  | { readonly status: "SUCCEEDED"; readonly value: Json; readonly taskId: string }
  /** Skipped by choice: no failure, so no error. */
  | { readonly status: "SKIPPED"; readonly reason: string | null; readonly taskId: string }
  | { readonly status: Exclude<OutcomeStatus, "SUCCEEDED">; readonly error: StoredError; readonly taskId: string };

/** What an error callback receives as its first argument. */
export interface FailureSummary {
  readonly failed: number;
  readonly total: number;
  /** The first 100, in header order. */
  readonly failures: readonly {
    readonly taskId: string;
    readonly index: number;
    readonly status: OutcomeStatus;
    readonly error: StoredError;
  }[];
}
