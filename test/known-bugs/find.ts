/**
 * Looks for one known bug with two lanes, each on its own and within a time.
 */
import { wrongDrivers } from "../property/workflows/wrong-drivers.ts";
import { crashPoints, type Part } from "../simulation/crash-points.ts";
import { scenarios } from "../simulation/scenarios.ts";
import { usuallyCaughtBy, variants } from "../simulation/variants.ts";
import type { Variant } from "../simulation/world.ts";
import { simulate } from "../simulator/lane.ts";

/** The known bugs: wrong drivers and wrong protocols, by what is wrong with them. None of them is in the product. */
export const knownBugs: Readonly<Record<string, Variant>> = { ...variants, ...wrongDrivers };

/** What one lane has come to. */
export interface Search {
  readonly found: boolean;
  readonly seconds: number;
  readonly histories: number;
  /** Where it showed, and what was wrong there. */
  readonly by?: string;
}

export interface Limit {
  readonly seconds: number;
  readonly nowMs: () => number;
}

/** So small a part of a scenario's faults that none is in it. */
const withoutFaults: Part = { number: 2 ** 30 - 1, of: 2 ** 30 };

/**
 * Lane A: first the scenario that is known to show the bug, if any, with every single fault; then all of them without faults,
 * and at last all of them with every single fault.
 */
export async function byCrashPoints(bug: string, { seconds, nowMs }: Limit): Promise<Search> {
  const begunMs = nowMs();
  const took = () => (nowMs() - begunMs) / 1000;
  const names = scenarios.map(({ name }) => name);
  const first = usuallyCaughtBy[bug];
  const searches: { readonly name: string; readonly part?: Part }[] = [
    ...(first === undefined ? [] : [{ name: first }]),
    ...names.map((name) => ({ name, part: withoutFaults })),
    ...names.map((name) => ({ name })),
  ];
  let histories = 0;
  for (const { name, part } of searches) {
    if (took() >= seconds) break;
    const asked = { names: [name], variant: variantOf(bug), untilFirst: true };
    const report = await crashPoints(part === undefined ? asked : { ...asked, part });
    histories += report.histories;
    const [failure] = report.failures;
    if (!failure) continue;
    const faults = failure.faults.map(({ mode, site }) => `${mode} at ${site}`).join(", ") || "no fault";
    return { found: true, seconds: took(), histories, by: `${name}; ${faults}; ${firstLine(failure.what)}` };
  }
  return { found: false, seconds: took(), histories };
}

/** Lane B: random histories from seed 1 on. */
export async function bySimulation(bug: string, { seconds, nowMs }: Limit): Promise<Search> {
  const begunMs = nowMs();
  const took = () => (nowMs() - begunMs) / 1000;
  const { histories, failures } = await simulate({
    from: 1,
    histories: Number.POSITIVE_INFINITY,
    mayGoOn: () => took() < seconds,
    variant: variantOf(bug),
  });
  const [failure] = failures;
  if (!failure) return { found: false, seconds: took(), histories };
  return {
    found: true,
    seconds: took(),
    histories,
    by: `seed ${failure.seed}; ${firstLine(failure.outcome.faults)}`,
  };
}

function variantOf(bug: string): Variant {
  const variant = knownBugs[bug];
  if (!variant) throw new Error(`no known bug ${bug}`);
  return variant;
}

const firstLine = ([what = ""]: readonly string[]): string => what.split("\n")[0] as string;
