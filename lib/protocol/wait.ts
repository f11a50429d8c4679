/**
 * What a run waits for, as it is told: the exact members, folded, and the reasons in words.
 */

import type { Cause } from "../model/causes.ts";
import { type JoinId, type RunId, taskIdOf } from "../model/ids.ts";
import type { PlanJoin, Source } from "../plan/types.ts";
import { commandsFor, worstOf } from "./causes.ts";
import type { Finding } from "./findings.ts";
import { foldNumbers } from "./fold.ts";
import { memberPrefix } from "./inside.ts";
import { fired, type Snapshot, tallyOf } from "./snapshot.ts";
import { topOf } from "./tally.ts";
import type { Where } from "./whereabouts.ts";

/** A member, or another task that is waited for. */
export interface Missing {
  /** Path of the task or join that stands for it, as `inspect` names it. */
  readonly path: string;
  readonly where: Where;
  readonly cause: Cause;
  readonly why: string;
  readonly sinceMs: number;
}

/** Members that are missing for the same reason. */
export interface MissingGroup {
  /** Folded: `header[0..37,39]`. */
  readonly members: string;
  readonly count: number;
  readonly where: Where;
  readonly cause: Cause;
  /** Of the first of them. */
  readonly why: string;
}

/** A join that waits, or something else of a run that does. */
export interface Wait {
  readonly cause: Cause;
  /** Null: no join waits for it. */
  readonly join: JoinId | null;
  readonly kind: PlanJoin["kind"] | null;
  /** Its last progress: the release, or the last member that was settled. */
  readonly sinceMs: number;
  readonly expected: number;
  readonly arrived: number;
  /** In order: the first {@link listedMissing}. The groups name all. */
  readonly missing: readonly Missing[];
  readonly missingCount: number;
  readonly groups: readonly MissingGroup[];
  readonly explanation: string;
  readonly fix: readonly string[];
  /** It is an issue now, however short a time it has lasted: since when. */
  readonly faultSinceMs?: number;
}

/** Missing members that are told one by one. */
export const listedMissing = 100;
/** Commands of one wait. */
const listedCommands = 5;
/** Groups that an explanation puts in words. */
const toldGroups = 3;

/** What was found of a wait, before it is put in words. */
export type Found = Omit<Wait, "explanation" | "fix" | "faultSinceMs"> & {
  /** The first missing member of each group. */
  readonly firsts: readonly Missing[];
  /** What `diagnose` has found of the join itself. */
  readonly own: Finding | undefined;
  readonly faultSinceMs: number | undefined;
};

/** Puts it in words. @param children - Runs that its maps wait for. */
export function waitOf(found: Found, run: RunId, children: readonly RunId[]): Wait {
  const { firsts, own, faultSinceMs, ...wait } = found;
  const byCause = [...firsts].sort((a, b) => (worstOf([a.cause, b.cause]) === a.cause ? -1 : 1));
  const commands = byCause.flatMap(({ cause, path }) =>
    cause === "map-runs" ? children.map((child) => `tutti check ${child}`) : commandsFor(cause, run, path),
  );
  if (own !== undefined) commands.push(...commandsFor(causeOf(own), run));
  return {
    ...wait,
    explanation: explanationOf(found),
    fix: [...new Set(commands)].slice(0, listedCommands),
    ...(faultSinceMs === undefined ? {} : { faultSinceMs }),
  };
}

function explanationOf({ expected, arrived, missingCount, groups, own, join }: Found): string {
  const more = groups.length > toldGroups ? `; and ${groups.length - toldGroups} other reasons` : "";
  const told = groups
    .slice(0, toldGroups)
    .map(({ members, count, where, why }) => `${members} ${count === 1 ? "is" : "are"} ${where}: ${why}`);
  const has = arrived < expected && join !== null;
  const counts = has ? `${arrived} of ${expected} members have arrived, ${missingCount} missing: ` : "";
  const after = !has && join !== null ? `all ${expected} members have arrived: ` : "";
  const late = own === undefined ? "" : `${told.length > 0 ? "; " : ""}${own.explanation}`;
  return `${counts}${after}${told.join("; ")}${more}${late}`;
}

/** Members by number where they are numbered, else by name. */
export function membersText(join: PlanJoin, sources: readonly Source[], indexes: readonly number[]): string {
  if (join.kind !== "dag") return `${memberPrefix(join)}${foldNumbers(indexes)}]`;
  const names = indexes.map((index) => {
    const source = sources[index];
    return source?.kind === "node" ? source.node : source?.kind === "join" ? source.join : String(index);
  });
  return names.join(", ");
}

/** A cause for what the sweeper finds of a join or a run; tasks have causes of their own. */
export function causeOf({ kind }: Finding): Cause {
  return kind === "join-deadline-passed" || kind === "run-deadline-passed" ? "deadline-passed" : "not-driven";
}

/** A finding about a part that nothing waits for any more, or about the run. */
export function ofFinding(snapshot: Snapshot, finding: Finding): Wait {
  const cause = causeOf(finding);
  const { runId } = snapshot.head;
  const join = finding.join === undefined ? undefined : snapshot.plan.joins[finding.join];
  const path = finding.node ?? finding.join;
  const text = path === undefined ? finding.explanation : `${taskIdOf(runId, path)}: ${finding.explanation}`;
  const firedMs = join && tallyOf(snapshot, join, topOf(join)) ? fired(snapshot, join)?.atMs : undefined;
  return {
    cause,
    join: finding.join ?? null,
    kind: join?.kind ?? null,
    sinceMs: firedMs ?? finding.sinceMs,
    expected: join?.size ?? 1,
    arrived: join?.size ?? 0,
    missing: [],
    missingCount: 0,
    groups: [],
    explanation: text,
    fix: commandsFor(cause, runId),
    faultSinceMs: finding.sinceMs,
  };
}
