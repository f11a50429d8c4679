/**
 * The errors Tutti raises, each with a code that has a heading in docs/errors.md.
 *
 * What a caller must branch on is a value, not an error: these end an operation.
 */

/** Codes are stored and printed; renaming one breaks what scripts match on. */
export type ErrorCode =
  | "invalid-request"
  | "invalid-tasks"
  | "invalid-configuration"
  | "run-not-found"
  | "letter-not-found"
  | "run-removed"
  | "run-conflict"
  | "run-failed"
  | "run-unfinished"
  | "wait-timed-out"
  | "store-unavailable"
  | "queue-unavailable"
  | "fatal-task-error"
  | "retry-after"
  | "engine-unavailable"
  | "invalid-write"
  | "value-too-large";

/** Root of everything Tutti throws. */
export abstract class TuttiError extends Error {
  abstract readonly code: ErrorCode;
  /** True when the same operation, repeated, may succeed. */
  readonly retryable: boolean = false;
}

/** A request, workflow or argument that breaks a rule: nothing was started. */
export class InvalidRequestError extends TuttiError {
  override readonly name = "InvalidRequestError";
  readonly code = "invalid-request";

  /**
   * @param path - Where, as `workflow.chord.header[3].args`.
   * @param value - What was found there; shown cut to 100 characters.
   * @param rule - What is allowed, as a phrase that reads after the path.
   */
  constructor(
    readonly path: string,
    readonly value: unknown,
    readonly rule: string,
  ) {
    super(`${path || "request"}: ${rule}${value === undefined ? "" : `, found ${show(value)}`}`);
  }
}

/** The id belongs to a run with another document. Nothing was changed. */
export class RunConflictError extends TuttiError {
  override readonly name = "RunConflictError";
  readonly code = "run-conflict";

  constructor(readonly runId: string) {
    super(`run ${runId} exists with another document; use another id, or submit the document it was made from`);
  }
}

/** The id belongs to a run that was removed; it is refused for 30 days, since queues may still hold its messages. */
export class RunRemovedError extends TuttiError {
  override readonly name = "RunRemovedError";
  readonly code = "run-removed";

  constructor(readonly runId: string) {
    super(`run ${runId} has finished and was removed; its id can be used again 30 days after that`);
  }
}

/** The table did not answer, or answered with a fault of its own: throttled, conflict, time-out. */
export class StoreError extends TuttiError {
  override readonly name = "StoreError";
  readonly code = "store-unavailable";
  override readonly retryable = true;
}

/** A write that the table refuses whatever it holds: a fault of the program. Nothing was written. */
export class InvalidWriteError extends TuttiError {
  override readonly name = "InvalidWriteError";
  readonly code = "invalid-write";

  /** @param rule - What was found and what is allowed, as a phrase that reads after the item's key. */
  constructor(
    readonly item: { readonly pk: string; readonly sk: string },
    rule: string,
    options?: ErrorOptions,
  ) {
    super(`item ${item.pk} / ${item.sk}: ${rule}`, options);
  }
}

/** An item would outgrow what the table takes (400 KB in DynamoDB). Nothing was written. */
export class ItemTooLargeError extends TuttiError {
  override readonly name = "ItemTooLargeError";
  readonly code = "value-too-large";

  constructor(
    readonly item: { readonly pk: string; readonly sk: string },
    options?: ErrorOptions,
  ) {
    super(`item ${item.pk} / ${item.sk}: larger than the table takes, store part of it elsewhere`, options);
  }
}

/** A message larger than a queue takes. Nothing of it was sent. */
export class MessageTooLargeError extends TuttiError {
  override readonly name = "MessageTooLargeError";
  readonly code = "value-too-large";

  constructor(
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(`message of ${bytes} bytes, allowed are ${maxBytes}: store part of it and send where it is`);
  }
}

/** A queue did not answer, or answered with a fault of its own. */
export class QueueError extends TuttiError {
  override readonly name = "QueueError";
  readonly code = "queue-unavailable";
  override readonly retryable = true;
}

const fatalBrand = Symbol.for("tutti.FatalError");
const retryAfterBrand = Symbol.for("tutti.RetryAfterError");

/**
 * Throw it from a task body to fail the task without a retry.
 *
 * Known by a brand as well as by class, so that two copies of the package in one process agree.
 */
export class FatalError extends TuttiError {
  override readonly name: string = "FatalError";
  readonly code = "fatal-task-error";
  readonly [fatalBrand] = true;
}

/** Throw it from a task body to be retried after exactly that many seconds, attempts permitting. */
export class RetryAfterError extends TuttiError {
  override readonly name = "RetryAfterError";
  readonly code = "retry-after";
  override readonly retryable = true;
  readonly [retryAfterBrand] = true;

  /** @param seconds - 0 or more; above 900 the run's timer releases it. */
  constructor(
    readonly seconds: number,
    message = `retry after ${seconds} s`,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** True for a {@link FatalError} of any copy of the package. */
export function isFatalError(error: unknown): boolean {
  return typeof error === "object" && error !== null && fatalBrand in error;
}

/** True for a {@link RetryAfterError} of any copy of the package. */
export function isRetryAfterError(error: unknown): error is { readonly seconds: number } {
  return typeof error === "object" && error !== null && retryAfterBrand in error;
}

function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
