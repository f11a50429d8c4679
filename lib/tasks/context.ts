/**
 * What a task body is told about itself, and how it talks back.
 */
import type { Json } from "../model/json.ts";

/** First argument of every task body. */
export interface TaskContext {
  readonly runId: string;
  /** Stable over attempts and retries of the run: the idempotency key for effects outside. */
  readonly taskId: string;
  /** Name of the task, as defined. */
  readonly task: string;
  /** 1 for the first; counts executions, including those whose worker vanished. */
  readonly attempt: number;
  /** 1 until somebody retries the run. */
  readonly generation: number;
  /** As the document has them: tenant, user, trace. */
  readonly headers: Readonly<Record<string, string | null>>;
  readonly label: string | undefined;
  /**
   * Aborts at the soft time limit, when another worker has the task ({@link LeaseLostError}), on revoke, and before the
   * worker ends. Hand it to whatever can stop.
   */
  readonly signal: AbortSignal;
  /**
   * Extends the lease, and says how far the task is. Not needed for the lease alone: the worker extends it while the body
   * runs.
   *
   * Written at once, or with what was said last when the lease was extended less than 5 s ago: a loop may call it as often
   * as it likes. `inspect` shows the details and the time; they are gone when the task ends.
   *
   * @param details - At most 256 bytes as JSON.
   * @throws InvalidHeartbeatError when they are not JSON, or longer. No retry follows.
   */
  heartbeat(details?: Json): void | Promise<void>;
  readonly log: TaskLog;
}

/** Lines that carry the ids of the task. */
export interface TaskLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
