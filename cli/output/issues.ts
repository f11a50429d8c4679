/**
 * What a check has found, for people: the members, where they are, why, and what to type.
 */
import type { CheckReport, Issue } from "../../lib/model/operating-reports.ts";
import type { CliIo } from "../io.ts";
import { relativeTimes } from "./ago.ts";
import { type Paint, paintFor } from "./colour.ts";
import { durationText } from "./duration.ts";
import { cut, plainLine } from "./plain.ts";
import { wrapped } from "./width.ts";

/** Groups of one issue on the screen; `--json` has them all. */
const shownGroups = 6;
const shownRejected = 5;
const indent = "    ";

/** Writes issues to stdout, one block each. */
export function writeIssues(io: CliIo, issues: readonly Issue[], nowMs: number): void {
  writeEach(io, issues, { nowMs, before: "To mend it:" });
}

/** The same of what a run waits for while nothing is wrong: what there is to type, nobody has to. */
export function writeWaiting(io: CliIo, waiting: readonly Issue[], nowMs: number): void {
  writeEach(io, waiting, { nowMs, before: "Nothing is wrong. If it is not to be waited for:" });
}

function writeEach(io: CliIo, issues: readonly Issue[], telling: Pick<Look, "nowMs" | "before">): void {
  const look = { ...telling, width: io.out.columns, paint: paintFor(io, io.out) };
  for (const issue of issues) io.out.write(`${issueLines(issue, look).join("\n")}\n\n`);
}

interface Look {
  readonly nowMs: number;
  /** Comes before the commands. */
  readonly before: string;
  readonly width: number | undefined;
  readonly paint: Paint;
}

function issueLines(issue: Issue, { nowMs, before, width, paint }: Look): readonly string[] {
  const { expected, arrived, missingCount, groups, sinceSeconds, fix } = issue;
  const colour = issue.stuck ? "red" : "yellow";
  const inner = width === undefined ? undefined : width - indent.length;
  const reason = (text: string) =>
    wrapped(plainLine(relativeTimes(text, nowMs)), inner).map((line) => `${indent}${line}`);
  const isJoin = issue.joinId !== null;
  const counts = missingCount === 0 ? "" : ` · ${arrived} of ${expected} arrived`;
  const lines = [
    `=== ${titleOf(issue)} ===`,
    `Status: ${isJoin ? "PENDING · " : ""}${paint(colour, issue.kind)} for ${durationText(sinceSeconds * 1000)}`,
    ...(isJoin ? [`Ready: ${arrived === expected ? "True" : "False"}${counts}`] : []),
  ];
  for (const { members, where, why, count } of groups.slice(0, shownGroups)) {
    const many = count > 1 ? ` (${count})` : "";
    lines.push(`  ${cut(members, (inner ?? 200) - 20)}${many} ${count > 1 ? "are" : "is"} ${where}:`, ...reason(why));
  }
  if (groups.length > shownGroups) lines.push(`  and ${groups.length - shownGroups} more reasons: see --json`);
  if (groups.length === 0) lines.push(...reason(issue.explanation));
  if (fix.length > 0) lines.push(`  ${before}`, ...fix.map((command) => `${indent}${command}`));
  return lines;
}

function titleOf({ runId, joinId, expected, arrived, missing }: Issue): string {
  if (runId === null) return "Deployment";
  const [first] = missing;
  if (joinId === null) return first === undefined ? `Run ${runId}` : `Task ${first.taskId}`;
  if (arrived === expected && first !== undefined) return `Task ${first.taskId}, after ${runId}/${joinId}`;
  return `Chord ${runId}/${joinId}`;
}

/** Rejected requests, the newest few. */
export function writeRejected(io: CliIo, { rejected, rejectedCount }: CheckReport, nowMs: number): void {
  if (rejectedCount === 0) return;
  io.out.write(`rejected requests: ${rejectedCount}${rejectedCount > shownRejected ? ", the newest" : ""}\n`);
  for (const { requestId, message, at } of rejected.slice(0, shownRejected)) {
    const text = `  ${requestId} ${relativeTimes(at, nowMs)}: ${plainLine(message)}`;
    io.out.write(`${io.out.columns === undefined ? text : cut(text, io.out.columns)}\n`);
  }
  io.out.write("\n");
}

/** What was looked at, in one line. */
export function summaryOf({ issues, runs, activeJoins }: CheckReport): string {
  const looked = `${runs} active run${runs === 1 ? "" : "s"}, ${activeJoins} active join${activeJoins === 1 ? "" : "s"}`;
  if (issues.length === 0) return `nothing is stuck: ${looked}`;
  const stuck = issues.filter((issue) => issue.stuck).length;
  return `${issues.length} issue${issues.length === 1 ? "" : "s"}, ${stuck} stuck: ${looked}`;
}
