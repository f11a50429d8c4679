/**
 * Keeps the leases of running attempts: one heartbeat for all of an item every third of their length while bodies run, none
 * for shorter bodies. Losing a lease aborts its body: it can no longer commit.
 *
 * A body's own heartbeat takes the place of the next regular one. Bodies that beat in a loop share one write every few
 * seconds; what they said last goes with it.
 */
import type { Json } from "../model/json.ts";
import type { Image } from "../ports/index.ts";
import { decodeSlot } from "../protocol/slot.ts";
import { type Held, heartbeatWrite, slotsPerWrite } from "../protocol/writes.ts";
import { heartbeatText, LeaseLostError } from "../tasks/heartbeat.ts";
import type { Delivery } from "./delivery.ts";
import { slotIn } from "./places.ts";
import { StaleGeneration } from "./run.ts";

/** Least time between two heartbeats of one item, where bodies ask for more: a choice, half of the regular third. */
const leastGapMs = 5_000;

/** One attempt's hold. */
export interface LeaseKeeper {
  /**
   * Extends the lease: at once, or with the next write when the last one was a moment ago.
   *
   * @returns A promise of the write that is made at once.
   * @throws InvalidHeartbeatError when the details are not JSON or too long.
   */
  beat(details?: Json): Promise<void>;
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

/** An attempt that runs. */
interface Running extends Kept {
  /** A copy that has taken the place of the first is held there from then on. */
  held: Held;
  /** What it said last of itself, as JSON. */
  details?: string;
}

export function keepLeases(delivery: Delivery): LeaseKeepers {
  const { clock, settings, log } = delivery.deps;
  const leaseMs = settings.leaseSeconds * 1000;
  const gapMs = Math.min(leastGapMs, leaseMs / 3);
  const running = new Set<Running>();
  let beatAtMs = 0;
  let beating = false;
  /** A body has asked for a heartbeat that is still to come. */
  let asked = false;
  let cancel = () => {};
  const schedule = () => {
    cancel();
    if (running.size === 0) return;
    const delayMs = asked ? Math.max(0, beatAtMs + gapMs - clock.now()) : leaseMs / 3;
    cancel = clock.after(delayMs, () => void beat());
  };
  const beat = async () => {
    cancel();
    beatAtMs = clock.now();
    beating = true;
    asked = false;
    try {
      await beatAll(delivery, running, { atMs: beatAtMs, untilMs: beatAtMs + leaseMs });
      await tellOfEnd(delivery, running);
    } catch (error) {
      if (error instanceof StaleGeneration) for (const attempt of running) lose(running, attempt, new LeaseLostError());
      log.write("warn", "heartbeat failed", { run: delivery.run.id, error: String(error) });
    }
    beating = false;
    schedule();
  };
  return {
    keep(held, { abort, afterEnd }) {
      const attempt: Running = { held, abort, afterEnd };
      running.add(attempt);
      // A claim is as good as a heartbeat: a body that ends soon after costs none.
      beatAtMs = Math.max(beatAtMs, held.lease.untilMs - leaseMs);
      if (running.size === 1 && !beating) schedule();
      return {
        beat(details) {
          if (details !== undefined) attempt.details = heartbeatText(details);
          if (!running.has(attempt)) return Promise.resolve();
          if (!beating && beatAtMs + gapMs <= clock.now()) return beat();
          asked = true;
          if (!beating) schedule();
          return Promise.resolve();
        },
        stop() {
          running.delete(attempt);
          if (running.size === 0) cancel();
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

async function tellOfEnd(delivery: Delivery, running: ReadonlySet<Running>): Promise<void> {
  const head = await delivery.run.head(0);
  if (head?.status !== "REVOKED" && head?.status !== "TIMED_OUT") return;
  for (const { abort, afterEnd } of running)
    if (!delivery.deps.protocol.mayStart(head, afterEnd)) abort.abort(new RunEndedError(head.status));
}

/** Another attempt has it, or may have, or nobody: its body is told, and nothing more is asked for it. */
function lose(running: Set<Running>, attempt: Running, reason: Error): void {
  running.delete(attempt);
  attempt.abort.abort(reason);
}

interface Times {
  readonly atMs: number;
  readonly untilMs: number;
}

async function beatAll(delivery: Delivery, running: Set<Running>, times: Times): Promise<void> {
  const all = [...running];
  for (let start = 0; start < all.length; start += slotsPerWrite.held)
    await beatTogether(delivery, running, all.slice(start, start + slotsPerWrite.held), times);
}

/** One write for all; what it is refused for is told to the attempt concerned, and the others are extended without it. */
async function beatTogether(
  delivery: Delivery,
  running: Set<Running>,
  together: readonly Running[],
  times: Times,
): Promise<void> {
  let beating = together;
  while (beating.length > 0) {
    const beats = beating.map(({ held, details }) => ({ ...held, details }));
    const result = await delivery.run.write(heartbeatWrite(delivery.run.generation, beats, times), "slot.heartbeat");
    if (result.applied) return;
    const moved = beating.filter(({ held }) => held.lease.isCopy && isFirst(result.image, held));
    for (const one of moved) one.held = asFirst(one.held);
    const open = beating.filter(({ held }) => leaseIn(result.image, held) !== undefined);
    for (const one of beating)
      if (!open.includes(one) && running.has(one)) lose(running, one, reasonIn(result.image, one.held));
    // One that met my own later heartbeat needs nothing.
    const shorter = open.filter(
      (one) => (leaseIn(result.image, one.held) as number) < times.untilMs && running.has(one),
    );
    if (shorter.length === beating.length && moved.length === 0) return;
    beating = shorter;
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
  const slot = decodeSlot(image?.[place.attribute]);
  if (slot.state !== "leased") return undefined;
  const stored = lease.isCopy ? slot.second : slot;
  return stored?.owner === lease.owner && stored.attempt === lease.attempt ? stored.untilMs : undefined;
}

function isFirst(image: Image | undefined, held: Held): boolean {
  return leaseIn(image, asFirst(held)) !== undefined;
}

function asFirst({ place, lease: { isCopy: _, ...lease } }: Held): Held {
  return { place, lease };
}
