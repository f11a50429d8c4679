/**
 * A fixed share of `npm run verify:properties`, and that its judge would notice.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { judged, property } from "./check.ts";
import { cases } from "./random-case.ts";
import { wrongDrivers } from "./wrong-drivers.ts";

/** Several times what it takes, since other tests keep the cores busy. */
const timeoutMs = 120_000;

it("runs every workflow as its document says, whatever fails and in whatever order", { timeout: timeoutMs }, () =>
  fc.assert(property(), { seed: 20_261_121, numRuns: 200 }),
);

it.for(Object.entries(wrongDrivers))("notices a driver that %s", { timeout: timeoutMs }, async ([, variant]) => {
  let caught = false;
  for (const one of fc.sample(cases, { seed: 18, numRuns: 150 })) {
    caught = (await judged(one, variant)).faults.length > 0;
    if (caught) break;
  }
  expect(caught).toBe(true);
});
