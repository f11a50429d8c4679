// `npm run verify:mutation -- FILES…`: lane F. Changes the code in small ways, one at a time, and says which changes no unit test
// of its room notices. Without files: the protocol, and the builder of conditions.
//
// Stryker is no dependency, since it would double what `npm ci` fetches:
//   npm install --no-save @stryker-mutator/core@9.6.1
//
// Exit codes: Stryker's own; 2 when it is not there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const version = "@stryker-mutator/core@9.6.1";
const protocol = readdirSync(`${root}/lib/protocol`).filter((name) => name.endsWith(".ts") && name !== "index.ts");
const usual = [...protocol.map((name) => `lib/protocol/${name}`), "lib/adapters/dynamodb/conditions.ts"];
const files = process.argv.slice(2);

const settings = {
  testRunner: "in-place",
  plugins: [`${root}/test/mutation/runner.mjs`],
  mutate: files.length > 0 ? files : usual,
  // It asks the compiler for its old programming interface, which TypeScript 7 has no more: the tests need none.
  tsconfigFile: "none.json",
  disableTypeChecks: false,
  checkers: [],
  coverageAnalysis: "perTest",
  concurrency: 1,
  timeoutMS: 20_000,
  ignorePatterns: ["dist", "bench", "docs", "examples", "cdk.out"],
  reporters: ["clear-text"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
};

if (existsSync(`${root}/node_modules/@stryker-mutator/core`)) {
  const folder = `${root}/node_modules/.cache/tutti`;
  const path = `${folder}/stryker.json`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, JSON.stringify(settings));
  const { status } = spawnSync("nice", ["-n", "19", "npx", "stryker", "run", path], { cwd: root, stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  console.error(`Stryker is not there: npm install --no-save ${version}`);
  process.exitCode = 2;
}
