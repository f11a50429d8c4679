/**
 * `npm run bench`: how fast the deployment on this machine is, from the submit to the callback's body.
 */
import { parseArgs } from "node:util";
import { defaults } from "../../lib/model/limits.ts";
import { deploy, type Table, tables } from "./deployment.ts";
import { machine } from "./machine.ts";
import { type Figure, figureOf, machineLine, tableOf } from "./report.ts";
import { chain, chordOf, type Sample, type Scenario, sample, smallChords } from "./scenarios.ts";

const usage = `usage: npm run bench -- [--table process|memory|disk] [--sizes N,N,…] [--runs N] [--workers N] [--concurrency N]
                            [--tasks-per-message N] [--json]

Runs chords of members that do nothing, a chain and many small chords on the engine of tutti dev, and prints how long each takes
from the start of the submit to the body of the callback: medians.

  --table memory          the engine, its table in memory (default)
  --table disk            the engine, its table on disk
  --table process         everything in this process, without an engine
  --sizes N,N,…           members of the chords (1,10,100,1000,10000)
  --runs N                of each (5; at most 3 of 10,000 members and more)
  --workers N             worker processes (1)
  --concurrency N         batches that a worker handles at once (4)
  --tasks-per-message N   members that travel in one message (10)
  --json                  data as JSON on stdout

Exit code 1 when a run fails, 2 for wrong usage.

example: npm run bench -- --table disk --sizes 10,1000`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);

interface Options {
  readonly table: Table;
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly workers: number;
  readonly concurrency: number;
  readonly tasksPerMessage: number;
  readonly json: boolean;
}

/** @throws TypeError for an unknown flag or a value that is not allowed. */
function optionsIn(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      table: { type: "string", default: "memory" },
      sizes: { type: "string", default: "1,10,100,1000,10000" },
      runs: { type: "string", default: "5" },
      workers: { type: "string", default: "1" },
      concurrency: { type: "string", default: "4" },
      "tasks-per-message": { type: "string", default: String(defaults.tasksPerMessage) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const table = tables.find((name) => name === values.table);
  if (table === undefined) throw new TypeError(`--table ${values.table}: must be ${tables.join(" or ")}`);
  return {
    table,
    sizes: values.sizes.split(",").map((text) => wholeNumber("sizes", text)),
    runs: wholeNumber("runs", values.runs),
    workers: wholeNumber("workers", values.workers),
    concurrency: wholeNumber("concurrency", values.concurrency),
    tasksPerMessage: wholeNumber("tasks-per-message", values["tasks-per-message"]),
    json: values.json,
  };
}

function wholeNumber(flag: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TypeError(`--${flag} ${text}: must be a whole number from 1 to 999999`);
}

async function run({ table, sizes, runs, workers, concurrency, tasksPerMessage, json }: Options): Promise<void> {
  const deployed = await deploy({ table, workers, concurrency, tasksPerMessage });
  try {
    const measured = async (scenario: Scenario): Promise<Figure> => {
      note(scenario.name);
      const samples: Sample[] = [];
      for (let at = 0; at < scenario.runs; at++) samples.push(await sample(deployed, scenario, at));
      return figureOf(scenario, samples);
    };
    // Connections, imports, compiled code.
    await measured({ ...chordOf(300, 5), name: "warming up", ids: (at) => [`warm-${at}`] });
    const figures: Figure[] = [await measured(chain(runs))];
    for (const size of sizes) figures.push(await measured(chordOf(size, runs)));
    figures.push(await measured(smallChords(runs)));
    const about = { table, workers, concurrency, tasksPerMessage, machine: machine() };
    if (json) print(JSON.stringify({ ...about, figures }, null, 2));
    else
      print(
        `\n${machineLine(about.machine)}\ntable in ${table}, ${workers} workers, ${concurrency} batches at once each, ${tasksPerMessage} members a message\n\n${tableOf(figures)}`,
      );
  } finally {
    await deployed.close();
  }
}

let options: Options | "help" | undefined;
try {
  options = optionsIn(process.argv.slice(2));
} catch (error) {
  note(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
if (options === "help") print(usage);
else if (options !== undefined) {
  await run(options).catch((error: unknown) => {
    note(error instanceof Error ? `${error.stack}` : String(error));
    process.exitCode = 1;
  });
}
