/**
 * A plan as people look at it before it is sent.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { type Prediction, predict } from "./predict.ts";
import { type CopiesPrediction, predictCopies } from "./predict-copies.ts";
import type { Condition, Plan, PlanJoin } from "./types.ts";
import { longestWaitMs } from "./waits.ts";

/** What must hold before something runs; else it is skipped. */
export interface ConditionDescription {
  /** Name of a node of an enclosing dag. */
  readonly result: string;
  /** Part of its result; null: all of it. */
  readonly path: string | null;
  readonly equals: Json;
}

/** What `tutti plan` shows. */
export interface PlanDescription {
  /** Number of tasks, error callbacks included. */
  readonly tasks: number;
  readonly nodes: readonly {
    readonly id: NodeId;
    readonly task: string;
    readonly label: string | null;
    readonly queue: string;
    readonly fairnessKey: string | null;
    readonly softTimeoutSeconds: number | null;
    readonly timeoutSeconds: number;
    /** Where it waits: how long after its release, or for what time. */
    readonly delaySeconds?: number;
    readonly at?: string;
    /** All of them must hold; empty: it runs whatever was. */
    readonly if: readonly ConditionDescription[];
  }[];
  /** Outer ones first. */
  readonly joins: readonly {
    readonly id: JoinId;
    readonly kind: PlanJoin["kind"];
    readonly when: PlanJoin["when"];
    /** Failures that are tolerated, or successes that are enough; null for joins that are not decided by a count. */
    readonly count: number | null;
    /** Whether members that are not needed any more are ended. */
    readonly cancelRest: boolean;
    /** When that many percent of the members have ended, the others get a second copy; null: they do not. */
    readonly hedgePercentile: number | null;
    readonly expected: number;
    readonly deadlineSeconds: number | null;
    /** Members that may run at the same time; null: all. */
    readonly maxConcurrency: number | null;
    /** How many members, or packs of them, run one after the other at most: 1 when they all run at once, 0 of none. */
    readonly rounds: number;
    /** All of them must hold before the header is released; empty: it always is. */
    readonly if: readonly ConditionDescription[];
  }[];
  /** How long the run waits at least: delays, times and sleeps, as if its tasks took no time. */
  readonly waitSeconds: number;
  readonly predicted: Prediction;
  /** What hedged groups add when members of them are late. */
  readonly secondCopies?: CopiesPrediction;
}

/**
 * Lists nodes and joins of a plan, with what they wait for and its estimated cost.
 *
 * @param nowMs - When it would be submitted; without it, times to wait for count as past.
 */
export function describePlan(plan: Plan, nowMs?: number): PlanDescription {
  const nodes = Object.values(plan.nodes).map((node) => ({
    id: node.id,
    task: node.task,
    label: node.label ?? null,
    queue: node.queue,
    fairnessKey: node.fairnessKey ?? null,
    softTimeoutSeconds: node.softTimeoutSeconds ?? null,
    timeoutSeconds: node.timeoutSeconds,
    ...(node.delaySeconds === undefined ? {} : { delaySeconds: node.delaySeconds }),
    ...(node.notBeforeMs === undefined ? {} : { at: new Date(node.notBeforeMs).toISOString() }),
    if: conditionsOf(node),
  }));
  const joins = Object.values(plan.joins).map((join) => ({
    id: join.id,
    kind: join.kind,
    when: join.when,
    count: join.count ?? null,
    cancelRest: join.cancelRest ?? false,
    hedgePercentile: join.hedgePercentile ?? null,
    expected: join.size,
    deadlineSeconds: join.deadlineSeconds ?? null,
    maxConcurrency: join.maxConcurrency ?? null,
    rounds: roundsOf(join),
    if: conditionsOf(join),
  }));
  const secondCopies = predictCopies(plan);
  return {
    tasks: nodes.length,
    nodes,
    joins: joins.sort((a, b) => depth(a.id) - depth(b.id)),
    waitSeconds: Math.ceil(longestWaitMs(plan, nowMs) / 1000),
    predicted: predict(plan, nowMs),
    ...(secondCopies === undefined ? {} : { secondCopies }),
  };
}

function roundsOf({ size, lanes }: PlanJoin): number {
  if (lanes === undefined) return Math.min(size, 1);
  return Math.ceil(Math.ceil(size / lanes.unitSize) / lanes.count);
}

function conditionsOf({ if: conditions = [] }: { readonly if?: readonly Condition[] }): ConditionDescription[] {
  return conditions.map(({ name, path, equals }) => ({ result: name, path: path ?? null, equals }));
}

/** `.` is the root; a path has one level a step. */
function depth(id: JoinId): number {
  return id.startsWith(".") ? 0 : id.split("/").length;
}
