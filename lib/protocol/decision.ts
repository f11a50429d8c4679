/**
 * What a join has been decided to: read from its top item, never from anything else.
 *
 * The last arrival is the decision. A full top is decided *callback* when its failures are within the policy, else
 * *error*; every earlier decision is an explicit write on the same item that requires "undecided and not full". So there
 * is exactly one, once (S3, S4).
 */
import type { Skip } from "../model/outcome.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { Image, Value } from "../ports/store.ts";
import { decodeSkip } from "./slot.ts";
import { countsIn, isDecidedByCount, remainingOf, topOf } from "./tally.ts";

/** `skipped`: it never started, since what it comes after has failed, or by choice; then nothing that follows it starts. */
export type Decision = "callback" | "error" | "skipped";

const decisions: readonly Decision[] = ["callback", "error", "skipped"];

/** The decision of a join, or undefined while it waits. A join without members is decided as soon as it is released. */
export function decisionOf(join: PlanJoin, top: Image | undefined): Decision | undefined {
  const explicit = decisions.find((decision) => decision === top?.decision);
  if (explicit !== undefined) return explicit;
  if (join.size === 0) return isHeld(join, top) ? "callback" : undefined;
  // What a quorum has accepted must be written down with it.
  if (join.when === "quorum" || remainingOf(join, topOf(join), top) > 0) return undefined;
  const { bad, skipped } = countsIn(join, topOf(join), top ?? {});
  if (join.when !== "all-settled" && bad > (join.count ?? 0)) return "error";
  const enough = join.skipped === "all" ? join.size : 1;
  return join.skipped !== undefined && skipped >= enough ? "skipped" : "callback";
}

/** Whether a join was decided while members were missing, and ends those. */
export function endsRest(join: PlanJoin, top: Image | undefined, generation: number): boolean {
  const early = top?.decision === "callback" || top?.decision === "error";
  // What an older generation has decided is kept as it is.
  return join.cancelRest === true && early && top?.g === generation;
}

/** Whether the header may be released: the join has no condition, or it is recorded that this holds. */
export function isHeld(join: PlanJoin, top: Image | undefined): boolean {
  return join.if === undefined || top?.held === 1;
}

/** Why a join that was decided *skipped* is so by choice, as far as its top knows; undefined when a failure made it so. */
export function chosenSkip(join: PlanJoin, top: Image | undefined): Skip | undefined {
  if (top?.decision === undefined) return decisionOf(join, top) === "skipped" ? {} : undefined;
  return top.skip === undefined ? undefined : decodeSkip(top.skip as Readonly<Record<string, Value>>);
}

/** The decision that the counts of an undecided join call for: whoever meets it has to write it (S4, G44). */
export function owedDecision(join: PlanJoin, top: Image | undefined): Decision | undefined {
  if (!isDecidedByCount(join) || top === undefined || decisionOf(join, top) !== undefined) return undefined;
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
