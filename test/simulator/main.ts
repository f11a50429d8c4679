/**
 * `npm run verify:simulation`: lane B. See `help` below.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type CaseName, caseOf, ofSeed } from "./case.ts";
import { allKinds, faultKinds, featureKinds, type Kind } from "./faults.ts";
import { runHistory } from "./history.ts";
import { type LaneReport, simulate } from "./lane.ts";
import { describeCase, describeFailure, sum, table } from "./report.ts";
import { shrink } from "./shrink.ts";
import { findVariant, wrongVariants } from "./wrong-variants.ts";

const help = `Random workflows of two tenants under random faults, in virtual time; one seed is one history.

  npm run verify:simulation                            20,000 histories of new seeds
  npm run verify:simulation -- --histories 5000000 --jobs 2
  npm run verify:simulation -- --seconds 60            as many as fit
  npm run verify:simulation -- --from 7                seeds 7, 8, 9 …
  npm run verify:simulation -- --seed 7                one history, told line by line
  npm run verify:simulation -- --variants              known wrong drivers, each with the seed that finds it

  --jobs N          processes; default 1
  --small           a few tasks, and few faults of few kinds: three times as many histories in the time
  --schedule N, --cut N,…, --without KIND,…, --spare CALL,…
                    with --seed: what a failure was shrunk to
  --help

Kinds of faults: ${faultKinds.join(", ")}.
Features, which --without leaves out too: ${featureKinds.join(", ")}.
Exit codes: 0 all held, 1 something did not, 2 wrong usage.`;

class UsageError extends Error {}

const options = {
  histories: { type: "string" },
  seconds: { type: "string" },
  jobs: { type: "string" },
  from: { type: "string" },
  seed: { type: "string" },
  schedule: { type: "string" },
  cut: { type: "string" },
  without: { type: "string" },
  spare: { type: "string" },
  small: { type: "boolean", default: false },
  variants: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
  // Between this process and those that it starts.
  part: { type: "string" },
} as const;

type Values = ReturnType<typeof valuesOf>;

function valuesOf() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function number(name: string, text: string | undefined, otherwise: number, least = 0): number {
  const value = text === undefined ? otherwise : Number(text);
  if ((Number.isSafeInteger(value) && value >= least) || value === Number.POSITIVE_INFINITY) return value;
  throw new UsageError(`--${name} ${text}: must be a whole number from ${least}, for example --${name} 100`);
}

const list = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(","));

function nameOf(values: Values): CaseName {
  const without = list(values.without);
  const unknown = without.filter((kind) => !(allKinds as readonly string[]).includes(kind));
  if (unknown.length > 0) throw new UsageError(`--without ${unknown.join(",")}: must be of ${allKinds.join(", ")}`);
  return {
    seed: number("seed", values.seed, 1),
    small: values.small,
    schedule: number("schedule", values.schedule, 0),
    cuts: list(values.cut).map((text) => number("cut", text, 0)),
    without: without as Kind[],
    spared: list(values.spare).map((text) => number("spare", text, 0)),
  };
}

// ---- One history ----------------------------------------------------------------------------------------------------

async function replay(name: CaseName): Promise<boolean> {
  const outcome = await runHistory(name, { keeps: "lines" });
  console.log(`${describeFailure(name, outcome)}\n\n${describeCase(caseOf(name))}\n`);
  for (const line of outcome.lines) console.log(line);
  console.log(`\n${outcome.faults.join("\n") || "everything held"}\ndigest ${outcome.digest}`);
  return outcome.faults.length === 0;
}

// ---- Many -----------------------------------------------------------------------------------------------------------

interface Share {
  readonly small: boolean;
  readonly from: number;
  readonly step: number;
  readonly histories: number;
  readonly seconds: number;
}

/** Failures of one process after which it stops, and how long the first one is shrunk. */
const maxFailures = 3;
const shrinkMs = 60_000;

/** What one process has done. */
interface ShareReport extends LaneReport {
  /** In words, so that runs can be added up. */
  readonly seeds: string;
  readonly cpuMs: number;
}

async function runShare({ seconds, ...share }: Share, progress: (done: number) => void): Promise<ShareReport> {
  // Traces cost more than the errors; a replay has them.
  Error.stackTraceLimit = 0;
  const endMs = performance.now() + seconds * 1000;
  const begun = process.cpuUsage();
  let done = 0;
  const report = await simulate({
    ...share,
    maxFailures,
    mayGoOn: () => performance.now() < endMs,
    each: (seed, outcome) => {
      if (++done % 5000 === 0) progress(done);
      if (outcome.faults.length > 0) console.error(`\n${describeFailure(ofSeed(seed, share.small), outcome)}`);
    },
  });
  const { user, system } = process.cpuUsage(begun);
  return { ...report, seeds: seedsOf(share, report), cpuMs: (user + system) / 1000 };
}

function seedsOf({ from, step, small }: Omit<Share, "seconds">, { histories }: LaneReport): string {
  if (histories === 0) return "no seeds";
  const every = step === 1 ? "" : `, one in ${step}`;
  return `${small ? "small, " : ""}seeds ${from} to ${from + (histories - 1) * step}${every}: ${histories} histories`;
}

