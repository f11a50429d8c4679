/**
 * Turns one task into a node of the plan.
 */
import { InvalidRequestError } from "../errors.ts";
import type { Json } from "../model/json.ts";
import { mayWait } from "../model/start-time.ts";
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
  const item = input?.kind === "item" ? { item: { value: input.value, doc: place.itemDoc ?? doc } } : {};
  checkCall({ task: task.task, info, args, hasInput: input !== null, ...item, late: references.late, doc });
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
  if (info.outside) node.outside = true;
  if (results !== undefined) node.results = results;
  if (label !== undefined) node.label = label;
  if (headers !== undefined) node.headers = headers;
  const fairnessKey = task.fairnessKey ?? context.fairnessKey;
  if (fairnessKey !== undefined) node.fairnessKey = fairnessKey;
  if (task.delaySeconds !== undefined) node.delaySeconds = task.delaySeconds;
  if (task.at !== undefined) node.notBeforeMs = notBefore(task.at, task.delaySeconds, doc);
  addNode(context.draft, node, doc);
  if (mayWait(node)) context.waitingAt.set(node.id, `${doc}.${task.at === undefined ? "delaySeconds" : "at"}`);
  const exit = { kind: "node", node: node.id } as const;
  return { starts: [exit], exit, value: exit, gives: exit };
}

/** @throws InvalidRequestError beside a delay: it would have to be the earlier or the later of the two. */
function notBefore(at: string, delaySeconds: number | undefined, doc: string): number {
  if (delaySeconds === undefined) return Date.parse(at);
  throw new InvalidRequestError(`${doc}.at`, at, "must not be beside delaySeconds: a task has one of the two");
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
  const queues = info.outside ? context.outsideQueues : context.queues;
  if (task.queue !== undefined && !queues.has(task.queue)) {
    const rule = info.outside ? "a queue of tasks that programs elsewhere run" : "a queue that a worker reads";
    throw new InvalidRequestError(`${doc}.queue`, task.queue, `must be ${rule}: ${listed(queues)}`);
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
    results[name] = sourceIn(scope, name, at);
  }
  return results;
}

/** The node of that name in the innermost dag that has one. */
export function sourceIn(scope: Scope, name: string, at: string): Source {
  let holder: Scope | null = scope;
  while (holder !== null && !holder.names.has(name)) holder = holder.outer;
  const source = holder?.values.get(name);
  if (source === undefined) {
    throw new InvalidRequestError(at, name, `must name a node of an enclosing dag: ${listed(scope.names)}`);
  }
  return source;
}
