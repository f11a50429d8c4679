/**
 * Where a released task without an outcome is, since when, and why it does not go on: from its slot, its queue and the
 * deployed code. Pure.
 */

import type { Cause } from "../model/causes.ts";
import type { RunId } from "../model/ids.ts";
import { encodeToken } from "../model/outside.ts";
import { startMs } from "../model/start-time.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Facts } from "../ports/facts.ts";
import { childOf } from "./child.ts";
import { deployedTask, depthText, queueOf, queueState } from "./facts.ts";
import type { Finding } from "./findings.ts";
import type { Head } from "./head.ts";
import { attemptOf } from "./outside.ts";
import type { LeasedSlot, OpenSlot, WaitingSlot } from "./slot.ts";

/** Where a member is that is missing. */
export type Where =
  | "not sent"
  | "queued"
  | "running"
  | "elsewhere"
  | "retrying"
  | "delayed"
  | "lost"
  | "dead-lettered"
  | "inside"
  | "recorded"
  | "not started";

export interface Whereabouts {
  readonly where: Where;
  readonly cause: Cause;
  /** In words; times are ISO-8601. */
  readonly why: string;
  readonly sinceMs: number;
  /** The protocol itself calls it late. */
  readonly overdue: boolean;
  /** What it waits for in another run. */
  readonly child?: RunId;
}

/** What is known of an open task. */
export interface OpenTask {
  readonly head: Head;
  readonly node: PlanNode;
  readonly slot: OpenSlot;
  /** When it was released. */
  readonly sinceMs: number;
  /** What `diagnose` has found of it, if anything. */
  readonly finding: Finding | undefined;
  readonly nowMs: number;
}

const iso = (epochMs: number): string => new Date(epochMs).toISOString();

export function whereaboutsOf(task: OpenTask, facts: Facts): Whereabouts {
  const { head, slot } = task;
  if (slot.state === "leased") return ofLease(task, slot);
  const { pausedAtMs } = head;
  if (pausedAtMs !== undefined) {
    const why = `the run is paused since ${iso(pausedAtMs)}`;
    return { where: "not started", cause: "paused", why, sinceMs: pausedAtMs, overdue: false };
  }
  if (slot.state === "waiting" && slot.atMs > task.nowMs) return ofWait(task, slot);
  const dueMs = startMs(task.node, task.sinceMs);
  if (slot.state === "absent" && dueMs > task.nowMs) {
    const why = `its start is at ${iso(dueMs)}`;
    return { where: "delayed", cause: "waits-for-time", why, sinceMs: task.sinceMs, overdue: false };
  }
  return ofMessage(task, facts);
}

/** Somebody has it, or had it. */
function ofLease({ head, node, finding }: OpenTask, slot: LeasedSlot): Whereabouts {
  const { attempt, startedAtMs: sinceMs, untilMs, owner } = slot;
  const child = childOf(slot);
  if (child !== undefined) {
    const why = `its map has expanded into run ${child}, which has not ended`;
    return { where: "elsewhere", cause: "map-runs", why, sinceMs, overdue: false, child };
  }
  if (finding !== undefined) {
    const why = `worker ${owner} has been silent since ${iso(untilMs)}, when its lease of attempt ${attempt} ended: it was killed, ran out of memory or lost its network`;
    return { where: "lost", cause: "worker-lost", why, sinceMs: untilMs, overdue: true };
  }
  const given = attemptOf(head.runId, head.generation, node.id, slot);
  if (given !== undefined) {
    const why = `with a program elsewhere or a person since ${iso(sinceMs)}, until ${iso(untilMs)}; token ${encodeToken(given)}`;
    return { where: "elsewhere", cause: "waits-for-report", why, sinceMs, overdue: false };
  }
  const why = `attempt ${attempt} runs since ${iso(sinceMs)}, leased by ${owner} until ${iso(untilMs)}; its limit is ${node.timeoutSeconds} s${besideText(slot)}`;
  return { where: "running", cause: "runs-long", why, sinceMs, overdue: false };
}

