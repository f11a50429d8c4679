import { parseArgs } from "node:util";
import { defaults, limits } from "../../lib/model/limits.ts";
import { type EngineName, engineNames } from "./engines.ts";

export interface MembersOptions {
  /** Sizes to measure. */
  readonly members: readonly number[];
  readonly engine: EngineName;
  readonly tasksPerInvocation: number;
  readonly tasksPerMessage: number;
  readonly json: boolean;
  readonly help: boolean;
}

export const usage = `usage: npm run bench:members -- [--members N,N,…] [--engine memory|embedded] [--tasks-per-invocation N]
                                     [--tasks-per-message N] [--json]

Runs one chord of N members that do nothing and a callback that checks their results, and prints what a member costs beside
the targets. Counts are of what is really sent; they are the same in every run of the engine in memory.

  --members N,N,…             sizes (100,1000,10000), up to ${limits.membersPerGroup}
  --engine memory|embedded    the ports in memory, or DynamoDB and SQS on this machine (memory)
  --tasks-per-invocation N    tasks that one invocation runs side by side, 1 to 100 (10)
  --tasks-per-message N       members that travel in one message, 1 to ${limits.packMembers} (10); never more than run side by side
  --json                      data as JSON on stdout
  --help                      this text

Exit code 1 when a target is missed or a run fails, 2 for wrong usage.

example: npm run bench:members -- --members 100,10000 --engine embedded`;

/** @throws TypeError for an unknown flag or a value that is not allowed. */
export function parseOptions(args: readonly string[]): MembersOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      members: { type: "string", default: "100,1000,10000" },
      engine: { type: "string", default: "memory" },
      "tasks-per-invocation": { type: "string", default: "10" },
      "tasks-per-message": { type: "string", default: String(defaults.tasksPerMessage) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    members: values.members.split(",").map((text) => integerIn("--members", text, limits.membersPerGroup)),
    engine: engineOf(values.engine),
    tasksPerInvocation: integerIn("--tasks-per-invocation", values["tasks-per-invocation"], 100),
    tasksPerMessage: integerIn("--tasks-per-message", values["tasks-per-message"], limits.packMembers),
    json: values.json,
    help: values.help,
  };
}

function engineOf(text: string): EngineName {
  const engine = engineNames.find((name) => name === text);
  if (engine === undefined) throw new TypeError(`--engine ${text}: must be ${engineNames.join(" or ")}`);
  return engine;
}

function integerIn(flag: string, text: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= max) return number;
  throw new TypeError(`${flag} ${text}: must be a whole number from 1 to ${max}`);
}
