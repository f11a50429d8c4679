/**
 * What must hold of a run at rest (docs/protocol.md#invariants). What the stored items show by themselves is the audit's
 * (lib/protocol/audit); here is what takes the ledger, the history, or that everything has come to rest.
 */

import { taskIdOf } from "../../lib/model/ids.ts";
import type { Json } from "../../lib/model/json.ts";
import { decodeToken } from "../../lib/model/outside.ts";
import { startMs } from "../../lib/model/start-time.ts";
import type { PlanJoin, PlanNode } from "../../lib/plan/types.ts";
import type { Store } from "../../lib/ports/index.ts";
import { owedToParent } from "../../lib/protocol/child.ts";
import { endsRest, owedDecision } from "../../lib/protocol/decision.ts";
import { decodeHead, type Head } from "../../lib/protocol/head.ts";
import { memberPrefix } from "../../lib/protocol/inside.ts";
import { hasRanges } from "../../lib/protocol/release.ts";
import { releasedOf } from "../../lib/protocol/released.ts";
import { isBelow, reopenWrites } from "../../lib/protocol/reopen.ts";
import { lostOf } from "../../lib/protocol/rows.ts";
import { decodeSlot, type Slot } from "../../lib/protocol/slot.ts";
import {
  decided,
  fired,
  isKept,
  nodeOf,
  type Snapshot,
  slotOf,
  snapshotOf,
  tallyOf,
} from "../../lib/protocol/snapshot.ts";
import { topOf } from "../../lib/protocol/tally.ts";
import { auditItems } from "../../lib/records/audit.ts";
import { resolve } from "../../lib/records/inputs.ts";
import { createPlanCache, planView } from "../../lib/records/plans.ts";
import { readParent } from "../../lib/records/snapshots.ts";
import { readValue } from "../../lib/records/values.ts";
import { startedInVain } from "./lane-check.ts";
import type { World } from "./world.ts";

/** What there is to see of a world. */
export interface Seen extends Pick<World, "entries" | "violations" | "outsideMessages"> {
  readonly store: Pick<World["store"], "dump"> & Store;
  readonly clock: Pick<World["clock"], "now">;
  readonly queue: Pick<World["queue"], "queues">;
}

/** How far moments may be apart from what they should be, where clocks differ and processes stand still. */
export interface Leeway {
  readonly skewMs: number;
  /** How long after the end of a run a body may be entered. */
  readonly afterEndMs: number;
  /** How long there may be no sweep. */
  readonly unsweptMs: number;
  /** Whether nobody may have been left to drive on from a write: its process had given it up, or has died with its message. */
  readonly leftAlone: boolean;
  /** Whether who has read that a run goes on may stand still, and decide a join of it after its end. */
  readonly decidesAfterEnd: boolean;
}

/** One clock, and a head read at most a minute ago. */
export const exact: Leeway = { skewMs: 0, afterEndMs: 60_000, unsweptMs: 0, leftAlone: false, decidesAfterEnd: false };

/** The final state of a run, as two runs of one scenario are compared. */
export interface FinalState {
  readonly status: Head["status"];
  readonly error: string | undefined;
  readonly value: Json | undefined;
  readonly decisions: Readonly<Record<string, string>>;
  /** Settled nodes: status, and the value where it is inline. Two paths may give a dead worker's node two error names. */
  readonly nodes: Readonly<Record<string, string>>;
}

export async function readRun(
  world: Pick<Seen, "store">,
  run: string,
): Promise<{ readonly snapshot: Snapshot; readonly state: FinalState }> {
  const items = world.store.dump().filter(({ key }) => key.pk === run || key.pk.startsWith(`${run}#`));
  const image = items.find((item) => item.key.sk === "head")?.image;
  if (!image) throw new Error(`no run ${run}`);
  const head = decodeHead(run, image);
  const plans = createPlanCache(world.store);
  const ref = { hash: head.planHash, pages: head.planPages };
  const plan = await plans.load(run, ref);
  const snapshot = snapshotOf(head, plan, items);
  const reader = { deps: { store: world.store }, run: { id: run, plan: planView(plans, run, ref, undefined) } };
  const value = head.status === "SUCCEEDED" ? await resolve(reader, plan.output) : undefined;
  return {
    snapshot,
    state: {
      status: head.status,
      error: head.error?.name,
      value,
      decisions: decisionsOf(snapshot),
      nodes: nodesOf(snapshot),
    },
  };
}

