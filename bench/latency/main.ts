/**
 * `npm run bench:latency`: what the latencies of AWS make of our critical paths. A model, not a measurement.
 */
import { parseArgs } from "node:util";
import { measure } from "../members/measure.ts";
import { figuresOf } from "../members/targets.ts";
import { createSeededRandom } from "../random.ts";
import { burstMs, distributedMapMs, scalings } from "./burst.ts";
import { childStartsPerSecond, draw, measured, percentile, stepFunctions } from "./distribution.ts";
import { hedgedChord } from "./hedged-chord.ts";
import { chordMs, type Stragglers } from "./hedging.ts";
import { countPaths, type Paths, type Step } from "./path.ts";
import { pathMs, withReads } from "./path-time.ts";
import { type Percentiles, simulate } from "./simulate.ts";

const usage = `usage: npm run bench:latency -- [--seed N] [--draws N] [--json] [--hedge]

Simulates how long joins, hops and bursts take on AWS: the calls of the critical paths are counted on the ports in memory, and
how long each takes is drawn from what others have measured. Prints percentiles, and Step Functions' beside them.

  --seed N      of the draws (1)
  --draws N     of each figure (2000); of a burst a twentieth
  --json        data as JSON on stdout
  --hedge       second copies of slow members alone, by the real driver on store and queue in memory that take as long; of each
                figure as many chords as --draws says (40)

example: npm run bench:latency -- --seed 7`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

interface Row extends Percentiles {
  readonly what: string;
  readonly of: string;
}

const stragglers: Stragglers = {
  members: 1000,
  usual: { p50: 1000, p90: 1200, p99: 1500 },
  slowShare: 0.01,
  slowTimes: 10,
};

/** A new table takes 4,000 write units a second; a warm one as many as the stack lets it, 10,000 by default. */
const deployments = [
  { tasksPerInvocation: 10, tableUnitsPerSecond: 4000 },
  { tasksPerInvocation: 10, tableUnitsPerSecond: 10_000 },
  { tasksPerInvocation: 100, tableUnitsPerSecond: 10_000 },
] as const;

/** Sizes of chords whose joins are shown, and one with as many levels that is quick to count. */
const joins = [
  { members: 10, counted: 10 },
  { members: 1000, counted: 1000 },
  { members: 10_000, counted: 3000 },
  { members: 100_000, counted: 3000 },
];

/** Second copies, by the real driver. Each row takes a minute. */
async function runHedged(seed: number, draws: number, json: boolean): Promise<void> {
  const rows: (Row & { readonly extraShare: number })[] = [];
  if (!json) {
    print(`seed ${seed}, ${draws} chords each; the real driver in virtual time, with drawn latencies`);
    print(`chord of ${stragglers.members}, members of 1 s, 1 % of them ten times as slow; second copies:\n`);
  }
  for (const afterPercentile of [undefined, 99, 95, 90]) {
    const ends: number[] = [];
    let extraShare = 0;
    for (let at = 0; at < draws; at++) {
      const one = await hedgedChord({ ...stragglers, afterPercentile }, createSeededRandom(seed * 1_000_000 + at));
      ends.push(one.ms);
      extraShare += one.extraShare / draws;
    }
    const what = afterPercentile === undefined ? "none" : `after the ${afterPercentile}th percentile`;
    const of = `${(extraShare * 100).toFixed(1)} % more`;
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((part) => percentile(ends, part)) as [number, number, number];
    rows.push({ what, of, p50, p90, p99, extraShare });
    process.stderr.write(`${what}: done\n`);
  }
  print(json ? JSON.stringify({ seed, draws, measured, stragglers, rows }, null, 2) : tableText(rows));
}