async function inParts(share: Share, jobs: number): Promise<ShareReport> {
  const parts = Array.from({ length: jobs }, (_, at) => ({
    ...share,
    from: share.from + at,
    step: jobs,
    histories: Math.ceil((share.histories - at) / jobs),
  }));
  const reports = await Promise.all(parts.map(reportOf));
  return {
    histories: reports.reduce((all, { histories }) => all + histories, 0),
    failures: reports.flatMap(({ failures }) => failures),
    counts: sum(reports.map(({ counts }) => counts)),
    seeds: reports.map(({ seeds }) => seeds).join("\n"),
    cpuMs: reports.reduce((all, { cpuMs }) => all + cpuMs, 0),
  };
}

function reportOf(share: Share): Promise<ShareReport> {
  const program = fileURLToPath(import.meta.url);
  const { from, step, histories, seconds, small } = share;
  const part = [from, step, histories, seconds].join("/");
  const child = spawn(process.execPath, [program, "--part", part, ...(small ? ["--small"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (piece) => {
    text += piece;
  });
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => (code === 0 ? done(JSON.parse(text)) : failed(new Error(`part ${part}: ${code}`))));
  });
}

async function many(values: Values): Promise<boolean> {
  const seconds = number("seconds", values.seconds, Number.POSITIVE_INFINITY, 1);
  const histories = number(
    "histories",
    values.histories,
    values.seconds === undefined ? 20_000 : Number.POSITIVE_INFINITY,
    1,
  );
  const from = number("from", values.from, Date.now() % 2 ** 31);
  const jobs = number("jobs", values.jobs, 1, 1);
  const { small } = values;
  const share = { small, from, step: 1, histories, seconds };
  console.log(`seeds from ${from}${small ? ", small" : ""}, ${jobs === 1 ? "one process" : `${jobs} processes`}`);
  const begunMs = performance.now();
  const report =
    jobs === 1
      ? await runShare(share, (done) => console.log(`${done} histories, ${secondsSince(begunMs)} s`))
      : await inParts(share, jobs);
  const took = (performance.now() - begunMs) / 1000;
  console.log(table(report.counts));
  const rate = (report.histories / took).toFixed(0);
  const [first] = report.failures;
  if (first) await reportShrunk(ofSeed(first.seed, small));
  const failed = `${report.failures.length === 0 ? "no" : report.failures.length} failure${report.failures.length === 1 ? "" : "s"}`;
  const cpuMs = (report.cpuMs / Math.max(1, report.histories)).toFixed(1);
  console.log(report.seeds);
  console.log(
    `${report.histories} histories in ${took.toFixed(0)} s, ${rate} a second, ${cpuMs} ms of processor each: ${failed}`,
  );
  return report.failures.length === 0;
}

const secondsSince = (ms: number) => ((performance.now() - ms) / 1000).toFixed(0);

async function reportShrunk(name: CaseName): Promise<void> {
  console.log(`\nlooking for a smaller one than seed ${name.seed}`);
  const found = await shrink(name, await runHistory(name), {
    nowMs: () => performance.now(),
    untilMs: performance.now() + shrinkMs,
  });
  console.log(`${describeFailure(found.name, found.outcome)}\n${describeCase(caseOf(found.name))}\n`);
}

// ---- Wrong drivers --------------------------------------------------------------------------------------------------

/** Histories after which a wrong driver counts as not found. */
const variantHistories = 5000;

async function variants(small: boolean): Promise<boolean> {
  Error.stackTraceLimit = 0;
  let missed = 0;
  for (const name of wrongVariants) {
    const begunMs = performance.now();
    const { failures, histories } = await findVariant(name, variantHistories, small);
    const [found] = failures;
    const seconds = ((performance.now() - begunMs) / 1000).toFixed(1);
    if (!found) missed++;
    const by = found ? `seed ${found.seed}, ${seconds} s: ${found.outcome.faults[0]?.split("\n")[0]}` : "NOT FOUND";
    console.log(`${name.padEnd(60)} ${String(histories).padStart(5)} histories, ${by.slice(0, 120)}`);
  }
  console.log(`\n${wrongVariants.length - missed} of ${wrongVariants.length} wrong drivers found`);
  return missed === 0;
}

async function main(): Promise<boolean> {
  const values = valuesOf();
  if (values.help) {
    console.log(help);
    return true;
  }
  if (values.part !== undefined) {
    const [from = 1, step = 1, histories = 0, seconds = 0] = values.part.split("/").map(Number);
    const report = await runShare({ small: values.small, from, step, histories, seconds }, () => {});
    const failures = report.failures.map(({ seed, outcome }) => ({ seed, outcome: { ...outcome, lines: [] } }));
    process.stdout.write(JSON.stringify({ ...report, failures } satisfies ShareReport));
    return true;
  }
  if (values.variants) return variants(values.small);
  return values.seed === undefined ? many(values) : replay(nameOf(values));
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
