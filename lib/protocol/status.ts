/**
 * What a node's state is called, as a function of its slot and the state of its run: the one place where it is written
 * down (S10).
 */
import type { RunStatus, TaskStatus } from "../model/outcome.ts";
import type { Head } from "./head.ts";
import type { OpenSlot, SettledSlot, Slot } from "./slot.ts";

/**
 * State of a node as users see it.
 *
 * After the end of a run, a node without an outcome is skipped, revoked or timed out by the run's own state.
 *
 * @param released - Whether its message has been sent, as far as the plan and the other slots tell.
 * @param afterEnd - True for a node of an error branch, which may still run after the end.
 */
export function taskStatus(slot: Slot, run: RunStatus, released: boolean, afterEnd: boolean): TaskStatus {
  if (slot.state === "settled") return neverRan(slot) ? "SKIPPED" : slot.status;
  const over = run !== "RUNNING" && !(afterEnd && released && run !== "REVOKED");
  if (over) return run === "TIMED_OUT" || run === "REVOKED" ? run : "SKIPPED";
  return openStatus(slot, released);
}

/** The slot of a branch that failed before its last node: it holds the branch's outcome, and the node itself never ran. */
function neverRan(slot: SettledSlot): boolean {
  return slot.attempt === 0 && slot.status === "FAILED" && slot.error?.taskId !== undefined;
}

function openStatus(slot: OpenSlot, released: boolean): TaskStatus {
  switch (slot.state) {
    case "leased":
      return "RUNNING";
    case "waiting":
      // Not before its time: no worker could take it.
      return slot.attempt === 0 ? "WAITING" : "RETRYING";
    case "queued":
      return "QUEUED";
    case "absent":
      return released ? "QUEUED" : "WAITING";
  }
}

/**
 * Whether task code of a node may start, on a head read taken now (S9, G20). Nothing does while the run is paused, and nothing of
 * a run that was removed, or is to be.
 */
export function mayStart(
  { status, pausedAtMs, removeAtMs, removedAtMs }: Pick<Head, "status" | "pausedAtMs" | "removeAtMs" | "removedAtMs">,
  afterEnd: boolean,
): boolean {
  if (pausedAtMs !== undefined || removeAtMs !== undefined || removedAtMs !== undefined) return false;
  return status === "RUNNING" || (afterEnd && status !== "REVOKED");
}
