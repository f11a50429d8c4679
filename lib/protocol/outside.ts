/**
 * Tasks that programs elsewhere run: who may hand them out, and which report counts.
 *
 *   absent, queued, waiting ─handed out→ leased by *outside*, until its deadline ─report→ settled, or waiting for the next
 *
 * A task of this kind is released, re-sent, delayed and given up like any other, but its own message goes to control. That
 * claims it in the name of *outside*, and only then sends it on: so whoever reports was given an attempt that is recorded,
 * and every report is held against it (S15). The lease and its message carry the same token, so the copy in hand of a
 * delivery that died between the two sends once more.
 */
import type { NodeId, RunId } from "../model/ids.ts";
import type { AttemptToken } from "../model/outside.ts";
import { type Asker, leaseOver, type OwnCase, type OwnRow, ownRow } from "./rows.ts";
import type { LeasedSlot, QueuedSlot, SettledSlot, Slot, WaitingSlot } from "./slot.ts";

/** Owner of every lease that a program elsewhere holds. Ids are longer, so nobody else has it. */
export const outsideOwner = "outside";

/** The attempt that a program elsewhere has; undefined when none has. */
export function attemptOf(run: RunId, generation: number, node: NodeId, slot: Slot): AttemptToken | undefined {
  if (slot.state !== "leased" || slot.owner !== outsideOwner) return undefined;
  const { dispatch, attempt, lost } = slot;
  return { run, generation, dispatch, attempt, lost, node };
}

/** Nothing runs here, alone or with others, and nothing is copied. */
const impossible = ["run", "split", "claim-beside", "promote", "give-way"] as const;
type Impossible = (typeof impossible)[number];

/** What a message about an outside task may end in, at control. */
export type OutsideRow =
  | Exclude<OwnRow, { kind: Impossible }>
  /** It is claimed, and perhaps not sent: its claimer had the token in hand. */
  | { readonly kind: "hand-over"; readonly lease: LeasedSlot };

/** The own column for a task that somebody else runs. */
export function outsideRow(slot: Slot, found: Omit<OwnCase, "packed">, asker: Asker): OutsideRow {
  if (slot.state === "leased" && found.mayStart && !leaseOver(slot, asker)) {
    // Whatever its dispatch: an older message may have claimed a later one.
    if (slot.carrier === asker.carrier) return { kind: "hand-over", lease: slot };
    if (slot.dispatch === found.dispatch) return { kind: "discharged" };
  }
  const row = ownRow(slot, { ...found, packed: false }, asker);
  if (isImpossible(row)) throw new TypeError(`an outside task cannot be in row ${row.kind}`);
  return row;
}

function isImpossible(row: OwnRow): row is Extract<OwnRow, { kind: Impossible }> {
  return (impossible as readonly string[]).includes(row.kind);
}

export type ReportRow =
  /** The attempt runs: what the report says is recorded under this lease. */
  | { readonly kind: "accept"; readonly lease: LeasedSlot }
  /** A report of this attempt has settled the task: the same one drives on. */
  | { readonly kind: "settled"; readonly slot: SettledSlot }
  /** A report of this attempt has asked for another one: the same one makes sure that it is on its way. */
  | { readonly kind: "retried"; readonly slot: WaitingSlot | QueuedSlot }
  /** The attempt has failed, and a later one has begun. */
  | { readonly kind: "past" }
  /** Not the attempt that runs, and none that has reported. */
  | { readonly kind: "refuse"; readonly why: string };

/**
 * What a report may end in.
 *
 * An attempt that ended without a report is counted as lost. So one after which nobody was lost did report, and failed.
 */
export function reportRow(slot: Slot, token: Pick<AttemptToken, "dispatch" | "attempt" | "lost">): ReportRow {
  if (slot.state === "absent") return refuse("the task has not been handed out");
  if (slot.attempt < token.attempt) return refuse(`the task has had ${slot.attempt} attempts`);
  const ended = slot.state === "settled";
  if (ended && (slot.owner !== outsideOwner || slot.lost !== token.lost))
    return refuse(`the task has ended ${slot.status} without it`);
  if (slot.lost !== token.lost) return refuse("its time was over, and the task was handed out once more");
  if (slot.attempt > token.attempt) return { kind: "past" };
  if (ended) return { kind: "settled", slot };
  if (slot.state !== "leased")
    return slot.dispatch > token.dispatch ? { kind: "retried", slot } : refuse("it was not handed out");
  const mine = slot.owner === outsideOwner && slot.dispatch === token.dispatch;
  return mine ? { kind: "accept", lease: slot } : refuse("it was not handed out");
}

function refuse(why: string): ReportRow {
  return { kind: "refuse", why };
}
