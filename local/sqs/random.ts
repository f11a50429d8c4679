/**
 * The seeded random numbers behind the fault switches: the same seed and the same calls give the same faults.
 */

/** Uniform in [0, 1). */
export type RandomFraction = () => number;

/**
 * Creates a generator (mulberry32).
 *
 * @param seed - Any number; only its lower 32 bits count.
 * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function createSeededRandom(seed: number): RandomFraction {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
