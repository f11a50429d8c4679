/**
 * Runs one scenario under some faults to quiescence, and judges it.
 */
import { taskIdOf } from "../../lib/model/ids.ts";
import type { SubmitRequest } from "../../lib/model/request.ts";
import type { Store } from "../../lib/ports/index.ts";
import { budgetFaults } from "./budget-check.ts";
import { runCommand } from "./command.ts";
import type { Fault } from "./faults.ts";
import { auditFaults, brokenInvariants, childFaults, type FinalState, readRun, unhandled } from "./oracle.ts";
import { outsidePrograms } from "./outside-scenarios.ts";
import { type Operation, type Scenario, scenarioTasks } from "./scenario-parts.ts";
import { type Call, createWorld, startMs, type Variant, type World } from "./world.ts";

export interface Outcome {
  readonly state: FinalState | undefined;
  readonly calls: readonly Call[];
  /** Empty when everything held. */
  readonly faults: readonly string[];
}

export const runId = "run-1";

/** What every request about the run says. */
const about = { tutti: 1, id: runId, requestId: "operation-1", generation: 1 };

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly injected?: readonly Fault[];
  /** Final state of the run without faults; what this one is compared with. */
  readonly clean?: FinalState;
  readonly variant?: Variant;
  /** Is shown the world after each call that changes the table. */
  readonly afterWrite?: (world: World) => void;
}

export async function runScenario({
  scenario,
  injected = [],
  clean,
  variant,
  afterWrite,
}: ScenarioRun): Promise<Outcome> {
  // Whoever shows that a scenario comes to what it says shows that it does what it says too.
  const isUndisturbed = injected.length === 0 && clean === undefined && variant === undefined;
  // Of two faults one may take the message that would make up for the other.
  const needsSweeper =
    scenario.sweeper === true || injected.length > 1 || injected.some(({ mode }) => mode === "lost" || mode === "gone");
  const world: World = createWorld({
    tasks: scenarioTasks,
    programs: outsidePrograms,
    faults: injected,
    sweeper: needsSweeper,
    ...(scenario.base === undefined ? {} : { base: scenario.base }),
    ...(scenario.deadLetters === undefined ? {} : { deadLetters: scenario.deadLetters }),
    ...(scenario.ends === "removed" || scenario.ends === "forgotten" ? { untilRemoved: true } : {}),
    ...(scenario.settings === undefined ? {} : { settings: scenario.settings }),
    ...(scenario.shape === undefined ? {} : { shape: scenario.shape }),
    ...(scenario.batchSize === undefined ? {} : { batchSize: scenario.batchSize }),
    ...(scenario.maxReceiveCount === undefined ? {} : { maxReceiveCount: scenario.maxReceiveCount }),
    ...(scenario.partBytes === undefined ? {} : { partBytes: scenario.partBytes }),
    ...(variant === undefined ? {} : { variant }),
    ...(afterWrite === undefined ? {} : { variant: { store: (store) => watched(store, () => afterWrite(world)) } }),
  });
  const request = {
    tutti: 1,
    type: "submit",
    id: runId,
    requestId: "request-1",
    workflow: scenario.workflow,
    ...scenario.request,
  };
  const copies = scenario.copies ?? 1;
  if (scenario.stored) world.submitStored(request as unknown as SubmitRequest, copies);
  else for (let copy = 0; copy < copies; copy++) await world.submit(request);
  const { operations = [] } = scenario;
  const begun = new Set<Operation>();
  world.onEntry = ({ taskId }) => {
    for (const operation of operations) {
      if (begun.has(operation) || !isAt(taskId, operation.atStartOf ?? "")) continue;
      begun.add(operation);
      askLater(world, operation);
    }
  };
  try {
    let end = await world.settle();
    for (const operation of operations) {
      if (operation.atStartOf !== undefined || end === "hang") continue;
      askLater(world, operation);
      end = await world.settle();
    }
    if (end === "hang") return { state: undefined, calls: world.calls, faults: ["L1: it does not come to rest"] };
    const vacuous = isUndisturbed ? [...neverAsked(operations, begun), ...neverHappened(world, scenario)] : [];
    if (scenario.ends !== undefined) {
      const late = injected.length === 0 ? removedLate(world, scenario) : [];
      const faults = [...endFaults(world, scenario.ends), ...late, ...vacuous];
      return { state: undefined, calls: world.calls, faults };
    }
    if (injected.length > 1 && isGivenUp(world, scenario))
      return { state: undefined, calls: world.calls, faults: auditFaults(world) };
    const { snapshot, state } = await readRun(world, runId);
    const left = scenario.drops ? [] : unhandled(world);
    const children = await childFaults(world, needsSweeper);
    const broken = [...brokenInvariants(world, snapshot), ...children];
    const refused = isUndisturbed ? wronglyRejected(world, scenario) : [];
    const inRun = [...broken, ...budgetFaults(world), ...left, ...vacuous, ...refused];
    // Three may use up what a task may lose, or the time that a scenario has.
    const isFree = injected.length > 2 || isLate(scenario, injected, state);
    const faults = [...inRun, ...(isFree ? [] : differences(scenario, state, clean))];
    return { state, calls: world.calls, faults };
  } catch (error) {
    return {
      state: undefined,
      calls: world.calls,
      faults: [`it threw: ${error instanceof Error ? error.stack : error}`],
    };
  }
}