/** Its second copy, in words. */
function besideText({ second }: LeasedSlot): string {
  if (second === undefined) return "";
  if (second.owner === "") return `; its second copy, attempt ${second.attempt}, has failed`;
  return `; a second copy, attempt ${second.attempt}, runs since ${iso(second.startedAtMs)}, leased until ${iso(second.untilMs)}`;
}

/** It waits for a time that has not come. */
function ofWait({ sinceMs }: OpenTask, slot: WaitingSlot): Whereabouts {
  const { atMs, attempt, lost, error } = slot;
  if (attempt === 0)
    return { where: "delayed", cause: "waits-for-time", why: `its start is at ${iso(atMs)}`, sinceMs, overdue: false };
  const next = `attempt ${attempt + 1} is at ${iso(atMs)}`;
  if (error === undefined) {
    const why = `${lost} worker${lost === 1 ? "" : "s"} vanished with it; ${next}`;
    return { where: "retrying", cause: "worker-lost", why, sinceMs, overdue: false };
  }
  const cause: Cause = error.name === "result-too-large" ? "result-too-large" : "task-failing";
  const why = `attempt ${attempt} failed with ${error.name}: ${error.message}; ${next}`;
  return { where: "retrying", cause, why, sinceMs, overdue: false };
}

/** Its message should be on a queue, and nobody has taken it. */
function ofMessage({ node, slot, sinceMs, finding }: OpenTask, facts: Facts): Whereabouts {
  const queue = queueOf(node);
  const sentMs = slot.state === "queued" || slot.state === "waiting" ? slot.atMs : startMs(node, sinceMs);
  const sent = slot.state === "queued" && slot.resends > 0 ? `sent ${slot.resends + 1} times, last` : "sent";
  const at = `${sent} ${iso(sentMs)} to ${queue === "request" ? "the request queue" : `queue ${node.queue}`}`;
  // Once it was late, it stays so: to send it again has not helped.
  const overdue = finding !== undefined || (slot.state === "queued" && slot.resends > 0);
  const told = (where: Where, cause: Cause, why: string): Whereabouts => ({
    where,
    cause,
    why,
    sinceMs: slot.state === "queued" ? Math.min(sentMs, sinceMs) : sentMs,
    overdue,
  });
  const state = queueState(facts, queue);
  const noQueue = `the deployment has no queue ${node.queue}, or nothing answers at its URL`;
  const deployed = deployedTask(facts, node);
  if (deployed === null)
    return told(
      "queued",
      "task-unknown",
      `${at}; the deployed code has no task ${node.task}: it is of another version`,
    );
  if (deployed !== undefined && queue !== "request" && deployed.queue !== node.queue)
    return told(
      "queued",
      "task-moved",
      `${at}; the deployed code has task ${node.task} on queue ${deployed.queue}: the run is of another version`,
    );
  const lost = (why: string) => told("lost", "message-lost", `${at}, which holds nothing any more: ${why}`);
  switch (state) {
    case "missing":
      return told("not sent", "queue-missing", noQueue);
    case "unread":
      return told("queued", "queue-not-read", `${at}, and nobody reads it: ${depthText(facts, queue)}`);
    case "dead":
      return told(
        "dead-lettered",
        "dead-lettered",
        `${at}, which holds nothing any more: ${letters(facts, queue)} and nobody handles what is there`,
      );
    case "empty":
      return lost("its message was lost, purged, or never sent");
    case "gone":
      return lost("its message was lost or given up; its dead letters are unknown");
    case "in-hands":
      return told(
        "queued",
        "not-taken",
        `${at}, and not taken: ${depthText(facts, queue)}. If it is among those, its worker function fails before the task begins: code that does not load, memory, permissions`,
      );
    case "read":
      return told("queued", "queue-long", `${at}, behind others: ${depthText(facts, queue)}`);
    case "unknown":
      return told(
        "queued",
        "unseen",
        `${at}; the queue could not be asked, so it is unknown whether it is long, nobody reads it, or the message was lost`,
      );
  }
}

function letters(facts: Facts, queue: ReturnType<typeof queueOf>): string {
  const dead = facts.queues?.get(queue)?.dead;
  const count = (dead?.visible ?? 0) + (dead?.inFlight ?? 0);
  return `its dead-letter queue holds ${count} message${count === 1 ? "" : "s"}`;
}
