/**
 * Defining tasks.
 */
import { z } from "zod";
import { queueNameSchema, taskNameSchema } from "../model/ids.ts";
import { defaults, limits } from "../model/limits.ts";
import { type Retry, retrySchema, type Task } from "../model/workflow.ts";
import {
  type ArgumentsSchema,
  type BoundArguments,
  isArgumentsSchema,
  type ParsedArguments,
  type StreamedArguments,
  streamedItem,
} from "./arguments-schema.ts";
import type { TaskContext } from "./context.ts";
import { InvalidTasksError } from "./invalid-tasks.ts";
import { bind, type Signature } from "./signature.ts";

/** By this a definition is known, whichever copy of the package made it. */
const taskBrand = Symbol.for("tutti.task");

/** What {@link declareTask} is told. */
export interface TaskDeclaration<Schema extends ArgumentsSchema> {
  /** Unique in the tasks module; stored with every run, so renaming a task breaks the runs under way. */
  readonly name: string;
  /** Schema of all arguments after `ctx`: a tuple, or a list for any number. */
  readonly args: Schema;
  /** @default "default" */
  readonly queue?: string;
  /** @default 3 attempts, 3 lost ones, 1 s doubling to 60 s */
  readonly retry?: Retry;
  /**
   * Hard limit of one attempt, up to 12 h. Of a declared task: how long its program may be silent, up to a year.
   *
   * @default 300, and 900 as callback
   */
  readonly timeoutSeconds?: number;
  /**
   * When `ctx.signal` aborts; below `timeoutSeconds`.
   *
   * @default none, and 600 as callback
   */
  readonly softTimeoutSeconds?: number;
  /** Display name. @default none */
  readonly label?: string;
}

/** What {@link defineTask} is told. */
export interface TaskOptions<Schema extends ArgumentsSchema> extends TaskDeclaration<Schema> {
  /**
   * Hands the first argument, a list, to the body as an `AsyncIterable` of its items: the results of a large header are then
   * read as the body gets to them, in header order, and never held together.
   *
   * It may be iterated more than once and gives the same items at every attempt. An item that does not fit the schema ends
   * the task at the moment it is reached.
   *
   * @default false
   */
  readonly stream?: boolean;
}

/** What the body gets after `ctx`. */
export type BodyArguments<Schema extends ArgumentsSchema, Stream extends boolean> = Stream extends true
  ? StreamedArguments<ParsedArguments<Schema>>
  : ParsedArguments<Schema>;

/** A body as it is called: with arguments that its schema has parsed. */
export type TaskBody = (ctx: TaskContext, ...args: readonly unknown[]) => unknown;

/** A task: what it is called, what it takes, and what it does. */
export interface TaskDefinition<Schema extends ArgumentsSchema = ArgumentsSchema> {
  readonly [taskBrand]: true;
  readonly name: string;
  readonly args: Schema;
  readonly queue: string;
  readonly retry?: Retry;
  readonly timeoutSeconds?: number;
  readonly softTimeoutSeconds?: number;
  readonly label?: string;
  readonly stream?: boolean;
  /** Null for a task that a program in another language runs. */
  readonly body: TaskBody | null;
  /**
   * Binds arguments: all of them, or those after the result that comes first in a chain or callback.
   *
   * @throws InvalidRequestError when a value is not JSON.
   */
  with(...args: BoundArguments<Schema>): Signature;
  /** Without arguments, as a workflow document. */
  toJSON(): Task;
}

/**
 * Defines a task.
 *
 * @param body - Gets `ctx`, then the arguments. What it returns is stored as JSON; `undefined` as null. It may run more than
 *   once: effects outside take `ctx.taskId` as their idempotency key.
 * @throws InvalidTasksError when the options break a rule.
 */
export function defineTask<const Schema extends ArgumentsSchema, const Stream extends boolean = false>(
  options: TaskOptions<Schema> & { readonly stream?: Stream },
  body: (ctx: TaskContext, ...args: BodyArguments<Schema, Stream>) => unknown,
): TaskDefinition<Schema> {
  if (typeof body !== "function") throw new InvalidTasksError(`task ${options.name}: the body must be a function`);
  return definitionOf(options, body as unknown as TaskBody);
}

/**
 * Names a task that a program elsewhere runs, in any language: it reads the queue and answers with reports. Its queue has no
 * tasks of {@link defineTask}. Also for what a person decides: then nobody reads the queue, and `tutti report` answers.
 *
 * @throws InvalidTasksError when the options break a rule.
 */
export function declareTask<const Schema extends ArgumentsSchema>(
  options: TaskDeclaration<Schema>,
): TaskDefinition<Schema> {
  return definitionOf(options, null);
}

/** True for a definition of any copy of the package. */
export function isTaskDefinition(value: unknown): value is TaskDefinition {
  return typeof value === "object" && value !== null && (value as { [taskBrand]?: unknown })[taskBrand] === true;
}

function definitionOf<Schema extends ArgumentsSchema>(
  options: TaskOptions<Schema>,
  body: TaskBody | null,
): TaskDefinition<Schema> {
  checkOptions(options, body === null ? declaredSchema : bodySchema);
  if (options.stream) checkStream(options, body);
  const { name, queue = defaults.queue } = options;
  return {
    ...options,
    [taskBrand]: true,
    queue,
    body,
    with: (...args) => bind(name, args),
    toJSON: () => ({ task: name }),
  };
}

const optionsSchema = (mostSeconds: number) =>
  z.strictObject({
    name: taskNameSchema,
    args: z.custom(isArgumentsSchema, "must be a z.tuple, or a z.array for any number of arguments"),
    queue: queueNameSchema.optional(),
    retry: retrySchema.optional(),
    timeoutSeconds: z.int().min(1).max(mostSeconds).optional(),
    softTimeoutSeconds: z.int().min(1).max(limits.taskTimeoutSeconds).optional(),
    label: z.string().max(limits.labelLength).optional(),
    stream: z.boolean().optional(),
  });
// Made once: the first use of a schema takes many times as long as all that follow.
const bodySchema = optionsSchema(limits.taskTimeoutSeconds);
const declaredSchema = optionsSchema(limits.outsideTimeoutSeconds);

function checkStream({ name, args }: TaskOptions<ArgumentsSchema>, body: TaskBody | null): void {
  if (body === null) throw new InvalidTasksError(`task ${name}: stream: only a task with a body can have it`);
  const item = streamedItem(args);
  if (typeof item === "string") throw new InvalidTasksError(`task ${name}: ${item}`);
}

function checkOptions(options: TaskOptions<ArgumentsSchema>, schema: ReturnType<typeof optionsSchema>): void {
  const { timeoutSeconds: hard, softTimeoutSeconds: soft } = options;
  const [issue] = schema.safeParse(options).error?.issues ?? [];
  if (issue) throw new InvalidTasksError(`task ${options.name}: ${issue.path.join(".")}: ${issue.message}`);
  if (hard !== undefined && soft !== undefined && soft >= hard) {
    throw new InvalidTasksError(
      `task ${options.name}: softTimeoutSeconds ${soft} must be below timeoutSeconds ${hard}`,
    );
  }
}
