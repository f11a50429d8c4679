import { expect, it } from "vitest";
import { crashPoints } from "./crash-points.ts";
import { describeFailure } from "./report.ts";
import { scenarios } from "./scenarios.ts";
import { wholeScenarios } from "./small-scenarios.ts";
import { triples } from "./triples.ts";

it("are of scenarios that there are", () => {
  const names = scenarios.map(({ name }) => name);
  expect(wholeScenarios.filter((name) => !names.includes(name))).toEqual([]);
});

it("pairs of faults: those of one mode alone", async () => {
  const part = { number: 0, of: 20 };
  const [all, some] = [
    await crashPoints({ names: ["empty chord"], pairs: true, part }),
    await crashPoints({ names: ["empty chord"], pairs: true, mode: "gone", part }),
  ];
  expect(some.failures.map(describeFailure)).toEqual([]);
  expect(some.histories).toBeLessThan(all.histories / 2);
});

it("pairs of faults: a share of those of an empty chord", async () => {
  const report = await crashPoints({ names: ["empty chord"], pairs: true, part: { number: 0, of: 200 } });
  expect(report.failures.map(describeFailure)).toEqual([]);
  expect(report.histories).toBeGreaterThan(100);
});

it("triples of faults: a few, drawn in all scenarios", async () => {
  const report = await triples({ from: 1, count: 40, part: { number: 0, of: 1 } });
  expect(report.failures.map(describeFailure)).toEqual([]);
  expect(report.histories).toBeGreaterThan(100);
});