function decisionsOf(snapshot: Snapshot): Record<string, string> {
  const joins = Object.values(snapshot.plan.joins).filter((join) => join.size > 0);
  return Object.fromEntries(
    joins.flatMap((join) =>
      decided(snapshot, join) === undefined ? [] : [[join.id, decided(snapshot, join) as string]],
    ),
  );
}

function nodesOf(snapshot: Snapshot): Record<string, string> {
  return Object.fromEntries(
    Object.values(snapshot.plan.nodes).flatMap((node) => {
      const slot = slotOf(snapshot, node);
      return slot.state === "settled" ? [[node.id, describe(slot)]] : [];
    }),
  );
}

function describe(slot: Extract<Slot, { state: "settled" }>): string {
  const value = slot.value?.kind === "inline" ? slot.value.text : (slot.value?.kind ?? "");
  return `${slot.status} ${value}`;
}

/** Every broken invariant, in words: those of all stored items, and those of that run. */
export function brokenInvariants(world: Seen, snapshot: Snapshot): string[] {
  return [...auditFaults(world), ...brokenRun(world, snapshot)];
}

/** What is wrong with one run. */
export function brokenRun(world: Seen, snapshot: Snapshot, leeway: Leeway = exact): string[] {
  const joins = Object.values(snapshot.plan.joins).filter((join) => join.size > 0);
  return [
    ...world.violations,
    ...(snapshot.head.status === "RUNNING" ? ["L1: the run has not ended"] : []),
    ...joins.flatMap((join) => decisionFaults(world, snapshot, join)),
    ...joins.flatMap((join) => countFaults(snapshot, join, leeway)),
    ...joins.flatMap((join) => startedInVain(snapshot, join, world.entries, leeway.skewMs)),
    ...generationFaults(snapshot),
    ...joins.flatMap((join) => restFaults(snapshot, join, leeway)),
    ...early(world, snapshot, leeway),
    ...tooSoon(world, snapshot, leeway),
    ...enteredTwice(world),
  ];
}

/**
 * Child runs: each holds what any run does, its parent knows what it has come to, and nothing waits for one that has ended.
 *
 * @param swept - Whether the sweeper runs: it alone finds a child that was made for a parent which had just ended.
 */
export async function childFaults(world: Seen, swept: boolean, leeway: Leeway = exact): Promise<string[]> {
  const heads = world.store.dump().filter(({ key }) => key.sk === "head");
  const faults: string[] = [];
  for (const { key, image } of heads) {
    const head = decodeHead(key.pk, image);
    if (head.parent === undefined || head.removedAtMs !== undefined) continue;
    const { snapshot, state } = await readRun(world, key.pk);
    const view = await readParent(world.store, head.parent);
    const owed = owedToParent(head, view);
    if (owed === "revoke" && !swept) continue;
    faults.push(...brokenRun(world, snapshot, leeway).map((fault) => `${key.pk}: ${fault}`));
    if (owed !== undefined) faults.push(`M1: ${key.pk} owes its parent: ${owed}`);
    if (swept && outlives(head, view.head, leeway))
      faults.push(`M3: ${key.pk} went on long after its parent had ended`);
    const { slot } = view;
    if (slot.state !== "settled" || slot.owner !== key.pk) continue;
    if (slot.status !== state.status) faults.push(`M2: ${key.pk} is ${state.status}, and its map ${slot.status}`);
    const value = slot.value && slot.value.kind !== "reference" ? slot.value : undefined;
    const found = value && (await readValue(world.store, head.parent.run, value));
    if (JSON.stringify(found) !== JSON.stringify(state.value))
      faults.push(`M2: ${key.pk} has another value than its map`);
  }
  return faults;
}

