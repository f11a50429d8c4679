/**
 * What lies inside the members of a chord or group, by its path.
 */
import type { Plan, PlanJoin, PlanNode } from "../plan/types.ts";

/** Beginning of the paths of a join's members. */
export function memberPrefix({ id, kind }: PlanJoin): string {
  return `${id === "." ? "" : `${id}/`}${kind === "chord" ? "header" : ""}[`;
}

export interface Inside {
  /** Tasks that are part of a member: the links of a chain, say. Error callbacks are left to themselves. */
  readonly nodes: readonly PlanNode[];
  /** Joins with members that are part of one; each before those inside it. */
  readonly joins: readonly PlanJoin[];
}

/** Parts of members, without the members that are tasks themselves: those have their slots in the join. */
export function insideOf(plan: Plan, join: PlanJoin): Inside {
  const prefix = memberPrefix(join);
  const nodes = Object.values(plan.nodes).filter(
    (node) => node.slot?.join !== join.id && !node.afterEnd && node.id.startsWith(prefix),
  );
  const joins = Object.values(plan.joins).filter(({ id, size }) => size > 0 && id.startsWith(prefix));
  return { nodes, joins: joins.sort((a, b) => a.id.length - b.id.length) };
}
