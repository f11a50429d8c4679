/**
 * Open work that somebody should have taken by now: a node, or a range of a long list.
 */
import type { NodeId } from "../model/ids.ts";
import { startMs } from "../model/start-time.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Finding, Repair } from "./findings.ts";
import type { ReleasedRange } from "./released.ts";
import { resendIntervalMs } from "./retry.ts";
import { leaseOver } from "./rows.ts";
import type { OpenSlot } from "./slot.ts";

export interface DiagnoseSettings {
  readonly skewMs: number;
  readonly visibilityMs: number;
}

/** A released unit that has no outcome yet. */
export interface OpenUnit {
  readonly node?: NodeId;
  /** Where its message went, in words. */
  readonly sentTo: string;
  /** When that was, unless its slot says otherwise. */
  readonly sentMs: number;
  readonly resend: (seen: OpenSlot) => Repair;
  readonly expire: (seen: Extract<OpenSlot, { state: "leased" }>) => Repair;
}

export function openNode(node: PlanNode, sinceMs: number): OpenUnit {
  return {
    node: node.id,
    sentTo: node.map === undefined ? `queue ${node.queue}` : "the request queue",
    sentMs: startMs(node, sinceMs),
    resend: (seen) => ({ do: "resend", node: node.id, seen }),
    expire: (seen) => ({ do: "expire", node: node.id, seen }),
  };
}

export function openRange({ list, range, sinceMs }: ReleasedRange): OpenUnit {
  return {
    sentTo: `the request queue as part ${range + 1} of ${list}`,
    sentMs: sinceMs,
    resend: (seen) => ({ do: "resend-range", range: { list, range }, seen }),
    expire: (seen) => ({ do: "expire-range", range: { list, range }, seen }),
  };
}

/**
 * While other tasks of a run still settle, what nobody has taken is more likely at the end of a long queue than lost: it
 * is sent again that much later, so that a large group does not send its tail twice.
 */
const patienceWhileMoving = 8;

/** What the state of the run adds. */
export interface RunState {
  /** Whether other tasks have settled since the last visit. */
  readonly moving: boolean;
  /** When everything open was sent again: after a pause, or in a new generation. */
  readonly restartedAtMs: number | undefined;
}

/** What is overdue, or the time at which it will be. */
export function overdue(
  slot: OpenSlot,
  unit: OpenUnit,
  nowMs: number,
  { skewMs, visibilityMs, moving, restartedAtMs = 0 }: DiagnoseSettings & RunState,
): Finding | number {
  const about = unit.node === undefined ? {} : { node: unit.node };
  switch (slot.state) {
    case "leased": {
      if (!leaseOver(slot, { nowMs, skewMs })) return slot.untilMs + skewMs + 1;
      const explanation = `its worker (${slot.owner}) has been silent since its lease ended`;
      return { kind: "lease-over", ...about, sinceMs: slot.untilMs, explanation, repair: unit.expire(slot) };
    }
    case "waiting": {
      // A wait that a message carries is only late once that message has had its time.
      const graceMs = slot.timer ? 0 : resendIntervalMs(visibilityMs, 0);
      const lateMs = Math.max(slot.atMs, restartedAtMs) + graceMs;
      if (lateMs > nowMs) return lateMs;
      const [kind, what] = slot.attempt === 0 ? (["start-due", "start"] as const) : (["retry-due", "retry"] as const);
      const explanation = `its ${what} was due and has not been seen`;
      return { kind, ...about, sinceMs: slot.atMs, explanation, repair: unit.resend(slot) };
    }
    default: {
      const resends = slot.state === "queued" ? slot.resends : 0;
      const sentMs = slot.state === "queued" ? slot.atMs : unit.sentMs;
      const patienceMs = resendIntervalMs(visibilityMs * (moving ? patienceWhileMoving : 1), resends);
      const lateMs = Math.max(sentMs, restartedAtMs) + patienceMs;
      if (lateMs > nowMs) return lateMs;
      const explanation = `sent to ${unit.sentTo}, and nobody has taken it: the queue is long, nobody reads it, or the message was lost`;
      return { kind: "unseen", ...about, sinceMs: sentMs, explanation, repair: unit.resend(slot) };
    }
  }
}

/**
 * A sleep that is over, or the time at which it is. Nobody has to take it: the sweeper settles it, whatever became of its
 * message, and where nothing was recorded of it, by the time of its release.
 */
export function sleepOver(
  slot: OpenSlot,
  node: PlanNode,
  sinceMs: number,
  nowMs: number,
  { visibilityMs }: DiagnoseSettings,
): Finding | number {
  const overMs = slot.state === "waiting" ? slot.atMs : startMs(node, sinceMs);
  const graceMs = slot.state === "waiting" && slot.timer ? 0 : resendIntervalMs(visibilityMs, 0);
  if (overMs + graceMs > nowMs) return overMs + graceMs;
  const explanation = "its time has come, and that is not recorded";
  const repair: Repair = { do: "wake", node: node.id, seen: slot };
  return { kind: "sleep-over", node: node.id, sinceMs: overMs, explanation, repair };
}
