/**
 * `tutti inspect`: one run, or a join or task of it.
 */
import type { Command } from "commander";
import { progressText } from "../../lib/client/errors.ts";
import type {
  BudgetReport,
  InspectReport,
  JoinReport,
  MapReport,
  Progress,
  RunReport,
  TaskReport,
} from "../../lib/client/shapes.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { type Paint, paintFor, paintStatus, statusCells } from "../output/colour.ts";
import { dollars } from "../output/dollars.ts";
import { durationText } from "../output/duration.ts";
import { writeJson } from "../output/json.ts";
import { cut, taskText } from "../output/plain.ts";
import { type Column, renderTable } from "../output/table.ts";
import { whenText } from "../output/when.ts";
import { parseIntegerIn, parseRunOrPartId } from "../usage.ts";

interface InspectFlags extends ConnectionFlags {
  readonly verbose?: boolean;
  readonly cursor?: number;
}

/** Longest cursor: tasks of the largest run. */
const maxCursor = 1_000_000;
/** Missing members named on the screen; `--json` names 100. */
const namedMissing = 3;
const resultLength = 200;

export function registerInspect(program: Command, io: CliIo): void {
  const command = program
    .command("inspect")
    .description("one run, or a join or task of it: progress, members, who fired the callback and when")
    .argument("<ID>", "id of a run or the beginning of one; or <run id>/<path of a join or task>", parseRunOrPartId)
    .option("-v, --verbose", "list the tasks with state, attempt, worker, times and errors, 1,000 a page")
    .option("--cursor <N>", "where the page of tasks starts, as the page before says", parseIntegerIn(0, maxCursor))
    .action(async (id: string, flags: InspectFlags) => {
      const client = await openClient(io, flags);
      const verbose = flags.verbose === true || flags.cursor !== undefined;
      const report = await client.inspect(id, {
        verbose,
        ...(flags.cursor === undefined ? {} : { cursor: String(flags.cursor) }),
      });
      if (flags.json === true) writeJson(io, report);
      else writeInspect(io, report);
    });
  addExample(
    addConnectionOptions(command),
    "tutti inspect nightly-2026-11-21 --verbose",
    "tutti inspect nightly --json | jq .joins",
  );
}

function writeInspect(io: CliIo, report: InspectReport): void {
  const paint = paintFor(io, io.out);
  writeRun(io, report.run, paint);
  if (report.joins.length > 0) io.out.write(`\n${renderTable(joinColumns, report.joins, { width: io.out.columns })}`);
  for (const join of report.joins)
    if (join.missingCount > 0 && join.decision === null) io.out.write(`${missingText(join)}\n`);
  if (report.maps !== undefined)
    io.out.write(`\n${renderTable(mapColumns, report.maps, { width: io.out.columns, paintCell: statusCells(paint) })}`);
  if (report.tasks === undefined) return;
  if (report.tasks.length === 0) note(io, "no task is on this page");
  else
    io.out.write(
      `\n${renderTable(taskColumns, report.tasks, { width: io.out.columns, paintCell: statusCells(paint) })}`,
    );
  for (const task of report.tasks) if (task.token !== null) io.out.write(`${waitingText(task)}\n`);
  if (typeof report.cursor === "string")
    note(io, `there are more: tutti inspect ${report.run.id} --verbose --cursor ${report.cursor}`);
}

function writeRun(io: CliIo, run: RunReport, paint: Paint): void {
  const took =
    run.finishedAt === null ? "" : ` · took ${durationText(Date.parse(run.finishedAt) - Date.parse(run.submittedAt))}`;
  const lines: (readonly [string, string])[] = [
    [
      "run",
      `${run.id} ${paintStatus(paint, run.status)}${run.name === null ? "" : ` · ${cut(run.name, 80)}`}${run.generation > 1 ? ` · generation ${run.generation}` : ""}`,
    ],
    ...(run.parent === undefined ? [] : [["map", run.parent] as const]),
    ["submitted", run.submittedAt],
    ...(run.pausedAt === null ? [] : [["paused", `${run.pausedAt} · let it go on: tutti resume ${run.id}`] as const]),
    ...(run.finishedAt === null ? [] : [["finished", `${run.finishedAt}${took}`] as const]),
    ["progress", progressText(run.progress)],
    ...(run.budget === undefined ? [] : [["budget", budgetText(run.budget, run.id)] as const]),
    ...(run.error === null ? [] : [["error", errorText(run.error)] as const]),
    ...(run.status === "SUCCEEDED" ? [["result", cut(JSON.stringify(run.result), resultLength)] as const] : []),
  ];
  for (const [name, text] of lines) io.out.write(`${name.padEnd(11)}${text}\n`);
}

