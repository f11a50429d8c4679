/**
 * Lane A: every call site × every fault, in every scenario, to quiescence (docs/verification.md).
 */
import { applies, type CallKind, type Fault, type FaultMode, faultModes } from "./faults.ts";
import type { FinalState } from "./oracle.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario-parts.ts";
import { scenarios } from "./scenarios.ts";
import type { Call, Variant } from "./world.ts";

const modes = Object.keys(faultModes) as FaultMode[];

/** Faults that broke something, and where each of them was. */
export interface Failure {
  readonly scenario: string;
  readonly faults: readonly (Fault & { readonly site: string })[];
  readonly what: readonly string[];
}

export interface Report {
  readonly histories: number;
  readonly failures: readonly Failure[];
  /** Histories by site and mode; of a site that scenarios come to and no history has a fault at, none. */
  readonly reached: Map<string, { readonly kind: CallKind; readonly byMode: Map<FaultMode, number> }>;
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
  /** Scenarios that have a part of their own. */
  readonly apart?: { readonly names: readonly string[]; readonly part: Part };
  /** After each fault also each second one, at every later call. @default false */
  readonly pairs?: boolean;
  /** Of the pairs, those in which one fault at least is of that mode. @default all */
  readonly mode?: FaultMode;
}

/** Runs all single faults of the scenarios, or all pairs. */
export async function crashPoints(options: CrashPointOptions = {}): Promise<Report> {
  const reached: Report["reached"] = new Map();
  const failures: Failure[] = [];
  let histories = 0;
  for (const [at, scenario] of scenarios.entries()) {
    if (options.names && !options.names.includes(scenario.name)) continue;
    const { number, of } = partOf(scenario, options);
    let next = at;
    const isMine = () => next++ % of === number;
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
    if (clean.faults.length > 0) failures.push({ scenario: scenario.name, faults: [], what: clean.faults });
    if (options.untilFirst && failures.length > 0) break;
    const run = async (faults: Failure["faults"]) => {
      const against = reference.state ? { clean: reference.state } : {};
      const outcome = await runScenario({ scenario, injected: faults, ...against, ...variant });
      histories++;
      if (outcome.faults.length > 0) failures.push({ scenario: scenario.name, faults, what: outcome.faults });
      return outcome;
    };
    for (const { site, kind } of clean.calls) rowOf(reached, site, kind);
    for (const { fault, kind } of faultsAt(clean.calls)) {
      if (!options.pairs && !isMine()) continue;
      noteReached(reached, fault, kind);
      const { calls } = await run([fault]);
      if (options.untilFirst && failures.length > 0) return { histories, failures, reached };
      if (!options.pairs) continue;
      for (const second of faultsAt(calls.filter((call) => call.number > fault.call))) {
        const isAsked = options.mode === undefined || [fault.mode, second.fault.mode].includes(options.mode);
        if (!isAsked || !isMine()) continue;
        noteReached(reached, second.fault, second.kind);
        await run([fault, second.fault]);
      }
    }
  }
  return { histories, failures, reached };
}

/** One history more with that fault. */
export function noteReached(
  reached: Report["reached"],
  { site, mode }: Failure["faults"][number],
  kind: CallKind,
): void {
  const { byMode } = rowOf(reached, site, kind);
  byMode.set(mode, (byMode.get(mode) ?? 0) + 1);
}

/** The histories at that call site. */
function rowOf(reached: Report["reached"], site: string, kind: CallKind) {
  const row = reached.get(site) ?? { kind, byMode: new Map<FaultMode, number>() };
  reached.set(site, row);
  return row;
}

function partOf({ name }: Scenario, { part, apart }: CrashPointOptions): Part {
  return (apart?.names.includes(name) ? apart.part : part) ?? { number: 0, of: 1 };
}

/** Every fault that can be at these calls. */
export function faultsAt(
  calls: readonly Call[],
): { readonly fault: Failure["faults"][number]; readonly kind: CallKind }[] {
  return calls.flatMap(({ number, site, kind }) =>
    modes.filter((mode) => applies(mode, kind)).map((mode) => ({ fault: { call: number, mode, site }, kind })),
  );
}

export async function cleanRun(scenario: Scenario): Promise<{
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
