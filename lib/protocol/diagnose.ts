/**
 * What is wrong or due in a run, why, and which write mends it: one pure function on a strong read.
 *
 * `check` prints the findings, `fix` applies the repairs after asking, the sweeper applies them. Each repair is one of the
 * protocol's writes, conditioned on its own premise, so sweeps commute (S16); no repair rests on another item unless that
 * premise is stable within the generation: full, terminal, decided.
 */
import type { Failure, Next, PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/store.ts";
import { owedToParent } from "./child.ts";
import { chosenSkip, endsRest, owedDecision } from "./decision.ts";
import type { Finding, Repair } from "./findings.ts";
import { insideOf } from "./inside.ts";
import { outsideOwner } from "./outside.ts";
import { type DiagnoseSettings, openNode, openRange, overdue, type RunState, sleepOver } from "./overdue.ts";
import { rangesOf } from "./release.ts";
import { type Released, releasedOf } from "./released.ts";
import { isBelow, keptParts, reopenWrites } from "./reopen.ts";
import { lostTooOften } from "./retry.ts";
import { countsAfterLoss, leaseOver } from "./rows.ts";
import { isBad, type LeasedSlot, type OpenSlot, type Slot, skipIn } from "./slot.ts";
import {
  decided,
  fired,
  isKept,
  joinOf,
  memberSlot,
  nodeOf,
  rangeSlot,
  type Snapshot,
  slotOf,
  tallyOf,
} from "./snapshot.ts";
import { mayStart } from "./status.ts";
import {
  isDecidedByCount,
  isTop,
  itemsAt,
  markFor,
  markOf,
  parentOf,
  remainingOf,
  type TallyPlace,
  topOf,
} from "./tally.ts";
import { beforeTurn } from "./turn.ts";

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** The earliest moment at which something here changes by time alone; undefined when nothing waits for time. */
  readonly nextTimerMs: number | undefined;
  /** Settled slots: whether anything changes from visit to visit. */
  readonly settled: number;
  /** Released nodes without outcome, and ranges that are not sent; after the end, what still runs or has to. */
  readonly open: number;
  /** True when all of them wait for a recorded time that no message carries: then nothing can be lost before the first. */
  readonly asleep: boolean;
}

/** Finds everything that is due or stuck in a run. */
export function diagnose(snapshot: Snapshot, nowMs: number, settings: DiagnoseSettings): Diagnosis {
  // Until all items are of this generation, nothing else can be said about them (G33).
  if (reopenWrites(snapshot, { nowMs, skewMs: settings.skewMs }).length > 0) return notReopened(snapshot);
  const released = releasedOf(snapshot);
  // Conditions come first: what else is found may end the run, and then nobody looks at them any more.
  const findings: Finding[] = conditionFindings(snapshot, released);
  const timers: number[] = [];
  let settled = 0;
  let running = 0;
  const waiting: Waiting[] = [];
  for (const [id, sinceMs] of released.nodes) {
    const node = nodeOf(snapshot, id);
    const slot = slotOf(snapshot, node);
    if (slot.state === "settled") {
      settled++;
      findings.push(...settledFindings(snapshot, node, slot));
    } else if (mayStart(snapshot.head, node.afterEnd)) waiting.push(waitingNode(slot, node, sinceMs));
    else if (
      slot.state === "leased" &&
      !leaseOver(slot, { nowMs, skewMs: settings.skewMs }) &&
      !isIdle(snapshot, slot)
    ) {
      // Its failure may still owe an error callback.
      running++;
      timers.push(slot.untilMs + settings.skewMs + 1);
    }
  }
  for (const range of released.ranges) {
    const slot = rangeSlot(snapshot, range.list, range.range);
    if (slot.state !== "settled" && mayStart(snapshot.head, false))
      waiting.push({ slot, lateness: (...at) => overdue(slot, openRange(range), ...at) });
  }
  const moving = settled !== (snapshot.head.sweptSettled ?? 0);
  for (const { lateness } of waiting) {
    const found = lateness(nowMs, { ...settings, moving, restartedAtMs: snapshot.head.restartedAtMs });
    if (typeof found === "number") timers.push(found);
    else findings.push(found);
  }
  findings.push(...skippedFindings(snapshot, released));
  const isBelowKept = snapshot.head.generation === 1 ? () => false : keptParts(snapshot);
  for (const join of Object.values(snapshot.plan.joins))
    if (!isBelowKept(join.id))
      findings.push(...joinFindings(snapshot, join, released), ...restFindings(snapshot, join));
  findings.push(...deadlines(snapshot, released, nowMs, timers));
  if (released.end && snapshot.head.status === "RUNNING") findings.push(endMissing(snapshot));
  findings.push(...parentFindings(snapshot));
  const nextTimerMs = timers.length > 0 ? timers.reduce((first, atMs) => Math.min(first, atMs)) : undefined;
  const asleep = running === 0 && waiting.every(({ slot }) => slot.state === "waiting" && slot.timer);
  return { findings, nextTimerMs, settled, open: waiting.length + running, asleep };
}