/** What is counted, of what is allowed. */
function budgetText({ run, maxTasks, maxAttemptsTotal, maxCost, used }: BudgetReport, id: string): string {
  const parts = [
    ...(maxTasks === null ? [] : [`${used.tasks} of ${maxTasks} tasks`]),
    ...(maxAttemptsTotal === null ? [] : [`${used.attempts} of ${maxAttemptsTotal} attempts`]),
    ...(maxCost === null ? [] : [`$${dollars(used.cost)} of $${dollars(maxCost)}`]),
  ];
  return `${parts.join(" · ")}${run === id ? "" : ` of run ${run}`}`;
}

function errorText(error: NonNullable<TaskReport["error"]>): string {
  return `${cut(`${error.name}: ${error.message}`, 200)}${error.taskId === undefined ? "" : ` (${error.taskId})`}`;
}

function missingText({ id, missing, missingCount }: JoinReport): string {
  const named = missing.slice(0, namedMissing).join(", ");
  return `${id} waits for ${missingCount}: ${named}${missingCount > namedMissing ? ", …" : ""}`;
}

/** A task that runs elsewhere, and how a person answers for it. Shells take brackets for patterns. */
function waitingText({ id }: TaskReport): string {
  return `${id} waits for a report: tutti report '${id}' --succeeded`;
}

/** When, and what the task said of itself. */
function heartbeatText({ at, details }: NonNullable<TaskReport["heartbeat"]>): string {
  return details === null ? at : `${at} ${cut(JSON.stringify(details), 40)}`;
}

const joinColumns: readonly Column<JoinReport>[] = [
  { title: "JOIN", cell: ({ id }) => id },
  { title: "KIND", cell: ({ kind }) => kind, importance: 3 },
  { title: "WHEN", cell: whenText, importance: 3 },
  { title: "AT ONCE", cell: ({ maxConcurrency }) => String(maxConcurrency ?? ""), alignRight: true, importance: 4 },
  { title: "ARRIVED", cell: ({ arrived, expected }) => `${arrived}/${expected}`, alignRight: true },
  { title: "DECISION", cell: ({ decision }) => decision ?? "" },
  { title: "FIRED AT", cell: ({ firedAt }) => firedAt ?? "", importance: 1 },
  { title: "FIRED BY", cell: ({ firedBy }) => firedBy ?? "", importance: 2 },
];

const mapColumns: readonly Column<MapReport>[] = [
  { title: "MAP", cell: ({ id }) => id },
  { title: "STATUS", cell: ({ status }) => status },
  { title: "RUN", cell: ({ run }) => run ?? "" },
  { title: "DONE", cell: ({ progress }) => (progress === null ? "" : doneText(progress)), alignRight: true },
];

/** Tasks with an outcome, of all. */
function doneText({ total, running, waiting }: Progress): string {
  return `${total - running - waiting}/${total}`;
}

const taskColumns: readonly Column<TaskReport>[] = [
  { title: "ID", cell: ({ id }) => id },
  { title: "TASK", cell: taskText, importance: 1 },
  { title: "STATUS", cell: ({ status, afterQuorum }) => (afterQuorum ? `${status} late` : status) },
  { title: "LATE", cell: ({ late }) => late ?? "", importance: 1 },
  { title: "UNTIL", cell: ({ waitingUntil }) => waitingUntil ?? "", importance: 2 },
  { title: "ATTEMPT", cell: ({ attempt }) => String(attempt), alignRight: true, importance: 2 },
  { title: "STARTED", cell: ({ startedAt }) => startedAt ?? "", importance: 4 },
  { title: "FINISHED", cell: ({ finishedAt }) => finishedAt ?? "", importance: 3 },
  { title: "WORKER", cell: ({ worker }) => worker ?? "", importance: 5 },
  { title: "QUEUE", cell: ({ queue }) => queue, importance: 6 },
  { title: "FOR", cell: ({ fairnessKey }) => fairnessKey ?? "", importance: 7 },
  { title: "HEARTBEAT", cell: ({ heartbeat }) => (heartbeat === null ? "" : heartbeatText(heartbeat)), importance: 4 },
  {
    title: "ERROR",
    cell: ({ error }) => (error === null ? "" : cut(`${error.name}: ${error.message}`, 60)),
    importance: 1,
  },
];
