/**
 * What `fix` is going to do about what a check has found. Pure: the same report gives the same plan.
 */
import type { CheckReport, FixReport, Issue } from "../lib/model/operating-reports.ts";
import { isMendedBySweeper, isWanted } from "../lib/protocol/causes.ts";
import { durationText } from "./output/duration.ts";

/** Stuck after half an hour (docs/requirements.md, S1-47). */
export const fixHours = 0.5;
/** With nobody to ask, what has been stuck for that long is revoked all the same (S1-49). */
export const autoRevokeHours = 2;

/** What to do about one run. */
export interface Action {
  readonly do: "repair" | "revoke" | "leave";
  readonly runId: string;
  readonly why: string;
  /** Messages of it are known to be gone. */
  readonly sendAgain: boolean;
}

interface Rules {
  /** What has made no progress for that long may be revoked. */
  readonly maxHours: number;
  /** Nobody is asked: only what is stuck for longer than {@link autoRevokeHours} is revoked. */
  readonly unasked: boolean;
}

/**
 * One action for each run, in the order of the issues. Of a run that was asked for by name, what the sweeper would mend later
 * is repaired as well.
 */
export function planFix({ issues, waiting }: CheckReport, rules: Rules): readonly Action[] {
  const runs = new Map<string, Issue[]>();
  for (const issue of [...issues, ...waiting.filter(({ kind }) => isMendedBySweeper(kind))])
    if (issue.runId !== null) runs.set(issue.runId, [...(runs.get(issue.runId) ?? []), issue]);
  return [...runs].map(([runId, of]) => actionFor(runId, of, rules));
}

function actionFor(runId: string, issues: readonly Issue[], rules: Rules): Action {
  const kinds = issues.map(({ kind }) => kind);
  const why = (issue: Issue | undefined) =>
    issue === undefined ? "" : `${issue.kind} for ${durationText(issue.sinceSeconds * 1000)}`;
  const repairable = issues.find(({ kind }) => isMendedBySweeper(kind));
  if (repairable !== undefined) {
    const sendAgain = kinds.some((kind) => kind === "message-lost" || kind === "dead-lettered");
    return { do: "repair", runId, why: why(repairable), sendAgain };
  }
  const leave = (text: string): Action => ({ do: "leave", runId, why: text, sendAgain: false });
  const [first] = issues;
  if (kinds.every((kind) => isWanted(kind))) return leave(`${why(first)}: nothing is wrong with it`);
  if (kinds.includes("run-failed")) return leave("it has ended");
  const stuck = issues.filter(({ kind }) => !isWanted(kind)).sort((a, b) => b.sinceSeconds - a.sinceSeconds)[0];
  const seconds = stuck?.sinceSeconds ?? 0;
  if (seconds < rules.maxHours * 3600) return leave(`${why(stuck)}: not yet for ${hoursText(rules.maxHours)}`);
  if (rules.unasked && seconds < autoRevokeHours * 3600)
    return leave(`${why(stuck)}: revoked without asking after ${hoursText(autoRevokeHours)}`);
  return { do: "revoke", runId, why: why(stuck), sendAgain: false };
}

function hoursText(hours: number): string {
  return durationText(hours * 3_600_000);
}

/** What to type after it, best first. */
export function nextSteps(check: CheckReport, actions: FixReport["actions"]): readonly string[] {
  const repaired = new Set(actions.flatMap((action) => (action.do === "repair" ? [action.runId] : [])));
  const causes = check.issues.filter(({ runId }) => runId === null || !repaired.has(runId));
  // What is wrong beside the runs stays so, whatever becomes of them.
  const commands = causes.flatMap(({ fix }) => fix.slice(0, 1)).filter((command) => !command.startsWith("tutti fix"));
  const retries = actions.flatMap((action) => (action.do === "revoke" ? [`tutti retry ${action.runId}`] : []));
  const again = check.issues.length > 0 ? ["tutti check"] : ["tutti status"];
  return [...new Set([...commands, ...retries, ...again])];
}
