/**
 * `npm run verify:known-bugs`: lane G. See `help` below.
 */
import { parseArgs } from "node:util";
import { byCrashPoints, bySimulation, knownBugs, type Limit, type Search } from "./find.ts";
import { isDone, isFoundByTwo, type Lane, lanes, readResults, tableOf, writeResults } from "./results.ts";

const usualFile = "node_modules/.cache/tutti/known-bugs.json";

const help = `Looks for each known bug with the crash points (A) and with random histories (B).

  npm run verify:known-bugs                       each bug, 60 s a lane
  npm run verify:known-bugs -- --only lanes       those whose name contains it
  npm run verify:known-bugs -- --seconds 300      how long a lane looks for one bug
  npm run verify:known-bugs -- --lane B           one lane alone
  npm run verify:known-bugs -- --results FILE     where results are kept, with a table beside them; default
                                                  ${usualFile}
  npm run verify:known-bugs -- --again            looks for what has been found, too
  --help

Stopped, it goes on where it was. Exit codes: 0 each of them was found by a lane, 1 some were not, 2 wrong usage.`;

class UsageError extends Error {}

const options = {
  only: { type: "string", default: "" },
  seconds: { type: "string", default: "60" },
  lane: { type: "string" },
  results: { type: "string", default: usualFile },
  again: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const searches: Readonly<Record<Lane, (bug: string, limit: Limit) => Promise<Search>>> = {
  A: byCrashPoints,
  B: bySimulation,
};

function read() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function laneOf(text: string | undefined): readonly Lane[] {
  if (text === undefined) return lanes;
  const lane = lanes.find((name) => name === text);
  if (!lane) throw new UsageError(`--lane ${text}: must be of ${lanes.join(", ")}`);
  return [lane];
}

async function main(): Promise<boolean> {
  const values = read();
  if (values.help) {
    console.log(help);
    return true;
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new UsageError(`--seconds ${values.seconds}: must be a number above 0, for example 60`);
  const bugs = Object.keys(knownBugs).filter((bug) => bug.includes(values.only));
  if (bugs.length === 0) throw new UsageError(`--only ${values.only}: no known bug has that in its name`);
  const chosen = laneOf(values.lane);
  // Traces cost more than the errors.
  Error.stackTraceLimit = 0;
  let results = readResults(values.results);
  for (const bug of bugs) {
    for (const lane of chosen) {
      if (!values.again && isDone(results[bug]?.[lane], seconds)) continue;
      const search = await searches[lane](bug, { seconds, nowMs: () => performance.now() });
      results = { ...results, [bug]: { ...results[bug], [lane]: search } };
      writeResults(values.results, results);
      console.log(`${lane} ${bug.padEnd(58)} ${search.seconds.toFixed(1).padStart(6)} s  ${search.by ?? "NOT FOUND"}`);
    }
  }
  const of = Object.fromEntries(bugs.flatMap((bug) => (results[bug] ? [[bug, results[bug]]] : [])));
  const byNone = bugs.filter((bug) => lanes.every((lane) => of[bug]?.[lane]?.found !== true));
  console.log(`\n${tableOf(of)}\n`);
  for (const bug of byNone) console.log(`found by no lane: ${bug}`);
  console.log(`${bugs.filter((bug) => isFoundByTwo(of[bug])).length} of ${bugs.length} found by two lanes`);
  return byNone.length === 0;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  process.exitCode = 2;
}
