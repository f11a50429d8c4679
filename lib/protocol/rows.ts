/**
 * What a message may end in: the table of docs/protocol.md#what-a-message-may-end-in, row by row.
 *
 * A message stands for its own node and for every node carried under its token. It may be acknowledged when each of them
 * is *discharged*: settled and driven on, or the business of another undeleted message (S13). Pure: the driver performs
 * what a row says.
 */
import type { StoredError } from "../model/outcome.ts";
import type { RetryPolicy } from "../plan/types.ts";
import { lostTooOften } from "./retry.ts";
import type { LeasedSlot, OpenSlot, OwnLease, SecondLease, Slot, WaitingSlot } from "./slot.ts";

/** Who is asking: this delivery, and its time. */
export interface Asker {
  /** Owner id of this delivery. */
  readonly owner: string;
  /** Short name of the token in hand. */
  readonly carrier: string;
  readonly nowMs: number;
  /** ε: how far clocks may differ. */
  readonly skewMs: number;
}

/** A lease is over only when its end has passed by more than ε (S15, G3). */
export function leaseOver(slot: Pick<LeasedSlot, "untilMs">, asker: Pick<Asker, "nowMs" | "skewMs">): boolean {
  return slot.untilMs + asker.skewMs < asker.nowMs;
}

/** Whether a copy still has its lease: that of one that has failed ended in 1970. */
export function isAtWork(second: SecondLease | undefined, asker: Pick<Asker, "nowMs" | "skewMs">): boolean {
  return second !== undefined && !leaseOver(second, asker);
}

/** How many workers vanished with a second lease that is over: none where its copy has failed. */
export function lostOf({ owner }: SecondLease): number {
  return owner === "" ? 0 : 1;
}

/** Attempts of a slot none of whose leases is live, and how many of their workers have vanished: the next is above both (G94). */
export function countsAfterLoss({ attempt, lost, second }: LeasedSlot): Pick<LeasedSlot, "attempt" | "lost"> {
  if (second === undefined) return { attempt, lost: lost + 1 };
  return { attempt: second.attempt, lost: lost + 1 + lostOf(second) };
}

/** The lease of a copy as its owner holds it, and as it takes the place of the first. */
export function leaseOfCopy(slot: LeasedSlot, lost = slot.lost): LeasedSlot | undefined {
  const { state, dispatch, second } = slot;
  return second === undefined ? undefined : { state, dispatch, lost, ...second };
}

export type OwnRow =
  | { readonly kind: "drive" }
  /** Claim on exactly this state, as that attempt of that dispatch. */
  | {
      readonly kind: "claim";
      readonly seen: OpenSlot;
      readonly dispatch: number;
      readonly attempt: number;
      readonly lost: number;
    }
  /**
   * A pack's member that lost a worker: recorded as waiting for its next dispatch on exactly this state, and sent alone, so
   * that a task that kills its process does not take nine neighbours with it again.
   */
  | { readonly kind: "split"; readonly seen: OpenSlot; readonly attempt: number; readonly lost: number }
  /** Lost attempts are used up, or `error` says what is: settle FAILED on exactly this state. */
  | { readonly kind: "give-up"; readonly seen: OpenSlot; readonly lost: number; readonly error?: StoredError }
  | { readonly kind: "run"; readonly lease: OwnLease }
  /** Claim a second lease beside exactly this one, as the attempt after it. */
  | { readonly kind: "claim-beside"; readonly seen: LeasedSlot }
  /** The first is lost, and its copy is at work: that takes its place, on exactly this state. */
  | { readonly kind: "promote"; readonly seen: LeasedSlot }
  /** The worker of the copy is lost, and the first is at work: it gives way, on exactly this state. */
  | { readonly kind: "give-way"; readonly seen: LeasedSlot }
  /** Back to the queue until then. */
  | { readonly kind: "return"; readonly untilMs: number }
  /** Make sure that dispatch is on its way, then discharged. */
  | { readonly kind: "send"; readonly dispatch: number; readonly atMs: number }
  | { readonly kind: "discharged" };

/** What is fixed while a message is judged. */
export interface OwnCase {
  readonly dispatch: number;
  /** False after the end of the run, unless the node belongs to an error branch (S9). Driving goes on. */
  readonly mayStart: boolean;
  readonly retry: RetryPolicy;
  /** True when the message names other members too. */
  readonly packed: boolean;
  /** Set when the message is of a copy: of the attempt beside which it is to run. */
  readonly copyOf?: number | undefined;
}

/** The own column: a node's own message, or a pack that names it, meets the node's slot (G1, G2, G3, G9). */
export function ownRow(slot: Slot, found: OwnCase, asker: Asker): OwnRow {
  if (slot.state === "settled") return { kind: "drive" };
  if (slot.state === "leased" && slot.owner === asker.owner) return { kind: "run", lease: slot };
  const copy = slot.state === "leased" ? leaseOfCopy(slot) : undefined;
  if (copy?.owner === asker.owner) return { kind: "run", lease: { ...copy, isCopy: true } };
  if (!found.mayStart) return { kind: "discharged" };
  const row = ownRowOpen(slot, found, asker);
  if (!found.packed || row.kind !== "claim" || row.lost === 0) return row;
  // Sent alone already: that message is made sure of instead of one more.
  if (slot.state === "queued" && slot.dispatch > found.dispatch)
    return { kind: "send", dispatch: slot.dispatch, atMs: asker.nowMs };
  return { kind: "split", seen: row.seen, attempt: row.attempt - 1, lost: row.lost };
}

