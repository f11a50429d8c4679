/**
 * The audit raises no false alarm: after every single call that changes the table it is silent. Of every third scenario: the crash
 * lane audits the ends of all of them.
 */
import { describe, expect, it } from "vitest";
import { auditFaults } from "./oracle.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";

describe("the audit, after every write of a history without faults", () => {
  it.each(scenarios.filter((_, at) => at % 3 === 0).map((scenario) => [scenario.name, scenario] as const))(
    "is silent: %s",
    async (_, scenario) => {
      const alarms = new Set<string>();
      let audits = 0;
      await runScenario({
        scenario,
        afterWrite(world) {
          audits++;
          for (const fault of auditFaults(world)) alarms.add(fault);
        },
      });
      expect([...alarms]).toEqual([]);
      expect(audits).toBeGreaterThan(0);
    },
  );
});
