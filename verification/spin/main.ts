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

function runAll(some: readonly Case[], limits: Limits): number {
  if (!values.json) console.log(line(header));
  let states = 0;
  let failed = 0;
  for (const one of some) {
    const report = runModel(one, limits);
    say(one, report);
    if (one.expect === "holds") states += report.states;
    if (report.verdict !== one.expect) failed++;
  }
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