/** A visit of the sweeper finds that the parent has ended; they are a quarter of an hour apart at most. */
function outlives(child: Head, parent: Head | undefined, { unsweptMs }: Leeway): boolean {
  const endedAtMs = parent?.generation === child.parent?.generation ? parent?.endedAtMs : undefined;
  return endedAtMs !== undefined && (child.endedAtMs ?? 0) > endedAtMs + 16 * 60_000 + unsweptMs;
}

/** Everything that the stored items of all runs show by themselves: the audit that users have. */
export function auditFaults(world: Pick<Seen, "store" | "clock">): string[] {
  return auditItems(world.store.dump(), world.clock.now()).violations.map(
    ({ invariant, run, node, join, explanation, key }) =>
      `${invariant}: ${run} ${node ?? join ?? ""} ${key.sk}: ${explanation}`,
  );
}

/** L2: whatever count is reached is decided in the end. */
function countFaults(snapshot: Snapshot, join: PlanJoin, { leftAlone }: Leeway): string[] {
  const { status } = snapshot.head;
  const owed = owedDecision(join, tallyOf(snapshot, join, topOf(join)));
  // No decision of a run that has ended has an effect but that which calls an error callback, and of a revoked one not even that.
  const calls = owed === "error" && join.onError !== null && status !== "REVOKED";
  const isLeft = leftAlone && status !== "RUNNING" && !calls;
  return owed === undefined || isLeft ? [] : [`L2: ${join.id} owes ${owed}`];
}

/** L7: a chord that ends the members it was decided without has none left, nor any part of one. */
function restFaults(snapshot: Snapshot, join: PlanJoin, { decidesAfterEnd }: Leeway): string[] {
  const { generation, status, endedAtMs } = snapshot.head;
  if (!endsRest(join, tallyOf(snapshot, join, topOf(join)), generation)) return [];
  // Of a run that was revoked before, nothing starts any more, and nobody comes for it.
  const isAfterEnd = Number(fired(snapshot, join)?.atMs) > Number(endedAtMs);
  if (decidesAfterEnd && status === "REVOKED" && isAfterEnd) return [];
  const prefix = memberPrefix(join);
  const kept = new Set(Object.values(snapshot.plan.joins).flatMap((one) => (isKept(snapshot, one) ? [one.id] : [])));
  const isOpen = (node: PlanNode) => !node.afterEnd && slotOf(snapshot, node).state !== "settled";
  const open = Object.values(snapshot.plan.nodes).filter(
    (node) => node.id.startsWith(prefix) && isOpen(node) && !isBelow(kept, node.id),
  );
  return open.map(({ id }) => `L7: ${join.id} was decided early, and ${id} is not ended`);
}

/** S4: never callback and error callback of one join. */
function decisionFaults(world: Seen, snapshot: Snapshot, join: PlanJoin): string[] {
  const decision = decided(snapshot, join);
  const started = (id: string | null | undefined) =>
    typeof id === "string" && world.entries.some((entry) => entry.taskId === taskIdOf(snapshot.head.runId, id));
  const successor = join.next.find((next) => next.kind === "node");
  const faults: string[] = [];
  if (decision !== "callback" && successor?.kind === "node" && started(successor.node))
    faults.push(`S3: ${successor.node} started though ${join.id} is ${decision ?? "open"}`);
  // One of an older generation was called when the join was *error* there.
  if (decision !== "error" && enteredIn(world, snapshot, join.onError, snapshot.head.generation))
    faults.push(`S4: ${join.onError} started though ${join.id} is ${decision ?? "open"}`);
  // After a revoke nothing starts, error callbacks neither.
  const isOwed = decision === "error" && snapshot.head.status !== "REVOKED";
  if (isOwed && join.onError !== null && !settledNode(snapshot, join.onError))
    faults.push(`L3: ${join.onError} was not called though ${join.id} is error`);
  if (decision === "error" && join.onError !== null && !calledIn(world, snapshot, join, join.onError))
    faults.push(`L3: ${join.onError} was called in an older generation than that in which ${join.id} became error`);
  return faults;
}