/** Of a run that is to be removed, a program elsewhere runs nothing: it may hold a task for a year, and is refused what it reports. */
function isIdle({ head }: Snapshot, { owner }: LeasedSlot): boolean {
  return head.removeAtMs !== undefined && owner === outsideOwner;
}

/** A child run whose end its parent does not know, or that goes on though its parent does not wait for it. */
function parentFindings({ head, parent }: Snapshot): Finding[] {
  const owed = parent && owedToParent(head, parent);
  if (owed === undefined) return [];
  const repair: Repair = { do: "follow-parent" };
  const run = `run ${head.parent?.run}`;
  if (owed === "tell") {
    const explanation = `the run has ended, and ${run}, whose map it is, does not know yet`;
    return [{ kind: "parent-not-told", sinceMs: head.endedAtMs ?? head.submittedAtMs, explanation, repair }];
  }
  const state = { revoke: "does not wait for it any more", pause: "is paused", resume: "is not paused any more" }[owed];
  const sinceMs = parent?.head?.endedAtMs ?? parent?.head?.pausedAtMs ?? head.submittedAtMs;
  const explanation = `${run}, whose map it is, ${state}`;
  return [{ kind: "parent-not-followed", sinceMs, explanation, repair }];
}

function notReopened({ head }: Snapshot): Diagnosis {
  const finding: Finding = {
    kind: "not-reopened",
    sinceMs: head.restartedAtMs ?? head.submittedAtMs,
    explanation: `part of the run still belongs to a generation before ${head.generation}: the retry has not come to its end`,
    repair: { do: "reopen" },
  };
  return { findings: [finding], nextTimerMs: undefined, settled: 0, open: 0, asleep: false };
}

/** Open work, and when it is late. */
interface Waiting {
  readonly slot: OpenSlot;
  readonly lateness: (nowMs: number, settings: DiagnoseSettings & RunState) => Finding | number;
}

function waitingNode(slot: OpenSlot, node: PlanNode, sinceMs: number): Waiting {
  return {
    slot,
    lateness: (nowMs, settings) =>
      node.sleep
        ? sleepOver(slot, node, sinceMs, nowMs, settings)
        : overdue(slot, openNode(node, sinceMs), nowMs, settings),
  };
}

/** A settled node whose failure has not reached its target, or whose success has not reached the slot or the end it feeds (G32). */
function settledFindings(snapshot: Snapshot, node: PlanNode, slot: Extract<Slot, { state: "settled" }>): Finding[] {
  const repair: Repair = { do: "drive-node", node: node.id };
  if (isBad(slot)) {
    if (failureRecorded(snapshot, node.failure, node.next)) return [];
    const explanation = `the task ended ${slot.status}, and what has to follow from that is not recorded`;
    return [{ kind: "failure-not-driven", node: node.id, sinceMs: slot.settledAtMs, explanation, repair }];
  }
  if (skipIn(slot) !== undefined) {
    if (node.next.every((next) => skipRecorded(snapshot, next))) return [];
    const explanation = "the task was skipped, and what comes after it does not know yet";
    return [{ kind: "successor-missing", node: node.id, sinceMs: slot.settledAtMs, explanation, repair }];
  }
  // A long list is not driven from here: its ranges are looked at one by one.
  if (rangesOf(snapshot.plan, node.next) > 0) return [];
  const missing = node.next.some(
    (next) => next.kind === "slot" && memberSlot(snapshot, joinOf(snapshot, next.join), next.index).state !== "settled",
  );
  if (!missing) return [];
  const explanation = "the task has succeeded, and the join it feeds does not know yet";
  return [{ kind: "successor-missing", node: node.id, sinceMs: slot.settledAtMs, explanation, repair }];
}

/** Whether every error decision on the way of a failure, and its target, are recorded. */
export function failureRecorded(snapshot: Snapshot, failure: Failure, next: readonly Next[]): boolean {
  const decisions = failure.decide.map((id) => decided(snapshot, joinOf(snapshot, id)));
  if (decisions.some((decision) => decision === undefined)) return false;
  const { then } = failure;
  if (then.kind === "head") return snapshot.head.status !== "RUNNING";
  if (then.kind === "slot") return memberSlot(snapshot, joinOf(snapshot, then.join), then.index).state === "settled";
  return then.kind === "none" || next.every((one) => skipRecorded(snapshot, one));
}

