/**
 * `npm run bench:members`: what one member of a chord costs, beside the targets.
 */
import { type Measurement, measure } from "./measure.ts";
import { type MembersOptions, parseOptions, usage } from "./options.ts";
import { figuresText, sitesText } from "./report.ts";
import { figuresOf, missed, targetsOf } from "./targets.ts";

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Measures every size, one after the other. Returns the exit code. */
async function run(options: MembersOptions): Promise<number> {
  const measurements: Measurement[] = [];
  for (const members of [...options.members].sort((a, b) => a - b)) {
    note(`measuring a chord of ${members}`);
    measurements.push(await measure({ ...options, members }));
  }
  const largest = measurements.at(-1) as Measurement;
  const { delivery } = largest;
  const figures = figuresOf(measurements);
  const misses = figures.flatMap((one) => missed(one, delivery).map((target) => ({ members: one.members, target })));
  if (options.json) {
    const { engine, tasksPerInvocation, tasksPerMessage } = options;
    const data = {
      engine,
      tasksPerInvocation,
      tasksPerMessage,
      delivery,
      targets: targetsOf(delivery),
      figures,
      misses,
      measurements,
    };
    print(JSON.stringify(data, null, 2));
  } else {
    print(`\n${figuresText(figures, delivery)}\n${sitesText(largest)}`);
  }
  return misses.length === 0 ? 0 : 1;
}

async function main(args: readonly string[]): Promise<number> {
  let options: MembersOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    note(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    print(usage);
    return 0;
  }
  try {
    return await run(options);
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
