/**
 * `npm run verify:crash-points`: lane A by hand.
 *
 *   (nothing)                           every scenario × every single fault; the table; the wrong variants
 *   --scenario NAME                     that scenario alone
 *   --scenario NAME --fault 12:paused   one history, with its calls
 *   --variants                          the wrong variants alone, each with what catches it
 */
import { parseArgs } from "node:util";
import { crashPoints } from "./crash-points.ts";
import { type FaultMode, faultModes } from "./faults.ts";
import { describeFailure, table, unreached } from "./report.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";
import { catchVariant, variants } from "./variants.ts";

const { values } = parseArgs({
  options: { scenario: { type: "string" }, fault: { type: "string" }, variants: { type: "boolean", default: false } },
});

async function everything(names: readonly string[] | undefined): Promise<boolean> {
  const start = performance.now();
  const report = await crashPoints(names ? { names } : {});
  for (const failure of report.failures) console.log(`${describeFailure(failure)}\n`);
  const missing = names ? [] : unreached(report);
  console.log(table(report));
  if (missing.length > 0) console.log(`\nreached by no scenario: ${missing.join(", ")}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `\n${report.histories} histories of ${names?.length ?? scenarios.length} scenarios in ${seconds} s: ${report.failures.length} failures`,
  );
  return report.failures.length === 0 && missing.length === 0;
}

async function wrongVariants(): Promise<boolean> {
  let caught = 0;
  for (const name of Object.keys(variants)) {
    const failure = await catchVariant(name);
    if (failure) caught++;
    const by = failure
      ? `${failure.scenario}; ${failure.fault ? `${failure.fault.mode} at ${failure.site}` : "no fault"}; ${failure.what[0]}`
      : "NOT CAUGHT";
    console.log(`${name.padEnd(52)} ${by.split("\n")[0]}`);
  }
  console.log(`\n${caught} of ${Object.keys(variants).length} wrong variants caught`);
  return caught === Object.keys(variants).length;
}

async function oneHistory(name: string, text: string): Promise<boolean> {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  const [call, mode] = text.split(":");
  if (!scenario || !Number.isInteger(Number(call)) || !Object.hasOwn(faultModes, mode ?? "")) {
    throw new Error(
      `no scenario ${name} or no fault ${text}; a fault is CALL:MODE with one of ${Object.keys(faultModes).join(", ")}`,
    );
  }
  const outcome = await runScenario({ scenario, injected: [{ call: Number(call), mode: mode as FaultMode }] });
  for (const { number, site, kind } of outcome.calls)
    console.log(`${String(number).padStart(4)} ${kind.padEnd(8)} ${site}`);
  console.log(JSON.stringify(outcome.state, null, 2));
  for (const fault of outcome.faults) console.log(fault);
  return outcome.faults.length === 0;
}

async function main(): Promise<boolean> {
  if (values.scenario !== undefined && values.fault !== undefined) return oneHistory(values.scenario, values.fault);
  if (values.variants) return wrongVariants();
  const held = await everything(values.scenario === undefined ? undefined : [values.scenario]);
  return values.scenario === undefined ? (await wrongVariants()) && held : held;
}

process.exitCode = (await main()) ? 0 : 1;
