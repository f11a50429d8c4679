/**
 * Whether a history came out right: the invariants of all stored items, those of each run at rest, and what its document says
 * of its outcome, as far as what happened leaves that alone.
 */
import type { Json } from "../../lib/model/json.ts";
import { type Snapshot, slotOf } from "../../lib/protocol/snapshot.ts";
import { taskStatus } from "../../lib/protocol/status.ts";
import { resultFaults } from "../property/workflows/judge.ts";
import { type Before, type Reference, referenceOf } from "../property/workflows/reference.ts";
import { budgetFaults } from "../simulation/budget-check.ts";
import {
  auditFaults,
  brokenRun,
  childFaults,
  type FinalState,
  type Leeway,
  readRun,
  type Seen,
  unhandled,
} from "../simulation/oracle.ts";
import { type Case, expands, hasDeadlines, mayBeRefused, runOfA, runOfB, type Tenant } from "./case.ts";
import { longestAbsenceMs } from "./sweeper.ts";
import { nameOf } from "./table.ts";
import { skewMs, type World } from "./world.ts";

/** A run at rest. */
export interface AtRest {
  readonly tenant: Tenant;
  readonly snapshot: Snapshot;
  readonly state: FinalState;
}

/** Moments are those of different clocks; and whoever has looked at the head may be held up before it starts the body. */
const leewayOf = ({ happened }: World, { mix }: Case): Leeway => ({
  skewMs: 2 * skewMs,
  afterEndMs: Number.POSITIVE_INFINITY,
  unsweptMs: mix.on.has("sweeper-absent") ? longestAbsenceMs : 0,
  leftAlone: happened.some(({ fault }) => fault === "applied-late" || fault === "gone"),
  decidesAfterEnd: true,
});

/** The world as the oracle of the crash lane looks at it. */
export function seenOf({ table, schedule, queues, entries, outsideMessages }: World): Seen {
  const items = [...table.images.values()];
  const removed = new Set(items.flatMap(({ key, image }) => (image.removedAt === undefined ? [] : [key.pk])));
  return {
    // Everything is read and nothing written any more: no copies are needed.
    store: { ...table.memory, dump: () => items },
    clock: { now: () => schedule.now() as never },
    queue: queues,
    // Nothing is left of a removed run by which to tell: who has read its head before may run a body once more.
    entries: entries.filter(({ taskId }) => !removed.has(taskId.slice(0, taskId.indexOf("/")))),
    violations: [],
    outsideMessages: [...outsideMessages],
  };
}

export async function readAll(seen: Seen, { tenants }: Case): Promise<AtRest[]> {
  const runs: AtRest[] = [];
  const made = new Set(
    seen.store.dump().flatMap(({ key, image }) => (key.sk === "head" && image.removedAt === undefined ? [key.pk] : [])),
  );
  for (const tenant of tenants) if (made.has(tenant.run)) runs.push({ tenant, ...(await readRun(seen, tenant.run)) });
  return runs;
}

/** Everything that is wrong; empty when nothing is. */
export async function faultsAtRest(world: World, seen: Seen, one: Case, runs: readonly AtRest[]): Promise<string[]> {
  const leeway = leewayOf(world, one);
  return [
    ...world.violations,
    ...auditFaults(seen),
    ...unhandled(seen),
    ...refusedSubmits(world, one),
    ...leftOvers(world, one),
    ...budgetFaults(seen),
    ...(await childFaults(seen, one.sweeps, leeway)),
    ...runs.flatMap((run) => ofTenant(run, [...brokenRun(seen, run.snapshot, leeway), ...outcomeFaults(one, run)])),
  ];
}

const ofTenant = ({ tenant }: AtRest, faults: readonly string[]): string[] =>
  faults.map((fault) => `tenant ${tenant.run === runOfA ? "A" : "B"}: ${fault}`);

/** Nobody's submit is given up or rejected, whatever else is on its queue. */
function refusedSubmits({ table }: World, { tenants }: Case): string[] {
  const removed = (run: string) => headIn(table, run)?.removedAt !== undefined;
  const sound = tenants.filter((tenant) => !mayBeRefused(tenant) && !removed(tenant.run));
  return [...table.images.values()].flatMap(({ key, image }) =>
    sound.some(({ run }) => key.pk.startsWith(`rejected#submit-${run}`))
      ? [`S1: ${key.pk} was rejected: ${JSON.stringify(image.error)}`]
      : [],
  );
}

const headIn = (table: World["table"], run: string) => table.images.get(nameOf({ pk: run, sk: "head" }))?.image;

/** Of a run that is removed nothing is left but its tombstone, and nobody brings anything back. */
function leftOvers({ table }: World, { tenants }: Case): string[] {
  const items = [...table.images.values()];
  return tenants.flatMap(({ run }) => {
    const { removeAt, removedAt } = headIn(table, run) ?? {};
    if (removedAt === undefined) return removeAt === undefined ? [] : [`S18: ${run} was to be removed, and is not`];
    const left = items.filter(({ key }) => key.pk.startsWith(`${run}#`) || (key.pk === run && key.sk !== "head"));
    return left.map(({ key }) => `S18: of ${run}, which was removed, ${nameOf(key)} is left`);
  });
}

