/**
 * `npm run e2e:deploy`: deploys the product's own stack to an emulator on this machine by the CDK's command line, and works
 * with it through its request queue and the CLI. It never talks to an account: environment.ts.
 *
 *  - plain: every scenario, an update while a run is under way, and the stack destroyed;
 *  - drops: the stack once more, where one answer in ten of a write is dropped after the write was done;
 *  - iam: the same stack where IAM policies are enforced, so that a right that is missing fails.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { maxZippedBytes, zippedBytes } from "../support/zipped.ts";
import { bootstrap, deploy, destroy, synthesise } from "./cdk.ts";
import { plainEnvironment } from "./environment.ts";
import { functionNode, installMiniStack, startMiniStack } from "./ministack.ts";
import { dropAnswers } from "./redirect.ts";
import { Report } from "./report.ts";
import { checkGone, steps } from "./scenarios.ts";
import { runningLocalStack, type Target } from "./target.ts";
import type { Scenario, World } from "./world.ts";

const { values: flags } = parseArgs({
  options: {
    target: { type: "string", default: "ministack" },
    only: { type: "string", default: "plain,drops,iam" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 1000) % 100_000) },
  },
});
const rounds = flags.only.split(",");
const unknown = rounds.find((name) => !["plain", "drops", "iam"].includes(name));
if (unknown !== undefined) throw new Error(`--only takes some of plain,drops,iam: not ${unknown}`);
const folder = mkdtempSync(join(tmpdir(), "tutti-e2e-run-"));
const assemblies = { 1: join(folder, "release-1"), 2: join(folder, "release-2") } as const;
const report = new Report();

/** Sizes of the bundles of an assembly. @throws Error for one that is too large to start quickly. */
function bundleSizes(assembly: string): string {
  const bundles = readdirSync(assembly).filter((name) => name.startsWith("asset.") && !name.endsWith(".json"));
  const sizes = bundles.map((name) => zippedBytes(join(assembly, name)));
  if (sizes.some((bytes) => bytes > maxZippedBytes))
    throw new Error(`a bundle is too large: ${sizes.join(", ")} bytes`);
  return sizes.map((bytes) => Math.round(bytes / 1024)).join(", ");
}

/** Sets a stack up, works with it, and takes it down. */
async function round(
  name: string,
  target: Target,
  plan: readonly (readonly Scenario[])[],
  before?: () => Promise<void>,
) {
  const { env } = target;
  const own = join(folder, name);
  mkdirSync(own);
  const world: World = { target, folder: own, prefix: name, deployNext: () => deploy(env, assemblies[2]) };
  await report.timed(name, "bootstrap", () => bootstrap(env));
  await report.timed(name, "deploy", () => deploy(env, assemblies[1]));
  await before?.();
  for (const step of plan) {
    const able = step.filter(({ needs }) => needs?.(target) ?? true);
    const ended = await Promise.allSettled(
      able.map((scenario) => report.timed(name, scenario.name, () => scenario.run(world))),
    );
    const failed = ended.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
  await report.timed(name, "destroy", () => destroy(env, assemblies[1]));
  await checkGone(world);
}

async function withMiniStack(name: string, work: (target: Target) => Promise<void>): Promise<void> {
  const target = await startMiniStack({ enforcesIam: name === "iam", logFile: join(folder, `${name}.log`) });
  try {
    await work(target);
  } finally {
    await target.stop();
  }
}

async function withDroppedAnswers(target: Target): Promise<void> {
  const proxy = await dropAnswers(target, Number(flags.seed));
  try {
    await round("drops", target, steps.droppedAnswers, () => proxy.redirect());
    const { writes, dropped } = proxy.counts();
    report.note(`drops: ${dropped} answers of ${writes} writes dropped (--seed ${flags.seed})`);
    if (dropped === 0) throw new Error("no answer was dropped: the functions go past the proxy");
  } finally {
    proxy.close();
  }
}

/** The rounds run side by side, each on an emulator of its own: most of their time they wait for the schedule. */
async function onMiniStack(): Promise<void> {
  const kinds: Readonly<Record<string, () => Promise<void>>> = {
    plain: () => withMiniStack("plain", (target) => round("plain", target, steps.all)),
    drops: () => withMiniStack("drops", withDroppedAnswers),
    iam: () => withMiniStack("iam", (target) => round("iam", target, steps.leastPrivilege)),
  };
  const ended = await Promise.allSettled(rounds.map((name) => kinds[name]?.()));
  const failed = ended.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function main(): Promise<number> {
  const local = flags.target === "localstack" ? await runningLocalStack() : undefined;
  if (local === undefined) {
    const why = await installMiniStack((text) => console.log(text));
    if (why !== undefined) {
      console.log(`e2e:deploy is skipped: ${why}`);
      return 0;
    }
    console.log(`functions run on Node ${functionNode()}; logs and assemblies: ${folder}`);
  }
  try {
    await report.timed("", "synthesis of both releases", async () => {
      await synthesise(plainEnvironment(), folder);
      return `bundles of ${bundleSizes(assemblies[1])} KiB zipped`;
    });
    await (local === undefined ? onMiniStack() : round("plain", local, steps.all));
    report.print();
    rmSync(folder, { recursive: true, force: true });
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error);
    report.print();
    console.error(`kept for a look: ${folder}`);
    return 1;
  }
}

process.exitCode = await main();
