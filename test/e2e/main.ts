/**
 * `npm run e2e:deploy`: deploys the product's own stack to an emulator on this machine by the CDK's command line, and works
 * with it through its request queue and the CLI. It never talks to an account: environment.ts.
 *
 *  - plain: every scenario, an update while a run is under way, and the stack destroyed;
 *  - drops: the stack once more, where one answer in ten of a write is dropped after the write was done;
 *  - iam: the same stack where IAM policies are enforced, so that a right that is missing fails.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootstrap, deploy, destroy, synthesise } from "./cdk.ts";
import { plainEnvironment } from "./environment.ts";
import { functionNode, installMiniStack, startMiniStack } from "./ministack.ts";
import { dropAnswers } from "./redirect.ts";
import { Report } from "./report.ts";
import { checkGone, type Scenario, steps } from "./scenarios.ts";
import { runningLocalStack, type Target } from "./target.ts";
import type { World } from "./world.ts";

const { values: flags } = parseArgs({
  options: {
    target: { type: "string", default: "ministack" },
    only: { type: "string", default: "plain,drops,iam" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 1000) % 100_000) },
  },
});
const rounds = flags.only.split(",");
const folder = mkdtempSync(join(tmpdir(), "tutti-e2e-run-"));
const assemblies = { 1: join(folder, "release-1"), 2: join(folder, "release-2") } as const;
const report = new Report();

/** Sets a stack up, works with it, and takes it down. */
async function round(
  name: string,
  target: Target,
  plan: readonly (readonly Scenario[])[],
  before?: () => Promise<void>,
) {
  const { env } = target;
  const world: World = { target, folder, prefix: name, deployNext: () => deploy(env, assemblies[2]) };
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

async function withMiniStack(enforcesIam: boolean, work: (target: Target) => Promise<void>): Promise<void> {
  const target = await startMiniStack({ enforcesIam, folder });
  try {
    await work(target);
  } finally {
    await target.stop();
  }
}

async function onMiniStack(): Promise<void> {
  if (rounds.includes("plain")) await withMiniStack(false, (target) => round("plain", target, steps.all));
  if (rounds.includes("drops")) {
    await withMiniStack(false, async (target) => {
      const proxy = await dropAnswers(target, Number(flags.seed));
      try {
        await round("drops", target, steps.droppedAnswers, () => proxy.redirect());
        const { writes, dropped } = proxy.counts();
        report.note(`drops: ${dropped} answers of ${writes} writes dropped (--seed ${flags.seed})`);
        if (dropped === 0) throw new Error("no answer was dropped: the functions go past the proxy");
      } finally {
        proxy.close();
      }
    });
  }
  if (rounds.includes("iam")) await withMiniStack(true, (target) => round("iam", target, steps.leastPrivilege));
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
      await synthesise(plainEnvironment(), 1, assemblies[1]);
      await synthesise(plainEnvironment(), 2, assemblies[2]);
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
