import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { metricNames } from "../../infra/constructs/metrics.ts";
import { runStatuses } from "../../lib/model/outcome.ts";

it("names metrics that the functions write: an alarm on another one would stay silent", () => {
  const folders = ["lib/coordinator", "lambdas/check"].map((folder) => join(import.meta.dirname, "../..", folder));
  const text = folders.flatMap((folder) => readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8")));
  const written = [...text.join("\n").matchAll(/metrics\.count\("([^"]+)"/g)].map(([, name]) => name);
  const ends = runStatuses.map((status) => `runs.${status.toLowerCase()}`);
  for (const name of Object.values(metricNames)) expect([...written, ...ends]).toContain(name);
});
