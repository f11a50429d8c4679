/**
 * `tutti graph`: the picture of a run.
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { TaskStatus } from "../../lib/model/outcome.ts";
import type { GraphReport } from "../../lib/model/view-reports.ts";
import { openClient } from "../connection.ts";
import { type CliIo, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { paintFor } from "../output/colour.ts";
import { svgText } from "../output/graph-svg.ts";
import { dotText, mermaidText } from "../output/graph-text.ts";
import { treeLines } from "../output/graph-tree.ts";
import { writeJson } from "../output/json.ts";
import { legendOf } from "../output/symbols.ts";
import { parseIntegerIn, parseRunId, UsageError } from "../usage.ts";

const formats = ["tree", "mermaid", "dot", "svg"] as const;

interface Flags extends ConnectionFlags {
  readonly format: (typeof formats)[number];
  readonly out?: string;
  readonly foldAbove?: number;
}

export function registerGraph(program: Command, io: CliIo): void {
  const command = program
    .command("graph")
    .description("the picture of a run: its tasks, chords and groups with their states")
    .argument("<ID>", "id of a run, or the beginning of one", parseRunId)
    .addOption(new Option("--format <FORMAT>", "what to draw it with").choices(formats).default("tree"))
    .option("--out <FILE>", "write it there instead of to stdout")
    .option(
      "--fold-above <N>",
      "members of larger chords and groups that look alike are shown as one (default: 10)",
      parseIntegerIn(1, 1000),
    )
    .action(async (id: string, flags: Flags) => {
      if (flags.json === true && flags.format !== "tree")
        throw new UsageError("--json and --format say what to write, each", "leave out one of them");
      const client = await openClient(io, flags);
      const { foldAbove } = flags;
      const report = await client.graph(id, foldAbove === undefined ? {} : { foldAbove });
      if (flags.out !== undefined) return writeTo(io, flags.out, await textOf(io, report, flags, true));
      if (flags.json === true) return writeJson(io, report);
      io.out.write(await textOf(io, report, flags, false));
      if (flags.format === "tree") note(io, legendOf(statusesIn(report)));
    });
  addExample(
    addConnectionOptions(command),
    "tutti graph nightly-2026-11-21",
    "tutti graph nightly --format svg --out nightly.svg",
    "tutti graph nightly --format mermaid >> README.md",
  );
}

/** @param toFile - A file has no width, and no colours. */
async function textOf(io: CliIo, report: GraphReport, { format, json }: Flags, toFile: boolean): Promise<string> {
  if (json === true) return `${JSON.stringify(report, null, 2)}\n`;
  switch (format) {
    case "tree": {
      const look = toFile
        ? { width: undefined, paint: (_: unknown, text: string) => text }
        : { width: io.out.columns, paint: paintFor(io, io.out) };
      return `${treeLines(report, look).join("\n")}\n`;
    }
    case "mermaid":
      return mermaidText(report);
    case "dot":
      return dotText(report);
    case "svg":
      return svgText(dotText(report));
  }
}

async function writeTo(io: CliIo, file: string, text: string): Promise<void> {
  const path = resolve(io.cwd, file);
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new UsageError(`cannot write ${file}: ${(cause as Error).message}`);
  }
  note(io, `written: ${file}`);
}

function statusesIn(report: GraphReport): Set<TaskStatus> {
  return new Set([
    ...report.units.flatMap(({ status, states }) => [status, ...(Object.keys(states) as TaskStatus[])]),
    ...report.children.flatMap((child) => [...statusesIn(child)]),
  ]);
}
