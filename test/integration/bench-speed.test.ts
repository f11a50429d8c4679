/** The bench measures what it says: on the smallest deployment there is. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Deployed, deploy } from "../../bench/speed/deployment.ts";
import { figureOf, tableOf } from "../../bench/speed/report.ts";
import { chain, chordOf, sample, smallChords } from "../../bench/speed/scenarios.ts";

let deployed: Deployed;

beforeAll(async () => {
  deployed = await deploy({ table: "process", workers: 1, concurrency: 2, tasksPerMessage: 10 });
});
afterAll(() => deployed?.close());

it("times a chord from its submit to its callback, which has every result", async () => {
  const scenario = chordOf(25, 1);
  const { ms, cpuSeconds, others } = await sample(deployed, scenario, 0);
  expect(ms).toBeGreaterThan(0);
  expect(cpuSeconds).toBeGreaterThanOrEqual(0);
  expect(others).toBeGreaterThanOrEqual(0);
  await expect(sample(deployed, { ...scenario, count: 24 }, 1)).rejects.toThrow("chord-25-1 counted 25, not 24");
});

it("times a chain to its last step, and chords that are submitted together to the last of them", async () => {
  await sample(deployed, chain(1), 0);
  const few = smallChords(1);
  await sample(deployed, { ...few, ids: () => ["a", "b", "c"] }, 0);
});

it("prints medians, three figures that count", () => {
  const of = (ms: number) => ({ ms, cpuSeconds: 0.1, others: 0 });
  const figure = figureOf(chordOf(100, 3), [of(30), of(10), of(20)]);
  expect(figure).toMatchObject({
    ms: 20,
    leastMs: 10,
    mostMs: 30,
    tasksPerSecond: 5000,
    cpuSecondsPer1000: 1,
    runs: 3,
  });
  expect(tableOf([figure])).toBe(
    [
      "                ms  least–most  ms a task  tasks/s  CPU s per 1,000  others",
      "chord of 100  20.0   10.0–30.0       0.20    5,000             1.00    0.00",
    ].join("\n"),
  );
});
