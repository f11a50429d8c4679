/**
 * Compiles a request to a plan: flat, immutable, every relation explicit (S2, S21).
 *
 * Pure: the same request and tasks give the same plan at the same time.
 */
import { defaults, limits } from "../model/limits.ts";
import type { SubmitRequest } from "../model/request.ts";
import { compileWorkflow } from "./canvases.ts";
import { checkBudget } from "./check-budget.ts";
import type { Compilation, Place } from "./place.ts";
import type { Failure, Plan, TaskCatalog } from "./types.ts";
import { attach, finished, newDraft } from "./units.ts";
import { fitWaits } from "./waits.ts";

/** Partition keys of one group: with 1,000 writes a second each, more than the queues deliver. */
const maxBuckets = 32;

/** Shape of the tallies; part of the plan, so that two versions of the code never disagree about it. */
export interface CompileOptions {
  /** Members of a queue that travel in one message, up to 64: no more than its worker runs side by side. @default 10 */
  readonly tasksPerMessage?: (queue: string) => number;
  /** Slots per tally leaf of a join whose members travel alone. @default 4 */
  readonly leafSize?: number;
  /** Children per inner tally. @default 256 */
  readonly fan?: number;
  /** Messages that a releaser sends itself, and those of one range. @default 100 */
  readonly messagesPerRange?: number;
  /** Members for each partition key of a large group. @default 1000 */
  readonly membersPerBucket?: number;
  /**
   * The time of the submit: `at` and `until` are held against deadlines.
   *
   * @default unknown: they count as past
   */
  readonly nowMs?: number;
}

const root: Omit<Place, "failure"> = {
  path: "",
  doc: "workflow",
  input: null,
  releasedBy: null,
  role: "plain",
  scope: null,
  level: 0,
};

/** Queues of the tasks that run here, or of those that run elsewhere. */
function queuesIn(catalog: TaskCatalog, outside: boolean): ReadonlySet<string> {
  const infos = [...catalog.values()].filter((info) => (info.outside ?? false) === outside);
  return new Set(infos.map((info) => info.queue));
}

/**
 * Compiles a parsed request.
 *
 * @param catalog - The tasks of the deployment that will run it.
 * @throws InvalidRequestError naming path, value and rule: unknown tasks, queues and names, arguments that do not fit,
 *   cycles, limits, waits that outlast a deadline.
 */
export function compile(request: SubmitRequest, catalog: TaskCatalog, options: CompileOptions = {}): Plan {
  const draft = newDraft();
  const context: Compilation = {
    draft,
    catalog,
    queues: queuesIn(catalog, false),
    outsideQueues: queuesIn(catalog, true),
    headers: request.headers,
    fairnessKey: request.fairnessKey,
    packOf: (queue) => Math.min(options.tasksPerMessage?.(queue) ?? defaults.tasksPerMessage, limits.packMembers),
    leafSize: options.leafSize ?? defaults.leafSize,
    fan: options.fan ?? defaults.fan,
    buckets: (members) => {
      const wanted = Math.ceil(members / (options.membersPerBucket ?? defaults.membersPerBucket));
      return Math.max(1, Math.min(wanted, maxBuckets));
    },
    names: new Map(),
    waitingAt: new Map(),
    deadlineAt: new Map(),
  };
  const failure: Failure = { decide: [], then: { kind: request.onFailure === "finish" ? "skip" : "head" } };
  const unit = compileWorkflow(context, request.workflow, { ...root, failure });
  attach(draft, unit, [{ kind: "end" }]);
  const plan = finished(draft, unit, options.messagesPerRange ?? defaults.messagesPerRange);
  if (request.budget !== undefined) checkBudget(request.budget, plan, options.nowMs);
  if (context.waitingAt.size > 0) fitWaits(context, plan, request.deadlineSeconds, options.nowMs);
  return request.fairnessKey === undefined ? plan : { ...plan, fairnessKey: request.fairnessKey };
}
