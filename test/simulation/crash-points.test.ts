import { expect, it } from "vitest";
import { crashPoints } from "./crash-points.ts";
import { describeFailure } from "./report.ts";
import { scenarios } from "./scenarios.ts";

// One history in so many of one scenario in four, spread over calls and faults; `npm run verify` has a share of all of them.
const share = { number: 0, of: 64 };
const scenarioShare = 4;
const names = scenarios.map(({ name }) => name);

it("has a name for each scenario", () => {
  expect(new Set(names).size).toBe(names.length);
});

it.each(names.filter((_, at) => at % scenarioShare === 0))("crash points of: %s", async (name) => {
  const report = await crashPoints({ names: [name], part: share });
  expect(report.failures.map(describeFailure)).toEqual([]);
});
