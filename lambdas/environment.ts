/**
 * What a function, or a worker process, is told by its environment. The only reader of `process.env` in this folder.
 *
 * Everything is checked here, once, at the start: a wrong value stops the function with the name of the variable
 * instead of a fault in the middle of a delivery.
 */
import { z } from "zod";
import { TuttiError } from "../lib/index.ts";
import { defaults, type LogLevel, limits, type QueueRef, queueNameSchema, type Settings } from "../lib/lambda.ts";

/** A variable is absent or holds what is not allowed. */
export class InvalidEnvironmentError extends TuttiError {
  override readonly name = "InvalidEnvironmentError";
  readonly code = "invalid-configuration";

  constructor(readonly problems: readonly string[]) {
    super(`the environment is not complete: ${problems.join("; ")}`);
  }
}

/** What the control function knows of a task queue. */
export interface QueueTraits {
  /** Tasks that one invocation of its worker runs side by side. */
  readonly tasksPerInvocation: number;
  /** Those that travel in one message at most, where it runs as many. @default 10 */
  readonly tasksPerMessage?: number | undefined;
}

/** Tasks of a queue that travel in one message at most: no more than its worker runs side by side. */
export function tasksPerMessage({ tasksPerInvocation, tasksPerMessage }: QueueTraits): number {
  return Math.min(tasksPerInvocation, tasksPerMessage ?? defaults.tasksPerMessage);
}

/** The environment, parsed. */
export interface Environment {
  readonly table: string;
  readonly requestQueueUrl: string;
  /** By the name tasks give their queue. */
  readonly taskQueueUrls: Readonly<Record<string, string>>;
  /** By the queue whose letters it takes: `request`, `task:<name>`. */
  readonly deadLetterQueueUrls: Readonly<Partial<Record<QueueRef, string>>>;
  /** The task queue that a worker function reads. */
  readonly queue?: string;
  /** What plans must know of the task queues. A queue that is not named has the defaults. */
  readonly queues: Readonly<Record<string, QueueTraits>>;
  /** The bundled tasks module, from the function's folder, for the ready-made entry points. */
  readonly tasksModule?: string;
  /** Where ends of runs are told, for the function that tells them: name or ARN. */
  readonly eventBus?: string;
  /** Who is told what is stuck, for the scheduled check. */
  readonly topicArn?: string;
  /** What has made no progress for that long is stuck, for the scheduled check. @default 60 */
  readonly stuckMinutes?: number;
  readonly settings: Settings;
  readonly logLevel: LogLevel;
}

const url = z.url({ protocol: /^https?$/, error: "must be the URL of a queue" });

/** A variable that holds a JSON object: something for each name. */
function jsonBy<Name extends z.ZodString, Of extends z.ZodType>(name: Name, of: Of, what: string) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: `must be a JSON object of names and ${what}` });
        return z.NEVER;
      }
    })
    .pipe(z.record(name, of));
}
const urlsBy = <Name extends z.ZodString>(name: Name) => jsonBy(name, url, "queue URLs");

const queueRef = z
  .string()
  .regex(/^(request|task:[A-Za-z0-9][A-Za-z0-9_-]{0,39})$/, "must be request or task:<name of a task queue>");

const integerRule = (min: number, max: number) => `must be a whole number from ${min} to ${max}`;
const wholeNumber = (min: number, max: number) =>
  z.int(integerRule(min, max)).min(min, integerRule(min, max)).max(max, integerRule(min, max));

/** A whole number of seconds, or of things, in a variable. */
function integerIn(min: number, max: number, byDefault: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, integerRule(min, max))
    .transform(Number)
    .pipe(wholeNumber(min, max))
    .default(byDefault);
}

/** Most tasks that one invocation runs side by side. */
const maxTasksPerInvocation = 100;
const queueTraits = z.strictObject({
  tasksPerInvocation: wholeNumber(1, maxTasksPerInvocation).default(defaults.tasksPerInvocation),
  tasksPerMessage: wholeNumber(1, limits.packMembers).optional(),
});

/** A year, and the hour that `tutti check` takes. */
const maxStuckMinutes = 366 * 24 * 60;
const defaultStuckMinutes = 60;

