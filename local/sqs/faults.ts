/**
 * The fault switches: what SQS may do on a bad day, on demand and repeatable by seed.
 *
 * Nothing here breaks the contract of a standard queue (at least once, any order, late); a consumer that fails under
 * these switches would fail on AWS as well, only more rarely.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html
 */
import { z } from "zod";
import type { RandomFraction } from "./random.ts";

const triggerShape = {
  /** Chance of each opportunity, 0–1. @default 0 */
  probability: z.number().min(0).max(1).optional(),
  /** The next so many opportunities for certain; counts down. @default 0 */
  next: z.int().nonnegative().optional(),
};

/** All switches. One that is left out is off. */
export const faultSwitchesSchema = z
  .strictObject({
    /** A received message stays in the queue as a second copy with the same id, which must be deleted on its own. */
    duplicate: z.strictObject(triggerShape).readonly().optional(),
    /** A sent message becomes visible late, by `minMs` (default 0) to `maxMs` (default 1,000). */
    delay: z
      .strictObject({
        ...triggerShape,
        minMs: z.number().nonnegative().optional(),
        maxMs: z.number().nonnegative().optional(),
      })
      .readonly()
      .optional(),
    /** A receive takes any of the first `window` (default 10) visible messages instead of the first. */
    reorder: z
      .strictObject({ ...triggerShape, window: z.int().positive().optional() })
      .readonly()
      .optional(),
    /** A receive counts and hides a message but does not return it. */
    swallow: z.strictObject(triggerShape).readonly().optional(),
    /** Names of the queues the switches apply to. @default all */
    queues: z.array(z.string()).readonly().optional(),
  })
  .readonly();
export type FaultSwitches = z.infer<typeof faultSwitchesSchema>;

interface Trigger {
  readonly probability?: number | undefined;
  readonly next?: number | undefined;
}
type FaultName = "duplicate" | "delay" | "reorder" | "swallow";

/** What one queue asks at each opportunity. */
export interface QueueFaults {
  duplicates(): boolean;
  swallows(): boolean;
  /** Milliseconds a message sent now is late. */
  lateByMs(): number;
  /** Which of `count` visible messages is taken; a queue offers at most `window` of them. */
  pick(count: number): number;
  /** How many visible messages the next receive chooses from: 1 without the fault. */
  window(): number;
}

/** The switches of one server. */
export interface Faults {
  get(): FaultSwitches;
  set(switches: FaultSwitches): void;
  forQueue(name: string): QueueFaults;
}

const defaultLateMs = 1000;
const defaultWindow = 10;

/** Creates the switches, all off. */
export function createFaults(random: RandomFraction): Faults {
  let switches: FaultSwitches = {};

  const fires = (name: FaultName, queue: string): boolean => {
    const trigger: Trigger | undefined = switches[name];
    if (trigger === undefined || switches.queues?.includes(queue) === false) {
      return false;
    }
    if (trigger.next !== undefined && trigger.next > 0) {
      switches = { ...switches, [name]: { ...trigger, next: trigger.next - 1 } };
      return true;
    }
    return trigger.probability !== undefined && random() < trigger.probability;
  };
  const lateByMs = (): number => {
    const { minMs = 0, maxMs = Math.max(minMs, defaultLateMs) } = switches.delay ?? {};
    return minMs + random() * (maxMs - minMs);
  };
  return {
    get: () => switches,
    set(next) {
      switches = faultSwitchesSchema.parse(next);
    },
    forQueue: (queue) => ({
      duplicates: () => fires("duplicate", queue),
      swallows: () => fires("swallow", queue),
      lateByMs: () => (fires("delay", queue) ? lateByMs() : 0),
      window: () => (fires("reorder", queue) ? (switches.reorder?.window ?? defaultWindow) : 1),
      pick: (count) => (count > 1 ? Math.floor(random() * count) : 0),
    }),
  };
}
