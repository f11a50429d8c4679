/**
 * A slot in every state, with everything it can hold.
 */
import { limits } from "../../../lib/model/limits.ts";
import type { Value } from "../../../lib/ports/index.ts";
import {
  encodeSlot,
  type LeasedSlot,
  type SecondLease,
  type SettledSlot,
  type Slot,
} from "../../../lib/protocol/slot.ts";

/** The longest error that is stored. */
export const failure = {
  name: "n".repeat(64),
  message: "m".repeat(limits.errorMessageBytes),
  taskId: `${"r".repeat(128)}/${"p".repeat(900)}`,
};

/** An owner, as the system draws them. */
export const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
export const atMs = Date.UTC(2026, 0, 1);

const counts = { attempt: limits.maxAttempts, lost: limits.maxLost };
const settled = { state: "settled", ...counts, owner: id, startedAtMs: atMs, settledAtMs: atMs } as const;

export const leased: LeasedSlot = {
  state: "leased",
  ...counts,
  dispatch: 200,
  owner: id,
  carrier: "0123456789ab",
  untilMs: atMs,
  startedAtMs: atMs,
};

/** The lease of a copy, with everything. */
const second: SecondLease = {
  attempt: limits.maxAttempts,
  owner: id,
  carrier: "0123456789ab",
  untilMs: atMs,
  startedAtMs: atMs,
  beatAtMs: atMs,
  details: "{}",
};

/** The largest outcome without a value. */
export const failed: SettledSlot = { ...settled, status: "TIMED_OUT", error: failure, late: "SUCCEEDED" };

/** An outcome with a value of so many bytes. */
export function valued(bytes: number): Value {
  return encodeSlot({ ...settled, status: "SUCCEEDED", value: { kind: "inline", text: "v".repeat(bytes) } });
}

export const slots: readonly Exclude<Slot, { state: "absent" }>[] = [
  { state: "queued", ...counts, dispatch: 200, resends: 9, atMs },
  leased,
  { ...leased, beatAtMs: atMs, details: "{}" },
  { ...leased, second },
  { state: "waiting", ...counts, dispatch: 200, atMs, timer: true, error: failure },
  failed,
  { ...settled, status: "SKIPPED", skip: { reason: "x", taskId: "r/a" } },
  { ...settled, status: "SUCCEEDED", value: { kind: "inline", text: "1" } },
  { ...settled, status: "SUCCEEDED", value: { kind: "item", hash: "0".repeat(32), bytes: 1, parts: 2 } },
];
