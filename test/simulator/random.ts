/**
 * Chance of a history: a few streams, each from the seed and a name, so that what one part draws moves nothing elsewhere.
 */
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";

export interface Random {
  /** A whole number from 0 to below that. */
  below(count: number): number;
  /** A whole number from, up to and with. */
  between(from: number, to: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** What is drawn from a stream of its own. */
export const streams = {
  mix: 1,
  workflows: 2,
  schedule: 3,
  faults: 4,
  ids: 5,
  people: 6,
  features: 7,
  shapes: 8,
  /** Of tenant A; B's is the next but one, as shapes have theirs. */
  hedges: 10,
} as const;

export function createRandom(seed: number, stream: number): Random {
  const { fraction } = createSeededIds(seedOf(seed, stream));
  const below = (count: number) => Math.floor(fraction() * count);
  return {
    below,
    between: (from, to) => from + below(to - from + 1),
    chance: (share) => fraction() < share,
    pick: (from) => from[below(from.length)] as never,
  };
}

export function seedOf(seed: number, stream: number): number {
  return mixed(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b) ^ Math.floor(seed / 2 ** 32));
}

/** In [0, 1): what belongs to a number, whatever was drawn for others. */
export function chanceOf(seed: number, number: number): number {
  return mixed(seed + Math.imul(number, 0x9e3779b9)) / 2 ** 32;
}

function mixed(value: number): number {
  let state = value >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