function enteredIn(world: Seen, { head }: Snapshot, id: string | null, generation: unknown): boolean {
  const taskId = id === null ? undefined : taskIdOf(head.runId, id);
  return world.entries.some((entry) => entry.taskId === taskId && entry.generation === generation);
}

/** Whether an error callback that has succeeded did so in the generation of the decision. */
function calledIn(world: Seen, snapshot: Snapshot, join: PlanJoin, onError: string): boolean {
  const node = snapshot.plan.nodes[onError];
  const slot = node && slotOf(snapshot, node);
  if (slot?.state !== "settled" || slot.status !== "SUCCEEDED") return true;
  const generation = tallyOf(snapshot, join, topOf(join))?.g;
  const entered = enteredIn(world, snapshot, onError, generation);
  const handedOut = world.outsideMessages.map(({ token }) => decodeToken(token));
  return entered || handedOut.some((token) => token?.node === onError && token.generation === generation);
}

function settledNode(snapshot: Snapshot, id: string): boolean {
  const node = snapshot.plan.nodes[id];
  return node !== undefined && slotOf(snapshot, node).state === "settled";
}

/** S20: what is left of an older generation is what the retry keeps, unless somebody has ended the run before it was through. */
function generationFaults(snapshot: Snapshot): string[] {
  if (["REVOKED", "TIMED_OUT"].includes(snapshot.head.status)) return [];
  const owed = reopenWrites(snapshot, { nowMs: Number.POSITIVE_INFINITY, skewMs: 0 });
  return owed.map(({ key }) => `S20: ${key.sk} was not reopened`);
}

/** Nothing goes round for ever, and nothing is given up. */
export function unhandled(world: Seen): string[] {
  return world.queue.queues().map((name) => `L8: ${name} still holds messages`);
}

/** S3, S11 and S9 by the ledger: no body started before its join was full, or long after the end. */
function early(world: Seen, snapshot: Snapshot, { afterEndMs }: Leeway): string[] {
  const ended = snapshot.head.endedAtMs;
  const own = world.entries.filter(({ taskId }) => taskId.startsWith(`${snapshot.head.runId}/`));
  return own.flatMap((entry) => {
    const node = Object.values(snapshot.plan.nodes).find(
      (candidate) => taskIdOf(snapshot.head.runId, candidate.id) === entry.taskId,
    );
    if (!node) return [`S5: ${entry.taskId} ran and is not in the plan`];
    const late = ended !== undefined && entry.atMs > ended + afterEndMs && !node.afterEnd;
    return late ? [`S9: ${entry.taskId} started ${entry.atMs - (ended as number)} ms after the end`] : [];
  });
}

/** Nothing that waits starts before its time, and no sleep is over before it. */
function tooSoon(world: Seen, snapshot: Snapshot, { skewMs }: Leeway): string[] {
  // What a range starts is released before the range is done, which is all that is stored.
  if (hasRanges(snapshot.plan)) return [];
  return [...releasedOf(snapshot).nodes].flatMap(([id, sinceMs]) => {
    const node = nodeOf(snapshot, id);
    const slot = slotOf(snapshot, node);
    // What an older generation has run was released in that one.
    const { generation, raisedAtMs = 0 } = snapshot.head;
    const isOver =
      node.sleep && slot.state === "settled" && slot.status === "SUCCEEDED" && slot.settledAtMs >= raisedAtMs;
    const slept = isOver ? [slot.settledAtMs] : [];
    const taskId = taskIdOf(snapshot.head.runId, id);
    const entered = world.entries
      .filter((entry) => entry.taskId === taskId && entry.generation === generation)
      .map(({ atMs }) => atMs);
    return [...slept, ...entered]
      .filter((atMs) => atMs < startMs(node, sinceMs) - skewMs)
      .map((atMs) => `T1: ${id} did not wait: ${startMs(node, sinceMs) - atMs} ms before its time`);
  });
}

