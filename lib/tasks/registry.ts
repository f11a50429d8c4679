/**
 * The tasks of a deployment, collected from the exports of its tasks module.
 */

import type { Segment } from "../model/document-path.ts";
import { type Issue, ruleOfIssue, type Schema } from "../model/issue-rule.ts";
import type { Json } from "../model/json.ts";
import type { TaskCatalog, TaskInfo } from "../model/task-info.ts";
import { countsOf } from "./arguments-schema.ts";
import { isTaskDefinition, type TaskDefinition } from "./define-task.ts";
import { InvalidTasksError } from "./invalid-tasks.ts";

/** Definitions by name. */
export type TaskRegistry = ReadonlyMap<string, TaskDefinition>;

/**
 * Collects every exported definition, re-exports included. One task under several export names is one task.
 *
 * @param moduleExports - The namespace object of the tasks module; what is no task in it is passed over.
 * @throws InvalidTasksError when two different tasks have one name, or tasks with and without a body share a queue.
 */
export function registryOf(moduleExports: Readonly<Record<string, unknown>>): TaskRegistry {
  const registry = new Map<string, TaskDefinition>();
  const exportedAs = new Map<string, string>();
  for (const [key, value] of Object.entries(moduleExports)) {
    if (!isTaskDefinition(value)) continue;
    const known = registry.get(value.name);
    if (known !== undefined && known !== value) {
      throw new InvalidTasksError(
        `two tasks are named ${value.name}: exports ${exportedAs.get(value.name)} and ${key}`,
      );
    }
    registry.set(value.name, value);
    if (known === undefined) exportedAs.set(value.name, key);
  }
  checkQueues(registry);
  return registry;
}

/** Whoever reads a queue gets all of its messages: those of tasks that others run would be lost on them. */
function checkQueues(registry: TaskRegistry): void {
  const first = new Map<string, TaskDefinition>();
  for (const task of registry.values()) {
    const other = first.get(task.queue) ?? task;
    first.set(task.queue, other);
    if ((other.body === null) === (task.body === null)) continue;
    const [inside, outside] = task.body === null ? [other, task] : [task, other];
    throw new InvalidTasksError(
      `queue ${task.queue} has task ${inside.name}, which runs here, and task ${outside.name}, which is only declared: give declared tasks a queue of their own`,
    );
  }
}

/** What compile needs to know of the tasks. */
export function catalogOf(registry: TaskRegistry): TaskCatalog {
  return new Map([...registry].map(([name, definition]) => [name, infoOf(definition)]));
}

function infoOf(definition: TaskDefinition): TaskInfo {
  const { queue, retry, timeoutSeconds, softTimeoutSeconds, label } = definition;
  return {
    queue,
    ...(definition.body === null ? { outside: true } : {}),
    ...countsOf(definition.args),
    ...(retry === undefined ? {} : { retry: retry as NonNullable<TaskInfo["retry"]> }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(softTimeoutSeconds === undefined ? {} : { softTimeoutSeconds }),
    ...(label === undefined ? {} : { label }),
    check: (args) => checkArguments(definition, args),
  };
}

/** The first thing a schema has against arguments. A schema that throws can never accept any. */
function checkArguments(
  { name, args: schema }: TaskDefinition,
  args: readonly Json[],
): ReturnType<NonNullable<TaskInfo["check"]>> {
  try {
    const issue = schema.safeParse(args).error?.issues[0] as Issue | undefined;
    if (issue === undefined) return null;
    const path = issue.path as readonly Segment[];
    const found = path.reduce<unknown>((value, key) => (value as Record<Segment, unknown> | undefined)?.[key], args);
    const { at, rule } = ruleOfIssue(issue, found, schema as unknown as Schema);
    return { path: [...path, ...at], rule };
  } catch (error) {
    return { path: [], rule: `cannot be checked: the schema of task ${name} threw ${String(error)}` };
  }
}