/** Whether it is recorded that something does not start. */
function skipRecorded(snapshot: Snapshot, next: Next): boolean {
  switch (next.kind) {
    case "node":
      return slotOf(snapshot, nodeOf(snapshot, next.node)).state === "settled";
    case "slot":
      return memberSlot(snapshot, joinOf(snapshot, next.join), next.index).state === "settled";
    case "end":
      return snapshot.head.status !== "RUNNING";
    case "join": {
      const join = joinOf(snapshot, next.join);
      const decision = decided(snapshot, join);
      // By requests before its turn, which does not come, or for want of members: what follows it has to be skipped all the same.
      if (decision === "callback") return join.next.every((one) => skipRecorded(snapshot, one));
      return decision !== undefined;
    }
  }
}

/** Tasks that were skipped: nothing has released them, and what follows from them is owed all the same. */
function skippedFindings(snapshot: Snapshot, released: Released): Finding[] {
  return Object.values(snapshot.plan.nodes).flatMap((node) => {
    if (released.nodes.has(node.id)) return [];
    const slot = slotOf(snapshot, node);
    const skipped = node.failure.then.kind === "skip" || skipIn(slot) !== undefined;
    return skipped && slot.state === "settled" ? settledFindings(snapshot, node, slot) : [];
  });
}

/** Headers whose condition nobody has looked at, though what it is about is recorded. */
function conditionFindings(snapshot: Snapshot, { conditional }: Released): Finding[] {
  if (!mayStart(snapshot.head, false)) return [];
  return [...conditional].map(([join, sinceMs]) => {
    const explanation = "the header is ready, and whether its condition holds is not recorded";
    return { kind: "condition-open", join, sinceMs, explanation, repair: { do: "release-join", join } };
  });
}

/** Members, or parts of them, that a decided join should have ended. */
function restFindings(snapshot: Snapshot, join: PlanJoin): Finding[] {
  if (!endsRest(join, tallyOf(snapshot, join, topOf(join)), snapshot.head.generation)) return [];
  const { nodes, joins } = insideOf(snapshot.plan, join);
  const kept = new Set(joins.filter((inner) => isKept(snapshot, inner)).map(({ id }) => id));
  const left =
    Array.from({ length: join.size }).some((_, index) => memberSlot(snapshot, join, index).state !== "settled") ||
    nodes.some((node) => !isBelow(kept, node.id) && slotOf(snapshot, node).state !== "settled") ||
    joins.some((inner) => decided(snapshot, inner) === undefined);
  if (!left) return [];
  const sinceMs = fired(snapshot, join)?.atMs ?? snapshot.head.submittedAtMs;
  const explanation = "the chord was decided without some of its members, and they are not ended";
  return [{ kind: "rest-not-ended", join: join.id, sinceMs, explanation, repair: { do: "end-rest", join: join.id } }];
}

/** Full items without a mark above them, and decisions that have not reached the slot or the head they lead to. */
function joinFindings(snapshot: Snapshot, join: PlanJoin, released: Released): Finding[] {
  const missing = isKept(snapshot, join) ? [] : unmarked(snapshot, join);
  if (missing.length > 0) {
    const what = isDecidedByCount(join) ? "has settled members" : "is complete";
    const explanation = `part of the join ${what}, and its arrival above is not recorded`;
    return missing.map((place): Finding => {
      const repair: Repair = { do: "drive-tally", join: join.id, place };
      return { kind: "arrival-missing", join: join.id, sinceMs: snapshot.head.submittedAtMs, explanation, repair };
    });
  }
  const repair: Repair = { do: "drive-join", join: join.id };
  const owed = owedDecision(join, tallyOf(snapshot, join, topOf(join)));
  if (owed !== undefined) {
    const explanation = `the counts call for the decision ${owed}, which is not recorded`;
    return [{ kind: "decision-missing", join: join.id, sinceMs: snapshot.head.submittedAtMs, explanation, repair }];
  }
  const decision = decided(snapshot, join);
  if (decision === undefined) return [];
  // One without members has come to its end when it is released, and nothing of that is recorded but what follows.
  const releasedMs = mayStart(snapshot.head, join.afterEnd) ? released.joins.get(join.id) : undefined;
  if (join.size === 0 && decision !== "skipped" && releasedMs === undefined) return [];
  const sinceMs = fired(snapshot, join)?.atMs ?? releasedMs ?? snapshot.head.submittedAtMs;
  if (decision === "error") {
    if (failureRecorded(snapshot, join.failure, join.next)) return [];
    const explanation = "the join was decided error, and what has to follow from that is not recorded";
    return [{ kind: "failure-not-driven", join: join.id, sinceMs, explanation, repair }];
  }
  if (decision === "skipped") {
    if (join.next.every((next) => skipRecorded(snapshot, next))) return [];
    const explanation = "the join was skipped, and what comes after it does not know yet";
    const chosen = chosenSkip(join, tallyOf(snapshot, join, topOf(join))) !== undefined;
    return [{ kind: chosen ? "successor-missing" : "failure-not-driven", join: join.id, sinceMs, explanation, repair }];
  }
  if (rangesOf(snapshot.plan, join.next) > 0) return [];
  const missed = join.next.some(
    (next) => next.kind === "slot" && memberSlot(snapshot, joinOf(snapshot, next.join), next.index).state !== "settled",
  );
  // Before its turn it leaves that to whoever releases it.
  if (!missed || beforeTurn(snapshot)(join)) return [];
  const explanation = "the join is complete, and the join it feeds does not know yet";
  return [{ kind: "successor-missing", join: join.id, sinceMs, explanation, repair }];
}

