/**
 * `npm run verify:models`: the protocol's models, searched by spin.
 *
 *   quick      (default) what takes seconds each
 *   all        everything
 *   live       what looks for cycles without progress
 *   PATTERN    every case whose model and flags contain it
 *   --json     one line of JSON a case
 *   --mib N, --seconds N   bounds of one search (6000 and 900); what is cut by them has no verdict, and fails
 *
 * Exits 1 when an expectation fails, 2 when spin or gcc is not there.
 */
import { parseArgs } from "node:util";
import { type Case, cases } from "./cases.ts";
import { type Limits, missingPrograms, runModel } from "./run-model.ts";
import type { SearchReport } from "./search-report.ts";

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false }, mib: { type: "string" }, seconds: { type: "string" } },
  allowPositionals: true,
});

function chosen(want: string): readonly Case[] {
  if (want === "all") return cases;
  if (want === "quick") return cases.filter(({ long }) => !long);
  if (want === "live") return cases.filter(({ live }) => live);
  return cases.filter(({ model, flags }) => `${model} ${flags}`.includes(want));
}

/** A bound from the command line: a whole number from 1. */
function bound(name: "mib" | "seconds", otherwise: number): number {
  const text = values[name];
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1, not ${text}`);
  return value;
}

const header = ["expected", "found", "states", "s", "MiB", "model"];
const widths = [9, 9, 12, 7, 6];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, at) => {
      const width = widths[at] ?? 0;
      return at < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join(" ");
}

function say(one: Case, report: SearchReport): void {
  if (values.json) {
    console.log(JSON.stringify({ ...one, ...report }));
    return;
  }
  const { verdict, states, seconds, mib, how } = report;
  const name = `${one.model} ${one.flags}${one.live ? " (live)" : ""}`;
  const cells = [one.expect, verdict, states.toLocaleString("en"), seconds.toFixed(1), String(mib), name];
  console.log(`${line(cells)}${how === undefined ? "" : `\n${" ".repeat(19)}${how}`}`);
}

/** What the searches of one model have come to: those of the model as it is, and its wrong variants. */
interface Total {
  readonly searches: number;
  readonly states: number;
  readonly depth: number;
  readonly seconds: number;
  readonly variants: number;
  readonly rejected: number;
}

const none: Total = { searches: 0, states: 0, depth: 0, seconds: 0, variants: 0, rejected: 0 };

function added(total: Total, one: Case, { verdict, states, depth, seconds }: SearchReport): Total {
  const isVariant = one.expect === "rejected";
  return {
    searches: total.searches + (isVariant ? 0 : 1),
    states: total.states + (isVariant ? 0 : states),
    depth: isVariant ? total.depth : Math.max(total.depth, depth),
    seconds: total.seconds + seconds,
    variants: total.variants + (isVariant ? 1 : 0),
    rejected: total.rejected + (isVariant && verdict === "rejected" ? 1 : 0),
  };
}

const totalWidths = [12, 9, 14, 8, 9];

function sayTotals(totals: ReadonlyMap<string, Total>): void {
  const row = (cells: readonly string[]) =>
    console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(totalWidths[at] ?? 18))).join(" "));
  console.log();
  row(["model", "searches", "states", "depth", "s", "variants rejected"]);
  for (const [model, { searches, states, depth, seconds, variants, rejected }] of totals)
    row([
      model,
      String(searches),
      states.toLocaleString("en"),
      String(depth),
      seconds.toFixed(1),
      `${rejected} of ${variants}`,
    ]);
}

function runAll(some: readonly Case[], limits: Limits): number {
  if (!values.json) console.log(line(header));
  const totals = new Map<string, Total>();
  let failed = 0;
  for (const one of some) {
    const report = runModel(one, limits);
    say(one, report);
    totals.set(one.model, added(totals.get(one.model) ?? none, one, report));
    if (report.verdict !== one.expect) failed++;
  }
  if (!values.json) sayTotals(totals);
  const states = [...totals.values()].reduce((sum, total) => sum + total.states, 0);
  const summary = `${some.length} searches, ${failed} not as expected; ${states.toLocaleString("en")} states of models that must hold`;
  (values.json ? console.error : console.log)(summary);
  return failed === 0 ? 0 : 1;
}

function main(): number {
  const limits = { memoryMib: bound("mib", 6000), seconds: bound("seconds", 900) };
  const missing = missingPrograms();
  if (missing.length > 0) {
    console.error(`${missing.join(" and ")} not found: install with "apt-get install spin gcc" (spin 6.5 or later)`);
    return 2;
  }
  const want = positionals[0] ?? "quick";
  const some = chosen(want);
  if (some.length === 0) {
    console.error(`no model whose name and flags contain ${JSON.stringify(want)}`);
    return 2;
  }
  return runAll(some, limits);
}

process.exitCode = main();
