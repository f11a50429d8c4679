/**
 * The CDK's command line, as a user calls it.
 */
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { account, region, type Variables } from "./environment.ts";
import { runWell } from "./process.ts";

/** Name of the stack. */
export const stackName = "TuttiE2e";

const root = new URL("../..", import.meta.url).pathname;
const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
const own = (env: Variables, timeoutSeconds: number) => ({ env, cwd: root, timeoutSeconds });
const call = (args: readonly string[], options: Parameters<typeof runWell>[2]) =>
  runWell(process.execPath, [cdk, ...args, "--no-notices"], options);

/** Synthesises a version of the app, with its bundles, into a folder. Talks to nobody. */
export async function synthesise(env: Variables, version: 1 | 2, output: string): Promise<void> {
  const app = `${process.execPath} --conditions=source --import tsx test/e2e/app.ts`;
  await call(["synth", "--quiet", "--app", app, "--context", `version=${version}`, "--output", output], own(env, 120));
}

/** Prepares the account. From a folder without an app: nothing is synthesised for it. */
export async function bootstrap(env: Variables): Promise<void> {
  await call(["bootstrap", `aws://${account}/${region}`], { ...own(env, 60), cwd: tmpdir() });
}

export async function deploy(env: Variables, assembly: string): Promise<void> {
  await call(["deploy", stackName, "--app", assembly, "--require-approval", "never"], own(env, 120));
}

export async function destroy(env: Variables, assembly: string): Promise<void> {
  await call(["destroy", stackName, "--app", assembly, "--force"], own(env, 120));
}
