/**
 * Keeps the lease of a running attempt: one heartbeat every third of its length while the body runs, none for shorter
 * bodies. Losing it aborts the body: it can no longer commit.
 */
import type { SlotPlace } from "../protocol/keys.ts";
import type { LeasedSlot } from "../protocol/slot.ts";
import { heartbeatWrite } from "../protocol/writes.ts";
import type { Delivery } from "./delivery.ts";

export interface LeaseKeeper {
  /** Extends the lease now, beside the regular beat. */
  beat(): Promise<void>;
  stop(): void;
}

/** The worker no longer holds the lease of its task: another attempt may be running. */
export class LeaseLostError extends Error {
  override readonly name = "lease-lost";
  constructor() {
    super("another delivery has taken this task over; nothing that this attempt returns is kept");
  }
}

export function keepLease(
  delivery: Delivery,
  place: SlotPlace,
  lease: LeasedSlot,
  abort: AbortController,
): LeaseKeeper {
  const { deps, run } = delivery;
  const leaseMs = deps.settings.leaseSeconds * 1000;
  let stopped = false;
  let cancel = () => {};
  const beat = async () => {
    try {
      const write = heartbeatWrite(run.generation, place, lease, deps.clock.now() + leaseMs);
      const result = await run.write(write, "slot.heartbeat");
      // A refused heartbeat that met my own lease was overtaken by a later one of mine.
      if (!result.applied && !holds(result.image?.[place.attribute], lease)) abort.abort(new LeaseLostError());
    } catch (error) {
      deps.log.write("warn", "heartbeat failed", { run: run.id, error: String(error) });
    }
  };
  const schedule = () => {
    cancel = deps.clock.after(leaseMs / 3, () => {
      void beat().then(() => {
        if (!stopped) schedule();
      });
    });
  };
  schedule();
  return {
    beat,
    stop() {
      stopped = true;
      cancel();
    },
  };
}

function holds(slot: unknown, lease: LeasedSlot): boolean {
  const entry = slot as { readonly s?: unknown; readonly o?: unknown; readonly a?: unknown } | undefined;
  return entry?.s === "L" && entry.o === lease.owner && entry.a === lease.attempt;
}
