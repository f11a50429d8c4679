/**
 * From a history that fails to a small one that fails alike: fewer kinds of faults, smaller workflows, fewer faults.
 *
 * A smaller workflow makes other calls, so each is tried in several orders of everything.
 */
import type { Variant } from "../simulation/world.ts";
import { type CaseName, caseOf } from "./case.ts";
import { smaller } from "./cut.ts";
import { allKinds } from "./faults.ts";
import { type Outcome, runHistory } from "./history.ts";

export interface Shrunk {
  readonly name: CaseName;
  readonly outcome: Outcome;
  /** Histories that were tried. */
  readonly tried: number;
}

export interface ShrinkOptions {
  readonly variant?: Variant | undefined;
  /** Stops looking then. */
  readonly untilMs: number;
  readonly nowMs: () => number;
}

/** Orders of everything that are tried for each smaller workflow. */
const orders = 24;

export async function shrink(from: CaseName, failed: Outcome, options: ShrinkOptions): Promise<Shrunk> {
  const wanted = new Set(failed.faults.map(kindOf));
  let best: Shrunk = { name: from, outcome: failed, tried: 0 };
  let tried = 0;

  const fails = async (name: CaseName): Promise<boolean> => {
    if (options.nowMs() > options.untilMs) return false;
    tried++;
    const outcome = await runHistory(name, { variant: options.variant, keeps: "nothing" });
    if (!outcome.faults.some((fault) => wanted.has(kindOf(fault)))) return false;
    best = { name, outcome, tried };
    return true;
  };

  const fewerKinds = async () => {
    for (const kind of allKinds)
      if (caseOf(best.name).mix.on.has(kind)) await fails({ ...best.name, without: [...best.name.without, kind] });
  };

  const smallerWorkflow = async (): Promise<boolean> => {
    const steps = smaller(caseOf(best.name).tenants.map(({ workflow }) => workflow)).length;
    for (let step = 0; step < steps; step++) {
      const { schedule, cuts } = best.name;
      for (let order = 0; order < orders; order++)
        if (await fails({ ...best.name, schedule: schedule + order, cuts: [...cuts, step] })) return true;
    }
    return false;
  };

  const fewerFaults = async () => {
    const calls = best.outcome.happened.map(({ call }) => call);
    for (const call of calls) await fails({ ...best.name, spared: [...best.name.spared, call] });
  };

  await fewerKinds();
  while (await smallerWorkflow());
  await fewerKinds();
  await fewerFaults();
  return { ...best, tried };
}

/** What two failures of one cause have in common: the invariant, or the words without names and numbers. */
export function kindOf(fault: string): string {
  const text = fault.replace(/^tenant .: /, "");
  return /^[A-Z]\d+(?=:)/.exec(text)?.[0] ?? text.replace(/\S*[[\]/#\d"{]\S*/g, "#").slice(0, 60);
}
