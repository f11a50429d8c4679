/**
 * `tutti events`: the timeline of a run.
 */
import type { Command } from "commander";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { renderTable } from "../output/table.ts";
import { timelineColumns, timelineRows } from "../output/timeline.ts";
import { parseIntegerIn, parseRunId } from "../usage.ts";

interface Flags extends ConnectionFlags {
  readonly limit?: number;
  readonly fold: boolean;
}

export function registerEvents(program: Command, io: CliIo): void {
  const command = program
    .command("events")
    .description("the timeline of a run: every step that is stored, with its time, attempt and cause")
    .argument("<ID>", "id of a run, or the beginning of one", parseRunId)
    .option("--limit <N>", "the last so many steps (default: 1000)", parseIntegerIn(1, 100_000))
    .option("--no-fold", "a line for each step, also of members that do the same; --json never folds")
    .action(async (id: string, flags: Flags) => {
      const client = await openClient(io, flags);
      const report = await client.events(id, flags.limit === undefined ? {} : { limit: flags.limit });
      if (flags.json === true) return writeJson(io, report);
      const start = report.events.find(({ at }) => at !== null)?.at;
      if (start === undefined || start === null) return note(io, "no step is stored");
      const rows = timelineRows(report, flags.fold);
      note(io, `run ${report.runId} ${report.status}: ${report.total} steps from ${start}; times are UTC`);
      io.out.write(renderTable(timelineColumns(start), rows, { width: io.out.columns }));
      if (report.omitted > 0) note(io, `${report.omitted} earlier steps are left out: see --limit`);
    });
  addExample(
    addConnectionOptions(command),
    "tutti events nightly-2026-11-21",
    "tutti events nightly --json | jq '.events[] | select(.event == \"retried\")'",
  );
}
