/**
 * What the crash lane prints: sites × faults, and the command that repeats a failure.
 */
import type { Failure, Report } from "./crash-points.ts";
import { applies, type FaultMode, faultModes } from "./faults.ts";
import { messageSites, sites } from "./sites.ts";

const modes = Object.keys(faultModes) as FaultMode[];

/** Sites that no history reaches at all, and, when all single faults were tried, cells though the fault applies there. */
export function unreached(report: Report, isShare: boolean): string[] {
  return [...sites, ...messageSites].flatMap((site) => {
    const row = report.reached.get(site);
    if (!row) return [site];
    if (isShare) return [];
    return modes.filter((mode) => applies(mode, row.kind) && !row.byMode.has(mode)).map((mode) => `${site} × ${mode}`);
  });
}

/** The table: histories per site and fault; `–` where the fault cannot be. */
export function table(report: Report): string {
  const width = Math.max(...[...sites, ...messageSites].map((site) => site.length));
  const header = `${"".padEnd(width)}  ${modes.join("  ")}`;
  const rows = [...sites, ...messageSites].map((site) => {
    const row = report.reached.get(site);
    const cells = modes.map((mode) => {
      const count = row?.byMode.get(mode);
      return (row && !applies(mode, row.kind) ? "–" : String(count ?? 0)).padStart(mode.length);
    });
    return `${site.padEnd(width)}  ${cells.join("  ")}`;
  });
  return [header, ...rows].join("\n");
}

/** One failure, with the command that repeats it. */
export function describeFailure(failure: Failure): string {
  const { faults } = failure;
  const fault = faults.length > 0 ? ` --fault ${faults.map(({ call, mode }) => `${call}:${mode}`).join(",")}` : "";
  const each = faults.map(({ call, mode, site }) => `${mode} at call ${call}, ${site}`);
  const where = faults.length > 0 ? each.join("; ") : "without a fault";
  return [
    `${failure.scenario}: ${where}`,
    ...failure.what.map((what) => `  ${what}`),
    `  npm run verify:crash-points -- --scenario ${JSON.stringify(failure.scenario)}${fault}`,
  ].join("\n");
}
