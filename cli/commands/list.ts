/**
 * `tutti list`: runs, newest first, by state, name and age.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { ListOptions } from "../../lib/client/list.ts";
import type { ListReport } from "../../lib/model/operating-reports.ts";
import { type RunStatus, runStatuses } from "../../lib/model/outcome.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { paintFor, statusCells } from "../output/colour.ts";
import { writeJson } from "../output/json.ts";
import { runColumns } from "../output/runs.ts";
import { renderTable } from "../output/table.ts";
import { parseDuration, parseIntegerIn } from "../usage.ts";

interface Flags extends ConnectionFlags {
  readonly status?: readonly RunStatus[];
  readonly name?: string;
  readonly newerThan?: number;
  readonly olderThan?: number;
  readonly limit?: number;
  readonly cursor?: string;
}

export function registerList(program: Command, io: CliIo): void {
  const command = program
    .command("list")
    .description("runs, newest first, by state, name and age")
    .option(
      "--status <STATE>",
      `only in this state: ${runStatuses.join(", ")}; repeatable, or with commas`,
      (text: string, before: readonly RunStatus[] = []) => [...before, ...parseStatuses(text)],
    )
    .option("--name <NAME>", "only with this name; a * at its end stands for any rest")
    .option("--newer-than <AGE>", "only submitted since then: 90s, 15m, 2h, 7d", parseDuration)
    .option("--older-than <AGE>", "only submitted before then", parseDuration)
    .option("--limit <N>", "runs on a page (default: 50)", parseIntegerIn(1, 1000))
    .option("--cursor <CURSOR>", "where the page starts, as the page before says")
    .action(async (flags: Flags) => {
      const client = await openClient(io, flags);
      const report = await client.list(optionsOf(flags));
      if (flags.json === true) writeJson(io, report);
      else writeList(io, report, Date.parse(report.listedAt));
    });
  addExample(
    addConnectionOptions(command),
    "tutti list --status FAILED,TIMED_OUT --newer-than 1d",
    "tutti list --name 'nightly*' --json | jq .runs",
  );
}

function parseStatuses(text: string): readonly RunStatus[] {
  return text.split(",").map((one) => {
    const status = runStatuses.find((known) => known === one.trim().toUpperCase());
    if (status === undefined) throw new InvalidArgumentError(`It must be of ${runStatuses.join(", ")}.`);
    return status;
  });
}

function optionsOf({ status, name, newerThan, olderThan, limit, cursor }: Flags): ListOptions {
  return {
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name }),
    ...(newerThan === undefined ? {} : { newerThanSeconds: newerThan }),
    ...(olderThan === undefined ? {} : { olderThanSeconds: olderThan }),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

function writeList(io: CliIo, { runs, cursor }: ListReport, nowMs: number): void {
  if (runs.length === 0) note(io, "no run fits");
  else {
    const paintCell = statusCells(paintFor(io, io.out));
    io.out.write(renderTable(runColumns(nowMs), runs, { width: io.out.columns, paintCell }));
  }
  if (cursor !== null) note(io, `there are more: the same with --cursor ${cursor}`);
}
