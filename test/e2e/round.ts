/**
 * One round: sets a stack up, works with it, and takes it down.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Assemblies } from "./assemblies.ts";
import { deploy, destroy } from "./cdk.ts";
import { startCommandLine } from "./command-line.ts";
import type { Report } from "./report.ts";
import { checkGone, type Plan } from "./scenarios.ts";
import type { Target } from "./target.ts";
import type { Scenario, World } from "./world.ts";

export interface RoundOptions {
  readonly name: string;
  readonly target: Target;
  readonly plan: Plan;
  /** For files of all rounds. */
  readonly folder: string;
  readonly assemblies: Assemblies;
  readonly report: Report;
  /** Prepares the account for the CDK. */
  readonly bootstrap?: () => Promise<void>;
  /** With the stack just deployed. */
  readonly before?: () => Promise<void>;
  /** With everything done, and the stack still there. */
  readonly after?: (world: World) => Promise<void>;
  /** Takes the stack down whatever fails: where it costs money. */
  readonly alwaysDestroys?: boolean;
}

/** How long the CDK may take for one call. */
const deploySeconds = { emulator: 240, account: 900 } as const;

export async function round(options: RoundOptions): Promise<void> {
  const { name, target, plan, assemblies, report } = options;
  const folder = join(options.folder, name);
  mkdirSync(folder);
  const cli = startCommandLine(target.env);
  const seconds = target.isEmulator ? deploySeconds.emulator : deploySeconds.account;
  const deployNext = async () => deploy(target, await assemblies(2), seconds);
  const world: World = { target, cli, folder, prefix: name, deployNext };
  const takeDown = async () => {
    await report.timed(name, "destroy", async () => destroy(target, await assemblies(1), seconds));
    await checkGone(world);
  };
  try {
    const bootstrapped = report.timed(name, "bootstrap", async () => options.bootstrap?.());
    const [assembly] = await Promise.all([assemblies(1), bootstrapped]);
    try {
      await report.timed(name, "deploy", () => deploy(target, assembly, seconds));
      await options.before?.();
      for (const step of plan) await runStep(world, step, report);
      await options.after?.(world);
    } catch (error) {
      if (options.alwaysDestroys === true) await takeDown();
      throw error;
    }
    await takeDown();
  } finally {
    await cli.stop();
  }
}

/** All tracks come to their end: what fails in one is told, and what the others do is worth knowing. */
async function runStep(world: World, step: Plan[number], report: Report): Promise<void> {
  const able = ({ needs }: Scenario) => needs?.(world.target) ?? true;
  const runTrack = async (track: readonly Scenario[]) => {
    for (const scenario of track.filter(able))
      await report.timed(world.prefix, scenario.name, () => scenario.run(world));
  };
  const ended = await Promise.allSettled(step.map(runTrack));
  const failed = ended.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
