/**
 * From a lease to an outcome: arguments, context, body, and what its end means by the node's policy.
 */
import { FatalError, TuttiError } from "../errors.ts";
import { taskIdOf } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { defaults, limits } from "../model/limits.ts";
import type { Skip } from "../model/outcome.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { FailedAttempt } from "../protocol/retry.ts";
import type { LeasedSlot, OwnLease, SettledSlot } from "../protocol/slot.ts";
import { argumentsOf, streamedArgumentsOf } from "../records/inputs.ts";
import { skipBecause, unmetCondition } from "../records/skips.ts";
import { storedError, storeValue } from "../records/values.ts";
import { type ArgumentsSchema, type ItemSchema, streamedItem } from "../tasks/arguments-schema.ts";
import { checkedItems } from "../tasks/checked-items.ts";
import type { TaskContext } from "../tasks/context.ts";
import type { TaskDefinition } from "../tasks/define-task.ts";
import { type BodyResult, runBody } from "../tasks/run-body.ts";
import { isSkip } from "../tasks/skip.ts";
import type { Delivery } from "./delivery.ts";
import type { LeaseKeeper, LeaseKeepers } from "./lease.ts";
import { ownOutcome } from "./outcomes.ts";
import type { Located } from "./places.ts";

export type AttemptResult =
  | { readonly kind: "settled"; readonly outcome: SettledSlot }
  /** What that means depends on who else is at work on it. */
  | { readonly kind: "failed"; readonly failure: FailedAttempt }
  /** The run has ended meanwhile, or is paused. */
  | { readonly kind: "not-started" };

/**
 * A claim that took long, or the reading of arguments, may rest on a head that has ended meanwhile: it is looked at again before
 * any code starts (S9).
 */
export async function mayStillStart({ run, deps }: Delivery, node: PlanNode): Promise<boolean> {
  const head = await run.head();
  return head !== undefined && deps.protocol.mayStart(head, node.afterEnd);
}

/** Runs one attempt to its end. Store and queue faults on the way are thrown: the message comes back. */
export async function runTask(
  delivery: Delivery,
  { node, place, join }: Located,
  lease: OwnLease,
  keepers: LeaseKeepers,
): Promise<AttemptResult> {
  const abort = new AbortController();
  const keeper = keepers.keep({ place, lease }, { abort, afterEnd: node.afterEnd });
  try {
    const result = await callBody(delivery, node, lease, keeper, abort);
    if (result === undefined) return { kind: "not-started" };
    return await resultOf(delivery, node, lease, result, inlineBytesOf(join));
  } finally {
    keeper.stop();
  }
}

/** Undefined where no body may start any more. */
async function callBody(
  delivery: Delivery,
  node: PlanNode,
  lease: LeasedSlot,
  keeper: LeaseKeeper,
  abort: AbortController,
): Promise<BodyResult | Omitted | undefined> {
  const definition = delivery.deps.registry.get(node.task);
  if (!definition?.body) throw new UnknownTaskError(node.task);
  const { body } = definition;
  const unmet = node.if && (await unmetCondition(delivery, node.if));
  if (unmet) return { kind: "omitted", skip: unmet };
  const prepared = await prepare(delivery, node, definition);
  if (prepared.kind === "failed") return prepared;
  if (!(await mayStillStart(delivery, node))) return undefined;
  const context = contextOf(delivery, node, lease, keeper, abort);
  const cancel = abortAtDeadline(delivery, abort);
  try {
    const attempt = () => runBody(() => body(context, ...prepared.args), node, delivery.deps.clock, abort);
    const result = await traced(delivery, context, attempt);
    // Not the body's failure: nothing but its list could not be read.
    if (result.kind === "failed" && prepared.faults.has(result.error)) throw result.error;
    return result;
  } finally {
    cancel();
  }
}

/** The attempt as a span, whose context the body runs in. */
function traced({ deps }: Delivery, context: TaskContext, attempt: () => Promise<BodyResult>): Promise<BodyResult> {
  if (deps.tracing === undefined) return attempt();
  const { runId, taskId, task, attempt: number, generation } = context;
  const attributes = { run_id: runId, task_id: taskId, task, attempt: number, generation };
  return deps.tracing.span({ name: task, attributes }, attempt, (result) =>
    result.kind === "failed" ? result.error : undefined,
  );
}

/** A body that was not called, since a condition of its task does not hold. */
interface Omitted {
  readonly kind: "omitted";
  readonly skip: Skip;
}

/** The process must end before the body has: the body is told, so that it can leave things in order. */
export class ProcessEndingError extends Error {
  override readonly name = "process-ending";
  constructor() {
    super("the function or worker that runs this task is out of time");
  }
}

function abortAtDeadline({ deps, deadlineAtMs }: Delivery, abort: AbortController): () => void {
  return deps.clock.after(deadlineAtMs - deps.clock.now(), () => abort.abort(new ProcessEndingError()));
}

