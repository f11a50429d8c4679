/**
 * How long a run stands still after a loss, with real processes on this machine: prints the table of docs/operations.md.
 *
 * Not measured: AWS, where a message comes back and a schedule fires by clocks of their own. What decides is the same: lease,
 * visibility timeout and period of the sweeper.
 *
 * `npm run bench:recovery`, or with the beginning of a setting's name alone: `npm run bench:recovery -- "tutti dev"`
 */
import { cpus } from "node:os";
import { createDeployment, type Times } from "./deployment.ts";
import { recovery, scenarios } from "./scenarios.ts";

const settings: Readonly<Record<string, Times>> = {
  "tutti dev": { leaseSeconds: 10, visibilitySeconds: 30, sweepSeconds: 5 },
  "as deployed": { leaseSeconds: 30, visibilitySeconds: 60, sweepSeconds: 60 },
};

const seconds = (ms: number | undefined): string => (ms === undefined ? "none needed" : `${(ms / 1000).toFixed(1)} s`);

console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, Node ${process.versions.node}\n`);
console.log("| What is lost | Settings | From | Next task starts | Run ends |");
console.log("| --- | --- | --- | --- | --- |");
for (const { name, from, lose } of scenarios)
  for (const [what, times] of Object.entries(settings)) {
    if (!what.startsWith(process.argv[2] ?? "")) continue;
    const deployment = await createDeployment(times);
    try {
      await deployment.startEngine();
      const { nextStartMs, endMs } = await recovery(deployment, await lose(deployment));
      console.log(`| ${name} | ${what} | ${from} | ${seconds(nextStartMs)} | ${seconds(endMs)} |`);
    } finally {
      await deployment.close();
    }
  }
