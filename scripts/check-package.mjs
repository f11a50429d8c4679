// `npm run verify:package`: packs the package as npm would publish it, has publint and "are the types wrong" look at it, and
// installs it in an empty project: the command and every entry must work there, with nothing but what the package needs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tutti-package-"));

function run(command, args, cwd = root) {
  const { status, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { ok: status === 0, stdout };
}

/** What a producer must not get: other tools' work, and the CDK, which who deploys has. */
const notInstalled = [
  "aws-cdk",
  "aws-cdk-lib",
  "constructs",
  "typescript",
  "vitest",
  "@biomejs",
  "@hpcc-js",
  "fast-check",
];
const entries = ["tutti", "tutti/lambda", "tutti/testing"];
const importAll = `for (const entry of ${JSON.stringify(entries)}) await import(entry);`;

/** What is wrong with the package as it is installed. */
function installed(file) {
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", file];
  if (!run("npm", install, project).ok) return ["npm install fails"];
  const modules = join(project, "node_modules");
  const there = readdirSync(modules).filter((name) => !name.startsWith("."));
  console.log(`installed in an empty project: ${there.join(", ")}`);
  const version = run(process.execPath, [join(modules, "tutti", "bin", "tutti.mjs"), "--version"], project);
  const imports = run(process.execPath, ["--input-type=module", "--eval", importAll], project);
  return [
    ...notInstalled.filter((name) => there.includes(name)).map((name) => `${name} is installed with it`),
    ...(version.ok ? [] : ["the command does not start"]),
    ...(imports.ok ? [] : [`not every one of ${entries.join(", ")} can be imported`]),
    ...(existsSync(join(modules, "tutti", "schema", "tutti-1.json")) ? [] : ["the JSON Schema is not in it"]),
  ];
}

try {
  const { stdout } = run("npm", ["pack", "--json", "--pack-destination", folder]);
  const [{ filename, size, entryCount }] = JSON.parse(stdout.slice(stdout.indexOf("[")));
  const file = join(folder, filename);
  console.log(`${filename}: ${entryCount} files, ${(size / 1e6).toFixed(2)} MB`);
  // It is an ES module, for Node 20.19 and newer, where require() loads ES modules.
  const checks = [
    ["publint", [join(root, "node_modules/.bin/publint"), "--strict", file]],
    ["attw", [join(root, "node_modules/.bin/attw"), "--profile", "esm-only", file]],
  ];
  for (const [name, args] of checks) {
    const checked = run(process.execPath, args);
    console.log(checked.stdout.trim());
    if (checked.ok) continue;
    console.error(`${name} has found something`);
    process.exitCode = 1;
  }
  for (const problem of installed(file)) {
    console.error(problem);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
