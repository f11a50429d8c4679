/**
 * Whether a history came out right: the invariants of all stored items, those of each run at rest, and what its document says
 * of its outcome, as far as what happened leaves that alone.
 */
import type { Json } from "../../lib/model/json.ts";
import { type Snapshot, slotOf } from "../../lib/protocol/snapshot.ts";
import { taskStatus } from "../../lib/protocol/status.ts";
import { resultFaults } from "../property/workflows/judge.ts";
import { type Before, type Reference, referenceOf } from "../property/workflows/reference.ts";
import {
  auditFaults,
  brokenRun,
  type FinalState,
  type Leeway,
  readRun,
  type Seen,
  unhandled,
} from "../simulation/oracle.ts";
import { type Case, runOfA, runOfB, type Tenant } from "./case.ts";
import { skewMs, type World } from "./world.ts";

/** A run at rest. */
export interface AtRest {
  readonly tenant: Tenant;
  readonly snapshot: Snapshot;
  readonly state: FinalState;
}

/** Moments are those of different clocks; and whoever has looked at the head may be held up before it starts the body. */
const leeway: Leeway = { skewMs: 2 * skewMs, afterEndMs: Number.POSITIVE_INFINITY };

/** The world as the oracle of the crash lane looks at it. */
export function seenOf({ table, schedule, queues, entries }: World): Seen {
  const items = [...table.images.values()];
  return {
    // Everything is read and nothing written any more: no copies are needed.
    store: { ...table.memory, dump: () => items },
    clock: { now: () => schedule.now() as never },
    queue: queues,
    entries: [...entries],
    violations: [],
    outsideMessages: [],
  };
}

export async function readAll(seen: Seen, { tenants }: Case): Promise<AtRest[]> {
  const runs: AtRest[] = [];
  const made = new Set(seen.store.dump().flatMap(({ key }) => (key.sk === "head" ? [key.pk] : [])));
  for (const tenant of tenants) if (made.has(tenant.run)) runs.push({ tenant, ...(await readRun(seen, tenant.run)) });
  return runs;
}

/** Everything that is wrong; empty when nothing is. */
export function faultsAtRest(world: World, seen: Seen, one: Case, runs: readonly AtRest[]): string[] {
  return [
    ...world.violations,
    ...auditFaults(seen),
    ...unhandled(seen),
    ...refusedSubmits(world, one),
    ...runs.flatMap((run) => ofTenant(run, [...brokenRun(seen, run.snapshot, leeway), ...outcomeFaults(one, run)])),
  ];
}

const ofTenant = ({ tenant }: AtRest, faults: readonly string[]): string[] =>
  faults.map((fault) => `tenant ${tenant.run === runOfA ? "A" : "B"}: ${fault}`);

/** Nobody's submit is given up or rejected, whatever else is on its queue. */
function refusedSubmits({ table }: World, { tenants }: Case): string[] {
  const sound = tenants.filter(({ deadlineSeconds }) => deadlineSeconds === undefined);
  return [...table.images.values()].flatMap(({ key, image }) =>
    sound.some(({ run }) => key.pk.startsWith(`rejected#submit-${run}`))
      ? [`S1: ${key.pk} was rejected: ${JSON.stringify(image.error)}`]
      : [],
  );
}

/** Whether the run must come to what its document says: nobody has ended it, and it has not been run again meanwhile. */
export function isComparable({ mix }: Case, { tenant, snapshot }: AtRest): boolean {
  if (tenant.run === runOfB) return true;
  const isLeftAlone = !mix.on.has("revoke") && tenant.deadlineSeconds === undefined && !tenant.isPoisoned;
  return isLeftAlone && snapshot.head.generation === 1;
}

function outcomeFaults(one: Case, run: AtRest): string[] {
  return isComparable(one, run) ? comparedFaults(referenceOf(run.tenant), run) : [];
}

/** What a second generation must come to: every script succeeds then, and what the first has come to stays. */
export function retriedFaults(first: AtRest, second: AtRest): string[] {
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
  return [
    ...resultFaults(reference, result),
    ...reference.tasks.flatMap((task) => taskFaults(task, reference, snapshot)),
    ...reference.headers.flatMap(({ path, starts, decision }) => {
      const is = state.decisions[path];
      const mayBe = is === undefined || is === "skipped" || (starts && is === decision);
      return mayBe ? [] : [`${path} was decided ${is}, should be ${starts ? decision : "left open"}`];
    }),
  ];
}

/** The evaluator knows one run by name. */
function named<Value extends Json | undefined>(value: Value, run: string): Value {
  return run === runOfB || value === undefined
    ? value
    : (JSON.parse(JSON.stringify(value).replaceAll(run, runOfB)) as Value);
}

function taskFaults(task: Reference["tasks"][number], { root }: Reference, snapshot: Snapshot): string[] {
  const { path, starts, status, afterEnd } = task;
  const node = snapshot.plan.nodes[path];
  if (node === undefined) return [`${path} is not in the plan`];
  const slot = slotOf(snapshot, node);
  const is = taskStatus(slot, snapshot.head.status, false, afterEnd);
  if (is === status && starts) return [];
  const isOwed = starts && !afterEnd && root.needed.has(path);
  return is === "SKIPPED" && !isOwed ? [] : [`${path} is ${is}, should be ${starts ? status : "SKIPPED"}`];
}
