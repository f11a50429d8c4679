/**
 * The property: a run of a random workflow is one that the reference allows.
 */
import fc from "fast-check";
import type { Variant } from "../../simulation/world.ts";
import { faultsOf } from "./judge.ts";
import { type Case, cases } from "./random-case.ts";
import { type Before, type Reference, referenceOf } from "./reference.ts";
import { type Observed, runCase } from "./run-case.ts";

/** What came of a generation. */
export interface Generation {
  readonly reference: Reference;
  readonly observed: Observed;
}

/** What came of a case. */
export interface Verdict {
  /** Of the first generation. */
  readonly reference: Reference;
  /** Empty when the run did not come to its end. */
  readonly generations: readonly Generation[];
  readonly faults: readonly string[];
}

/** @param variant - A wrong driver, for those who check the checker. */
export async function judged(one: Case, variant?: Variant): Promise<Verdict> {
  const reference = referenceOf(one);
  try {
    const [first, second] = (await runCase(one, variant)) as [Observed, Observed | undefined];
    const faults = faultsOf(reference, first);
    const generations = [{ reference, observed: first }];
    // What follows from a wrong generation is nobody's to say.
    if (second === undefined || faults.length > 0) return { reference, generations, faults };
    const next = referenceOf(one, beforeOf(reference, first));
    generations.push({ reference: next, observed: second });
    return { reference, generations, faults: faultsOf(next, second, first).map((fault) => `retried: ${fault}`) };
  } catch (error) {
    return { reference, generations: [], faults: [error instanceof Error ? `${error.stack}` : String(error)] };
  }
}

function beforeOf({ lists }: Reference, { run, decisions, skipped }: Observed): Before {
  return {
    succeeded: new Set(run.tasks.flatMap(({ path, status }) => (status === "SUCCEEDED" ? [path] : []))),
    skipped,
    decided: new Set([...decisions].flatMap(([path, { decision }]) => (decision === "callback" ? [path] : []))),
    lists,
  };
}

/** @param each - Told of every case and what came of it. */
export function property(each: (one: Case, verdict: Verdict) => void = () => {}): fc.IAsyncProperty<[Case]> {
  return fc.asyncProperty(cases, async (one) => {
    const verdict = await judged(one);
    each(one, verdict);
    if (verdict.faults.length > 0) throw new Error(verdict.faults.join("\n"));
  });
}
