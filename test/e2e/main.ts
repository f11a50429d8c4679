/**
 * `npm run e2e:deploy`: deploys the product's own stack to an emulator on this machine by the CDK's command line, and works
 * with it through its request queue and the CLI. It never talks to an account: environment.ts.
 *
 *  - plain: every scenario, an update while runs are under way, and the stack destroyed;
 *  - drops: the stack once more, where one answer in ten of a write is dropped after the write was done;
 *  - iam: the same stack where IAM policies are enforced, so that a right that is missing fails;
 *  - core: a short one instead of these, for every push: `npm run verify:deploy`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assembliesIn } from "./assemblies.ts";
import { bootstrap, localStack } from "./cdk.ts";
import { functionNode, installMiniStack, startMiniStack } from "./ministack.ts";
import { dropAnswers } from "./redirect.ts";
import { Report } from "./report.ts";
import { type RoundOptions, round } from "./round.ts";
import { plans } from "./scenarios.ts";
import { runningLocalStack, type Target } from "./target.ts";

const roundNames = ["plain", "drops", "iam", "core"] as const;
type RoundName = (typeof roundNames)[number];

const { values: flags } = parseArgs({
  options: {
    target: { type: "string", default: "ministack" },
    only: { type: "string", default: "plain,drops,iam" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 1000) % 100_000) },
    // What to end with where the emulator cannot be had.
    "skip-code": { type: "string", default: "0" },
  },
});
if (!["ministack", "localstack"].includes(flags.target))
  throw new Error(`--target is ministack or localstack: not ${flags.target}`);
const rounds = flags.only.split(",").map((name) => {
  const known = roundNames.find((one) => one === name);
  if (known === undefined) throw new Error(`--only takes some of ${roundNames.join(",")}: not ${name}`);
  return known;
});
const folder = mkdtempSync(join(tmpdir(), "tutti-e2e-run-"));
const report = new Report();
const assemblies = assembliesIn(folder, [localStack], report);

const optionsFor = (name: string, target: Target): Omit<RoundOptions, "plan"> => ({
  name,
  target,
  folder,
  assemblies,
  report,
  bootstrap: () => bootstrap(target.env),
});

async function withDroppedAnswers(target: Target): Promise<void> {
  const proxy = await dropAnswers(target, Number(flags.seed));
  try {
    await round({ ...optionsFor("drops", target), plan: plans.droppedAnswers, before: () => proxy.redirect() });
    const { writes, dropped } = proxy.counts();
    report.note(`drops: ${dropped} answers of ${writes} writes dropped (--seed ${flags.seed})`);
    if (dropped === 0) throw new Error("no answer was dropped: the functions go past the proxy");
  } finally {
    proxy.close();
  }
}

const kinds: Readonly<Record<RoundName, (target: Target) => Promise<void>>> = {
  plain: (target) => round({ ...optionsFor("plain", target), plan: plans.all }),
  drops: withDroppedAnswers,
  iam: (target) => round({ ...optionsFor("iam", target), plan: plans.leastPrivilege }),
  core: (target) => round({ ...optionsFor("core", target), plan: plans.core }),
};

async function withMiniStack(name: RoundName): Promise<void> {
  const target = await startMiniStack({ enforcesIam: name === "iam", logFile: join(folder, `${name}.log`) });
  try {
    await kinds[name](target);
  } finally {
    await target.stop();
  }
}

/** The rounds run side by side, each on an emulator of its own: most of their time they wait for the schedule. */
async function onMiniStack(): Promise<void> {
  const ended = await Promise.allSettled(rounds.map(withMiniStack));
  const failed = ended.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function main(): Promise<number> {
  const local = flags.target === "localstack" ? await runningLocalStack() : undefined;
  if (local === undefined) {
    const why = await installMiniStack((text) => console.log(text));
    if (why !== undefined) {
      console.log(`e2e:deploy is skipped: ${why}`);
      return Number(flags["skip-code"]);
    }
    console.log(`functions run on Node ${functionNode()}; logs and assemblies: ${folder}`);
  }
  try {
    await (local === undefined ? onMiniStack() : kinds.plain(local));
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
