/**
 * Joins, and what they are to those around them.
 */
import type { JoinId } from "../model/ids.ts";
import type { Compilation } from "./place.ts";
import type { Failure, PlanJoin } from "./types.ts";
import type { Unit } from "./units.ts";

/** A join that waits for all its members to succeed, and that nothing follows yet. */
export function joinOf(
  context: Compilation,
  id: JoinId,
  given: Pick<PlanJoin, "kind" | "size" | "failure" | "releasedBy">,
): PlanJoin {
  const { leafSize, fan } = context;
  return { id, ...given, leafSize, fan, when: "all-succeeded", next: [], onError: null, afterEnd: false };
}

/** A join as a unit: its value is the list of its members. */
export function joinUnit(join: JoinId): Unit {
  const exit = { kind: "join", join } as const;
  return { starts: [exit], exit, value: exit };
}

/** The way of a failure inside a join that is lost with its first member, and then of what encloses it. */
export function decideFirst(join: JoinId, outer: Failure): Failure {
  return { decide: [join, ...outer.decide], then: outer.then };
}
