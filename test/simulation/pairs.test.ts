import { expect, it } from "vitest";
import { crashPoints } from "./crash-points.ts";
import { describeFailure } from "./report.ts";
import { scenarios } from "./scenarios.ts";
import { smallScenarios } from "./small-scenarios.ts";

it("are of scenarios that there are", () => {
  const names = scenarios.map(({ name }) => name);
  expect(smallScenarios.filter((name) => !names.includes(name))).toEqual([]);
});

it("pairs of faults: a share of those of an empty chord", async () => {
  const report = await crashPoints({ names: ["empty chord"], pairs: true, part: { number: 0, of: 200 } });
  expect(report.failures.map(describeFailure)).toEqual([]);
  expect(report.histories).toBeGreaterThan(100);
});
