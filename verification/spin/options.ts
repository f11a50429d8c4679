import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Case, cases } from "./cases.ts";
import type { Limits } from "./run-model.ts";

export interface ModelOptions {
  readonly chosen: readonly Case[];
  readonly json: boolean;
  readonly limits: Limits;
  /** Searches at the same time. */
  readonly jobs: number;
  readonly help: boolean;
}

export const usage = `usage: npm run verify:models -- [quick | all | live | PATTERN] [--json] [--mib N] [--seconds N] [--jobs N]

The protocol's models, each state of them searched by spin; wrong variants must be rejected.

  quick         what takes seconds each (default)
  all           everything
  live          what looks for cycles without progress
  PATTERN       every case whose model and flags contain it
                models: ${[...new Set(cases.map(({ model }) => model))].join(", ")}
  --json        one line of JSON a case
  --mib N       memory of one search (default: 6000)
  --seconds N   time of one search (default: 900); what is cut by these has no verdict, and fails
  --jobs N      so many searches at the same time (default: as many as there are cores, here ${availableParallelism()})
  --help        this text

Exit codes: 0 as expected, 1 otherwise, 2 wrong usage, or spin or gcc is not there.

example: npm run verify:models -- lanes --seconds 100`;

function casesOf(want: string): readonly Case[] {
  if (want === "all") return cases;
  if (want === "quick") return cases.filter(({ long }) => !long);
  if (want === "live") return cases.filter(({ live }) => live);
  return cases.filter(({ model, flags }) => `${model} ${flags}`.includes(want));
}

/** A bound from the command line. */
function bound(name: "mib" | "seconds" | "jobs", text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new TypeError(`--${name} ${text}: must be a whole number from 1, for example --${name} 100`);
}

/** @throws TypeError for wrong usage. */
export function parseOptions(args: readonly string[]): ModelOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      mib: { type: "string", default: "6000" },
      seconds: { type: "string", default: "900" },
      jobs: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", short: "h", default: false },
    },
    allowPositionals: true,
  });
  const [want = "quick", ...more] = positionals;
  if (more.length > 0)
    throw new TypeError(`${positionals.join(" ")}: must be one pattern; quote it when it has blanks`);
  const chosen = casesOf(want);
  if (chosen.length === 0) throw new TypeError(`no model whose name and flags contain ${JSON.stringify(want)}`);
  const limits = { memoryMib: bound("mib", values.mib), seconds: bound("seconds", values.seconds) };
  return { chosen, json: values.json, limits, jobs: bound("jobs", values.jobs), help: values.help };
}