/** Where a queue gives up after one receive, two faults may use up the request's and its letter's: then it was reported, and nothing is made. */
function isGivenUp(world: World, { maxReceiveCount }: Scenario): boolean {
  return maxReceiveCount === 1 && world.store.dump().every(({ key }) => key.sk !== "head");
}

/** One fault alone leaves time enough for everything. */
function isLate({ status, valueWhenLate }: Scenario, injected: readonly Fault[], state: FinalState): boolean {
  const isLost = injected.some(({ mode }) => mode === "lost" || mode === "gone");
  if (valueWhenLate === undefined || injected.length < 2 || !isLost) return false;
  return state.status === status && JSON.stringify(state.value) === JSON.stringify(valueWhenLate);
}

function askLater(world: World, { request, command, afterSeconds = 0 }: Operation): void {
  world.clock.after(afterSeconds * 1000, () => {
    if (command) runCommand(world, command);
    else void world.submit({ ...about, ...request });
  });
}

/** A store that tells after each call that may have changed it. */
function watched(store: Store, changed: () => void): Store {
  return {
    ...store,
    async write(write, site) {
      const result = await store.write(write, site);
      changed();
      return result;
    },
    async remove(keys, site) {
      await store.remove(keys, site);
      changed();
    },
  };
}

/** Operations that a run without faults has not come to: their scenario shows nothing. */
function neverAsked(operations: readonly Operation[], begun: ReadonlySet<Operation>): string[] {
  const missed = operations.filter((operation) => operation.atStartOf !== undefined && !begun.has(operation));
  return missed.map(
    ({ request, command, atStartOf }) =>
      `nobody asked for ${JSON.stringify(request ?? command)}: ${atStartOf} has not started`,
  );
}

/** Faults of its own at calls that a run without others does not make. */
function neverHappened({ baseDone }: World, { base = [] }: Scenario): string[] {
  return base.filter((fault) => !baseDone.has(fault)).map(({ site, mode }) => `never at ${site}: ${mode}`);
}

/** An operation that is refused by mistake leaves a scenario that shows nothing either. */
function wronglyRejected(world: World, { rejects = 0 }: Scenario): string[] {
  const rejected = world.store.dump().filter(({ key }) => key.sk === "rejected");
  const errors = JSON.stringify(rejected.map(({ image }) => image.error));
  return rejected.length === rejects ? [] : [`rejected are ${errors}, should be ${rejects}`];
}

function isAt(taskId: string, atStartOf: string): boolean {
  if (!atStartOf.startsWith("map:")) return taskId === taskIdOf(runId, atStartOf);
  return taskId.startsWith("map-") && taskId.endsWith(`/${atStartOf.slice("map:".length)}`);
}

/** What must be left of a request that was rejected, and of a run that was removed. */
function endFaults(world: World, ends: "rejected" | "forgotten" | "removed"): string[] {
  const items = world.store.dump();
  const keys = items.map((item) => `${item.key.pk}/${item.key.sk}`).join(", ");
  const wanted = { rejected: "rejected#request-1/rejected", forgotten: "", removed: `${runId}/head` }[ends];
  const faults = keys === wanted ? [] : [`left are ${keys}, should be ${wanted}`];
  const head = items[0]?.image;
  if (ends === "removed" && (head?.removedAt === undefined || head.due !== undefined))
    faults.push("S18: the head is no tombstone at rest");
  return [...faults, ...auditFaults(world), ...unhandled(world)];
}

/** A run that somebody has asked to remove does not stay until its retention is over. */
function removedLate(world: World, { operations = [] }: Scenario): string[] {
  const removedAt = world.store.dump().find(({ key }) => key.sk === "head")?.image.removedAt;
  const isLate = operations.length > 0 && Number(removedAt) > startMs + 3_600_000;
  return isLate ? ["S18: the run stayed though somebody asked to remove it"] : [];
}

/** The final state is the clean run's in status, decisions, values and settled states. */
function differences(scenario: Scenario, state: FinalState, clean: FinalState | undefined): string[] {
  const faults: string[] = [];
  const compare = (what: string, is: unknown, was: unknown) => {
    const [left, right] = [JSON.stringify(is), JSON.stringify(was)];
    if (left !== right) faults.push(`${what} is ${left}, should be ${right}`);
  };
  compare("status", state.status, scenario.status);
  if ("value" in scenario) compare("value", state.value, scenario.value);
  if (!clean) return faults;
  compare("error", state.error, clean.error);
  if (!scenario.open) {
    compare("decisions", sorted(state.decisions), sorted(clean.decisions));
    compare("nodes", sorted(state.nodes), sorted(clean.nodes));
  }
  return faults;
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