/** S4: each claim is an attempt of its own, so no attempt is entered twice. */
function enteredTwice(world: Seen): string[] {
  const names = world.entries.map(
    ({ taskId, generation, attempt }) => `${taskId} generation ${generation} attempt ${attempt}`,
  );
  return names.filter((name, at) => names.indexOf(name) !== at).map((name) => `S4: ${name} was entered twice`);
}

/**
 * What one applied write may never do: change an outcome, a decision or an end, end a live lease for its owner, or give an item
 * back to an older generation.
 */
export function forbiddenChanges(
  sk: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  nowMs: number,
): string[] {
  // A new generation takes away what it runs again.
  const [was, is] = [before, after].map(({ g, generation }) => Number(g ?? generation)) as [number, number];
  if (is > was) return [];
  if (is < was) return [`S20: ${sk} went back from generation ${was} to ${is}`];
  const slots = Object.keys(before).filter((name) => /^s\d+$/.test(name));
  return [
    ...slots.flatMap((name) =>
      slotChange(`${sk} ${name}`, decodeSlot(before[name] as never), decodeSlot(after[name] as never), nowMs),
    ),
    ...frozen(sk, "S4", "decision", ["decision", "decidedBy", "decidedAt"], before, after),
    ...(sk === "head" && before.status !== "RUNNING"
      ? frozen(sk, "S9", "status", ["status", "endedBy", "endedAt"], before, after)
      : []),
  ];
}

function slotChange(what: string, was: Slot, is: Slot, nowMs: number): string[] {
  if (was.state === "settled") {
    const same =
      is.state === "settled" &&
      is.status === was.status &&
      is.owner === was.owner &&
      is.settledAtMs === was.settledAtMs;
    return same ? [] : [`S6: ${what} was ${was.status} and became ${is.state === "settled" ? is.status : is.state}`];
  }
  // Only the owner of a lease has a value to record; who settles for others takes one over.
  const own = is.state === "settled" && is.status === "SUCCEEDED" && is.value?.kind !== "reference";
  // Nor has a map over no items anything to record that others could not.
  const stolen = own && !(is.value?.kind === "inline" && is.value.text === "[]");
  const leases = was.state === "leased" ? [was, was.second] : [];
  if (stolen && !leases.some((lease) => lease?.owner === is.owner && lease.attempt === is.attempt))
    return [`S15: ${what} was ${was.state} and SUCCEEDED without a lease of its owner`];
  const waited = is.state === "leased" || (is.state === "settled" && is.status === "SUCCEEDED");
  if (was.state === "waiting" && waited && nowMs < was.atMs)
    return [`T1: ${what} did not wait: ${was.atMs - nowMs} ms before its time`];
  if (was.state !== "leased" || nowMs > was.untilMs) return [];
  // A failure of its own gives the place to its copy, or counts the one that was lost.
  const { second } = was;
  const gaveUp = is.state === "leased" && is.lost === was.lost && second !== undefined && is.owner === second.owner;
  const taken = is.state === "leased" && is.owner !== was.owner && !gaveUp;
  const lost = is.state === "waiting" && is.lost > was.lost + (second === undefined ? 0 : lostOf(second));
  return taken || lost ? [`S15: ${what} lost its lease ${was.untilMs - nowMs} ms before its end`] : [];
}

/** Attributes that stay once the first of them is there. */
function frozen(
  sk: string,
  invariant: string,
  first: string,
  names: readonly string[],
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  if (before[first] === undefined) return [];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${invariant}: ${sk} ${name} was ${before[name]} and became ${after[name]}`);
}
