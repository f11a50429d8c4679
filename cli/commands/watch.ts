/**
 * `tutti watch`: one run, or all that run, redrawn in place; lines where there is no terminal.
 */
import type { Command } from "commander";
import type { Look } from "../../lib/client/watch.ts";
import type { WatchedRun, WatchReport } from "../../lib/model/view-reports.ts";
import { openClient } from "../connection.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { isLively, paintFor } from "../output/colour.ts";
import { jsonText } from "../output/json.ts";
import { cut } from "../output/plain.ts";
import { barLine, runLines, runText } from "../output/watch.ts";
import { parseDuration, parseRunId } from "../usage.ts";
import { type Sample, settledIn, watchedRun, withSample } from "../watching.ts";

interface Flags extends ConnectionFlags {
  readonly interval?: number;
}

export function registerWatch(program: Command, io: CliIo): void {
  const command = program
    .command("watch")
    .description("a run, or all that run, redrawn in place: progress, rate, time left, what fails first")
    .argument("[ID]", "id of a run, or the beginning of one (default: all that run, until Ctrl-C)", parseRunId)
    .option("--interval <TIME>", "pause between two looks: 1s, 0.5s, 1m (default: 1s)", parseDuration)
    .action((id: string | undefined, flags: Flags) => watch(io, id, flags));
  addExample(addConnectionOptions(command), "tutti watch", "tutti watch nightly-2026-11-21 --interval 5s");
}

async function watch(io: CliIo, id: string | undefined, flags: Flags): Promise<void> {
  const client = await openClient(io, flags);
  const stop = new AbortController();
  const unlisten = io.onInterrupt(() => stop.abort());
  const show = viewOf(io, flags.json === true, id !== undefined);
  const samples = new Map<string, readonly Sample[]>();
  try {
    const last = await client.watch({
      ...(id === undefined ? {} : { id }),
      ...(flags.interval === undefined ? {} : { intervalSeconds: flags.interval }),
      signal: stop.signal,
      onLook(look) {
        const runs = look.runs.map((report) => {
          const { id: run } = report.run;
          const seen = withSample(samples.get(run) ?? [], { atMs: look.atMs, settled: settledIn(report.run) });
          samples.set(run, seen);
          return watchedRun(report, seen);
        });
        show(look, runs);
      },
    });
    if (stop.signal.aborted) return void io.exitWith(exitCodes.interrupted);
    const status = last.runs[0]?.run.status;
    if (status !== "SUCCEEDED") io.exitWith(exitCodes.issue);
  } finally {
    unlisten();
  }
}

type Show = (look: Look, runs: readonly WatchedRun[]) => void;

function viewOf(io: CliIo, json: boolean, single: boolean): Show {
  if (json) return (look, runs) => io.out.write(`${jsonText(reportOf(look, runs), false)}\n`);
  return isLively(io, io.out) ? redrawn(io, single) : lines(io);
}

function reportOf({ atMs, running }: Look, runs: readonly WatchedRun[]): WatchReport {
  return { schemaVersion: 1, at: new Date(atMs).toISOString(), running, runs: [...runs] };
}

/** Cursor to the start of the line that many lines up; erase to the end of the screen (ECMA-48, CPL and ED). */
function upBy(count: number): string {
  return count === 0 ? "" : `\u001b[${count}F\u001b[J`;
}

const fallbackColumns = 80;
const fallbackRows = 24;
/** Of each run, where there are several. */
const linesOfRun = 2;

function redrawn(io: CliIo, single: boolean): Show {
  let drawn = 0;
  return (look, runs) => {
    const shape = { width: io.out.columns ?? fallbackColumns, paint: paintFor(io, io.out) };
    // What has left the screen at its top cannot be drawn over. One line is the cursor's, another says how many more there are.
    const rows = (io.out.rows ?? fallbackRows) - 2;
    const shown = single ? runs : runs.slice(0, Math.max(1, Math.floor(rows / linesOfRun)));
    const text = shown.flatMap((run, i) => {
      const report = look.runs[i];
      if (single && report !== undefined) return runLines(report, run, shape).slice(0, rows + 1);
      return [
        cut(`${run.id} ${run.status}`, shape.width - 1),
        `  ${barLine(run, { ...shape, width: shape.width - 2 })}`,
      ];
    });
    const more = look.running - shown.length;
    if (!single && runs.length === 0) text.push("nothing runs");
    if (!single && more > 0) text.push(`and ${more} more: tutti list --status RUNNING`);
    io.out.write(`${upBy(drawn)}${text.map((line) => `${line}\n`).join("")}`);
    drawn = text.length;
  };
}

/** What has changed, as lines. */
function lines(io: CliIo): Show {
  const shown = new Map<string, string>();
  return (_look, runs) => {
    for (const run of runs) {
      const key = JSON.stringify([run.status, run.settled, run.failed, run.running, run.pausedAt]);
      if (shown.get(run.id) === key) continue;
      shown.set(run.id, key);
      io.out.write(`${runText(run)}\n`);
    }
    if (runs.length === 0 && !shown.has("")) note(io, "nothing runs");
    if (runs.length === 0) shown.set("", "");
    else shown.delete("");
  };
}
