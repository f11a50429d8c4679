/**
 * What is wrong or due in a run, why, and which write mends it: one pure function on a strong read.
 *
 * `check` prints the findings, `fix` applies the repairs after asking, the sweeper applies them. Each repair is one of the
 * protocol's writes, conditioned on its own premise, so sweeps commute (S16); no repair rests on another item unless that
 * premise is stable within the generation: full, terminal, decided.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Failure, PlanJoin, PlanNode } from "../plan/types.ts";
import { type Released, releasedOf } from "./released.ts";
import { lostTooOften, resendIntervalMs } from "./retry.ts";
import { leaseOver } from "./rows.ts";
import { isBad, type OpenSlot, type Slot } from "./slot.ts";
import { decided, fired, joinOf, memberSlot, nodeOf, type Snapshot, slotOf, tallyOf } from "./snapshot.ts";
import { mayStart } from "./status.ts";
import { isTop, itemsAt, markOf, parentOf, remainingOf } from "./tally.ts";

export type Repair =
  /** Mark as re-sent on exactly this state, then send. */
  | { readonly do: "resend"; readonly node: NodeId; readonly seen: OpenSlot }
  /** Take from a dead owner on exactly this state, then send; or settle when lost attempts are used up. */
  | { readonly do: "expire"; readonly node: NodeId; readonly seen: Extract<OpenSlot, { state: "leased" }> }
  /** Drive on from a settled node. */
  | { readonly do: "drive-node"; readonly node: NodeId }
  /** Make a full leaf arrive, upwards as far as items are full. */
  | { readonly do: "drive-leaf"; readonly join: JoinId; readonly leaf: number }
  /** Drive on from a decided join. */
  | { readonly do: "drive-join"; readonly join: JoinId }
  /** Settle what is missing as TIMED_OUT. */
  | { readonly do: "join-deadline"; readonly join: JoinId }
  | { readonly do: "run-deadline" };

export interface Finding {
  readonly kind:
    | "unseen"
    | "lease-over"
    | "retry-due"
    | "arrival-missing"
    | "successor-missing"
    | "failure-not-driven"
    | "end-missing"
    | "join-deadline-passed"
    | "run-deadline-passed";
  /** The node or join it is about. */
  readonly node?: NodeId;
  readonly join?: JoinId;
  readonly sinceMs: number;
  readonly explanation: string;
  readonly repair: Repair;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** The earliest moment at which something here changes by time alone; undefined when nothing waits for time. */
  readonly nextTimerMs: number | undefined;
  /** Settled slots: whether anything changes from visit to visit. */
  readonly settled: number;
  /** Released nodes without outcome. */
  readonly open: number;
}

export interface DiagnoseSettings {
  readonly skewMs: number;
  readonly visibilityMs: number;
}

/** Finds everything that is due or stuck in a run. */
export function diagnose(snapshot: Snapshot, nowMs: number, settings: DiagnoseSettings): Diagnosis {
  const released = releasedOf(snapshot);
  const findings: Finding[] = [];
  const timers: number[] = [];
  let settled = 0;
  let open = 0;
  for (const [id, sinceMs] of released.nodes) {
    const node = nodeOf(snapshot, id);
    const slot = slotOf(snapshot, node);
    if (slot.state === "settled") {
      settled++;
      findings.push(...settledFindings(snapshot, node, slot));
      continue;
    }
    if (!mayStart(snapshot.head.status, node.afterEnd)) continue;
    open++;
    const found = openFinding(node, slot, sinceMs, nowMs, settings);
    if (typeof found === "number") timers.push(found);
    else findings.push(found);
  }
  for (const join of Object.values(snapshot.plan.joins)) findings.push(...joinFindings(snapshot, join));
  findings.push(...deadlines(snapshot, released, nowMs, timers));
  if (released.end && snapshot.head.status === "RUNNING") findings.push(endMissing(snapshot));
  return { findings, nextTimerMs: timers.length > 0 ? Math.min(...timers) : undefined, settled, open };
}

