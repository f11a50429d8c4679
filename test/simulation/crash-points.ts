/**
 * Lane A: every call site × every fault, in every scenario, to quiescence (docs/verification.md).
 */
import { applies, type CallKind, type Fault, type FaultMode, faultModes } from "./faults.ts";
import type { FinalState } from "./oracle.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario-parts.ts";
import { scenarios } from "./scenarios.ts";
import type { Variant } from "./world.ts";

const modes = Object.keys(faultModes) as FaultMode[];

/** A fault that broke something, with the command that repeats it. */
export interface Failure {
  readonly scenario: string;
  readonly fault: Fault | undefined;
  readonly site: string;
  readonly what: readonly string[];
}

export interface Report {
  readonly histories: number;
  readonly failures: readonly Failure[];
  /** Histories by site and mode. */
  readonly reached: ReadonlyMap<string, { readonly kind: CallKind; readonly byMode: ReadonlyMap<FaultMode, number> }>;
}

/** One of so many equal parts of the histories, from 0. */
export interface Part {
  readonly number: number;
  readonly of: number;
}

export interface CrashPointOptions {
  /** @default all scenarios */
  readonly names?: readonly string[];
  readonly variant?: Variant;
  /** Stops at the first failure. */
  readonly untilFirst?: boolean;
  /** @default all histories */
  readonly part?: Part;
}

/** Runs all single faults of the scenarios. */
export async function crashPoints(options: CrashPointOptions = {}): Promise<Report> {
  const { number, of } = options.part ?? { number: 0, of: 1 };
  const reached = new Map<string, { kind: CallKind; byMode: Map<FaultMode, number> }>();
  const failures: Failure[] = [];
  let histories = 0;
  const note = (site: string, kind: CallKind, mode: FaultMode) => {
    const row = reached.get(site) ?? { kind, byMode: new Map<FaultMode, number>() };
    reached.set(site, row);
    row.byMode.set(mode, (row.byMode.get(mode) ?? 0) + 1);
  };
  for (const [at, scenario] of scenarios.entries()) {
    if (options.names && !options.names.includes(scenario.name)) continue;
    let next = at;
    const reference = await cleanRun(scenario);
    const variant = options.variant === undefined ? {} : { variant: options.variant };
    const clean =
      options.variant === undefined
        ? reference
        : {
            ...(await runScenario({ scenario, ...(reference.state ? { clean: reference.state } : {}), ...variant })),
            state: reference.state,
          };
    histories++;
    if (clean.faults.length > 0)
      failures.push({ scenario: scenario.name, fault: undefined, site: "", what: clean.faults });
    if (options.untilFirst && failures.length > 0) break;
    for (const call of clean.calls) {
      for (const mode of modes.filter((candidate) => applies(candidate, call.kind))) {
        if (next++ % of !== number) continue;
        const fault = { call: call.number, mode };
        const outcome = await runScenario({
          scenario,
          injected: [fault],
          ...(reference.state ? { clean: reference.state } : {}),
          ...variant,
        });
        histories++;
        note(call.site, call.kind, mode);
        if (outcome.faults.length > 0)
          failures.push({ scenario: scenario.name, fault, site: call.site, what: outcome.faults });
        if (options.untilFirst && failures.length > 0) return { histories, failures, reached };
      }
    }
  }
  return { histories, failures, reached };
}

async function cleanRun(scenario: Scenario): Promise<{
  state: FinalState | undefined;
  calls: Awaited<ReturnType<typeof runScenario>>["calls"];
  faults: readonly string[];
}> {
  const outcome = await runScenario({ scenario });
  const { base: _, ...undisturbed } = scenario;
  const reference = scenario.base === undefined ? outcome : await runScenario({ scenario: undisturbed });
  if (scenario.ends !== undefined) return { state: undefined, calls: outcome.calls, faults: outcome.faults };
  if (!reference.state)
    throw new Error(`${scenario.name}: the run without faults does not end: ${outcome.faults.join("; ")}`);
  return { state: reference.state, calls: outcome.calls, faults: outcome.faults };
}
