/**
 * What an audit finds: a stored item that an invariant of docs/protocol.md does not allow.
 */
import type { JoinId, NodeId, RunId } from "../../model/ids.ts";
import type { Key } from "../../ports/store.ts";

/** The invariants that stored items can show, by their numbers in docs/protocol.md. */
export const auditedInvariants = [
  "S1",
  "S2",
  "S3",
  "S4",
  "S8",
  "S10",
  "S11",
  "S17",
  "S18",
  "S20",
  "S21",
  "S23",
  "L1",
  "L3",
] as const;
export type AuditedInvariant = (typeof auditedInvariants)[number];

/** One broken invariant. */
export interface Violation {
  readonly invariant: AuditedInvariant;
  /** The run; of a request that made none, its id. */
  readonly run: RunId;
  readonly node?: NodeId;
  readonly join?: JoinId;
  /** What is wrong, in a sentence. */
  readonly explanation: string;
  /** The item that shows it. */
  readonly key: Key;
}
