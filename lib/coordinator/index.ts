/**
 * The driver: load → decide → write → send, the only place that orders effects.
 *
 * Its four entries are the four Lambda functions. Messages come in, dispositions go out; whoever holds the queue deletes
 * or returns them accordingly.
 */
import type { RunId } from "../model/ids.ts";
import type { ReceivedMessage } from "../ports/index.ts";
import { createPlanCache } from "../records/plans.ts";
import { deadLetter, type Letter } from "./dead-letter.ts";
import type { CoordinatorDeps, Disposition } from "./deps.ts";
import { control } from "./submit.ts";
import { type SweepReport, sweep, visitNow } from "./sweep.ts";
import { type Batch, work } from "./work.ts";

export interface Coordinator {
  /** One message of the request queue. */
  control(message: ReceivedMessage): Promise<Disposition>;
  /** A batch of one task queue; dispositions in its order. */
  work(batch: Batch): Promise<Disposition[]>;
  /** One visit of every due run. */
  sweep(until: { readonly deadlineAtMs: number }): Promise<SweepReport>;
  /**
   * One visit of a run, whether or not it is due.
   *
   * @param options - `sendAgain`: what nobody has taken is sent again, however short a time ago it was sent.
   * @returns Repairs applied.
   */
  visit(run: RunId, options: { readonly sendAgain: boolean }): Promise<number>;
  /** One message of a dead-letter queue. */
  deadLetter(letter: Letter, message: ReceivedMessage): Promise<Disposition>;
}

export function createCoordinator(deps: CoordinatorDeps): Coordinator {
  const plans = createPlanCache(deps.store);
  return {
    control: (message) => control(deps, plans, message),
    work: (batch) => work(deps, plans, batch),
    sweep: (until) => sweep(deps, plans, until),
    visit: (run, options) => visitNow(deps, plans, run, options),
    deadLetter: (letter, message) => deadLetter(deps, plans, letter, message),
  };
}

export type { Letter } from "./dead-letter.ts";
export type { CoordinatorDeps, Disposition, Settings } from "./deps.ts";
export type { SweepReport } from "./sweep.ts";
export type { Batch } from "./work.ts";
