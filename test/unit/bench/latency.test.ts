/** The latency model: counted paths, drawn latencies, the same figures for the same seed. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Burst, burstMs, scalings } from "../../../bench/latency/burst.ts";
import { draw, measured, percentile } from "../../../bench/latency/distribution.ts";
import { chordMs } from "../../../bench/latency/hedging.ts";
import { countPaths, type Paths } from "../../../bench/latency/path.ts";
import { withReads } from "../../../bench/latency/path-time.ts";
import { simulate } from "../../../bench/latency/simulate.ts";
import { createSeededRandom } from "../../../bench/random.ts";

let paths: Paths;

beforeAll(async () => {
  paths = await countPaths(100);
});

describe("the counted paths", () => {
  it("take one conditional write to commit and one to claim the next step, within one delivery", () => {
    expect(paths.inline).toEqual([
      { kind: "write", calls: 1, sites: ["slot.commit"] },
      { kind: "write", calls: 1, sites: ["slot.carry"] },
    ]);
  });

  it("take a hop, a look at the head and a claim to another queue", () => {
    expect(paths.overQueue.map(({ sites }) => sites[0])).toEqual([
      "slot.commit",
      "node.send",
      "head.read",
      "slot.claim",
      "input.read",
    ]);
  });

  it("take one more write for each level of tallies, and read the leaves before the callback", () => {
    expect(paths.join.map(({ sites }) => sites)).toEqual([
      ["slot.commit"],
      ["tally.arrive"],
      ["slot.carry"],
      ["input.read"],
    ]);
    const reads = withReads(paths.join, 1000).filter(({ kind }) => kind === "batch");
    expect(reads.map(({ calls }) => calls)).toEqual([4, 4, 2]);
  });
});

it.each(["p50", "p90", "p99"] as const)("draws the %s that was measured", (name) => {
  const random = createSeededRandom(1);
  const values = Array.from({ length: 40_000 }, () => draw(measured.hop, random));
  const part = Number(name.slice(1)) / 100;
  expect(percentile(values, part) / measured.hop[name]).toBeCloseTo(1, 1);
});

it("gives the same figures for the same seed, and others for another", () => {
  const of = (seed: number) => simulate("a hop", seed, 100, (random) => draw(measured.hop, random));
  expect(of(7)).toEqual(of(7));
  expect(of(7)).not.toEqual(of(8));
});

describe("a burst", () => {
  const [shared, , provisioned] = scalings as [Burst["scaling"], Burst["scaling"], Burst["scaling"]];
  const burst = (given: Partial<Burst>) =>
    burstMs(
      {
        members: 10_000,
        memberMs: 0,
        scaling: shared,
        tasksPerInvocation: 10,
        tableUnitsPerSecond: 40_000,
        unitsPerMember: 0.33,
        paths,
        ...given,
      },
      createSeededRandom(1),
    );

  it("waits for copies of the function, which provisioned pollers bring sooner", () => {
    expect(burst({ scaling: provisioned })).toBeLessThan(burst({}));
  });

  it("runs the messages of a batch one after the other, unless more tasks are to run side by side", () => {
    const seconds = { memberMs: 1000, scaling: provisioned };
    expect(burst(seconds)).toBeGreaterThan(10_000);
    expect(burst({ ...seconds, tasksPerInvocation: 100 })).toBeLessThan(4000);
  });

  it("is no faster than the table takes its writes", () => {
    const members = 100_000;
    const tableUnitsPerSecond = 1000;
    expect(burst({ members, scaling: provisioned, tableUnitsPerSecond })).toBeGreaterThan(
      (members * 0.33 * 1000) / 1000,
    );
  });
});

it("gains by second copies only what is beyond the percentile that sends them", () => {
  const stragglers = { members: 1000, usual: { p50: 1000, p90: 1200, p99: 1500 }, slowShare: 0.01, slowTimes: 10 };
  const median = (after: number | undefined) => {
    const random = createSeededRandom(3);
    const all = Array.from({ length: 40 }, () => chordMs(stragglers, paths, after, random));
    return {
      ms: percentile(
        all.map(({ ms }) => ms),
        0.5,
      ),
      extra: percentile(
        all.map(({ extraShare }) => extraShare),
        0.5,
      ),
    };
  };
  expect(median(undefined).extra).toBe(0);
  expect(median(95).extra).toBeCloseTo(0.05, 2);
  expect(median(95).ms).toBeLessThan(median(undefined).ms / 2);
});
