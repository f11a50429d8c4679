/**
 * Many histories, one seed after the other.
 */
import type { Variant } from "../simulation/world.ts";
import { ofSeed } from "./case.ts";
import { type Outcome, runHistory } from "./history.ts";
import { addTo, type Counts, countsOf } from "./report.ts";

export interface LaneOptions {
  /** @default false */
  readonly small?: boolean;
  readonly from: number;
  /** Every so many seeds: others take those between. @default 1 */
  readonly step?: number;
  readonly histories: number;
  /** Whether to begin another one. @default always */
  readonly mayGoOn?: () => boolean;
  /** Failures after which it stops. @default 1 */
  readonly maxFailures?: number;
  readonly variant?: Variant | undefined;
  /** Is told after each. */
  readonly each?: (seed: number, outcome: Outcome) => void;
}

export interface Failure {
  readonly seed: number;
  readonly outcome: Outcome;
}

export interface LaneReport {
  readonly histories: number;
  readonly failures: readonly Failure[];
  readonly counts: Counts;
}

export async function simulate(options: LaneOptions): Promise<LaneReport> {
  const { small = false, from, step = 1, mayGoOn = () => true, maxFailures = 1, variant, each } = options;
  const failures: Failure[] = [];
  const counts: Record<string, number> = {};
  let histories = 0;
  while (histories < options.histories && failures.length < maxFailures && mayGoOn()) {
    const seed = from + histories * step;
    const name = ofSeed(seed, small);
    const outcome = await runHistory(name, { variant, keeps: "nothing" });
    histories++;
    addTo(counts, countsOf(outcome));
    if (outcome.faults.length > 0) failures.push({ seed, outcome });
    each?.(seed, outcome);
    if (histories % 50 === 0) await breath();
  }
  return { histories, failures, counts };
}

/** Lets signals and output through. */
const breath = () => new Promise<void>((done) => setImmediate(done));
