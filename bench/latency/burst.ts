/**
 * A burst: one chord of many members, from the start of its submit to the start of its callback, on Lambda functions that have
 * been idle. A copy of the function takes ten messages of ten members and runs as many of them side by side as `tasksPerInvocation`
 * says: with 10, one after the other.
 */
import { draw, measured, type Random } from "./distribution.ts";
import type { Paths } from "./path.ts";
import { pathMs, withReads } from "./path-time.ts";

/** How fast Lambda adds copies. */
export interface Scaling {
  readonly name: string;
  readonly copiesAtOnce: number;
  readonly copiesPerSecond: number;
  readonly mostCopies: number;
}

const lambdaPerSecond = 100; // 1,000 in 10 s: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
const accountCopies = 1000; // The quota of an account that has not asked for more.

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
export const scalings: readonly Scaling[] = [
  // Five at first, 300 a minute more; taken as even, though Lambda may add them in steps.
  { name: "shared pollers", copiesAtOnce: 5, copiesPerSecond: 5, mostCopies: accountCopies },
  // Ten copies a poller, 1,000 a minute more.
  { name: "20 pollers", copiesAtOnce: 200, copiesPerSecond: 1000 / 60, mostCopies: accountCopies },
  // The limit of the function itself: pollers enough.
  { name: "100 pollers", copiesAtOnce: 1000, copiesPerSecond: lambdaPerSecond, mostCopies: accountCopies },
];

export interface Burst {
  readonly members: number;
  readonly memberMs: number;
  readonly scaling: Scaling;
  /** Tasks that a copy runs side by side, in messages of ten. */
  readonly tasksPerInvocation: number;
  /** Write units a second that the table takes at once: 4,000 of a new on-demand table, more with warm throughput. */
  readonly tableUnitsPerSecond: number;
  /** Of a member, as metered. */
  readonly unitsPerMember: number;
  readonly paths: Paths;
}

/** Code and the first HTTPS connections of a Node function with the SDK (bench/BENCHMARKS.md). */
const coldStartMs = 375;
const pack = 10;
const batch = 10;
const range = 100;

/** One draw, in milliseconds. */
export function burstMs(burst: Burst, random: Random): number {
  const { members, memberMs, scaling, tasksPerInvocation, tableUnitsPerSecond, unitsPerMember, paths } = burst;
  const write = () => draw(measured.write, random);
  const hop = () => draw(measured.hop, random);
  const packs = Math.ceil(members / pack);
  // Submit: the request's hop, its copy's start, the head and the plan; then each range's hop, its claim, ten sends one after the other.
  const released = hop() + coldStartMs + 2 * write() + (packs > range ? hop() + coldStartMs + write() : 0);
  const sendMs = hop() / 2;
  const copies = freeCopies(scaling, released + sendMs + hop());
  let units = 0;
  let endMs = 0;
  for (let left = packs; left > 0; left -= batch) {
    const copy = copies.take();
    const beganMs = copy + draw(measured.read, random); // the run's head
    const lanes = Array.from({ length: Math.max(1, tasksPerInvocation / pack) }, () => beganMs);
    for (let at = 0; at < Math.min(batch, left); at++) {
      units += pack * unitsPerMember;
      const tableMs = released + (units / tableUnitsPerSecond) * 1000;
      const lane = at % lanes.length;
      // A claim and bodies; the commit is made while the next pack is claimed.
      lanes[lane] = Math.max((lanes[lane] as number) + write() + memberMs, tableMs);
    }
    const atMs = Math.max(...lanes.map((laneMs) => laneMs + write()));
    endMs = Math.max(endMs, atMs);
    copies.give(atMs);
  }
  return endMs + pathMs(withReads(paths.join, packs), random);
}

/** Copies by the time at which they are free: those that run, and those that Lambda adds. */
function freeCopies(scaling: Scaling, fromMs: number) {
  const { copiesAtOnce, copiesPerSecond, mostCopies } = scaling;
  const free: number[] = [];
  let started = 0;
  const nextStart = () =>
    started >= mostCopies
      ? Number.POSITIVE_INFINITY
      : // Lambda itself starts no more than that of any function.
        fromMs +
        Math.max(0, (started - copiesAtOnce + 1) / copiesPerSecond, (started - accountCopies + 1) / lambdaPerSecond) *
          1000;
  return {
    take(): number {
      const next = nextStart();
      if (free.length > 0 && (free[0] as number) <= next) return free.shift() as number;
      started++;
      return next + coldStartMs;
    },
    give(atMs: number): void {
      let [low, high] = [0, free.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((free[middle] as number) < atMs) low = middle + 1;
        else high = middle;
      }
      free.splice(low, 0, atMs);
    },
  };
}

/** The same members as children of a Distributed Map: what its quota of starts allows, and a hop after the last. */
export function distributedMapMs(members: number, startsPerSecond: number, memberMs: number): number {
  return (members / startsPerSecond) * 1000 + memberMs;
}
