/**
 * `tutti/testing` as users get it: from the packed package, with node:test and with vitest.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFolder, removeFolders } from "./support.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const example = join(root, "examples", "07-thumbnails");
let project: string;

/** A project with the package in its node_modules, as npm would unpack it, and beside it the one dependency that it loads. */
beforeAll(async () => {
  project = await aFolder();
  const installed = join(project, "node_modules");
  await mkdir(installed);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project], { cwd: root });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
  await run("tar", ["-xzf", join(project, filename), "-C", installed]);
  await cp(join(installed, "package"), join(installed, "tutti"), { recursive: true });
  await link("zod");
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "album", type: "module", private: true }));
  for (const file of ["tasks.ts", "workflow.ts", "workflow.test.ts"])
    await cp(join(example, file), join(project, file));
  const page = await readFile(join(root, "docs", "testing.md"), "utf8");
  const block = /^```js\n\/\/ album\.test\.mjs\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "";
  await writeFile(join(project, "album.test.mjs"), block);
  await writeFile(join(project, "failing.test.mjs"), block.replace("run.value, 5", "run.value, 6"));
}, 120_000);

afterAll(removeFolders);

async function link(name: string): Promise<void> {
  await symlink(join(root, "node_modules", name), join(project, "node_modules", name));
}

/** Without the settings of this very test run. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|TEST|FORCE_COLOR)/.test(name)),
);

async function outputOf(command: string, ...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
  try {
    const { stdout } = await run(command, args, { cwd: project, env: { ...env, NO_COLOR: "1" } });
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

describe("the packed package", () => {
  it("runs the snippet of the docs with node:test, without another test framework or an AWS SDK", async () => {
    const { code, text } = await outputOf(process.execPath, "--test", "album.test.mjs");
    expect(text).toMatch(/pass 1\b/);
    expect(code).toBe(0);
  });

  it("shows seed and timeline when an assertion of node:assert fails", async () => {
    const { code, text } = await outputOf(process.execPath, "--test", "failing.test.mjs");
    expect(code).toBe(1);
    expect(text).toContain("timeline of seed 1, from 2026-01-01T00:00:00.000Z");
    expect(text).toContain("FAULT crash after-record measure");
  });

  it("runs the example's tests with vitest", async () => {
    await link("vitest");
    const { code, text } = await outputOf(
      process.execPath,
      "node_modules/vitest/vitest.mjs",
      "run",
      "workflow.test.ts",
    );
    expect(text).toMatch(/5 passed/);
    expect(code).toBe(0);
  });

  it("has types that compile strictly", async () => {
    for (const name of ["typescript", "@types"]) await link(name);
    const options = [
      "--strict",
      "--noEmit",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--allowImportingTsExtensions",
    ];
    const tsc = join("node_modules", "typescript", "bin", "tsc");
    const { code, text } = await outputOf(process.execPath, tsc, ...options, "--skipLibCheck", "workflow.test.ts");
    expect(text).toBe("");
    expect(code).toBe(0);
  });
});
