import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { sites } from "./sites.ts";

/** Names of metrics look like sites. */
const metrics = new Set([
  "requests.rejected",
  "runs.submitted",
  "sweep.left",
  "sweep.repaired",
  "sweep.visited",
  "tasks.retried",
]);

it("lists every call site of the driver", () => {
  const found = new Set<string>();
  for (const room of ["coordinator", "records"]) {
    const folder = new URL(`../../lib/${room}/`, import.meta.url);
    for (const file of readdirSync(folder)) {
      const text = readFileSync(new URL(file, folder), "utf8");
      for (const [, name] of text.matchAll(/"([a-z]+\.[a-z-]+)"/g)) if (name && !metrics.has(name)) found.add(name);
    }
  }
  expect([...found].sort()).toEqual([...sites]);
});
