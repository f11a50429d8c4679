/**
 * The property: a run of a random workflow is one that the reference allows.
 */
import fc from "fast-check";
import type { Variant } from "../../simulation/world.ts";
import { faultsOf } from "./judge.ts";
import { type Case, cases } from "./random-case.ts";
import { type Reference, referenceOf } from "./reference.ts";
import { type Observed, runCase } from "./run-case.ts";

/** What came of a case. */
export interface Verdict {
  readonly reference: Reference;
  /** Undefined when it did not come to its end. */
  readonly observed: Observed | undefined;
  readonly faults: readonly string[];
}

/** @param variant - A wrong driver, for those who check the checker. */
export async function judged({ workflow, circumstances }: Case, variant?: Variant): Promise<Verdict> {
  const reference = referenceOf(workflow);
  try {
    const observed = await runCase(workflow, circumstances, variant);
    return { reference, observed, faults: faultsOf(reference, observed) };
  } catch (error) {
    return { reference, observed: undefined, faults: [error instanceof Error ? `${error.stack}` : String(error)] };
  }
}

/** @param each - Told of every case and what came of it. */
export function property(each: (one: Case, verdict: Verdict) => void = () => {}): fc.IAsyncProperty<[Case]> {
  return fc.asyncProperty(cases, async (one) => {
    const verdict = await judged(one);
    each(one, verdict);
    if (verdict.faults.length > 0) throw new Error(verdict.faults.join("\n"));
  });
}
