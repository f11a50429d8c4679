/**
 * Lists of what is started together: the roots of a run, the members of a header, the dependents of a node.
 *
 * A short list is sent by whoever releases it. A long one is cut into ranges, each a message of its own with a slot that
 * says whether it was sent: so a release of any size is a few calls for its releaser, is spread over many processes, and
 * loses nothing when one of them dies.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Lane, Plan, Start } from "../plan/types.ts";
import { isBounded, lanesOf } from "./lanes.ts";

/** What a release starts. */
export type Released = Start | Lane;

/** Name of a list: what the submit starts, the header of a join, or what follows a node or a join. */
export type ListName = "start" | `header:${JoinId}` | `next:${NodeId | JoinId}`;

/** The list of that name; empty when the plan has none. */
export function listOf(plan: Plan, name: ListName): readonly Released[] {
  const at = name.indexOf(":");
  const unit = name.slice(at + 1);
  if (name === "start") return plan.start;
  if (name.startsWith("header:")) return headerOf(plan, unit);
  return own(plan.nodes, unit)?.next ?? own(plan.joins, unit)?.next ?? [];
}

/** Of a bounded join its lanes, not all its members. */
function headerOf(plan: Plan, id: JoinId): readonly Released[] {
  const join = own(plan.joins, id);
  return join !== undefined && isBounded(join) ? lanesOf(join) : (own(plan.releases, id) ?? []);
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Number of ranges of a list: none of one that is sent at once. */
export function rangesOf({ messagesPerRange }: Plan, list: readonly Released[]): number {
  return list.length <= messagesPerRange ? 0 : Math.ceil(list.length / messagesPerRange);
}

/** What a range starts. */
export function rangeOf({ messagesPerRange }: Plan, list: readonly Released[], range: number): readonly Released[] {
  return list.slice(range * messagesPerRange, (range + 1) * messagesPerRange);
}

/** Whether any list of a plan is long. */
export function hasRanges(plan: Plan): boolean {
  const headers = Object.keys(plan.releases).map((id) => headerOf(plan, id));
  const nexts = [...Object.values(plan.joins), ...Object.values(plan.nodes)].map((unit) => unit.next);
  return [plan.start, ...headers, ...nexts].some((list) => rangesOf(plan, list) > 0);
}
