import { expect, it } from "vitest";
import { crashPoints } from "./crash-points.ts";
import { describeFailure } from "./report.ts";
import { scenarios } from "./scenarios.ts";

// One in so many, spread over calls and faults; `npm run verify:crash-points` runs them all.
const share = { number: 0, of: 192 };
const names = scenarios.map(({ name }) => name);

it("has a name for each scenario", () => {
  expect(new Set(names).size).toBe(names.length);
});

it.each(names)("crash points of: %s", async (name) => {
  const report = await crashPoints({ names: [name], part: share });
  expect(report.failures.map(describeFailure)).toEqual([]);
});
