/**
 * What the lane prints: failures with the command that repeats them, and what the histories had in them.
 */
import type { Case, CaseName } from "./case.ts";
import type { Outcome } from "./history.ts";

/** The one command that repeats a history. */
export function commandOf({ seed, small, schedule, without, spared, cuts }: CaseName): string {
  return [
    `npm run verify:simulation -- --seed ${seed}${small ? " --small" : ""}`,
    ...(schedule === 0 ? [] : [`--schedule ${schedule}`]),
    ...(cuts.length === 0 ? [] : [`--cut ${cuts.join(",")}`]),
    ...(without.length === 0 ? [] : [`--without ${without.join(",")}`]),
    ...(spared.length === 0 ? [] : [`--spare ${spared.join(",")}`]),
  ].join(" ");
}

/** Seed and faults first. */
export function describeFailure(name: CaseName, { faults, happened, kinds, sweeps }: Outcome): string {
  const at = happened.map(({ call, fault, site }) => `${fault} at call ${call} (${site})`);
  return [
    `seed ${name.seed}`,
    `  faults that may happen: ${kinds.join(", ") || "none"}${sweeps ? "" : "; no sweeper"}`,
    `  faults at calls: ${at.join("; ") || "none"}`,
    ...faults.map((fault) => `  ${fault}`),
    `  ${commandOf(name)}`,
  ].join("\n");
}

export function describeCase({ tenants, mix, sweeps }: Case): string {
  return [
    `faults that may happen: ${[...mix.on].join(", ") || "none"}; ${sweeps ? "the sweeper runs" : "no sweeper"}`,
    ...tenants.map(({ run, workflow, onFailure, deadlineSeconds, budget }) => {
      const deadline = deadlineSeconds === undefined ? "" : `, deadline ${deadlineSeconds} s`;
      const within = budget === undefined ? "" : `, budget ${JSON.stringify(budget)}`;
      return `${run} (${onFailure}${deadline}${within}): ${JSON.stringify(workflow)}`;
    }),
  ].join("\n");
}

/** Sums over histories. */
export interface Counts {
  readonly [what: string]: number;
}

export function countsOf(outcome: Outcome): Counts {
  const counts: Record<string, number> = {
    histories: 1,
    "calls of ports": outcome.calls,
    "bodies entered": outcome.bodies,
    tasks: outcome.tasks,
    "runs compared with the evaluator": outcome.compared,
  };
  const add = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  for (const status of outcome.statuses) add(`runs ${status}`);
  for (const { fault } of outcome.happened) add(`fault ${fault}`);
  for (const happening of outcome.happenings) add(`histories in which ${happening}`);
  if (!outcome.sweeps) add("histories without sweeper");
  for (const kind of outcome.kinds) add(`histories with ${kind}`);
  return counts;
}

export function sum(parts: readonly Counts[]): Counts {
  const all: Record<string, number> = {};
  for (const part of parts) addTo(all, part);
  return all;
}

export function addTo(all: Record<string, number>, part: Counts): void {
  for (const [what, count] of Object.entries(part)) all[what] = (all[what] ?? 0) + count;
}

export function table(counts: Counts): string {
  const rows = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([what, count]) => `  ${what}: ${count.toLocaleString("en")}`).join("\n");
}