/** The deployed code does not know the task: a rolling deploy may change that, so the message comes back. */
export class UnknownTaskError extends Error {
  override readonly name = "unknown-task";
  constructor(task: string) {
    super(`task ${JSON.stringify(task)} is not known to the code of this worker`);
  }
}

type Prepared =
  | {
      readonly kind: "ready";
      readonly args: readonly unknown[];
      /** Faults of the store that the body has met while it read its list. */
      readonly faults: ReadonlySet<unknown>;
    }
  | Extract<BodyResult, { kind: "failed" }>;

/** Arguments that do not fit the task's schema can never fit: no retry. */
async function prepare(delivery: Delivery, node: PlanNode, definition: TaskDefinition): Promise<Prepared> {
  const faults = new Set<unknown>();
  try {
    const item = definition.stream ? streamedItem(definition.args) : undefined;
    const args =
      typeof item === "object"
        ? await streamedArguments(delivery, node, definition.args, item, faults)
        : parsedArguments(definition.args, await argumentsOf(delivery, node));
    return { kind: "ready", args, faults };
  } catch (error) {
    if (isFault(error)) throw error;
    return { kind: "failed", error, retryable: false, timedOut: false };
  }
}

/** True for what the next delivery may not meet again. */
export function isFault(error: unknown): boolean {
  return error instanceof TuttiError && error.retryable;
}

/** Arguments as a task's schema has them. @throws FatalError when they do not fit: they never will. */
export function parsedArguments(schema: ArgumentsSchema, args: readonly Json[]): readonly unknown[] {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data as readonly unknown[];
  const [issue] = parsed.error.issues;
  throw new FatalError(
    `invalid argument [${issue?.path.map(String).join("][") ?? ""}]: ${issue?.message ?? "does not fit"}`,
  );
}

/** The list is checked item by item, so an empty one stands for it where the others are checked. */
async function streamedArguments(
  delivery: Delivery,
  node: PlanNode,
  schema: ArgumentsSchema,
  item: ItemSchema,
  faults: Set<unknown>,
): Promise<readonly unknown[]> {
  const { items, rest } = await streamedArgumentsOf(delivery, node);
  const [, ...others] = parsedArguments(schema, [[], ...rest]);
  return [checkedItems(noting(items, faults), item), ...others];
}

/** The same items; faults of the store on the way are noted. */
function noting(items: AsyncIterable<Json>, faults: Set<unknown>): AsyncIterable<Json> {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield* items;
      } catch (error) {
        if (isFault(error)) faults.add(error);
        throw error;
      }
    },
  };
}

function contextOf(
  delivery: Delivery,
  node: PlanNode,
  lease: LeasedSlot,
  keeper: LeaseKeeper,
  abort: AbortController,
): TaskContext {
  const { run, deps } = delivery;
  const taskId = taskIdOf(run.id, node.id);
  const write =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
      deps.log.write(level, message, { ...fields, taskId, attempt: lease.attempt });
  return {
    runId: run.id,
    taskId,
    task: node.task,
    attempt: lease.attempt,
    generation: run.generation,
    headers: node.headers ?? {},
    label: node.label,
    signal: abort.signal,
    heartbeat: (details) => keeper.beat(details),
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
  };
}

/** What the end of a body means: an outcome to commit, or a failure. */
async function resultOf(
  delivery: Delivery,
  node: PlanNode,
  lease: LeasedSlot,
  result: BodyResult | Omitted,
  inlineBytes: number,
): Promise<AttemptResult> {
  const { deps, run } = delivery;
  if (result.kind === "omitted") return settled(delivery, lease, { status: "SKIPPED", skip: result.skip });
  if (result.kind === "succeeded") {
    if (isSkip(result.value)) {
      const { reason } = result.value;
      return settled(delivery, lease, { status: "SKIPPED", skip: skipBecause(reason) });
    }
    const stored = await storeValue(deps.store, run.id, result.value, inlineBytes, deps.partBytes);
    if (stored.kind === "refused")
      return { kind: "failed", failure: { error: stored.error, retryable: false, timedOut: false } };
    return settled(delivery, lease, { status: "SUCCEEDED", value: stored.value });
  }
  const error = storedError(result.error);
  // What it says may be a secret: the line that everybody reads tells its name (events.ts), and this one is off by default.
  deps.log.write("debug", "attempt failed", { taskId: taskIdOf(run.id, node.id), attempt: lease.attempt, error });
  const { kind: _, ...failed } = result;
  return { kind: "failed", failure: { ...failed, error } };
}

/** Ten values that share an item must not make every write of it dear. */
export function inlineBytesOf(join: PlanJoin | undefined): number {
  return (join?.leafSize ?? 1) > defaults.leafSize ? limits.packedValueBytes : limits.inlineValueBytes;
}

function settled(
  delivery: Delivery,
  lease: LeasedSlot,
  what: Pick<SettledSlot, "status" | "value" | "skip">,
): AttemptResult {
  return { kind: "settled", outcome: ownOutcome(delivery, lease, what) };
}
