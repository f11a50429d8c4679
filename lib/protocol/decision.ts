/**
 * What a join has been decided to: read from its top item, never from anything else.
 *
 * The last arrival is the decision. A full top is decided *callback* when its failures are within the policy, else
 * *error*; every earlier decision is an explicit write on the same item that requires "undecided and not full". So there
 * is exactly one, once (S3, S4).
 */
import type { PlanJoin } from "../plan/types.ts";
import type { Image } from "../ports/store.ts";
import { badIn, remainingOf, topOf } from "./tally.ts";

export type Decision = "callback" | "error";

/** The decision of a join, or undefined while it waits. A join without members is decided as soon as it is released. */
export function decisionOf(join: PlanJoin, top: Image | undefined): Decision | undefined {
  if (join.size === 0) return "callback";
  if (top?.decision === "error") return "error";
  if (remainingOf(join, topOf(join), top) > 0) return undefined;
  const tolerated = join.when === "all-settled" || badIn(join, topOf(join), top ?? {}) === 0;
  return tolerated ? "callback" : "error";
}

/** Who fired the decision and when; undefined while there is none, or when the join had no members. */
export function firedOf(
  join: PlanJoin,
  top: Image | undefined,
): { readonly by: string; readonly atMs: number } | undefined {
  if (!top || decisionOf(join, top) === undefined) return undefined;
  if (top.decision !== undefined) return { by: String(top.decidedBy), atMs: Number(top.decidedAt) };
  return top.lastAt === undefined ? undefined : { by: String(top.lastBy), atMs: Number(top.lastAt) };
}