/** Whether the run must come to what its document says: nobody has ended it, and it has not been run again meanwhile. */
export function isComparable({ mix }: Case, { tenant, snapshot }: AtRest): boolean {
  if (tenant.run === runOfB) return true;
  const { deadlineSeconds, isPoisoned, budget, workflow } = tenant;
  const mayBeEnded = mix.on.has("revoke") || deadlineSeconds !== undefined || isPoisoned;
  const isLeftAlone = !mayBeEnded && budget === undefined && !hasDeadlines(workflow);
  return isLeftAlone && snapshot.head.generation === 1;
}

function outcomeFaults(one: Case, run: AtRest): string[] {
  return isComparable(one, run) ? comparedFaults(referenceOf(run.tenant), run) : [];
}

/** What a second generation must come to: every script succeeds then, and what the first has come to stays. */
export function retriedFaults(first: AtRest, second: AtRest): string[] {
  // What has come of the runs that maps have expanded into is not told to the evaluator.
  if (expands(first.tenant.workflow)) return [];
  return ofTenant(second, comparedFaults(referenceOf(second.tenant, beforeOf(first)), second));
}

function beforeOf({ snapshot, state }: AtRest): Before {
  const nodes = Object.values(snapshot.plan.nodes).map((node) => ({ id: node.id, slot: slotOf(snapshot, node) }));
  const of = (wanted: (slot: (typeof nodes)[number]["slot"]) => boolean) =>
    new Set(nodes.flatMap(({ id, slot }) => (wanted(slot) ? [id] : [])));
  return {
    succeeded: of((slot) => slot.state === "settled" && slot.status === "SUCCEEDED"),
    skipped: of((slot) => slot.state === "settled" && slot.skip !== undefined),
    decided: new Set(Object.keys(state.decisions).filter((join) => state.decisions[join] === "callback")),
    lists: new Map(),
  };
}

function comparedFaults(reference: Reference, { tenant, snapshot, state }: AtRest): string[] {
  const { status, value } = state;
  const result = {
    status,
    value: named(value, tenant.run),
    error: named(snapshot.head.error as Json | undefined, tenant.run),
  };
  // What a chord ends before its time may have come to anything.
  const isCut = JSON.stringify(tenant.workflow).includes('"cancelRest"');
  if (isCut) return resultFaults(reference, result);
  return [
    ...resultFaults(reference, result),
    ...reference.tasks.flatMap((task) => taskFaults(task, reference, snapshot)),
    ...reference.headers.flatMap(({ path, starts, decision }) => {
      const is = state.decisions[path];
      // Like a member that fails after the end.
      const isCutShort = is === "error" && hasEndedMap(snapshot, path);
      const mayBe = is === undefined || is === "skipped" || isCutShort || (starts && is === decision);
      return mayBe ? [] : [`${path} was decided ${is}, should be ${starts ? decision : "left open"}`];
    }),
  ];
}

/** Whether a map in it was ended after its run, and with that. */
function hasEndedMap(snapshot: Snapshot, path: string): boolean {
  const endedAtMs = (snapshot.head.endedAtMs ?? Number.POSITIVE_INFINITY) - 2 * skewMs;
  return Object.values(snapshot.plan.nodes).some((node) => {
    if (node.map === undefined || !node.id.startsWith(path)) return false;
    const slot = slotOf(snapshot, node);
    return slot.state === "settled" && slot.status === "REVOKED" && slot.settledAtMs >= endedAtMs;
  });
}

/** The evaluator knows one run by name: those that maps have expanded into are parts of it. */
function named<Value extends Json | undefined>(value: Value, run: string): Value {
  if (value === undefined) return value;
  const text = JSON.stringify(value);
  const ours = text.replaceAll(run, runOfB).replace(/map-[0-9a-f]{32}/g, runOfB);
  return ours === text ? value : (JSON.parse(ours) as Value);
}

function taskFaults(task: Reference["tasks"][number], { root }: Reference, snapshot: Snapshot): string[] {
  const { path, starts, status, afterEnd } = task;
  const node = snapshot.plan.nodes[path];
  if (node === undefined) return [`${path} is not in the plan`];
  const slot = slotOf(snapshot, node);
  const is = taskStatus(slot, snapshot.head.status, false, afterEnd);
  if (is === status && starts) return [];
  const isOwed = starts && !afterEnd && root.needed.has(path);
  // A map that has begun is told of the end of its run, and ends with it.
  const isCutShort = is === "SKIPPED" || (is === "REVOKED" && node.map !== undefined);
  return isCutShort && !isOwed ? [] : [`${path} is ${is}, should be ${starts ? status : "SKIPPED"}`];
}
