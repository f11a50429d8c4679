#!/usr/bin/env node
// Completes package-lock.json: run it after every `npm install` that changed the lock.
//
// `npm ci` demands a lock entry for every optional dependency. npm leaves out those it could not find when it wrote
// the lock, as happens with Biome's platform builds on mirrors that carry only some of them, and then `npm ci` fails
// with "Missing: @biomejs/cli-… from lock file". This adds the missing ones, without a hash: only a machine of that
// platform ever fetches one.
//
// `--check` changes nothing and exits 1 when an entry is missing.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const owner = lock.packages["node_modules/@biomejs/biome"];

const added = [];
for (const [name, version] of Object.entries(owner.optionalDependencies)) {
  const path = `node_modules/${name}`;
  if (lock.packages[path] !== undefined) continue;
  const [, os, cpu, libc] = /^@biomejs\/cli-(\w+)-(x64|arm64)(?:-(musl))?$/.exec(name) ?? [];
  if (os === undefined) throw new Error(`cannot tell the platform of ${name} from its name`);
  lock.packages[path] = {
    version,
    cpu: [cpu],
    dev: true,
    ...(os === "linux" ? { libc: [libc ?? "glibc"] } : {}),
    license: owner.license,
    optional: true,
    os: [os],
    engines: owner.engines,
  };
  added.push(name);
}

if (added.length === 0) {
  console.log("package-lock.json is complete");
} else if (process.argv.includes("--check")) {
  console.error(`package-lock.json lacks ${added.join(", ")}: run node scripts/complete-lock.mjs`);
  process.exitCode = 1;
} else {
  // npm's own order, so that its next rewrite of the file makes no noise.
  const order = new Intl.Collator("en", { sensitivity: "variant" });
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => order.compare(a, b)));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${added.length} entries: ${added.join(", ")}`);
}
