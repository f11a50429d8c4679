/**
 * A plan as people look at it before it is sent.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import { type Prediction, predict } from "./predict.ts";
import type { Plan, PlanJoin } from "./types.ts";
import { longestWaitMs } from "./waits.ts";

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
  }[];
  /** Outer ones first. */
  readonly joins: readonly {
    readonly id: JoinId;
    readonly kind: PlanJoin["kind"];
    readonly when: PlanJoin["when"];
    /** Failures that are tolerated, or successes that are enough; null for joins that are not decided by a count. */
    readonly count: number | null;
    readonly expected: number;
    readonly deadlineSeconds: number | null;
  }[];
  /** How long the run waits at least: delays, times and sleeps, as if its tasks took no time. */
  readonly waitSeconds: number;
  readonly predicted: Prediction;
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
  }));
  const joins = Object.values(plan.joins).map(({ id, kind, when, count, size, deadlineSeconds }) => ({
    id,
    kind,
    when,
    count: count ?? null,
    expected: size,
    deadlineSeconds: deadlineSeconds ?? null,
  }));
  return {
    tasks: nodes.length,
    nodes,
    joins: joins.sort((a, b) => depth(a.id) - depth(b.id)),
    waitSeconds: Math.ceil(longestWaitMs(plan, nowMs) / 1000),
    predicted: predict(plan, nowMs),
  };
}

/** `.` is the root; a path has one level a step. */
function depth(id: JoinId): number {
  return id.startsWith(".") ? 0 : id.split("/").length;
}
