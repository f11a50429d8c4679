/**
 * Ids and randomness from a seed: the same seed draws the same values.
 */
import type { Ids } from "../../ports/system.ts";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
const idLength = 16;

/**
 * xoshiro128**, seeded by SplitMix32.
 *
 * @see https://prng.di.unimi.it/
 */
export function createSeededIds(seed: number): Ids {
  const mix = splitMix(seed);
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];

  const draw = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };

  return {
    next() {
      let id = "";
      while (id.length < idLength) id += alphabet[Math.floor((draw() / 2 ** 32) * alphabet.length)];
      return id;
    },
    fraction: () => draw() / 2 ** 32,
  };
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitMix(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}
