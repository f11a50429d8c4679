/**
 * `npm run verify:models`: the protocol's models, searched by spin. See options.ts for what it takes.
 */
import type { Case } from "./cases.ts";
import { type ModelOptions, parseOptions, usage } from "./options.ts";
import { missingPrograms, runModel } from "./run-model.ts";
import type { SearchReport } from "./search-report.ts";

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

function say(one: Case, report: SearchReport, json: boolean): void {
  if (json) {
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

/** Starts a search for each job, and the next whenever one ends; tells of all in their order. */
async function searchAll(
  { chosen, limits, jobs }: ModelOptions,
  tell: (one: Case, report: SearchReport) => void,
): Promise<void> {
  const waiting = [...chosen.entries()];
  const reports: (SearchReport | undefined)[] = [];
  let told = 0;
  const search = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, one] = next;
      reports[at] = await runModel(one, limits);
      for (let report = reports[told]; report !== undefined; report = reports[told])
        tell(chosen[told++] as Case, report);
    }
  };
  await Promise.all(Array.from({ length: jobs }, search));
}

async function runAll(options: ModelOptions): Promise<number> {
  const { chosen, json } = options;
  if (!json) console.log(line(header));
  const totals = new Map<string, Total>();
  let failed = 0;
  await searchAll(options, (one, report) => {
    say(one, report, json);
    totals.set(one.model, added(totals.get(one.model) ?? none, one, report));
    if (report.verdict !== one.expect) failed++;
  });
  if (!json) sayTotals(totals);
  const states = [...totals.values()].reduce((sum, total) => sum + total.states, 0);
  const summary = `${chosen.length} searches, ${failed} not as expected; ${states.toLocaleString("en")} states of models that must hold`;
  (json ? console.error : console.log)(summary);
  return failed === 0 ? 0 : 1;
}

async function main(options: ModelOptions): Promise<number> {
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const missing = missingPrograms();
  if (missing.length > 0) {
    console.error(`${missing.join(" and ")} not found: install with "apt-get install spin gcc" (spin 6.5 or later)`);
    return 2;
  }
  return runAll(options);
}

let options: ModelOptions | undefined;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
}
process.exitCode = options === undefined ? 2 : await main(options);
