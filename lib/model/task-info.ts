/**
 * What is known of a task without its code.
 */
import type { Json } from "./json.ts";

/** Retries of a node. Every field is filled in: defaults are applied at compile. */
export interface RetryPolicy {
  /** Failed attempts before the node fails, 1–100. */
  readonly maxAttempts: number;
  /** Attempts whose worker vanished before the node fails; counted apart from failed ones. */
  readonly maxLost: number;
  readonly backoffSeconds: number;
  readonly maxBackoffSeconds: number;
}

/** What compile needs to know of a task. */
export interface TaskInfo {
  readonly queue: string;
  /** Set for a task without a body here: a program elsewhere runs it. */
  readonly outside?: true;
  readonly minArgs: number;
  /** Infinity when the schema has a rest. */
  readonly maxArgs: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeoutSeconds?: number;
  readonly softTimeoutSeconds?: number;
  /** Display name of nodes that have none of their own. */
  readonly label?: string;
  /** Says what is wrong with a complete list of arguments, or null. Only called when every argument is known at compile. */
  readonly check?: (
    args: readonly Json[],
  ) => { readonly path: readonly (string | number)[]; readonly rule: string } | null;
}

/** The tasks a deployment knows, by name. */
export type TaskCatalog = ReadonlyMap<string, TaskInfo>;
