/**
 * The slots that a delivery writes: a new lease, and the outcome of a node that others settle.
 */
import type { StoredError } from "../model/outcome.ts";
import { countsOf, type LeasedSlot, type OpenSlot, type SettledSlot } from "../protocol/slot.ts";
import type { Delivery } from "./delivery.ts";

/** A lease of this delivery, from now on. */
export function leaseFor(
  delivery: Delivery,
  counts: { readonly dispatch: number; readonly attempt: number; readonly lost: number },
): LeasedSlot {
  const nowMs = delivery.deps.clock.now();
  const { dispatch, attempt, lost } = counts;
  const untilMs = nowMs + delivery.deps.settings.leaseSeconds * 1000;
  const { owner, carrier } = delivery;
  return { state: "leased", dispatch, attempt, lost, owner, carrier, untilMs, startedAtMs: nowMs };
}

/** The outcome that the owner of a lease records. */
export function ownOutcome(
  { deps }: Delivery,
  { attempt, lost, owner, startedAtMs }: LeasedSlot,
  what: Pick<SettledSlot, "status" | "value" | "error" | "skip">,
): SettledSlot {
  return { state: "settled", attempt, lost, owner, startedAtMs, settledAtMs: deps.clock.now(), ...what };
}

/** The outcome of a node that others settle. */
export function lostOutcome(
  delivery: Delivery,
  seen: OpenSlot,
  lost: number,
  error: StoredError,
  status: SettledSlot["status"] = "FAILED",
): SettledSlot {
  const { attempt } = countsOf(seen);
  const startedAt = seen.state === "leased" ? { startedAtMs: seen.startedAtMs } : {};
  return {
    state: "settled",
    status,
    attempt,
    lost,
    owner: delivery.owner,
    ...startedAt,
    settledAtMs: delivery.deps.clock.now(),
    error,
  };
}
