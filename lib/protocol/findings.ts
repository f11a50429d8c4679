/**
 * What can be wrong or due in a run, and the write that mends it.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { ListName } from "./release.ts";
import type { OpenSlot } from "./slot.ts";
import type { TallyPlace } from "./tally.ts";

export type Repair =
  /** Mark as re-sent on exactly this state, then send. */
  | { readonly do: "resend"; readonly node: NodeId; readonly seen: OpenSlot }
  /** Take from a dead owner on exactly this state, then send; or settle when lost attempts are used up. */
  | { readonly do: "expire"; readonly node: NodeId; readonly seen: Extract<OpenSlot, { state: "leased" }> }
  /** The same of a range. It is never given up. */
  | { readonly do: "resend-range"; readonly range: RangeName; readonly seen: OpenSlot }
  | { readonly do: "expire-range"; readonly range: RangeName; readonly seen: Extract<OpenSlot, { state: "leased" }> }
  /** Settle a sleep whose time has come, on exactly this state, then drive on. */
  | { readonly do: "wake"; readonly node: NodeId; readonly seen: OpenSlot }
  /** Drive on from a settled node. */
  | { readonly do: "drive-node"; readonly node: NodeId }
  /** Make an item that is full, or has news, arrive above, upwards as far as that holds. */
  | { readonly do: "drive-tally"; readonly join: JoinId; readonly place: TallyPlace }
  /** Drive on from a decided join. */
  | { readonly do: "drive-join"; readonly join: JoinId }
  /** End the members that a join was decided without. */
  | { readonly do: "end-rest"; readonly join: JoinId }
  /** Look at the condition of a header, and release or skip it. */
  | { readonly do: "release-join"; readonly join: JoinId }
  /** Settle what is missing as TIMED_OUT. */
  | { readonly do: "join-deadline"; readonly join: JoinId }
  | { readonly do: "run-deadline" }
  /** Open again what a retry has not come to yet. */
  | { readonly do: "reopen" }
  /** Let a child run tell its parent what it has come to, or do as its parent does. */
  | { readonly do: "follow-parent" };

/** A part of a long list that control sends. */
export interface RangeName {
  readonly list: ListName;
  readonly range: number;
}

export interface Finding {
  readonly kind:
    | "unseen"
    | "lease-over"
    | "retry-due"
    | "start-due"
    | "sleep-over"
    | "arrival-missing"
    | "decision-missing"
    | "successor-missing"
    | "condition-open"
    | "rest-not-ended"
    | "failure-not-driven"
    | "end-missing"
    | "join-deadline-passed"
    | "run-deadline-passed"
    | "not-reopened"
    | "parent-not-told"
    | "parent-not-followed";
  /** The node or join it is about. */
  readonly node?: NodeId;
  readonly join?: JoinId;
  readonly sinceMs: number;
  readonly explanation: string;
  readonly repair: Repair;
}
