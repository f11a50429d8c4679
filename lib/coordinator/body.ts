/**
 * From a lease to an outcome: arguments, context, body, and what its end means by the node's policy.
 */
import { FatalError, TuttiError } from "../errors.ts";
import { taskIdOf } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { StoredError } from "../model/outcome.ts";
import type { PlanNode } from "../plan/types.ts";
import type { LeasedSlot, SettledSlot } from "../protocol/slot.ts";
import { argumentsOf } from "../records/inputs.ts";
import { storedError, storeValue } from "../records/values.ts";
import type { TaskContext } from "../tasks/context.ts";
import { type BodyResult, runBody } from "../tasks/run-body.ts";
import type { Delivery } from "./delivery.ts";
import { keepLease, type LeaseKeeper } from "./lease.ts";
import type { Located } from "./places.ts";

export type AttemptResult =
  | { readonly kind: "settled"; readonly outcome: SettledSlot }
  | { readonly kind: "retry"; readonly delayMs: number; readonly error: StoredError };

/** Runs one attempt to its end. Store and queue faults on the way are thrown: the message comes back. */
export async function runTask(
  delivery: Delivery,
  node: PlanNode,
  located: Located,
  lease: LeasedSlot,
): Promise<AttemptResult> {
  const abort = new AbortController();
  const keeper = keepLease(delivery, located.place, lease, abort);
  try {
    const result = await callBody(delivery, node, lease, keeper, abort);
    return await resultOf(delivery, node, lease, result);
  } finally {
    keeper.stop();
  }
}

async function callBody(
  delivery: Delivery,
  node: PlanNode,
  lease: LeasedSlot,
  keeper: LeaseKeeper,
  abort: AbortController,
): Promise<BodyResult> {
  const definition = delivery.deps.registry.get(node.task);
  if (!definition?.body) throw new UnknownTaskError(node.task);
  const { body } = definition;
  const prepared = await prepare(delivery, node, definition.args);
  if (prepared.kind === "failed") return prepared;
  const context = contextOf(delivery, node, lease, keeper, abort);
  const cancel = abortAtDeadline(delivery, abort);
  try {
    return await runBody(() => body(context, ...prepared.args), node, delivery.deps.clock, abort);
  } finally {
    cancel();
  }
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

type Prepared = { readonly kind: "ready"; readonly args: readonly unknown[] } | Extract<BodyResult, { kind: "failed" }>;

interface ArgumentsSchema {
  safeParse(
    args: unknown,
  ):
    | { success: true; data: unknown }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** Arguments that do not fit the task's schema can never fit: no retry. */
async function prepare(delivery: Delivery, node: PlanNode, schema: ArgumentsSchema): Promise<Prepared> {
  try {
    const args: Json[] = await argumentsOf(delivery, node);
    const parsed = schema.safeParse(args);
    if (parsed.success) return { kind: "ready", args: parsed.data as readonly unknown[] };
    const [issue] = parsed.error.issues;
    throw new FatalError(
      `invalid argument [${issue?.path.map(String).join("][") ?? ""}]: ${issue?.message ?? "does not fit"}`,
    );
  } catch (error) {
    if (error instanceof TuttiError && error.retryable) throw error;
    return { kind: "failed", error, retryable: false, timedOut: false };
  }
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
    heartbeat: () => keeper.beat(),
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
  };
}

/** What the end of a body means: an outcome to commit, or another attempt. */
async function resultOf(
  delivery: Delivery,
  node: PlanNode,
  lease: LeasedSlot,
  result: BodyResult,
): Promise<AttemptResult> {
  const { deps, run } = delivery;
  if (result.kind === "succeeded") {
    const stored = await storeValue(deps.store, run.id, result.value, limits.inlineValueBytes, deps.partBytes);
    if (stored.kind === "refused") return settled(delivery, lease, { status: "FAILED", error: stored.error });
    return settled(delivery, lease, { status: "SUCCEEDED", value: stored.value });
  }
  const error = storedError(result.error);
  deps.log.write("warn", "attempt failed", { taskId: taskIdOf(run.id, node.id), attempt: lease.attempt, error });
  const after = deps.protocol.afterFailure(node.retry, lease, { ...result, error }, deps.ids.fraction());
  if (after.kind === "retry") return { kind: "retry", delayMs: after.delayMs, error };
  return settled(delivery, lease, { status: after.status, error });
}

function settled(
  delivery: Delivery,
  lease: LeasedSlot,
  what: Pick<SettledSlot, "status" | "value" | "error">,
): AttemptResult {
  const { attempt, lost, owner, startedAtMs } = lease;
  const settledAtMs = delivery.deps.clock.now();
  return { kind: "settled", outcome: { state: "settled", attempt, lost, owner, startedAtMs, settledAtMs, ...what } };
}
