/**
 * What holds for a task: the document, else its definition, else the default.
 */
import { InvalidRequestError } from "../errors.ts";
import { defaults, limits } from "../model/limits.ts";
import { type Headers, headersBytes, type Task } from "../model/workflow.ts";
import type { PlanNode, RetryPolicy, TaskInfo } from "./types.ts";

/** What a task is used as: what starts with a join's list or failures aggregates, so it gets more time. */
export type Role = "plain" | "callback";

/** The fields of a node that have defaults. */
export type Policy = Pick<PlanNode, "queue" | "retry" | "timeoutSeconds" | "softTimeoutSeconds">;

/** Resolves the policy of one use of a task. @throws InvalidRequestError when its limits contradict each other. */
export function policyOf(task: Task, info: TaskInfo, role: Role, doc: string): Policy {
  const timeoutSeconds = task.timeoutSeconds ?? info.timeoutSeconds ?? defaultTimeout(role);
  const softTimeoutSeconds = softTimeoutOf(task, info, role);
  const mostSeconds = info.outside ? limits.outsideTimeoutSeconds : limits.taskTimeoutSeconds;
  if (timeoutSeconds > mostSeconds) {
    throw new InvalidRequestError(`${doc}.timeoutSeconds`, timeoutSeconds, `must be at most ${mostSeconds}`);
  }
  if (softTimeoutSeconds !== undefined && softTimeoutSeconds >= timeoutSeconds) {
    throw new InvalidRequestError(
      `${doc}.softTimeoutSeconds`,
      softTimeoutSeconds,
      `must be below the hard limit of ${timeoutSeconds} s`,
    );
  }
  return {
    queue: task.queue ?? info.queue,
    retry: retryOf(task, info),
    timeoutSeconds,
    ...(softTimeoutSeconds === undefined ? {} : { softTimeoutSeconds }),
  };
}

function defaultTimeout(role: Role): number {
  return role === "callback" ? defaults.callbackTimeoutSeconds : defaults.timeoutSeconds;
}

/** A default soft limit only goes with the default hard one. */
function softTimeoutOf(task: Task, info: TaskInfo, role: Role): number | undefined {
  const given = task.softTimeoutSeconds ?? info.softTimeoutSeconds;
  if (given !== undefined) return given;
  const hardGiven = task.timeoutSeconds !== undefined || info.timeoutSeconds !== undefined;
  return role === "callback" && !hardGiven ? defaults.callbackSoftTimeoutSeconds : undefined;
}

/** A first delay above the default cap raises the cap: who says 120 s does not mean 60. */
function retryOf(task: Task, info: TaskInfo): RetryPolicy {
  const own = task.retry;
  const backoffSeconds = own?.backoffSeconds ?? info.retry?.backoffSeconds ?? defaults.retry.backoffSeconds;
  return {
    maxAttempts: own?.maxAttempts ?? info.retry?.maxAttempts ?? defaults.retry.maxAttempts,
    maxLost: own?.maxLost ?? info.retry?.maxLost ?? defaults.retry.maxLost,
    backoffSeconds,
    maxBackoffSeconds:
      own?.maxBackoffSeconds ??
      info.retry?.maxBackoffSeconds ??
      Math.max(defaults.retry.maxBackoffSeconds, backoffSeconds),
  };
}

/** The request's headers with the task's on top. */
export function headersOf(request: Headers | undefined, task: Headers | undefined, doc: string): Headers | undefined {
  if (request === undefined || task === undefined) return task ?? request;
  const merged = { ...request, ...task };
  if (Object.keys(merged).length > limits.headerKeys) {
    throw new InvalidRequestError(
      `${doc}.headers`,
      Object.keys(merged).length,
      `must have at most ${limits.headerKeys} keys with those of the request`,
    );
  }
  if (headersBytes(merged) > limits.headerBytes) {
    throw new InvalidRequestError(
      `${doc}.headers`,
      headersBytes(merged),
      `must have at most ${limits.headerBytes} bytes with those of the request`,
    );
  }
  return merged;
}
