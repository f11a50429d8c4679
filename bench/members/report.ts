/**
 * The report as text: one row a size, each target beside what was measured, then where the cost of the largest run comes from.
 */
import type { Line } from "../meter/meter.ts";
import type { Delivery } from "./deployment.ts";
import type { Measurement } from "./measure.ts";
import { type Figures, missed, type TargetName, targeted, targetsOf } from "./targets.ts";

type Row = readonly string[];

/** The figures of every size. */
export function figuresText(all: readonly Figures[], delivery: Delivery): string {
  const targets = targetsOf(delivery);
  const under = (name: TargetName) => `≤ ${targets[name]}`;
  const marked = (figures: Figures, name: TargetName, text: string) =>
    `${text} ${missed(figures, delivery).includes(name) ? "✗" : "✓"}`;
  const row = (one: Figures): Row => [
    String(one.members),
    one.seconds.toFixed(2),
    one.membersPerSecond.toFixed(0),
    marked(one, "writeUnits", one.writeUnits.toFixed(3)),
    marked(one, "sqsRequests", one.sqsRequests.toFixed(3)),
    one.growth === undefined ? "–" : marked(one, "growth", one.growth.toFixed(3)),
    one.storeCalls.toFixed(3),
    one.readUnits.toFixed(3),
    `${one.runWriteUnits} + ${one.runSqsRequests}`,
    marked(one, "busiestItem", String(targeted(one, "busiestItem"))),
    one.busiestItem.name,
  ];
  const titles = ["members", "s", "members/s", "write units", "SQS requests", "growth", "store calls", "read units"];
  const head: Row = [...titles, "of the run", "busiest item", "which"];
  const aims: Row = [
    "",
    "",
    "",
    under("writeUnits"),
    under("sqsRequests"),
    under("growth"),
    "",
    "",
    "",
    under("busiestItem"),
    "",
  ];
  return `${delivery}; write units, SQS requests, store calls and read units are per member\n\n${tableText([head, aims, ...all.map(row)])}`;
}

/** Calls and units a member of each call site. */
export function sitesText({ members, counted }: Measurement): string {
  const each = (amount: number) => (amount === 0 ? "" : (amount / members).toFixed(4));
  const row = (line: Line): Row => [
    line.operation,
    line.site,
    line.kind,
    each(line.calls),
    each(line.writeUnits),
    each(line.readUnits),
    each(line.requests),
    line.refused === 0 ? "" : String(line.refused),
    (line.bytes / Math.max(1, line.messages || line.calls)).toFixed(0),
  ];
  const head: Row = [
    "operation",
    "site",
    "kind",
    "calls",
    "write units",
    "read units",
    "SQS requests",
    "refused",
    "bytes",
  ];
  const title = `per member, of ${members}; bytes of a message, else of a call`;
  const { busiestPartition } = counted;
  const partition = `busiest partition: ${busiestPartition?.writes ?? 0} writes of ${busiestPartition?.name ?? "none"}`;
  return `${title}\n\n${tableText([head, ...counted.lines.map(row)])}\n${partition}\n`;
}

/** Columns as wide as they must be; what begins with a letter is set to the left. */
function tableText(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const isText = widths.map((_, at) => rows.slice(1).every((row) => !/^[\d≤–]/.test(row[at] ?? "")));
  const line = (row: Row) =>
    row.map((cell, at) => (isText[at] ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
