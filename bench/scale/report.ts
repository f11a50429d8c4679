import type { Scale } from "./measure.ts";

const columns: readonly (readonly [string, (one: Scale) => string])[] = [
  ["load", ({ name }) => name],
  ["s", ({ seconds }) => seconds.toFixed(2)],
  ["store calls", ({ storeCalls }) => storeCalls.toFixed(3)],
  ["write units", ({ writeUnits }) => writeUnits.toFixed(3)],
  ["SQS requests", ({ sqsRequests }) => sqsRequests.toFixed(4)],
  ["read units", ({ readUnits }) => readUnits.toFixed(3)],
  ["write units of a run", ({ runWriteUnits }) => runWriteUnits.toFixed(1)],
  ["busiest inner item", ({ busiestArrivals }) => String(busiestArrivals)],
  ["RSS, MiB", ({ rssMiB }) => String(rssMiB)],
];

/** A row for each load; calls, units and requests are a member's. */
export function scaleText(scales: readonly Scale[]): string {
  const rows = [columns.map(([title]) => title), ...scales.map((one) => columns.map(([, cell]) => cell(one)))];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => (row[at] as string).length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number)))
      .join("  ");
  return rows.map((row) => `${line(row)}\n`).join("");
}
