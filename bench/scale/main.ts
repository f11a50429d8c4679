/**
 * `npm run bench:scale`: that a member costs the same whatever the size: 100 to 100,000 in one chord, and many small chords.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type EngineName, engineNames } from "../members/engines.ts";
import { machine } from "../speed/machine.ts";
import { machineLine } from "../speed/report.ts";
import { type Load, limits, loads, measureLoad, missedOf, type Scale } from "./measure.ts";
import { scaleText } from "./report.ts";

const usage = `usage: npm run bench:scale -- [--most N] [--engine memory|embedded] [--out FILE]

Runs chords of 100, 1,000, 10,000 and 100,000 members that do nothing, and 1,000 chords of 10, one load after the other in this process, and
counts what a member costs. Fails when calls or write units a member are more than ${limits.growth} times those of the smallest load, an
inner item takes more than ${limits.arrivals} arrivals, or the process needs more than ${limits.rssMiB} MiB.

  --most N                    members of the largest chord (100000)
  --engine memory|embedded    the ports in memory, or DynamoDB and SQS on this machine (memory); the table is then in another process
  --out FILE                  where the data go (bench/results/DATE-scale-ENGINE.json)

Exit code 1 when a limit is missed or a run fails, 2 for wrong usage.

example: npm run bench:scale -- --most 10000 --engine embedded`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);

interface Options {
  readonly chosen: readonly Load[];
  readonly engine: EngineName;
  readonly out: string;
}

/** @throws TypeError for an unknown flag or a value that is not allowed. */
function optionsIn(args: readonly string[], date: string): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      most: { type: "string", default: "100000" },
      engine: { type: "string", default: "memory" },
      out: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const engine = engineNames.find((name) => name === values.engine);
  if (engine === undefined) throw new TypeError(`--engine ${values.engine}: must be ${engineNames.join(" or ")}`);
  if (!/^[1-9]\d{2,5}$/.test(values.most))
    throw new TypeError(`--most ${values.most}: must be a whole number from 100`);
  return {
    chosen: loads.filter(({ members }) => members <= Number(values.most)),
    engine,
    out: values.out ?? join("bench", "results", `${date}-scale-${engine}.json`),
  };
}

async function run({ chosen, engine, out }: Options): Promise<number> {
  const scales: Scale[] = [];
  for (const load of chosen) {
    note(load.name);
    scales.push(await measureLoad(load, engine));
  }
  const missed = missedOf(scales);
  const about = machine();
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify({ kind: "scale", machine: about, engine, limits, scales, missed }, null, 2)}\n`);
  print(`\n${machineLine(about)}\nengine: ${engine}\n\n${scaleText(scales)}`);
  for (const text of missed) print(`missed: ${text}`);
  print(`data: ${out}`);
  return missed.length === 0 ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  let options: Options | "help";
  try {
    options = optionsIn(args, new Date().toISOString().slice(0, 10));
  } catch (error) {
    note(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  if (options === "help") {
    print(usage);
    return 0;
  }
  return run(options);
}

process.exitCode = await main(process.argv.slice(2));
