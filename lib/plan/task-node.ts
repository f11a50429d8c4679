/**
 * Turns one task into a node of the plan.
 */
import { InvalidRequestError } from "../errors.ts";
import type { Json } from "../model/json.ts";
import type { Task } from "../model/workflow.ts";
import { checkCall } from "./arguments.ts";
import { listed } from "./listed.ts";
import type { Compilation, Place, Scope } from "./place.ts";
import { headersOf, policyOf } from "./policy.ts";
import { findReferences, type Reference } from "./references.ts";
import type { PlanNode, Source, TaskInfo } from "./types.ts";
import { addNode, type Mutable, type Unit } from "./units.ts";

/**
 * Compiles a task.
 *
 * @param afterEnd - True for an error callback: it may start when the run has failed.
 */
export function compileTask(context: Compilation, task: Task, place: Place, afterEnd = false): Unit {
  const { doc } = place;
  const info = infoOf(context, task, doc);
  const args = (task.args ?? []) as readonly Json[];
  const references = findReferences(args, `${doc}.args`);
  const input = task.immutable === true ? null : place.input;
  checkCall({ task: task.task, info, args, hasInput: input !== null, late: references.late, doc });
  const policy = policyOf(task, info, place.role, doc);
  const node: Mutable<PlanNode> = {
    id: place.path || "task",
    task: task.task,
    args,
    input,
    queue: policy.queue,
    retry: policy.retry,
    timeoutSeconds: policy.timeoutSeconds,
    slot: null,
    next: [],
    failure: place.failure,
    afterEnd,
  };
  if (policy.softTimeoutSeconds !== undefined) node.softTimeoutSeconds = policy.softTimeoutSeconds;
  const results = sourcesOf(references.results, place);
  const label = task.label ?? info.label;
  const headers = headersOf(context.headers, task.headers, doc);
  if (results !== undefined) node.results = results;
  if (label !== undefined) node.label = label;
  if (headers !== undefined) node.headers = headers;
  const fairnessKey = task.fairnessKey ?? context.fairnessKey;
  if (fairnessKey !== undefined) node.fairnessKey = fairnessKey;
  if (task.delaySeconds !== undefined) node.delaySeconds = task.delaySeconds;
  addNode(context.draft, node, doc);
  const exit = { kind: "node", node: node.id } as const;
  return { starts: [exit], exit, value: exit };
}

function infoOf(context: Compilation, task: Task, doc: string): TaskInfo {
  const info = context.catalog.get(task.task);
  if (info === undefined) {
    throw new InvalidRequestError(
      `${doc}.task`,
      task.task,
      `must be a task of this deployment: ${listed(context.catalog.keys())}`,
    );
  }
  if (task.queue !== undefined && !context.queues.has(task.queue)) {
    throw new InvalidRequestError(
      `${doc}.queue`,
      task.queue,
      `must be a queue that a worker reads: ${listed(context.queues)}`,
    );
  }
  return info;
}

/** Sources of the names a task uses: those of the innermost dag that has them. */
export function sourcesOf(
  references: readonly Reference[],
  { scope }: Pick<Place, "scope">,
): Readonly<Record<string, Source>> | undefined {
  if (references.length === 0) return undefined;
  const results: Record<string, Source> = {};
  for (const { name, at } of references) {
    if (scope === null) {
      throw new InvalidRequestError(at, name, 'must be inside a dag; write {"$literal": …} for the object itself');
    }
    let holder: Scope | null = scope;
    while (holder !== null && !holder.names.has(name)) holder = holder.outer;
    const source = holder?.values.get(name);
    if (source === undefined) {
      throw new InvalidRequestError(at, name, `must name a node of an enclosing dag: ${listed(scope.names)}`);
    }
    results[name] = source;
  }
  return results;
}
