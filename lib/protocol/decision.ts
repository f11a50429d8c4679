/**
 * What a join has been decided to: read from its top item, never from anything else.
 *
 * The last arrival is the decision. A full top is decided *callback* when its failures are within the policy, else
 * *error*; every earlier decision is an explicit write on the same item that requires "undecided and not full". So there
 * is exactly one, once (S3, S4).
 */
import type { PlanJoin } from "../plan/types.ts";
import type { Image } from "../ports/store.ts";
import { badIn, countsIn, isCounting, remainingOf, topOf } from "./tally.ts";

/** `skipped`: it never started, since what it comes after has failed. */
export type Decision = "callback" | "error" | "skipped";

const decisions: readonly Decision[] = ["callback", "error", "skipped"];

/** The decision of a join, or undefined while it waits. A join without members is decided as soon as it is released. */
export function decisionOf(join: PlanJoin, top: Image | undefined): Decision | undefined {
  if (join.size === 0) return "callback";
  const explicit = decisions.find((decision) => decision === top?.decision);
  if (explicit !== undefined) return explicit;
  // What a quorum has accepted must be written down with it.
  if (join.when === "quorum" || remainingOf(join, topOf(join), top) > 0) return undefined;
  const tolerated = join.when === "all-settled" || badIn(join, topOf(join), top ?? {}) <= (join.count ?? 0);
  return tolerated ? "callback" : "error";
}

/** The decision that the counts of an undecided join call for: it has to be written (S4). */
export function owedDecision(join: PlanJoin, top: Image | undefined): Decision | undefined {
  if (!isCounting(join) || top === undefined || decisionOf(join, top) !== undefined) return undefined;
  const { settled, bad } = countsIn(join, topOf(join), top);
  const count = join.count ?? 0;
  if (join.when === "tolerate") return bad > count ? "error" : undefined;
  if (settled - bad >= count) return "callback";
  return bad > join.size - count ? "error" : undefined;
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
