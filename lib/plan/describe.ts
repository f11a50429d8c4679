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
    readonly queue: string;
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
  const nodes = Object.values(plan.nodes).map(({ id, task, queue, timeoutSeconds, delaySeconds, notBeforeMs }) => ({
    id,
    task,
    queue,
    timeoutSeconds,
    ...(delaySeconds === undefined ? {} : { delaySeconds }),
    ...(notBeforeMs === undefined ? {} : { at: new Date(notBeforeMs).toISOString() }),
  }));
  const joins = Object.values(plan.joins).map(({ id, kind, when, size, deadlineSeconds }) => ({
    id,
    kind,
    when,
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
