/**
 * A look at runs as lines: a bar, how fast, how long still, and what fails first.
 */
import type { GraphReport, GraphUnit, WatchedRun } from "../../lib/model/view-reports.ts";
import type { Paint } from "./colour.ts";
import { durationText } from "./duration.ts";
import { cut, plainLine } from "./plain.ts";
import { statesText, symbolOf } from "./symbols.ts";
import { displayWidth } from "./width.ts";

export interface WatchLook {
  readonly width: number;
  readonly paint: Paint;
}

const barWidth = 30;
const minBarWidth = 10;
const shownFailing = 5;
const shownUnits = 12;

/** `212 of 252 · 3 running · about 4 s left · 12.5 tasks/s`. */
export function paceText({ settled, tasks, running, failed, ratePerSecond, etaSeconds, pausedAt }: WatchedRun): string {
  return [
    `${settled} of ${tasks}`,
    ...(pausedAt === null ? [] : ["paused"]),
    ...(failed > 0 ? [`${failed} not succeeded`] : []),
    ...(running > 0 ? [`${running} running`] : []),
    ...(etaSeconds === null ? [] : [`about ${durationText(etaSeconds * 1000)} left`]),
    ...(ratePerSecond === null || ratePerSecond === 0 ? [] : [`${ratePerSecond} tasks/s`]),
  ].join(" · ");
}

/** One line for a run: where there is no terminal, and of many runs. */
export function runText(run: WatchedRun): string {
  return `${run.id} ${run.status} ${paceText(run)}`;
}

/** A bar and the pace, in one line; on a narrow terminal the end of the pace goes, not the bar. */
export function barLine(run: WatchedRun, { width, paint }: WatchLook): string {
  const text = cut(paceText(run), Math.max(minBarWidth, width - minBarWidth - 2));
  const room = Math.max(1, Math.min(barWidth, width - displayWidth(text) - 2));
  const full = run.tasks === 0 ? room : Math.floor((run.settled / run.tasks) * room);
  const bar = paint(run.failed > 0 ? "yellow" : "green", "█".repeat(full));
  return `${bar}${paint("grey", "░".repeat(room - full))} ${text}`;
}

/** One run in some lines, what fails first. */
export function runLines(report: GraphReport, run: WatchedRun, look: WatchLook): readonly string[] {
  const { width, paint } = look;
  const endMs = Date.parse(report.run.finishedAt ?? report.at);
  const took = durationText(endMs - Date.parse(report.run.submittedAt));
  const leaves = report.units.filter(({ id }) => !report.units.some(({ parent }) => parent === id));
  const failing = leaves.flatMap((unit) => unit.failing).slice(0, shownFailing);
  const others = run.failed - failing.filter(({ status }) => status !== "RETRYING").length;
  const sorted = [...leaves].sort((a, b) => urgency[a.status] - urgency[b.status]);
  return [
    cut(`${run.id} ${run.status} · ${took}`, width - 1),
    barLine(run, look),
    ...failing.map(({ taskId, status, error }) => {
      const what = error === null ? "" : ` ${error.name}: ${error.message}`;
      // The run is named above: what is short of room here is the error.
      const path = taskId.slice(taskId.indexOf("/") + 1);
      return `${symbolOf(paint, status)} ${cut(plainLine(`${path}${what}`), width - 3)}`;
    }),
    ...(failing.length > 0 && others > 0
      ? [cut(`  and ${others} more: tutti inspect ${run.id} --verbose`, width - 1)]
      : []),
    ...sorted.slice(0, shownUnits).map((unit) => unitLine(unit, look)),
    ...(sorted.length > shownUnits ? [`and ${sorted.length - shownUnits} more: tutti graph ${run.id}`] : []),
  ];
}

/** What is shown first: what fails, then what moves. */
const urgency: Readonly<Record<GraphUnit["status"], number>> = {
  FAILED: 0,
  TIMED_OUT: 0,
  REVOKED: 1,
  RETRYING: 2,
  RUNNING: 3,
  QUEUED: 4,
  WAITING: 5,
  SUCCEEDED: 6,
  SKIPPED: 7,
};

function unitLine(
  { title, label, count, states, status, members, id }: GraphUnit,
  { width, paint }: WatchLook,
): string {
  const name = `${title}${label === null ? "" : ` ${label}`}${count > 1 ? ` × ${count}` : ""}`;
  const counts = count > 1 ? statesText(states, (_, text) => text) : "";
  const room = Math.max(10, width - displayWidth(counts) - 6);
  const text = cut(`${name}  ${members ?? id}`, room);
  return `  ${symbolOf(paint, status)} ${text}${counts === "" ? "" : `  ${statesText(states, paint)}`}`;
}
