/**
 * A plan as people look at it before it is sent.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { type Prediction, predict } from "./predict.ts";
import type { Condition, Plan, PlanJoin } from "./types.ts";

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
    readonly expected: number;
    readonly deadlineSeconds: number | null;
    /** All of them must hold before the header is released; empty: it always is. */
    readonly if: readonly ConditionDescription[];
  }[];
  readonly predicted: Prediction;
}

/** Lists nodes and joins of a plan, with what they wait for and its estimated cost. */
export function describePlan(plan: Plan): PlanDescription {
  const nodes = Object.values(plan.nodes).map((node) => ({
    id: node.id,
    task: node.task,
    label: node.label ?? null,
    queue: node.queue,
    fairnessKey: node.fairnessKey ?? null,
    softTimeoutSeconds: node.softTimeoutSeconds ?? null,
    timeoutSeconds: node.timeoutSeconds,
    if: conditionsOf(node),
  }));
  const joins = Object.values(plan.joins).map(({ id, kind, when, count, size, deadlineSeconds, ...join }) => ({
    id,
    kind,
    when,
    count: count ?? null,
    cancelRest: join.cancelRest ?? false,
    expected: size,
    deadlineSeconds: deadlineSeconds ?? null,
    if: conditionsOf(join),
  }));
  return {
    tasks: nodes.length,
    nodes,
    joins: joins.sort((a, b) => depth(a.id) - depth(b.id)),
    predicted: predict(plan),
  };
}

function conditionsOf({ if: conditions = [] }: { readonly if?: readonly Condition[] }): ConditionDescription[] {
  return conditions.map(({ name, path, equals }) => ({ result: name, path: path ?? null, equals }));
}

/** `.` is the root; a path has one level a step. */
function depth(id: JoinId): number {
  return id.startsWith(".") ? 0 : id.split("/").length;
}
