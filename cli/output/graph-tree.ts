/**
 * The picture of a run as a tree of text.
 */
import type { GraphReport, GraphUnit } from "../../lib/model/view-reports.ts";
import type { Paint } from "./colour.ts";
import { durationText } from "./duration.ts";
import { cut, plainLine } from "./plain.ts";
import { statesText, symbolOf } from "./symbols.ts";

/** How a tree is shown. */
export interface TreeLook {
  readonly width: number | undefined;
  readonly paint: Paint;
}

/** Where a line hangs: what stands before its own branch, and before what hangs on it. */
interface Hang {
  readonly own: string;
  readonly below: string;
}

const noHang: Hang = { own: "", below: "" };

/** The lines of a run, and of the runs of its maps where those are. */
export function treeLines(report: GraphReport, look: TreeLook): readonly string[] {
  return runLines(report, noHang, look);
}

function runLines(report: GraphReport, hang: Hang, look: TreeLook): string[] {
  const tops = report.units.filter(({ parent }) => parent === null);
  const head = cut(`${hang.own}${runText(report)}`, look.width ?? 1000);
  const { status } = report.run;
  const painted = head.replace(` ${status} `, ` ${look.paint(runColours[status], status)} `);
  return [painted, ...branches(report, tops, hang.below, look)];
}

const runColours = { RUNNING: "blue", SUCCEEDED: "green", FAILED: "red", TIMED_OUT: "red", REVOKED: "yellow" } as const;

function runText({ run, at }: GraphReport): string {
  const { id, name, status, tasks, states, generation, pausedAt } = run;
  const open = (states.WAITING ?? 0) + (states.QUEUED ?? 0) + (states.RUNNING ?? 0) + (states.RETRYING ?? 0);
  const endMs = Date.parse(run.finishedAt ?? at);
  return [
    `${id}${name === null || name === id ? "" : ` (${name})`} ${status} `,
    ...(pausedAt === null ? [] : ["paused"]),
    ...(generation > 1 ? [`generation ${generation}`] : []),
    `${tasks - open} of ${tasks} task${tasks === 1 ? "" : "s"}`,
    durationText(endMs - Date.parse(run.submittedAt)),
  ]
    .join(" · ")
    .replace("  · ", " · ");
}

function branches(report: GraphReport, units: readonly GraphUnit[], before: string, look: TreeLook): string[] {
  return units.flatMap((unit, i) => {
    const isLast = i === units.length - 1;
    const hang = { own: `${before}${isLast ? "└─ " : "├─ "}`, below: `${before}${isLast ? "   " : "│  "}` };
    return unitLines(report, unit, hang, look);
  });
}

function unitLines(report: GraphReport, unit: GraphUnit, hang: Hang, look: TreeLook): string[] {
  const { paint, width = 1000 } = look;
  const parts = report.units.filter(({ parent }) => parent === unit.id);
  const children = report.children.filter(({ run }) => run.id === unit.run);
  const states = unit.count > 1 && parts.length === 0 ? statesText(unit.states, (_, text) => text) : "";
  const words = [titleOf(unit), ...notesOf(report, unit)].join("  ");
  const room = width - hang.own.length - 2 - (states === "" ? 0 : states.length + 2);
  const counted = states === "" ? "" : `  ${statesText(unit.states, paint)}`;
  const line = `${hang.own}${symbolOf(paint, unit.status)} ${cut(words, Math.max(8, room))}${counted}`;
  return [
    line,
    ...failingLines(unit, parts, `${hang.below}${parts.length + children.length > 0 ? "│" : " "}  `, look),
    ...branches(report, parts, hang.below, look),
    ...children.flatMap((child) => runLines(child, { own: `${hang.below}└─ run `, below: `${hang.below}   ` }, look)),
  ];
}

function titleOf({ title, label, count, role, id }: GraphUnit): string {
  const name = label === null ? title : `${title} ${label}`;
  const at = id.slice(id.lastIndexOf("/") + 1);
  const isNamed = role === "step" && !at.startsWith("[") && at !== "." && at !== "task";
  const shown = isNamed ? `${at}: ${name}` : name;
  return count > 1 ? `${shown} × ${count}` : shown;
}

function notesOf(report: GraphReport, unit: GraphUnit): readonly string[] {
  const { join, count, attempt, startedAt, finishedAt, role } = unit;
  const took =
    count === 1 && join === null && startedAt !== null && finishedAt !== null
      ? [durationText(Date.parse(finishedAt) - Date.parse(startedAt))]
      : [];
  return [
    ...(role === "callback" ? ["callback"] : role === "onError" ? ["error callback"] : []),
    ...(join === null ? [] : [`${join.arrived} of ${join.expected} arrived`]),
    ...(join !== null && count > 1 ? [decidedText(join.decisions, count)] : []),
    ...(attempt > 1 ? [count > 1 ? `up to ${attempt} attempts` : `attempt ${attempt}`] : []),
    ...took,
    ...afterOf(report, unit),
  ];
}

function decidedText(
  { callback = 0, error = 0, skipped = 0 }: NonNullable<GraphUnit["join"]>["decisions"],
  count: number,
) {
  return `${callback + error + skipped} of ${count} decided`;
}

/** What a node of a dag comes after: only there the order on the screen does not say it. */
function afterOf(report: GraphReport, unit: GraphUnit): readonly string[] {
  const around = report.units.find(({ id }) => id === unit.parent);
  const isDag =
    around === undefined ? unit.role === "step" && unit.id !== "." && !unit.id.startsWith("[") : around.kind === "dag";
  if (!isDag) return [];
  const named = new Set(
    report.edges
      .filter(({ to, kind }) => kind !== "error" && (to === unit.id || to.startsWith(`${unit.id}/`)))
      .flatMap(({ from }) => {
        const inside = from.startsWith(`${unit.id}/`) || from === unit.id;
        const below = unit.parent === null ? from : from.slice(unit.parent.length + 1);
        return inside ? [] : [below.split("/", 1)[0] ?? below];
      }),
  );
  return named.size === 0 ? [] : [`after ${[...named].join(", ")}`];
}

/** Failing tasks of a folded unit, or the error of one task. */
function failingLines(
  { failing, count, kind }: GraphUnit,
  parts: readonly GraphUnit[],
  before: string,
  { paint, width = 1000 }: TreeLook,
): string[] {
  if (parts.length > 0) return [];
  return failing.flatMap(({ taskId, status, error }) => {
    if (count === 1 && (error === null || kind === "map")) return [];
    const what = error === null ? status : `${error.name}: ${error.message}`;
    const text = count === 1 ? what : `${taskId.slice(taskId.indexOf("/") + 1)} ${what}`;
    const room = Math.max(8, width - before.length - 2);
    return [`${before}${symbolOf(paint, status)} ${cut(plainLine(text), room)}`];
  });
}
