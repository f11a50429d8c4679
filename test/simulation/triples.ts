/**
 * Three faults in one history, drawn at random: in any scenario, at calls that only the faults before them bring about too.
 */
import { createRandom } from "../simulator/random.ts";
import { cleanRun, type Failure, faultsAt, noteReached, type Part, type Report } from "./crash-points.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario-parts.ts";
import { scenarios } from "./scenarios.ts";

export interface TripleOptions {
  /** The first seed; each is one triple. */
  readonly from: number;
  readonly count: number;
  readonly part: Part;
}

/** The histories of the first fault alone and of the first two, which tell where the next can be, are judged too. */
export async function triples({ from, count, part }: TripleOptions): Promise<Report> {
  const reached: Report["reached"] = new Map();
  const failures: Failure[] = [];
  let histories = 0;
  const cleaned = new Map<Scenario, ReturnType<typeof cleanRun>>();
  const cleanOf = (scenario: Scenario) => {
    const clean = cleaned.get(scenario) ?? cleanRun(scenario);
    cleaned.set(scenario, clean);
    return clean;
  };
  for (let seed = from + part.number; seed < from + count; seed += part.of) {
    const random = createRandom(seed, 0);
    const scenario = random.pick(scenarios);
    const { state, ...clean } = await cleanOf(scenario);
    const faults: Failure["faults"][number][] = [];
    let { calls } = clean;
    let what: readonly string[] = [];
    while (faults.length < 3 && what.length === 0) {
      const last = faults.at(-1)?.call ?? -1;
      const possible = faultsAt(calls.filter(({ number }) => number > last));
      if (possible.length === 0) break;
      const { fault, kind } = random.pick(possible);
      faults.push(fault);
      noteReached(reached, fault, kind);
      const outcome = await runScenario({ scenario, injected: faults, ...(state && { clean: state }) });
      histories++;
      calls = outcome.calls;
      what = outcome.faults;
    }
    if (what.length > 0) failures.push({ scenario: scenario.name, faults, what });
  }
  return { histories, failures, reached };
}
