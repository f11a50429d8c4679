/**
 * The timeline of a run in a table: like steps of members of one chord or group are folded, so that a large run fits a screen.
 */
import type { EventsReport, RunStep } from "../../lib/model/view-reports.ts";
import { foldNumbers } from "../../lib/protocol/fold.ts";
import { durationText } from "./duration.ts";
import { cut, plainLine } from "./plain.ts";
import type { Column } from "./table.ts";

/** One line: a step, or like ones of several tasks. */
export interface TimelineRow {
  readonly at: string | null;
  readonly until: string | null;
  readonly event: RunStep["event"];
  readonly path: string;
  readonly task: string | null;
  readonly count: number;
  readonly attempt: number | null;
  readonly status: string | null;
  readonly cause: string | null;
}

/** Steps of these never fold, and nothing is folded across them. */
const landmarks: ReadonlySet<RunStep["event"]> = new Set([
  "submitted",
  "generation",
  "paused",
  "resumed",
  "armed",
  "decided",
  "ended",
]);

/** @param fold - False: a line for each step. */
export function timelineRows({ events, runId }: EventsReport, fold: boolean): readonly TimelineRow[] {
  const rows: Growing[] = [];
  let open = new Map<string, Growing>();
  for (const step of events) {
    const place = placeOf(step, runId);
    const key = JSON.stringify([step.event, step.task, step.status, place.folded, failureOf(step)]);
    const like = fold && place.index !== undefined ? open.get(key) : undefined;
    if (like !== undefined) {
      like.count++;
      like.until = step.at ?? like.until;
      like.attempt = Math.max(like.attempt, step.attempt ?? 0);
      if (place.index !== undefined) like.indices.push(place.index);
      continue;
    }
    const row = { step, place, count: 1, until: step.at, attempt: step.attempt ?? 0, indices: [place.index ?? 0] };
    rows.push(row);
    if (landmarks.has(step.event)) open = new Map();
    else open.set(key, row);
  }
  return rows.map(rowOf);
}

interface Growing {
  readonly step: RunStep;
  readonly place: Place;
  readonly indices: number[];
  count: number;
  until: string | null;
  attempt: number;
}

interface Place {
  readonly path: string;
  /** The same for all members of a join; `index` tells them apart. */
  readonly folded: string;
  readonly index: number | undefined;
}

function placeOf({ id }: RunStep, runId: string): Place {
  const path = id === null ? "" : id.slice(runId.length + 1);
  const last = [...path.matchAll(/\[(\d+)\]/g)].at(-1);
  if (last === undefined) return { path, folded: path, index: undefined };
  const folded = `${path.slice(0, last.index)}[*]${path.slice(last.index + last[0].length)}`;
  return { path, folded, index: Number(last[1]) };
}

/** What makes steps unlike beside their kind: the error, its numbers apart; but not the worker. */
function failureOf({ event, status, cause }: RunStep): string | null {
  return event === "retried" || (event === "settled" && status !== "SUCCEEDED")
    ? (cause ?? "").replace(/\d+/g, "0")
    : null;
}

function rowOf({ step, place, count, until, attempt, indices }: Growing): TimelineRow {
  const { at, event, status, cause, task } = step;
  const numbers = foldNumbers([...new Set(indices)].sort((a, b) => a - b));
  const path = count === 1 ? place.path : place.folded.replace("[*]", `[${numbers}]`);
  return {
    at,
    until: count === 1 ? null : until,
    event,
    path,
    task,
    count,
    attempt: attempt === 0 ? null : attempt,
    status: event === "armed" ? `${status} members` : status,
    cause: count === 1 || failureOf(step) !== null ? cause : null,
  };
}

/** @param startIso - What times are told after. */
export function timelineColumns(startIso: string): readonly Column<TimelineRow>[] {
  return [
    { title: "TIME", cell: ({ at }) => (at === null ? "" : at.slice(11, 23)) },
    {
      title: "AFTER",
      cell: ({ at }) => (at === null ? "" : durationText(Date.parse(at) - Date.parse(startIso))),
      alignRight: true,
      importance: 4,
    },
    {
      title: "FOR",
      cell: ({ at, until }) => (at === null || until === null ? "" : durationText(Date.parse(until) - Date.parse(at))),
      alignRight: true,
      importance: 5,
    },
    { title: "EVENT", cell: ({ event, count }) => (count === 1 ? event : `${event} × ${count}`) },
    { title: "WHAT", cell: ({ path }) => cut(path, 30) },
    { title: "TASK", cell: ({ task }) => cut(task ?? "", 24), importance: 2 },
    { title: "TRY", cell: ({ attempt }) => (attempt === null || attempt < 2 ? "" : String(attempt)), importance: 2 },
    { title: "STATUS", cell: ({ status }) => status ?? "", importance: 1 },
    { title: "CAUSE", cell: ({ cause }) => cut(plainLine(cause ?? ""), 60), importance: 3 },
  ];
}
