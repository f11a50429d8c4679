/**
 * A user's project: examples/08-deploy, with the package as npm packs it.
 */
import { strict as assert } from "node:assert";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { plainEnvironment } from "./environment.ts";
import { run, runWell } from "./process.ts";
import type { Scenario } from "./world.ts";

const root = new URL("../..", import.meta.url).pathname;
const stack = "Words";

export const packedProject: Scenario = {
  name: "a user's own app, from the packed package",
  // It leaves its stack there: an emulator is thrown away.
  needs: ({ isEmulator }) => isEmulator,
  async run({ folder, target }) {
    const project = join(folder, "project");
    await install(project);
    const ofProject = { env: target.env, cwd: project, timeoutSeconds: 240 };
    const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
    const app = `${process.execPath} --import tsx app.ts`;
    // The emulator knows no alarms that are made of others.
    const context = ["--context", "tutti:derived-alarms=false"];
    const deploy = [cdk, "deploy", stack, "--app", app, ...context, "--require-approval", "never", "--no-notices"];
    await runWell(process.execPath, deploy, ofProject);
    const tutti = join(project, "node_modules", "tutti", "bin", "tutti.mjs");
    const ended = await run(process.execPath, [tutti, "run", "workflow.json", "--stack", stack, "--json"], ofProject);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(JSON.parse(ended.stdout).value, 11);
    return "11";
  },
};

/** What a user writes: the app and the tasks. */
const maxLines = 30;

/** The files of the example, the package unpacked, and what it depends on from this checkout. */
async function install(project: string): Promise<void> {
  const modules = join(project, "node_modules");
  mkdirSync(modules, { recursive: true });
  cpSync(join(root, "examples", "08-deploy"), project, { recursive: true });
  const written = ["app.ts", "tasks.ts"].map((name) => readFileSync(join(project, name), "utf8").trimEnd().split("\n"));
  assert.ok(written.flat().length <= maxLines, `the example has ${written.flat().length} lines`);
  const options = { env: plainEnvironment(), cwd: root, timeoutSeconds: 120 };
  // This lane has built it already.
  const { stdout } = await runWell(
    "npm",
    ["pack", "--ignore-scripts", "--json", "--pack-destination", project],
    options,
  );
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
  await runWell("tar", ["-xzf", join(project, filename), "-C", project], options);
  cpSync(join(project, "package"), join(modules, "tutti"), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of [...Object.keys(dependencies), "aws-cdk-lib", "constructs"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
}
