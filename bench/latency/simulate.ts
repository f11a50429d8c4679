/** Draws by seed: every figure has a stream of its own, so that one more figure changes no other. */
import { createSeededRandom } from "../random.ts";
import { percentile, type Random } from "./distribution.ts";

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export function simulate(name: string, seed: number, draws: number, one: (random: Random) => number): Percentiles {
  const random = createSeededRandom(seed ^ hash(name));
  const values = Array.from({ length: draws }, () => one(random));
  return { p50: percentile(values, 0.5), p90: percentile(values, 0.9), p99: percentile(values, 0.99) };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}