/** An open, released node: due, or the time at which it will be. */
function openFinding(
  node: PlanNode,
  slot: OpenSlot,
  sinceMs: number,
  nowMs: number,
  settings: DiagnoseSettings,
): Finding | number {
  switch (slot.state) {
    case "leased": {
      const overMs = slot.untilMs + settings.skewMs;
      if (!leaseOver(slot, { nowMs, skewMs: settings.skewMs })) return overMs + 1;
      const explanation = `its worker (${slot.owner}) has been silent since its lease ended`;
      return {
        kind: "lease-over",
        node: node.id,
        sinceMs: slot.untilMs,
        explanation,
        repair: { do: "expire", node: node.id, seen: slot },
      };
    }
    case "waiting": {
      // A wait that a message carries is only late once that message has had its time.
      const graceMs = slot.timer ? 0 : resendIntervalMs(settings.visibilityMs, 0);
      if (slot.atMs + graceMs > nowMs) return slot.atMs + graceMs;
      const explanation = `its retry was due and has not been seen`;
      return {
        kind: "retry-due",
        node: node.id,
        sinceMs: slot.atMs,
        explanation,
        repair: { do: "resend", node: node.id, seen: slot },
      };
    }
    default: {
      const resends = slot.state === "queued" ? slot.resends : 0;
      const sentMs = slot.state === "queued" ? slot.atMs : sinceMs + (node.delaySeconds ?? 0) * 1000;
      const lateMs = sentMs + resendIntervalMs(settings.visibilityMs, resends);
      if (lateMs > nowMs) return lateMs;
      const explanation = `sent to queue ${node.queue}, and no worker has taken it: the queue is long, nobody reads it, or the message was lost`;
      return {
        kind: "unseen",
        node: node.id,
        sinceMs: sentMs,
        explanation,
        repair: { do: "resend", node: node.id, seen: slot },
      };
    }
  }
}

/** A settled node whose failure has not reached its target, or whose success has not reached the slot or the end it feeds. */
function settledFindings(snapshot: Snapshot, node: PlanNode, slot: Extract<Slot, { state: "settled" }>): Finding[] {
  const repair: Repair = { do: "drive-node", node: node.id };
  if (isBad(slot)) {
    if (failureRecorded(snapshot, node.failure)) return [];
    const explanation = `the task ended ${slot.status}, and what has to follow from that is not recorded`;
    return [{ kind: "failure-not-driven", node: node.id, sinceMs: slot.settledAtMs, explanation, repair }];
  }
  const missing = node.next.some(
    (next) => next.kind === "slot" && memberSlot(snapshot, joinOf(snapshot, next.join), next.index).state !== "settled",
  );
  if (!missing) return [];
  const explanation = "the task has succeeded, and the join it feeds does not know yet";
  return [{ kind: "successor-missing", node: node.id, sinceMs: slot.settledAtMs, explanation, repair }];
}

/** Whether every error decision on the way of a failure, and its target, are recorded. */
export function failureRecorded(snapshot: Snapshot, failure: Failure): boolean {
  const decisions = failure.decide.map((id) => decided(snapshot, joinOf(snapshot, id)));
  if (decisions.some((decision) => decision === undefined)) return false;
  const { then } = failure;
  if (then.kind === "head") return snapshot.head.status !== "RUNNING";
  if (then.kind === "slot") return memberSlot(snapshot, joinOf(snapshot, then.join), then.index).state === "settled";
  return true;
}

/** Full items without a mark above them, and decisions that have not reached the slot or the head they lead to. */
function joinFindings(snapshot: Snapshot, join: PlanJoin): Finding[] {
  const missing = unmarkedLeaf(snapshot, join);
  if (missing !== undefined) {
    const explanation = `part of the join is complete, and its arrival above is not recorded`;
    const repair: Repair = { do: "drive-leaf", join: join.id, leaf: missing };
    return [{ kind: "arrival-missing", join: join.id, sinceMs: snapshot.head.submittedAtMs, explanation, repair }];
  }
  const decision = decided(snapshot, join);
  if (decision === undefined || join.size === 0) return [];
  const sinceMs = fired(snapshot, join)?.atMs ?? snapshot.head.submittedAtMs;
  const repair: Repair = { do: "drive-join", join: join.id };
  if (decision === "error") {
    if (failureRecorded(snapshot, join.failure)) return [];
    const explanation = "the join was decided error, and what has to follow from that is not recorded";
    return [{ kind: "failure-not-driven", join: join.id, sinceMs, explanation, repair }];
  }
  const owed = join.next.some(
    (next) => next.kind === "slot" && memberSlot(snapshot, joinOf(snapshot, next.join), next.index).state !== "settled",
  );
  if (!owed) return [];
  const explanation = "the join is complete, and the join it feeds does not know yet";
  return [{ kind: "successor-missing", join: join.id, sinceMs, explanation, repair }];
}

/** A leaf below a full item that has not arrived in its parent; climbing from it reaches that item. */
function unmarkedLeaf(snapshot: Snapshot, join: PlanJoin): number | undefined {
  if (join.size === 0) return undefined;
  let leavesBelow = 1;
  for (let level = 0; itemsAt(join, level) > 1; level++) {
    for (let number = 0; number < itemsAt(join, level); number++) {
      const place = { level, number };
      const image = tallyOf(snapshot, join, place);
      if (isTop(join, place) || image === undefined || remainingOf(join, place, image) > 0) continue;
      const parent = tallyOf(snapshot, join, parentOf(join, place));
      if (parent?.[markOf(join, place)] === undefined) return number * leavesBelow;
    }
    leavesBelow *= join.fan;
  }
  return undefined;
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
    const atMs = sinceMs + join.deadlineSeconds * 1000;
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
  return lostTooOften(node.retry, seen.lost + 1);
}
