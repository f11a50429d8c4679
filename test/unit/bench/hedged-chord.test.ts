/** Second copies by the real driver in virtual time: what `npm run bench:latency -- --hedge` shows of 1,000 members, of few. */
import { expect, it } from "vitest";
import { percentile } from "../../../bench/latency/distribution.ts";
import { hedgedChord } from "../../../bench/latency/hedged-chord.ts";
import { createSeededRandom } from "../../../bench/random.ts";

const chord = {
  members: 40,
  usual: { p50: 1000, p90: 1200, p99: 1500 },
  slowShare: 0.05,
  slowTimes: 10,
};

async function ends(afterPercentile: number | undefined) {
  const found = [];
  for (let seed = 1; seed <= 20; seed++)
    found.push(await hedgedChord({ ...chord, afterPercentile }, createSeededRandom(seed)));
  const all = found.map(({ ms }) => ms);
  return {
    p50: percentile(all, 0.5),
    p99: percentile(all, 0.99),
    extra: found.reduce((sum, { extraShare }) => sum + extraShare, 0) / found.length,
  };
}

it("cuts the p99 of a chord with slow members, and starts few copies", { timeout: 60_000 }, async () => {
  const [plain, hedged] = [await ends(undefined), await ends(80)];
  // A slow member takes ten times as long; a copy of it, mostly as long as any.
  expect(plain.p50).toBeGreaterThan(8_000);
  expect(hedged.p50).toBeLessThan(4_000);
  expect(hedged.p99).toBeLessThan(plain.p99 - 1_000);
  expect(plain.extra).toBe(0);
  expect(hedged.extra).toBeGreaterThan(0.02);
  expect(hedged.extra).toBeLessThan(0.2);
});

it("gives the same figures for the same seed", async () => {
  const one = () => hedgedChord({ ...chord, afterPercentile: 80 }, createSeededRandom(7));
  expect(await one()).toEqual(await one());
});
