/**
 * Keeps the leases of running attempts: one heartbeat for all of an item every third of their length while bodies run, none
 * for shorter bodies. Losing a lease aborts its body: it can no longer commit.
 */
import type { Image } from "../ports/index.ts";
import { type Held, heartbeatWrite } from "../protocol/writes.ts";
import type { Delivery } from "./delivery.ts";
import { slotIn } from "./places.ts";

/** One attempt's hold. */
export interface LeaseKeeper {
  /** Extends the lease now, beside the regular beat. */
  beat(): Promise<void>;
  stop(): void;
}

/** What is told to an attempt, and whether the end of its run is none of its business. */
export interface Kept {
  readonly abort: AbortController;
  readonly afterEnd: boolean;
}

/** The attempts of one item that run in this delivery. */
export interface LeaseKeepers {
  keep(held: Held, attempt: Kept): LeaseKeeper;
}

/** The worker no longer holds the lease of its task: another attempt may be running. */
export class LeaseLostError extends Error {
  override readonly name = "lease-lost";
  constructor() {
    super("another delivery has taken this task over; nothing that this attempt returns is kept");
  }
}

export function keepLeases(delivery: Delivery): LeaseKeepers {
  const { deps } = delivery;
  const leaseMs = deps.settings.leaseSeconds * 1000;
  const running = new Map<Held, Kept>();
  let cancel: (() => void) | undefined;
  const beat = async () => {
    try {
      await beatAll(delivery, running, deps.clock.now() + leaseMs);
      await tellOfEnd(delivery, running);
    } catch (error) {
      deps.log.write("warn", "heartbeat failed", { run: delivery.run.id, error: String(error) });
    }
  };
  const schedule = () => {
    cancel = deps.clock.after(leaseMs / 3, () => {
      void beat().then(() => {
        if (running.size > 0) schedule();
        else cancel = undefined;
      });
    });
  };
  return {
    keep(held, attempt) {
      running.set(held, attempt);
      if (cancel === undefined) schedule();
      return {
        beat,
        stop() {
          running.delete(held);
          if (running.size > 0) return;
          cancel?.();
          cancel = undefined;
        },
      };
    },
  };
}

/** Somebody has ended the task: an operator, or the chord that needs it no more. Nothing that the attempt returns is kept. */
export class TaskRevokedError extends Error {
  override readonly name = "task-revoked";
  constructor(why: string) {
    super(why);
  }
}

/** A run that was revoked or ran out of time needs no more of its tasks: they are told, and may leave things in order. */
export class RunEndedError extends Error {
  override readonly name = "run-ended";
  constructor(status: string) {
    super(`the run ended ${status}`);
  }
}

async function tellOfEnd(delivery: Delivery, running: ReadonlyMap<Held, Kept>): Promise<void> {
  const head = await delivery.run.head(0);
  if (head?.status !== "REVOKED" && head?.status !== "TIMED_OUT") return;
  for (const { abort, afterEnd } of running.values())
    if (!delivery.deps.protocol.mayStart(head, afterEnd)) abort.abort(new RunEndedError(head.status));
}

/** One write for all; what it is refused for is told to the attempt concerned, and the others are extended without it. */
async function beatAll(delivery: Delivery, running: ReadonlyMap<Held, Kept>, untilMs: number): Promise<void> {
  let held = [...running.keys()];
  while (held.length > 0) {
    const result = await delivery.run.write(heartbeatWrite(delivery.run.generation, held, untilMs), "slot.heartbeat");
    if (result.applied) return;
    const open = held.filter((one) => leaseIn(result.image, one) !== undefined);
    for (const one of held) {
      if (!open.includes(one)) running.get(one)?.abort.abort(reasonIn(result.image, one));
    }
    // One that met my own later heartbeat needs nothing.
    const shorter = open.filter((one) => (leaseIn(result.image, one) as number) < untilMs && running.has(one));
    if (shorter.length === held.length) return;
    held = shorter;
  }
}

/** Why an attempt has lost its lease. */
function reasonIn(image: Image | undefined, { place }: Held): Error {
  const slot = slotIn(place, image);
  const revoked = slot.state === "settled" && slot.status === "REVOKED";
  return revoked ? new TaskRevokedError(slot.error?.message ?? "the task was revoked") : new LeaseLostError();
}

/** End of the lease as stored; undefined when it is no longer that one. */
function leaseIn(image: Image | undefined, { place, lease }: Held): number | undefined {
  const slot = image?.[place.attribute] as Readonly<Record<string, unknown>> | undefined;
  const mine = slot?.s === "L" && slot.o === lease.owner && slot.a === lease.attempt;
  return mine ? Number(slot.u) : undefined;
}
