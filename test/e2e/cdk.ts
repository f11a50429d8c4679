/**
 * The CDK's command line, as a user calls it.
 */
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { account, region, type Variables } from "./environment.ts";
import { runWell } from "./process.ts";

/** Name of the stack on an emulator. */
export const localStack = "TuttiE2e";

const root = new URL("../..", import.meta.url).pathname;
const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
const own = (env: Variables, timeoutSeconds: number) => ({ env, cwd: root, timeoutSeconds });
const call = (args: readonly string[], options: Parameters<typeof runWell>[2]) =>
  runWell(process.execPath, [cdk, ...args, "--no-notices"], options);

/** Releases of the tasks. */
export const releases = [1, 2] as const;
export type Release = (typeof releases)[number];

/** Name of the stack; and of an account, its number and region. */
export type Where = readonly [stack: string] | readonly [stack: string, account: string, region: string];

/** Synthesises the stack of a release, with its bundles, into a folder. Talks to nobody. */
export async function synthesise(env: Variables, folder: string, release: Release, where: Where): Promise<void> {
  const [stack, ...account] = where;
  const args = [
    "--conditions=source",
    "--import",
    "tsx",
    "test/e2e/app.ts",
    folder,
    stack,
    String(release),
    ...account,
  ];
  await runWell(process.execPath, args, own(env, 180));
}

/** Prepares the emulator's account. From a folder without an app: nothing is synthesised for it. */
export async function bootstrap(env: Variables): Promise<void> {
  await call(["bootstrap", `aws://${account}/${region}`], { ...own(env, 120), cwd: tmpdir() });
}

export interface Deployed {
  readonly env: Variables;
  readonly stack: string;
}

export async function deploy({ env, stack }: Deployed, assembly: string, timeoutSeconds = 240): Promise<void> {
  await call(["deploy", stack, "--app", assembly, "--require-approval", "never"], own(env, timeoutSeconds));
}

export async function destroy({ env, stack }: Deployed, assembly: string, timeoutSeconds = 240): Promise<void> {
  await call(["destroy", stack, "--app", assembly, "--force"], own(env, timeoutSeconds));
}
