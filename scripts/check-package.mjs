// `npm run verify:package`: packs the package as npm would publish it, and has publint and "are the types wrong" look at it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tutti-package-"));

function run(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { ok: status === 0, stdout };
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
} finally {
  rmSync(folder, { recursive: true, force: true });
}