async function run(seed: number, draws: number, json: boolean): Promise<void> {
  const counted = new Map<number, Paths>();
  for (const { counted: members } of joins) if (!counted.has(members)) counted.set(members, await countPaths(members));
  const paths = (members: number) => counted.get(members) as Paths;
  const large = paths(3000);
  const rows: Row[] = [];
  const add = (what: string, of: string, times: number, one: Parameters<typeof simulate>[3]) =>
    rows.push({ what, of, ...simulate(`${what} ${of}`, seed, times, one) });

  add("hop of a chain", "in one delivery", draws, (random) => pathMs(large.inline, random));
  add("hop of a chain", "over another queue", draws, (random) => pathMs(large.overQueue, random));
  for (const { members, counted: like } of joins) {
    const steps = withReads(paths(like).join, members / 10);
    add("last member to callback", `chord of ${members}`, draws, (random) => pathMs(steps, random));
  }
  const [figures] = figuresOf([await measure({ members: 1000, engine: "memory", tasksPerInvocation: 10 })]);
  const unitsPerMember = figures?.writeUnits ?? Number.NaN;
  const bursts = Math.max(20, Math.round(draws / 20));
  for (const members of [10_000, 100_000])
    for (const memberMs of [0, 1000])
      for (const scaling of scalings)
        for (const { tasksPerInvocation, tableUnitsPerSecond } of deployments) {
          const burst = {
            members,
            memberMs,
            scaling,
            tasksPerInvocation,
            tableUnitsPerSecond,
            unitsPerMember,
            paths: large,
          };
          const table = `${tasksPerInvocation} side by side, table of ${tableUnitsPerSecond}/s`;
          const of = `${members} of ${memberMs / 1000} s, ${scaling.name}, ${table}`;
          add("burst", of, bursts, (random) => burstMs(burst, random));
        }
  const hedging = [undefined, 99, 95, 90].map((after) => {
    const name = after === undefined ? "none" : `after the ${after}th percentile`;
    let extra = 0;
    const percentiles = simulate(`hedge ${name}`, seed, draws, (random) => {
      const { ms, extraShare } = chordMs(stragglers, large, after, random);
      extra += extraShare / draws;
      return ms;
    });
    return { name, ...percentiles, extraShare: extra };
  });
  const steps = [
    ...Object.values(stepFunctions).map((one) => ({
      what: "Step Functions Standard",
      of: one.what,
      ...simulate(one.what, seed, draws, (random) => draw(one, random)),
    })),
    ...Object.entries(childStartsPerSecond).flatMap(([kind, rate]) =>
      [10_000, 100_000].map((members) => {
        const least = distributedMapMs(members, rate, 0);
        return {
          what: "Distributed Map",
          of: `${members} ${kind} children, at least`,
          p50: least,
          p90: least,
          p99: least,
        };
      }),
    ),
  ];
  if (json)
    print(
      JSON.stringify({ seed, draws, measured, stepFunctions, paths: large, rows, steps, stragglers, hedging }, null, 2),
    );
  else {
    print(`seed ${seed}, ${draws} draws; a model, not a measurement\n`);
    for (const [name, path] of Object.entries({
      join: large.join,
      inline: large.inline,
      "over a queue": large.overQueue,
    }))
      print(`${name}: ${path.map(stepText).join(", ")}`);
    print(`\n${tableText([...rows, ...steps])}`);
    print(`chord of ${stragglers.members}, members of 1 s, 1 % of them ten times as slow; second copies:\n`);
    print(
      tableText(
        hedging.map(({ name, extraShare, ...rest }) => ({
          what: name,
          of: `${(extraShare * 100).toFixed(1)} % more`,
          ...rest,
        })),
      ),
    );
  }
}

const stepText = ({ sites, calls, kind }: Step) => `${sites.join(" and ")} (${calls > 1 ? `${calls} ` : ""}${kind})`;

function tableText(rows: readonly Row[]): string {
  const time = (ms: number) => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(ms >= 100 ? 0 : 1)} ms`);
  const width = Math.max(...rows.map(({ what, of }) => `${what}, ${of}`.length));
  const line = (name: string, ...times: readonly string[]) =>
    `${name.padEnd(width)}${times.map((text) => text.padStart(10)).join("")}\n`;
  return (
    line("", "p50", "p90", "p99") +
    rows.map(({ what, of, p50, p90, p99 }) => line(`${what}, ${of}`, time(p50), time(p90), time(p99))).join("")
  );
}

function wholeNumber(flag: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TypeError(`--${flag} ${text}: must be a whole number from 1 to 999999`);
}

async function main(args: readonly string[]): Promise<number> {
  let values: { seed: string; draws?: string; json: boolean; hedge: boolean; help: boolean };
  let [seed, draws] = [0, 0];
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: "string", default: "1" },
        draws: { type: "string" },
        hedge: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
    [seed, draws] = [
      wholeNumber("seed", values.seed),
      wholeNumber("draws", values.draws ?? (values.hedge ? "40" : "2000")),
    ];
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
    return 2;
  }
  if (values.help) print(usage);
  else await (values.hedge ? runHedged : run)(seed, draws, values.json);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
