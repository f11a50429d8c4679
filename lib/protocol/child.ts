/**
 * Runs inside runs: a map whose list is known at run time expands into a child run, and its node's slot waits for that
 * (docs/maps.md).
 *
 * The child is made before the slot says so. Its id follows from the node and from what the child is made of, so that a
 * repeated expansion meets the same one. While it runs, the slot is leased by it without an end: nobody takes it over, and
 * only what the child has come to settles it, in the generation that has made or adopted the child. The child follows its
 * parent: it is revoked when nobody waits for it any more, and paused and resumed with it.
 */
import { contentHash } from "../model/hash.ts";
import type { RunId } from "../model/ids.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Write } from "../ports/store.ts";
import { type Head, isTombstone } from "./head.ts";
import { headKey, type SlotPlace } from "./keys.ts";
import type { ParentRef } from "./parent-ref.ts";
import { countsOf, endlessMs, type LeasedSlot, type OpenSlot, type Slot } from "./slot.ts";

/** Id of the run that a map expands into: the same for the same node and content, in whatever generation. */
export function childId(parent: Head, node: PlanNode, documentHash: string): RunId {
  const { runId, submittedAtMs } = parent;
  return `map-${contentHash(JSON.stringify([runId, submittedAtMs, node.id, documentHash]))}`;
}

/** What the head of a child says of its parent. */
export function parentRef(parent: Head, node: PlanNode, place: SlotPlace): ParentRef {
  return {
    run: parent.runId,
    submittedAtMs: parent.submittedAtMs,
    node: node.id,
    generation: parent.generation,
    key: place.key,
    attribute: place.attribute,
    ...(node.fairnessKey === undefined ? {} : { fairnessKey: node.fairnessKey }),
  };
}

/** The slot of a node that waits for its child. */
export function waitsFor(child: RunId, seen: OpenSlot, nowMs: number): LeasedSlot {
  const { dispatch, attempt, lost } = countsOf(seen);
  const counts = { dispatch, attempt: attempt + 1, lost };
  return { state: "leased", ...counts, owner: child, carrier: "map", untilMs: endlessMs, startedAtMs: nowMs };
}

/** The child that a slot waits for. */
export function childOf(slot: Slot): RunId | undefined {
  return slot.state === "leased" && slot.untilMs === endlessMs ? slot.owner : undefined;
}

/** The child that a slot waits for, or was settled by. */
export function childIn(slot: Slot): RunId | undefined {
  const settledBy = slot.state === "settled" && /^map-[0-9a-f]{32}$/.test(slot.owner) ? slot.owner : undefined;
  return childOf(slot) ?? settledBy;
}

/** What a child sees of its parent. */
export interface ParentView {
  /** Undefined when there is none any more. */
  readonly head: Head | undefined;
  /** That of the node which expanded into it. */
  readonly slot: Slot;
}

/** What there is to do about a child and its parent. */
export type OwedToParent = "tell" | "revoke" | "pause" | "resume";

/** What a child owes its parent, or has to follow. Nothing is owed to a generation that has not made or adopted it. */
export function owedToParent(child: Head, { head, slot }: ParentView): OwedToParent | undefined {
  const { parent } = child;
  if (parent === undefined || isTombstone(child)) return undefined;
  const current = head !== undefined && isParent(parent, head) && head.generation === parent.generation;
  if (child.status !== "RUNNING") {
    const isHeld = head !== undefined && isParent(parent, head) && head.pausedAtMs !== undefined;
    // Before its end is told: nobody comes back for it, while whoever brings the run on again finds that the parent does not know.
    if (awaitsResume(child) && !isHeld) return "resume";
    // Maps never start after the end of their run: one that had not got to wait for its child until then never will.
    const awaits = current && (head.status === "RUNNING" ? slot.state !== "settled" : childOf(slot) === child.runId);
    return awaits ? "tell" : undefined;
  }
  if (!current || head.status !== "RUNNING" || slot.state === "settled") return "revoke";
  if ((head.pausedAtMs === undefined) === (child.pausedAtMs === undefined)) return undefined;
  return head.pausedAtMs === undefined ? "resume" : "pause";
}

/**
 * Whether a child that has ended in a pause has something to do after that, whatever has become of its parent: error callbacks
 * to call, or children of its own to let go on. One that was revoked starts nothing any more; what its own have come to is theirs.
 */
export function awaitsResume({ parent, endedAtMs, pausedAtMs, status, errorBranches, maps }: Head): boolean {
  if (parent === undefined || endedAtMs === undefined || pausedAtMs === undefined) return false;
  return maps === true || (errorBranches && status !== "REVOKED");
}

/** Whether a head is that of the run a child belongs to, and it has not been removed. */
export function isParent(parent: ParentRef, head: Head): boolean {
  return head.runId === parent.run && head.submittedAtMs === parent.submittedAtMs && !isTombstone(head);
}

/** Adopt: a child of an older generation goes on for this one, as it is. Only from the state seen. */
export function adoptWrite(child: Head, generation: number): Write {
  return {
    key: headKey(child.runId),
    set: [{ path: ["parent", "g"], value: generation }],
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["parent", "g"], value: child.parent?.generation ?? 0 },
        { is: "equal", path: ["generation"], value: child.generation },
        { is: "equal", path: ["status"], value: child.status },
      ],
    },
  };
}
