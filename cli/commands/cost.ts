/**
 * `tutti cost`: what a run has cost, by call.
 */
import type { Command } from "commander";
import { parsePrices } from "../../lib/client/cost-of-run.ts";
import type { CostLine, CostReport } from "../../lib/client/shapes.ts";
import { openClient } from "../connection.ts";
import { readJson } from "../file-argument.ts";
import type { CliIo } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { dollars } from "../output/dollars.ts";
import { writeJson } from "../output/json.ts";
import { writeProse } from "../output/prose.ts";
import { type Column, renderTable } from "../output/table.ts";
import { parseRunId } from "../usage.ts";

interface Flags extends ConnectionFlags {
  readonly prices?: string;
}

const pricesHint = "a table of prices as JSON: see docs/budgets.md";

export function registerCost(program: Command, io: CliIo): void {
  const command = program
    .command("cost")
    .description(
      "what a run has cost in US dollars, by call: counted from its items, and estimated where they do not tell",
    )
    .argument("<ID>", "id of a run, or the beginning of one", parseRunId)
    .option("--prices <FILE>", "table of prices as JSON, - for standard input (default: list prices of us-east-1)")
    .action(async (id: string, flags: Flags) => {
      const prices = flags.prices === undefined ? undefined : parsePrices(await readJson(io, flags.prices, pricesHint));
      const client = await openClient(io, flags);
      const report = await client.cost(id, prices === undefined ? {} : { prices });
      if (flags.json === true) writeJson(io, report);
      else writeCost(io, report);
    });
  addExample(
    addConnectionOptions(command),
    "tutti cost nightly-2026-11-21",
    "tutti cost nightly --prices our-prices.json --json | jq .totals.usd",
  );
}

function writeCost(io: CliIo, { runId, status, runs, prices, lines, totals, notCounted }: CostReport): void {
  const so = status === "RUNNING" ? " so far" : "";
  const others = runs === 1 ? "" : `, with ${runs - 1} run${runs === 2 ? "" : "s"} of its maps`;
  writeProse(io.out, `run ${runId} ${status}${others}: $${dollars(totals.usd)}${so} at prices of ${prices.name}`);
  io.out.write("\n");
  io.out.write(renderTable(columns, lines, { width: io.out.columns }));
  for (const one of notCounted) writeProse(io.err, `not counted: ${one}`);
}

const columns: readonly Column<CostLine>[] = [
  { title: "SERVICE", cell: ({ service }) => service },
  { title: "CALL", cell: ({ call }) => call },
  { title: "AMOUNT", cell: ({ amount }) => String(Number(amount.toPrecision(6))), alignRight: true },
  { title: "UNIT", cell: ({ unit }) => unit },
  { title: "BASIS", cell: ({ basis }) => basis, importance: 1 },
  { title: "US DOLLARS", cell: ({ usd }) => dollars(usd), alignRight: true },
];
