/**
 * `npm run bench -- --peers` and `--kills`: ours beside other systems, by one driver on one machine.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { machine } from "../speed/machine.ts";
import { machineLine } from "../speed/report.ts";
import { type Deployed, deploy } from "./deployed.ts";
import { install } from "./install.ts";
import { type KillFigure, killPlan, measureKills, seeds } from "./kills.ts";
import { type PeersOptions, parseOptions, usage } from "./options.ts";
import { killsText, type Measured, type Skipped, speedText } from "./report.ts";
import { measureSpeed, type SpeedFailure, type SpeedFigure } from "./speed.ts";
import type { System, Variant } from "./systems.ts";

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

type Figure = SpeedFigure | SpeedFailure | KillFigure;

/** Measures one variant; what had been measured when it failed is kept. */
async function measure(
  options: PeersOptions,
  system: System,
  variant: Variant,
): Promise<{ readonly figures: readonly Figure[]; readonly failed?: string }> {
  const figures: Figure[] = [];
  const told = (figure: Figure) => {
    figures.push(figure);
    note(`  ${JSON.stringify(figure)}`);
  };
  const withDeployed = async (work: (deployed: Deployed) => Promise<void>) => {
    const deployed = await deploy(system, variant, options.folder);
    try {
      await work(deployed);
    } finally {
      await deployed.close();
    }
  };
  try {
    if (options.what === "speed") await withDeployed((deployed) => measureSpeed(deployed, options, told));
    else for (const seed of seeds) await withDeployed(async (deployed) => told(await measureKills(deployed, seed)));
    return { figures };
  } catch (error) {
    return { figures, failed: messageOf(error) };
  }
}

async function run(options: PeersOptions): Promise<number> {
  const about = machine();
  const measured: Measured<Figure>[] = [];
  const versions: Record<string, { readonly versions: string; readonly keeps: string }> = {};
  const skipped: Skipped[] = [];
  for (const system of options.systems) {
    note(`${system.name}: installing`);
    const installed = install(system, options.folder);
    if ("missing" in installed) {
      note(`${system.name}: skipped, ${installed.missing}`);
      skipped.push({ system: system.name, why: installed.missing });
      continue;
    }
    versions[system.name] = { versions: installed.versions, keeps: system.keeps };
    for (const variant of options.what === "speed" ? system.speed : system.kills) {
      note(`${system.name}, ${variant.name}`);
      const { figures, failed } = await measure(options, system, variant);
      if (figures.length > 0) measured.push({ system: system.name, variant: variant.name, figures });
      if (failed === undefined) continue;
      note(`${system.name}, ${variant.name}: failed, ${failed}`);
      skipped.push({ system: system.name, variant: variant.name, why: failed });
    }
  }
  const plan = options.what === "speed" ? { sizes: options.sizes, runs: options.runs } : { ...killPlan, seeds };
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(
    options.out,
    `${JSON.stringify({ kind: options.what, machine: about, plan, versions, measured, skipped }, null, 2)}\n`,
  );
  print(`\n${machineLine(about)}\n`);
  for (const [name, { versions: text, keeps }] of Object.entries(versions)) print(`- ${name}: ${text}; ${keeps}`);
  if (measured.length > 0) {
    const text =
      options.what === "speed"
        ? speedText(measured as Measured<SpeedFigure | SpeedFailure>[])
        : killsText(measured as Measured<KillFigure>[]);
    print(`\n${text}`);
  }
  for (const { system, variant, why } of skipped)
    print(`skipped: ${system}${variant === undefined ? "" : `, ${variant}`}: ${why}`);
  print(`data: ${options.out}`);
  return skipped.some(({ variant }) => variant !== undefined) ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  let options: PeersOptions | "help";
  try {
    options = parseOptions(args, new Date().toISOString().slice(0, 10));
  } catch (error) {
    note(`${messageOf(error)}\n\n${usage}`);
    return 2;
  }
  if (options === "help") {
    print(usage);
    return 0;
  }
  return run(options);
}

// What was started is ended on the way out (process.ts), also when this is told to end.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    throw new Error(`ended by ${signal}`);
  });
process.exitCode = await main(process.argv.slice(2));