/**
 * A leaf below a full item that has not arrived in its parent; climbing from it reaches that item. In a counting join one
 * for every item that has come further: large ones hold arrivals back until a visit such as this.
 */
function unmarked(snapshot: Snapshot, join: PlanJoin): readonly TallyPlace[] {
  if (join.size === 0) return [];
  const places: TallyPlace[] = [];
  /** What lies above one of them: it is brought up with it. */
  const above = new Set<string>();
  const nameOf = ({ level, number }: TallyPlace) => `${level}#${number}`;
  for (let level = 0; itemsAt(join, level) > 1; level++) {
    for (let number = 0; number < itemsAt(join, level); number++) {
      const place = { level, number };
      const image = tallyOf(snapshot, join, place);
      if (isTop(join, place) || image === undefined) continue;
      // Of a hedged join nothing waits for a count.
      if (!isDecidedByCount(join) && remainingOf(join, place, image) > 0) continue;
      const mark = tallyOf(snapshot, join, parentOf(join, place))?.[markOf(join, place)];
      const behind = typeof mark === "number" ? mark < markFor(join, place, image) : owesMark(join, place, image);
      if (!behind || above.has(nameOf(place))) continue;
      places.push(place);
      for (let next = parentOf(join, place); !isTop(join, next); next = parentOf(join, next)) above.add(nameOf(next));
      if (!isDecidedByCount(join)) return places;
    }
  }
  return places;
}

/** An item without a mark owes one when it is full; in a counting join as soon as anything below it is settled. */
function owesMark(join: PlanJoin, place: TallyPlace, image: Image): boolean {
  return !isDecidedByCount(join) || markFor(join, place, image) > 0;
}

function endMissing(snapshot: Snapshot): Finding {
  const { output } = snapshot.plan;
  const explanation = "everything the run waits for is recorded, and its end is not";
  const repair: Repair = endRepair(snapshot);
  return {
    kind: "end-missing",
    ...(output.kind === "node" ? { node: output.node } : {}),
    sinceMs: snapshot.head.submittedAtMs,
    explanation,
    repair,
  };
}

/** The unit whose successor is the end. */
function endRepair(snapshot: Snapshot): Repair {
  const leadsToEnd = (unit: { readonly next: readonly { readonly kind: string }[] }) =>
    unit.next.some((next) => next.kind === "end");
  const join = Object.values(snapshot.plan.joins).find(leadsToEnd);
  if (join) return { do: "drive-join", join: join.id };
  const node = Object.values(snapshot.plan.nodes).find(leadsToEnd);
  return { do: "drive-node", node: node?.id ?? "" };
}

/** Deadlines of released, undecided joins and of the run: passed, or timers. */
function deadlines(snapshot: Snapshot, released: Released, nowMs: number, timers: number[]): Finding[] {
  if (snapshot.head.status !== "RUNNING") return [];
  const findings: Finding[] = [];
  for (const [id, sinceMs] of released.joins) {
    const join = joinOf(snapshot, id);
    if (join.deadlineSeconds === undefined || decided(snapshot, join) !== undefined) continue;
    // A generation has all of it, whenever the one before has released the header.
    const atMs = Math.max(sinceMs, snapshot.head.raisedAtMs ?? 0) + join.deadlineSeconds * 1000;
    if (atMs > nowMs) timers.push(atMs);
    else
      findings.push({
        kind: "join-deadline-passed",
        join: id,
        sinceMs: atMs,
        explanation: `its deadline of ${join.deadlineSeconds} s has passed`,
        repair: { do: "join-deadline", join: id },
      });
  }
  const { deadlineAtMs } = snapshot.head;
  if (deadlineAtMs > nowMs) timers.push(deadlineAtMs);
  else
    findings.push({
      kind: "run-deadline-passed",
      sinceMs: deadlineAtMs,
      explanation: "the run's deadline has passed",
      repair: { do: "run-deadline" },
    });
  return findings;
}

/** Whether one more lost attempt ends the node. */
export function expires(node: PlanNode, seen: Extract<OpenSlot, { state: "leased" }>): boolean {
  return lostTooOften(node.retry, countsAfterLoss(seen).lost);
}
