// `npm run verify:mutation -- [--changed] FILES…`: lane F. Changes the code in small ways, one at a time, and says which changes no
// unit test of its room notices. Without files: the protocol, and the builder of conditions. With `--changed`: of these, what the
// last commit has changed, or one in turn when that is none.
//
// Exit codes: 1 when of a file more mutants are left than docs/verification.md says, or Stryker fails; else 0.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const protocol = readdirSync(`${root}/lib/protocol`).filter((name) => name.endsWith(".ts") && name !== "index.ts");
const conditions = "lib/adapters/dynamodb/conditions.ts";
const usual = [...protocol.map((name) => `lib/protocol/${name}`), conditions];
const words = process.argv.slice(2);

function git(...args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

/** What the last commit has changed of these, or one that is another after each commit. */
function changed() {
  try {
    const files = git("diff", "--name-only", "HEAD~1", "HEAD").split("\n");
    const among = usual.filter((file) => files.includes(file));
    return among.length > 0 ? among : [usual[Number(git("rev-list", "--count", "HEAD")) % usual.length]];
  } catch {
    // No checkout, or one without its history.
    return [usual[0]];
  }
}

function chosen() {
  if (words.includes("--changed")) return changed();
  return words.length > 0 ? words : usual;
}

/** How many mutants of each file the table says are left. */
function leftOf(file) {
  const name = file === conditions ? file : file.replace("lib/protocol/", "");
  const table = readFileSync(`${root}/docs/verification.md`, "utf8");
  const row = table.split("\n").find((line) => line.startsWith(`| \`${name}\` `));
  return row === undefined ? 0 : Number(row.split("|").at(-2));
}

const folder = `${root}/node_modules/.cache/tutti`;
const settings = {
  testRunner: "in-place",
  plugins: [`${root}/test/mutation/runner.mjs`],
  mutate: chosen(),
  // It asks the compiler for its old programming interface, which TypeScript 7 has no more: the tests need none.
  tsconfigFile: "none.json",
  disableTypeChecks: false,
  checkers: [],
  coverageAnalysis: "perTest",
  concurrency: 1,
  timeoutMS: 20_000,
  ignorePatterns: ["dist", "bench", "docs", "examples", "cdk.out"],
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `${folder}/mutants.json` },
};

mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/stryker.json`, JSON.stringify(settings));
const stryker = ["-n", "19", "npx", "stryker", "run", `${folder}/stryker.json`];
const { status } = spawnSync("nice", stryker, { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;

if (status === 0) {
  const { files } = JSON.parse(readFileSync(settings.jsonReporter.fileName, "utf8"));
  for (const [file, { mutants }] of Object.entries(files)) {
    const left = mutants.filter((mutant) => mutant.status === "Survived" || mutant.status === "NoCoverage").length;
    const known = leftOf(file);
    if (left <= known) continue;
    console.error(`${file}: ${left} mutants are left, and docs/verification.md knows of ${known}`);
    process.exitCode = 1;
  }
}
