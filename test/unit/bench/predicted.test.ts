/**
 * The estimate of `tutti plan` against what chords are metered to take.
 */
import { expect, it } from "vitest";
import { check as checkTask, chordRequest, compileChord, member } from "../../../bench/members/chord.ts";
import { deploymentFor } from "../../../bench/members/deployment.ts";
import { measure } from "../../../bench/members/measure.ts";
import { emptyReceive } from "../../../bench/meter/metered-queue.ts";
import { predict } from "../../../lib/plan/predict.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";

/** Part of a figure that the estimate may be off. */
const tolerance = 0.1;
const catalog = catalogOf(registryOf({ member, checkTask }));

it.each([
  [1, 10],
  [12, 10],
  [100, 10],
  [2000, 10],
  [10, 1],
  [500, 1],
])("is right for a chord of %d with %d tasks per invocation", async (members, tasksPerInvocation) => {
  const plan = compileChord(members, deploymentFor(tasksPerInvocation).shape)(chordRequest("bench"), catalog);
  const predicted = predict(plan);
  const { totals, lines } = (await measure({ members, engine: "memory", tasksPerInvocation })).counted;
  const empty = lines
    .filter(({ operation }) => operation === emptyReceive)
    .reduce((sum, line) => sum + line.requests, 0);
  expect(off(predicted.writeUnits, totals.writeUnits)).toBeLessThan(tolerance);
  expect(off(predicted.sqsRequests, totals.requests - empty)).toBeLessThan(tolerance);
});

function off(predicted: number, metered: number): number {
  return Math.abs(predicted - metered) / metered;
}
