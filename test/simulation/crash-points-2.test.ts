import { expect, it } from "vitest";
import { crashPoints } from "./crash-points.ts";
import { describeFailure } from "./report.ts";
import { scenarios } from "./scenarios.ts";

// Half of the scenarios, so that two cores share the lane.
const half = scenarios.filter((_, i) => i % 2 === 1).map((scenario) => scenario.name);

it.each(half)("every single crash point of: %s", async (name) => {
  const report = await crashPoints({ names: [name] });
  expect(report.failures.map(describeFailure)).toEqual([]);
});
