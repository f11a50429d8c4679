/**
 * One history from its beginning to its end: a pure function of its name and of the code.
 */
import type { Variant } from "../simulation/world.ts";
import { type Case, type CaseName, caseOf, mayBeRefused, runOfA } from "./case.ts";
import { type Happening, happeningsIn } from "./coverage.ts";
import type { Keeps } from "./diary.ts";
import type { Kind } from "./faults.ts";
import { type AtRest, faultsAtRest, isComparable, readAll, retriedFaults, seenOf } from "./judge.ts";
import { ask, beginPeople } from "./people.ts";
import { nameOf } from "./table.ts";
import { createWorld, type World } from "./world.ts";

export interface Outcome {
  /** Empty when everything held. */
  readonly faults: readonly string[];
  /** Kinds of faults, and features, that were on. */
  readonly kinds: readonly Kind[];
  readonly sweeps: boolean;
  /** Of everything that happened, where that was kept: the same in every run of the same name. */
  readonly digest: string;
  /** Calls of ports. */
  readonly calls: number;
  readonly bodies: number;
  /** What went wrong at calls. */
  readonly happened: World["happened"];
  readonly tasks: number;
  /** How each run ended. */
  readonly statuses: readonly string[];
  /** Runs that were compared with the evaluator. */
  readonly compared: number;
  /** What came about of each feature. */
  readonly happenings: readonly Happening[];
  readonly lines: readonly string[];
}

export interface HistoryOptions {
  readonly variant?: Variant | undefined;
  /** What to keep of what happens. @default "digest" */
  readonly keeps?: Keeps;
}

export async function runHistory(name: CaseName, { variant, keeps = "digest" }: HistoryOptions = {}): Promise<Outcome> {
  const one = caseOf(name);
  const { seed, schedule } = name;
  const world = createWorld({ seed, schedule, mix: one.mix, keeps, sweeps: one.sweeps, variant });
  let faults: readonly string[];
  let runs: readonly AtRest[] = [];
  try {
    ({ faults, runs } = await lived(world, one));
  } catch (error) {
    faults = [`it threw: ${error instanceof Error ? error.stack : error}`];
  }
  return {
    faults,
    kinds: [...one.mix.on],
    sweeps: one.sweeps,
    digest: world.diary.digest(),
    calls: world.calls(),
    bodies: world.entries.length,
    happened: world.happened,
    tasks: runs.reduce((sum, { snapshot }) => sum + snapshot.head.taskCount, 0),
    statuses: runs.map(({ state }) => state.status),
    compared: runs.filter((run) => isComparable(one, run)).length,
    happenings: [...happeningsIn(world)],
    lines: world.diary.lines,
  };
}

interface Lived {
  readonly faults: readonly string[];
  readonly runs: readonly AtRest[];
}

const hangs: Lived = { faults: ["L1: it does not come to rest"], runs: [] };

async function lived(world: World, one: Case): Promise<Lived> {
  beginPeople(world, one);
  if (!(await world.settle())) return hangs;
  // A workflow that waits longer than its deadline allows is rejected.
  const missing = one.tenants.filter((tenant) => !mayBeRefused(tenant) && !world.table.images.has(headOf(tenant.run)));
  if (missing.length > 0) return { faults: missing.map(({ run }) => `S1: ${run} was never made`), runs: [] };
  const seen = seenOf(world);
  const runs = await readAll(seen, one);
  const faults = await faultsAtRest(world, seen, one, runs);
  if (faults.length > 0 || !one.mix.on.has("retry")) return { faults, runs };
  return retried(world, one, runs);
}

const headOf = (run: string) => nameOf({ pk: run, sk: "head" });

/** A's run is run again when all is at rest, where it has not succeeded. */
async function retried(world: World, one: Case, runs: readonly AtRest[]): Promise<Lived> {
  const first = runs.find(({ tenant, state }) => tenant.run === runOfA && state.status !== "SUCCEEDED");
  if (first === undefined) return { faults: [], runs };
  const { runId, generation } = first.snapshot.head;
  ask(world, runId, "retry-at-rest", { type: "retry", generation });
  if (!(await world.settle())) return hangs;
  const seen = seenOf(world);
  const again = await readAll(seen, one);
  const second = again.find(({ tenant }) => tenant.run === runOfA) as AtRest;
  const isCompared = isComparable(one, first) && second.snapshot.head.generation === 2;
  const faults = [
    ...(await faultsAtRest(world, seen, one, again)),
    ...(isCompared ? retriedFaults(first, second) : []),
  ];
  return { faults, runs: again };
}
