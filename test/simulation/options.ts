import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Fault, type FaultMode, faultModes } from "./faults.ts";
import { scenarios } from "./scenarios.ts";

export interface CrashPointOptions {
  /** That scenario alone. */
  readonly scenario: string | undefined;
  /** One history of it, with these faults. */
  readonly faults: readonly Fault[] | undefined;
  /** The wrong variants alone. */
  readonly variants: boolean;
  /** Every pair of faults. */
  readonly pairs: boolean;
  /** Only pairs with a fault of that mode. */
  readonly mode: FaultMode | undefined;
  /** So many triples of faults, drawn at random in all scenarios. */
  readonly triples: number | undefined;
  /** The first of their seeds. */
  readonly from: number;
  /** One history in so many, but for the small scenarios. */
  readonly share: number;
  /** Of a process that another has started: which part is its own. */
  readonly part: string | undefined;
  readonly help: boolean;
}

export const usage = `usage: npm run verify:crash-points -- [--scenario NAME [--fault CALL:MODE,…]] [--pairs [--mode MODE]] [--share N]
                                        [--triples N [--from SEED]] [--variants]

Every scenario with every single fault at every call of table and queue, in virtual time; then known wrong drivers, each of
which must be caught. Dealt over as many processes as there are cores (here: ${availableParallelism()}).

  --scenario NAME       that scenario alone; their names are in test/simulation/*scenarios.ts
  --fault CALL:MODE,…   with --scenario: one history with these faults, and its calls
                        MODE: ${Object.keys(faultModes).join(", ")}
  --pairs               every pair of faults, in the scenarios that small-scenarios.ts names, or in that of --scenario
  --mode MODE           with --pairs: those in which one fault at least is of that mode
  --triples N           so many histories of three faults, drawn at random in all scenarios, in recovery too
  --from SEED           with --triples: other ones; default 0
  --share N             one history in N, but all of the whole scenarios in small-scenarios.ts
  --variants            the wrong drivers alone, each with what catches it
  --help                this text

Exit codes: 0 all held, 1 something did not, 2 wrong usage.

example: npm run verify:crash-points -- --scenario "chord of 5" --fault 12:paused`;

/** @throws TypeError for wrong usage. */
export function parseOptions(args: readonly string[]): CrashPointOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: "string" },
      fault: { type: "string" },
      variants: { type: "boolean", default: false },
      pairs: { type: "boolean", default: false },
      mode: { type: "string" },
      share: { type: "string", default: "1" },
      triples: { type: "string" },
      from: { type: "string" },
      part: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { scenario, fault, share, mode, triples, from, ...flags } = values;
  if (!/^[1-9]\d*$/.test(share))
    throw new TypeError(`--share ${share}: must be a whole number from 1, for example --share 16`);
  if (scenario !== undefined && !scenarios.some(({ name }) => name === scenario))
    throw new TypeError(
      `--scenario ${scenario}: must be a name in test/simulation/*scenarios.ts, for example "chord of 5"`,
    );
  if (fault !== undefined && scenario === undefined)
    throw new TypeError("--fault is of a scenario: name it with --scenario");
  if (mode !== undefined && !(flags.pairs && isMode(mode)))
    throw new TypeError(`--mode ${mode}: must come with --pairs, and be one of ${Object.keys(faultModes).join(", ")}`);
  if (triples !== undefined && !/^[1-9]\d*$/.test(triples))
    throw new TypeError(`--triples ${triples}: must be a whole number from 1, for example --triples 10000`);
  if (triples !== undefined && (scenario !== undefined || flags.pairs || flags.variants))
    throw new TypeError("--triples are of all scenarios: leave out --scenario, --pairs and --variants");
  if (from !== undefined && (triples === undefined || !/^\d+$/.test(from)))
    throw new TypeError(`--from ${from}: must come with --triples, and be a whole number, for example --from 10000`);
  return {
    ...flags,
    scenario,
    faults: fault?.split(",").map(faultOf),
    share: Number(share),
    mode,
    triples: triples === undefined ? undefined : Number(triples),
    from: Number(from ?? 0),
    part: values.part,
  };
}

function faultOf(text: string): Fault {
  const [call = "", mode = "", ...more] = text.split(":");
  if (/^\d+$/.test(call) && isMode(mode) && more.length === 0) return { call: Number(call), mode };
  throw new TypeError(
    `--fault ${text}: must be CALL:MODE, for example 12:paused; modes: ${Object.keys(faultModes).join(", ")}`,
  );
}

const isMode = (name: string): name is FaultMode => Object.hasOwn(faultModes, name);
