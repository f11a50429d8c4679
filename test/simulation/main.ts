/**
 * `npm run verify:crash-points`: lane A by hand. See options.ts for what it takes.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { crashPoints, type Failure, type Part, type Report } from "./crash-points.ts";
import type { Fault, FaultMode } from "./faults.ts";
import { type CrashPointOptions, parseOptions, usage } from "./options.ts";
import { describeFailure, table, unreached } from "./report.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario-parts.ts";
import { scenarios } from "./scenarios.ts";
import { smallScenarios, wholeScenarios } from "./small-scenarios.ts";
import { triples } from "./triples.ts";
import { catchVariant, variants } from "./variants.ts";

const processes = availableParallelism();
const none: Report = { histories: 0, failures: [], reached: new Map() };

/** What a part says, as one line of JSON. */
interface Said {
  readonly histories: number;
  readonly failures: readonly Failure[];
  readonly reached: readonly (readonly [
    string,
    { readonly kind: string; readonly byMode: readonly [string, number][] },
  ])[];
  readonly caught: readonly Caught[];
}

interface Caught {
  readonly name: string;
  readonly by: string | null;
}

/** Runs this program once for each core, each with its part. */
async function inParts(share: number, ...args: readonly string[]): Promise<Said[]> {
  const parts = Array.from({ length: processes }, (_, number) => `${number}/${processes}`);
  return await Promise.all(parts.map((part) => sayingOf([...args, "--share", String(share), "--part", part])));
}

function sayingOf(args: readonly string[]): Promise<Said> {
  const program = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (piece) => {
    text += piece;
  });
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) =>
      code === 0 ? done(JSON.parse(text)) : failed(new Error(`part ${args.at(-1)} ended with ${code}`)),
    );
  });
}

function partOf(text: string): Part {
  const [number = 0, of = 1] = text.split("/").map(Number);
  return { number, of };
}

async function say(part: Part, options: CrashPointOptions): Promise<void> {
  const report = options.variants ? none : await reportOf(part, options);
  const said: Said = {
    histories: report.histories,
    failures: report.failures,
    reached: [...report.reached].map(([site, { kind, byMode }]) => [site, { kind, byMode: [...byMode] }]),
    caught: options.variants ? await caughtIn(part) : [],
  };
  process.stdout.write(JSON.stringify(said));
}

async function reportOf(part: Part, options: CrashPointOptions): Promise<Report> {
  const { scenario, pairs, share, mode, triples: count, from } = options;
  if (count !== undefined) return await triples({ from, count, part });
  const named = scenario === undefined ? undefined : [scenario];
  const names = pairs ? (named ?? smallScenarios) : named;
  const ofShare = { number: part.number, of: part.of * share };
  const apart = names === undefined ? { apart: { names: wholeScenarios, part } } : { names };
  return await crashPoints({ ...apart, part: ofShare, pairs, ...(mode && { mode }) });
}

/** The reports of all parts as one. */
function together(parts: readonly Said[]): Report {
  const reached: Map<string, { kind: never; byMode: Map<FaultMode, number> }> = new Map();
  for (const [site, { kind, byMode }] of parts.flatMap((part) => part.reached)) {
    const row = reached.get(site) ?? { kind: kind as never, byMode: new Map<FaultMode, number>() };
    reached.set(site, row);
    for (const [mode, count] of byMode)
      row.byMode.set(mode as FaultMode, (row.byMode.get(mode as FaultMode) ?? 0) + count);
  }
  const sum = parts.reduce((all, { histories }) => all + histories, 0);
  return { histories: sum, failures: parts.flatMap(({ failures }) => failures), reached };
}

async function everything(options: CrashPointOptions): Promise<boolean> {
  const { scenario, pairs, share, mode, triples: count, from } = options;
  const start = performance.now();
  const drawn = count === undefined ? [] : ["--triples", String(count), "--from", String(from)];
  const chosen = [...(pairs ? ["--pairs"] : []), ...(mode === undefined ? [] : ["--mode", mode]), ...drawn];
  const asked = [...(scenario === undefined ? [] : ["--scenario", scenario]), ...chosen];
  const report = together(await inParts(share, ...asked));
  for (const failure of report.failures) console.log(`${describeFailure(failure)}\n`);
  const isOfAll = scenario === undefined && !pairs && count === undefined;
  const missing = isOfAll ? unreached(report, share > 1) : [];
  console.log(table(report));
  if (missing.length > 0) console.log(`\nreached by no scenario: ${missing.join(", ")}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const within = scenario === undefined ? (pairs ? smallScenarios : scenarios).length : 1;
  console.log(
    `\n${report.histories} histories of ${within} scenarios in ${seconds} s: ${report.failures.length} failures`,
  );
  return report.failures.length === 0 && missing.length === 0;
}

async function caughtIn({ number, of }: Part): Promise<Caught[]> {
  const names = Object.keys(variants).filter((_, at) => at % of === number);
  const caught: Caught[] = [];
  for (const name of names) {
    const failure = await catchVariant(name);
    const by = failure
      ? `${failure.scenario}; ${failure.faults.map(({ mode, site }) => `${mode} at ${site}`).join(", ") || "no fault"}; ${failure.what[0]}`
      : null;
    caught.push({ name, by });
  }
  return caught;
}

async function wrongVariants(): Promise<boolean> {
  const all = (await inParts(1, "--variants")).flatMap(({ caught }) => caught);
  const names = Object.keys(variants);
  for (const { name, by } of all.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name)))
    console.log(`${name.padEnd(52)} ${by?.split("\n")[0] ?? "NOT CAUGHT"}`);
  const caught = all.filter(({ by }) => by !== null).length;
  console.log(`\n${caught} of ${names.length} wrong variants caught`);
  return caught === names.length;
}

async function oneHistory(name: string, injected: readonly Fault[]): Promise<boolean> {
  const scenario = scenarios.find((candidate) => candidate.name === name) as Scenario;
  const outcome = await runScenario({ scenario, injected });
  for (const { number, site, kind } of outcome.calls)
    console.log(`${String(number).padStart(4)} ${kind.padEnd(8)} ${site}`);
  console.log(JSON.stringify(outcome.state, null, 2));
  for (const fault of outcome.faults) console.log(fault);
  return outcome.faults.length === 0;
}

async function main(options: CrashPointOptions): Promise<boolean> {
  const { scenario, faults, variants, pairs, triples: drawn, part } = options;
  if (options.help) {
    console.log(usage);
    return true;
  }
  if (part !== undefined) {
    await say(partOf(part), options);
    return true;
  }
  if (scenario !== undefined && faults !== undefined) return oneHistory(scenario, faults);
  if (variants) return wrongVariants();
  const held = await everything(options);
  return scenario === undefined && !pairs && drawn === undefined ? (await wrongVariants()) && held : held;
}

let options: CrashPointOptions | undefined;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
}
if (options === undefined) process.exitCode = 2;
else process.exitCode = (await main(options)) ? 0 : 1;
