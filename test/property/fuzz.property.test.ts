/**
 * A small share of `npm run verify:fuzz`, of a fixed seed.
 */
import { expect, it } from "vitest";
import { lanes } from "../fuzz/lanes.ts";
import { runLane } from "../fuzz/run-lane.ts";

const inputs = 2000;
const seed = 20_261_121;

it.each(lanes.map((lane) => [lane.name, lane] as const))("damaged inputs do no harm: %s", async (_name, lane) => {
  const cases = Math.ceil((inputs * lane.share) / 1000 / lane.inputsPerCase);
  const { failure } = await runLane(lane, { cases, seed });
  expect(failure).toBe(undefined);
});
