/**
 * `tutti status`: what is going on in the whole deployment.
 */
import type { Command } from "commander";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import type { QueueReport, StatusReport } from "../../lib/client/shapes.ts";
import { runStatuses } from "../../lib/model/outcome.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { paintFor, statusCells } from "../output/colour.ts";
import { durationText } from "../output/duration.ts";
import { writeJson } from "../output/json.ts";
import { runColumns } from "../output/runs.ts";
import { type Column, renderTable } from "../output/table.ts";

export function registerStatus(program: Command, io: CliIo): void {
  const command = program
    .command("status")
    .description("what is going on: runs by state, active joins, oldest waiting, queue depths, dead letters")
    .action(async (flags: ConnectionFlags) => {
      const client = await openClient(io, flags);
      const report = await client.status();
      if (flags.json === true) writeJson(io, report);
      else writeStatus(io, report, wallClock.now());
    });
  addExample(addConnectionOptions(command), "tutti status");
}

function writeStatus(io: CliIo, report: StatusReport, nowMs: number): void {
  const states = runStatuses
    .filter((status) => report.runs[status] > 0)
    .map((status) => `${report.runs[status]} ${status}`);
  if (states.length === 0) note(io, "no runs yet: try tutti run FILE, or npm start for an example");
  const lines = [
    ["runs", `${states.join(" · ") || "none"}${report.partial ? " (of the newest; there are more)" : ""}`],
    ["active joins", `${report.partial ? "at least " : ""}${report.activeJoins}`],
    ["oldest waiting", oldestText(report, nowMs)],
    ["rejected requests", String(report.rejected)],
  ] as const;
  for (const [name, text] of lines) io.out.write(`${name.padEnd(19)}${text}\n`);
  if (report.queues !== null && report.queues.length > 0)
    io.out.write(`\n${renderTable(queueColumns, report.queues, { width: io.out.columns })}`);
  if (report.recent.length === 0) return;
  const paint = paintFor(io, io.out);
  const columns = runColumns(nowMs);
  io.out.write(`\n${renderTable(columns, report.recent, { width: io.out.columns, paintCell: statusCells(paint) })}`);
}

function oldestText({ oldestWaiting }: StatusReport, nowMs: number): string {
  if (oldestWaiting === null) return "nothing waits for a worker";
  const { taskId, status, since } = oldestWaiting;
  return `${taskId} ${status} for ${durationText(nowMs - Date.parse(since))}`;
}

const queueColumns: readonly Column<QueueReport>[] = [
  { title: "QUEUE", cell: ({ queue }) => queue },
  { title: "WAITING", cell: ({ visible }) => String(visible), alignRight: true },
  { title: "IN FLIGHT", cell: ({ inFlight }) => String(inFlight), alignRight: true, importance: 2 },
  { title: "DELAYED", cell: ({ delayed }) => String(delayed), alignRight: true, importance: 3 },
  { title: "DEAD LETTERS", cell: ({ dead }) => String(dead), alignRight: true, importance: 1 },
];
