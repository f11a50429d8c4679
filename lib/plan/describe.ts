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
    /** Members that may run at the same time; null: all. */
    readonly maxConcurrency: number | null;
    /** How many members, or packs of them, run one after the other at most: 1 when they all run at once, 0 of none. */
    readonly rounds: number;
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
  const joins = Object.values(plan.joins).map((join) => ({
    id: join.id,
    kind: join.kind,
    when: join.when,
    count: join.count ?? null,
    expected: join.size,
    deadlineSeconds: join.deadlineSeconds ?? null,
    maxConcurrency: join.maxConcurrency ?? null,
    rounds: roundsOf(join),
  }));
  return {
    tasks: nodes.length,
    nodes,
    joins: joins.sort((a, b) => depth(a.id) - depth(b.id)),
    waitSeconds: Math.ceil(longestWaitMs(plan, nowMs) / 1000),
    predicted: predict(plan, nowMs),
  };
}

function roundsOf({ size, lanes }: PlanJoin): number {
  if (lanes === undefined) return Math.min(size, 1);
  return Math.ceil(Math.ceil(size / lanes.unitSize) / lanes.count);
}

/** `.` is the root; a path has one level a step. */
function depth(id: JoinId): number {
  return id.startsWith(".") ? 0 : id.split("/").length;
}
