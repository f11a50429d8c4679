/**
 * What a second copy of a slow member gains, by a formula: what hedged-chord.ts is held against, which runs the driver.
 */
import { draw, measured, percentile, type Quantiles, type Random } from "./distribution.ts";
import type { Paths } from "./path.ts";
import { pathMs, withReads } from "./path-time.ts";

export interface Stragglers {
  readonly members: number;
  /** Of a member that is not slow. */
  readonly usual: Quantiles;
  readonly slowShare: number;
  /** How many times as long a slow one takes. */
  readonly slowTimes: number;
}

export interface Hedged {
  /** From the start of the members to the start of the callback. */
  readonly ms: number;
  /** Copies that were started, of a member. */
  readonly extraShare: number;
}

/**
 * One draw.
 *
 * A copy is sent when so many members have ended and this one has not: the sender knows by then how long that took. It waits for a
 * hop, reads the head and claims. Whether the copy is slow is drawn anew: where the input is what is slow, hedging gains nothing.
 *
 * @param afterPercentile - Undefined: no copies.
 */
export function chordMs(
  { members, usual, slowShare, slowTimes }: Stragglers,
  paths: Paths,
  afterPercentile: number | undefined,
  random: Random,
): Hedged {
  const one = () => draw(usual, random) * (random() < slowShare ? slowTimes : 1);
  const first = Array.from({ length: members }, one);
  const thresholdMs =
    afterPercentile === undefined ? Number.POSITIVE_INFINITY : percentile(first, afterPercentile / 100);
  let extra = 0;
  const ends = first.map((ms) => {
    if (ms <= thresholdMs) return ms;
    extra++;
    const { hop, read, write } = measured;
    return Math.min(ms, thresholdMs + draw(hop, random) + draw(read, random) + draw(write, random) + one());
  });
  const lastMs = ends.reduce((most, ms) => Math.max(most, ms), 0);
  return { ms: lastMs + pathMs(withReads(paths.join, members / 10), random), extraShare: extra / members };
}
