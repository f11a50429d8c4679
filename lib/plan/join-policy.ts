/**
 * When a chord is decided, from what its document says and the number of its members.
 */
import { InvalidRequestError } from "../errors.ts";
import type { Chord, Hedge, When } from "../model/workflow.ts";
import type { PlanJoin } from "./types.ts";

/** The policy of a join. @throws InvalidRequestError when its members can never come to what it asks for. */
export function joinPolicyOf(
  when: When | undefined,
  members: number,
  doc: string,
): Pick<PlanJoin, "when"> & { readonly count?: number } {
  if (when === undefined || typeof when === "string") return { when: when ?? "all-succeeded" };
  if ("quorum" in when) {
    if (when.quorum <= members) return { when: "quorum", count: when.quorum };
    const rule = `must be at most the number of members, which is ${members}`;
    throw new InvalidRequestError(`${doc}.chord.when.quorum`, when.quorum, rule);
  }
  const { tolerate } = when;
  // Of the members as written: those that are still missing count too.
  const count = "count" in tolerate ? tolerate.count : shareOf(members, tolerate.percent);
  return { when: "tolerate", count };
}

/** Whether members that are not needed any more are ended. @throws InvalidRequestError where each is needed. */
export function cancelRestOf(
  { when, cancelRest }: Pick<Chord["chord"], "when" | "cancelRest">,
  doc: string,
): { readonly cancelRest?: true } {
  if (cancelRest !== true) return {};
  if (when !== "all-settled") return { cancelRest };
  throw new InvalidRequestError(
    `${doc}.chord.cancelRest`,
    true,
    "must not be with all-settled: it waits for every member",
  );
}

/** Whether members that are late get a second copy. */
export function hedgeOf(hedge: Hedge | undefined): Pick<PlanJoin, "hedgePercentile"> {
  return hedge === undefined ? {} : { hedgePercentile: hedge.afterPercentile };
}

/** Rounded down, but not what binary fractions lose: 65.6 % of 375 are 246. */
function shareOf(members: number, percent: number): number {
  return Math.floor(Number(((members * percent) / 100).toPrecision(12)));
}