function ownRowOpen(slot: OpenSlot, found: OwnCase, asker: Asker): OwnRow {
  const { dispatch } = found;
  switch (slot.state) {
    case "absent":
      return { kind: "claim", seen: slot, dispatch, attempt: 1, lost: 0 };
    case "queued":
      // The larger dispatch: an older message may claim, but (dispatch, attempt) never shrink.
      return {
        kind: "claim",
        seen: slot,
        dispatch: Math.max(dispatch, slot.dispatch),
        attempt: slot.attempt + 1,
        lost: slot.lost,
      };
    case "leased":
      return ownRowLeased(slot, found, asker);
    case "waiting":
      if (slot.dispatch > dispatch) return { kind: "send", dispatch: slot.dispatch, atMs: slot.atMs };
      if (slot.atMs > asker.nowMs) return { kind: "return", untilMs: slot.atMs };
      return { kind: "claim", seen: slot, dispatch: slot.dispatch, attempt: slot.attempt + 1, lost: slot.lost };
  }
}

function ownRowLeased(slot: LeasedSlot, { dispatch, retry, copyOf }: OwnCase, asker: Asker): OwnRow {
  if (slot.dispatch > dispatch) return { kind: "discharged" };
  if (!leaseOver(slot, asker))
    return copyOf === undefined
      ? { kind: "return", untilMs: slot.untilMs + asker.skewMs }
      : copyRow(slot, copyOf, asker);
  if (isAtWork(slot.second, asker)) return { kind: "promote", seen: slot };
  const { attempt, lost } = countsAfterLoss(slot);
  if (lostTooOften(retry, lost)) return { kind: "give-up", seen: slot, lost };
  return { kind: "claim", seen: slot, dispatch, attempt: attempt + 1, lost };
}

/**
 * The message of a copy meets a live lease (G90, G93). What nothing waits for is left: the message of that lease carries the slot.
 */
function copyRow(slot: LeasedSlot, copyOf: number, asker: Asker): OwnRow {
  const { second } = slot;
  if (slot.attempt === copyOf) {
    if (second === undefined) return { kind: "claim-beside", seen: slot };
    // An earlier delivery of this message: should its copy take the place of the first and die, only this brings it back.
    if (isAtWork(second, asker)) return { kind: "return", untilMs: second.untilMs + asker.skewMs };
    if (second.owner !== "") return { kind: "give-way", seen: slot };
  }
  return slot.carrier === asker.carrier
    ? { kind: "return", untilMs: slot.untilMs + asker.skewMs }
    : { kind: "discharged" };
}

export type DriverRow =
  | { readonly kind: "drive" }
  | { readonly kind: "send"; readonly dispatch: number; readonly atMs: number }
  | { readonly kind: "return"; readonly untilMs: number }
  | { readonly kind: "discharged" };

/**
 * The driver column: a message that found a node ready looks at the node's slot before it sends anything (G8, G10).
 *
 * @param resendMs - How old a queued state must be to be sent once more.
 */
export function driverRow(slot: Slot, asker: Asker, resendMs: number): DriverRow {
  switch (slot.state) {
    case "settled":
      return { kind: "drive" };
    case "absent":
      return { kind: "send", dispatch: 1, atMs: asker.nowMs };
    case "queued":
      if (asker.nowMs - slot.atMs < resendMs) return { kind: "discharged" };
      return { kind: "send", dispatch: slot.dispatch, atMs: asker.nowMs };
    case "leased":
      if (leaseOver(slot, asker)) return { kind: "send", dispatch: slot.dispatch, atMs: asker.nowMs };
      // Carried under my token by an earlier delivery: only the copy in hand would bring it back if that one died.
      if (slot.carrier === asker.carrier) return { kind: "return", untilMs: slot.untilMs + asker.skewMs };
      return { kind: "discharged" };
    case "waiting":
      return { kind: "send", dispatch: slot.dispatch, atMs: slot.atMs };
  }
}

export type WakeRow =
  | { readonly kind: "drive" }
  /** Settle as slept on exactly this state. */
  | { readonly kind: "settle"; readonly seen: WaitingSlot }
  | { readonly kind: "return"; readonly untilMs: number }
  | { readonly kind: "discharged" };

/**
 * The message that ends a sleep meets its slot. It was recorded before the message was sent, so that a slot which is not
 * there has been reopened or removed since.
 */
export function wakeRow(slot: Slot, mayStart: boolean, nowMs: number): WakeRow {
  if (slot.state === "settled") return { kind: "drive" };
  if (!mayStart || slot.state !== "waiting") return { kind: "discharged" };
  return slot.atMs > nowMs ? { kind: "return", untilMs: slot.atMs } : { kind: "settle", seen: slot };
}

/** What the carry rule looks at. */
export interface CarryCase {
  /** This delivery's own commit settled the node and filled its leaf. */
  readonly ownCommit: boolean;
  /** Its own arrivals filled everything above. */
  readonly ownArrivals: boolean;
  readonly sameQueue: boolean;
  /** The delivery has time for the successor's hard limit. */
  readonly timeRemains: boolean;
  readonly delayed: boolean;
}

/**
 * Whether a ready successor runs inline under the token in hand (G7).
 *
 * A winner of the last arrival alone may hold a message that another delivery has deleted already: if it carried and
 * died, nobody would know (docs/protocol.md#the-one-idea; mutant: winner of the arrival alone carries).
 */
export function mayCarry(found: CarryCase): boolean {
  return found.ownCommit && found.ownArrivals && found.sameQueue && found.timeRemains && !found.delayed;
}