const environmentSchema = z.object({
  TUTTI_TABLE: z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/, "must be the name of a table"),
  TUTTI_REQUEST_QUEUE_URL: url,
  TUTTI_TASK_QUEUE_URLS: urlsBy(queueNameSchema),
  TUTTI_DEAD_LETTER_QUEUE_URLS: urlsBy(queueRef).optional(),
  TUTTI_QUEUE: queueNameSchema.optional(),
  TUTTI_QUEUES: jsonBy(queueNameSchema, queueTraits, "settings of queues").default({}),
  TUTTI_TASKS_MODULE: z.string().min(1).optional(),
  TUTTI_EVENT_BUS: z.string().min(1).optional(),
  TUTTI_TOPIC_ARN: z.string().startsWith("arn:", "must be the ARN of a topic").optional(),
  TUTTI_STUCK_MINUTES: integerIn(1, maxStuckMinutes, defaultStuckMinutes),
  TUTTI_LEASE_SECONDS: integerIn(1, 3600, defaults.leaseSeconds),
  TUTTI_CLOCK_SKEW_SECONDS: integerIn(0, 300, defaults.clockSkewSeconds),
  TUTTI_SWEEP_SECONDS: integerIn(1, 3600, defaults.sweepSeconds),
  TUTTI_VISIBILITY_SECONDS: integerIn(1, 43_200, defaults.visibilitySeconds),
  TUTTI_RETENTION_SECONDS: integerIn(1, 366 * 86_400, defaults.retentionSeconds),
  TUTTI_TASKS_PER_INVOCATION: integerIn(1, maxTasksPerInvocation, defaults.tasksPerInvocation),
  TUTTI_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** Variables by name, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Those of this process: what a process started by it inherits. */
export function ownVariables(): Variables {
  return process.env;
}

/**
 * Parses the environment.
 *
 * @param variables - @default those of this process
 * @throws {@link InvalidEnvironmentError} which names every variable that is absent or wrong, and what is allowed.
 */
export function readEnvironment(variables: Variables = ownVariables()): Environment {
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) throw new InvalidEnvironmentError(parsed.error.issues.map((issue) => problem(issue, variables)));
  const found = parsed.data;
  return {
    table: found.TUTTI_TABLE,
    requestQueueUrl: found.TUTTI_REQUEST_QUEUE_URL,
    taskQueueUrls: found.TUTTI_TASK_QUEUE_URLS,
    deadLetterQueueUrls: found.TUTTI_DEAD_LETTER_QUEUE_URLS ?? {},
    ...(found.TUTTI_QUEUE === undefined ? {} : { queue: found.TUTTI_QUEUE }),
    queues: found.TUTTI_QUEUES,
    ...(found.TUTTI_TASKS_MODULE === undefined ? {} : { tasksModule: found.TUTTI_TASKS_MODULE }),
    ...(found.TUTTI_EVENT_BUS === undefined ? {} : { eventBus: found.TUTTI_EVENT_BUS }),
    ...(found.TUTTI_TOPIC_ARN === undefined ? {} : { topicArn: found.TUTTI_TOPIC_ARN }),
    stuckMinutes: found.TUTTI_STUCK_MINUTES,
    settings: {
      leaseSeconds: found.TUTTI_LEASE_SECONDS,
      clockSkewSeconds: found.TUTTI_CLOCK_SKEW_SECONDS,
      sweepSeconds: found.TUTTI_SWEEP_SECONDS,
      visibilitySeconds: found.TUTTI_VISIBILITY_SECONDS,
      retentionSeconds: found.TUTTI_RETENTION_SECONDS,
      tasksPerInvocation: found.TUTTI_TASKS_PER_INVOCATION,
    },
    logLevel: found.TUTTI_LOG_LEVEL,
  };
}

function problem(issue: z.core.$ZodIssue, variables: Variables): string {
  const [name, ...path] = issue.path.map(String);
  if (name !== undefined && variables[name] === undefined) return `${name} is not set`;
  return `${[name, ...path].join(".")} ${issue.message}`;
}

/**
 * Name of the task queue a worker function reads.
 *
 * @throws {@link InvalidEnvironmentError} when the environment names none, or one without a URL.
 */
export function workerQueueOf({ queue, taskQueueUrls }: Environment): string {
  if (queue === undefined) throw new InvalidEnvironmentError(["TUTTI_QUEUE is not set"]);
  if (taskQueueUrls[queue] !== undefined) return queue;
  throw new InvalidEnvironmentError([`TUTTI_QUEUE names ${queue}, which TUTTI_TASK_QUEUE_URLS does not`]);
}
