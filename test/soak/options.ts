import { parseArgs } from "node:util";

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Leaves the folder with the table, the ledger and the log of the processes. */
  readonly keep: boolean;
  readonly help: boolean;
}

export const usage = `usage: npm run verify:soak -- [--minutes N | --seconds N] [--seed S] [--keep]

Real processes on an engine on disk, killed and stopped at random moments, behind proxies that lose, refuse, delay and
repeat calls. A ledger outside the store counts effects. At the end nothing may be lost, doubled or undecided.

  --minutes N   how long processes are killed (default: 30)
  --seconds N   the same in seconds
  --seed S      of workflows, kills and faults (default: a new one); the timing of real processes is never the same
  --keep        leaves the folder with table, ledger and log, and says where it is
  --help        this text

example: npm run verify:soak -- --seconds 60 --seed 7`;

/** @throws TypeError for an unknown flag or a number that is none. */
export function parseOptions(args: readonly string[], newSeed: () => number): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string" },
      seconds: { type: "string" },
      seed: { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.minutes !== undefined && values.seconds !== undefined)
    throw new TypeError("--minutes and --seconds say the same: give one of them");
  const seconds =
    values.seconds === undefined
      ? 60 * wholeNumber("minutes", values.minutes ?? "30", 1)
      : wholeNumber("seconds", values.seconds, 1);
  return {
    seconds,
    seed: values.seed === undefined ? newSeed() : wholeNumber("seed", values.seed, 0),
    keep: values.keep,
    help: values.help,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least) return number;
  throw new TypeError(`--${name} ${text}: must be a whole number of at least ${least}, for example --${name} 60`);
}
