// `npm run verify`: every lane, one after the other, stopping at the first that fails.
//
// The lanes are format and lint, types, build and tests, then every npm script named `verify:…`, in the order of
// package.json, but for those that take too long for every push: these have a share among the tests, or are for quiet machines.
// `npm run verify -- lint test` runs only the lanes named.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const prefix = "verify:";
const byHand = ["verify:properties", "verify:known-bugs"];
// And those that have their share here.
const shares = {
  "verify:crash-points": ["--", "--share", "8"],
  "verify:simulation": ["--", "--small", "--from", "1", "--histories", "50000", "--jobs", "2"],
  "verify:soak": ["--", "--minutes", "1", "--seed", "1"],
  "verify:engine": ["--", "--operations", "20000", "--seed", "1"],
  "verify:models": ["--", "quick"],
  "verify:mutation": ["--", "--changed"],
  "verify:fuzz": ["--", "--inputs", "20000", "--seed", "20261121"],
};
// What a lane ends with when a program that is no part of this repository is not there: it is listed as not run.
const notThere = { models: 2, deploy: 2 };

const lanes = [
  { name: "lock", command: [process.execPath, "scripts/complete-lock.mjs", "--check"] },
  ...["lint", "check", "build", "test"].map((name) => ({ name, command: ["npm", "run", "--silent", name] })),
  ...Object.keys(scripts)
    .filter((script) => script.startsWith(prefix) && !byHand.includes(script))
    .map((script) => ({
      name: script.slice(prefix.length),
      command: ["npm", "run", "--silent", script, ...(shares[script] ?? [])],
    })),
];

/** Runs the lanes in order; after the first that fails, the rest are listed as not run. */
function run(chosen) {
  const done = [];
  for (const { name, command } of chosen) {
    if (done.some(({ result }) => result === "FAILED")) {
      done.push({ name, result: "not run" });
      continue;
    }
    console.log(`\n── ${name} ${"─".repeat(76 - name.length)}\n`);
    const start = performance.now();
    const { status } = spawnSync(command[0], command.slice(1), { stdio: "inherit" });
    const failed = status === notThere[name] ? "not run" : "FAILED";
    done.push({ name, result: status === 0 ? "ok" : failed, seconds: (performance.now() - start) / 1000 });
  }
  return done;
}

const line = (name, seconds, result) => `${name.padEnd(24)}${(seconds?.toFixed(1) ?? "–").padStart(8)} s  ${result}`;

function report(done) {
  const passed = done.every(({ result }) => result !== "FAILED");
  const total = done.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  console.log(`\n── verify ${"─".repeat(70)}\n`);
  for (const { name, seconds, result } of done) console.log(line(name, seconds, result));
  console.log(line("all", total, passed ? "ok" : "FAILED"));
  return passed ? 0 : 1;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !lanes.some((lane) => lane.name === name));
if (unknown.length > 0) {
  console.error(`no lane ${unknown.join(", ")}; there are ${lanes.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else {
  process.exitCode = report(run(lanes.filter(({ name }) => wanted.length === 0 || wanted.includes(name))));
}
