/**
 * Proves that the lint rules bite: seeded violations, each in a file of the room it concerns, and clean neighbours.
 *
 * One run of Biome over a temporary tree with the real configuration answers for all of them.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const imports = "lint/style/noRestrictedImports";
const globals = "lint/style/noRestrictedGlobals";
const plugin = "plugin";

/** [file, rule, source]. A path that ends in "/" is a room: the file gets a name of its own. */
const refused: readonly (readonly [string, string, string])[] = [
  // The import table, room by room.
  ["lib/model/", imports, `export { a } from "../protocol/slot.ts";`],
  ["lib/model/", imports, `export { a } from "../errors.ts";`],
  ["lib/model/", imports, `export { a } from "commander";`],
  ["lib/model/", imports, `export { randomUUID } from "node:crypto";`],
  ["lib/errors.ts", imports, `export { a } from "./model/ids.ts";\nexport { b } from "./protocol/slot.ts";`],
  ["lib/errors.ts", plugin, `export { a } from "./model/ids.ts";\nexport { b } from "./protocol/slot.ts";`],
  ["lib/canvas/", imports, `export { a } from "../plan/compile.ts";`],
  ["lib/canvas/", imports, `export type { A } from "../ports/store.ts";`],
  ["lib/plan/", imports, `export { a } from "../protocol/slot.ts";`],
  ["lib/protocol/", imports, `export { a } from "../coordinator/run.ts";`],
  ["lib/protocol/", imports, `export { a } from "../adapters/memory/store.ts";`],
  ["lib/protocol/", imports, `export { readFile } from "node:fs/promises";`],
  ["lib/protocol/", imports, `export { a } from "@aws-sdk/client-dynamodb";`],
  ["lib/protocol/", plugin, `import { a } from "../plan/compile.ts"; export const b = a;`],
  ["lib/protocol/", plugin, `import * as a from "../plan/compile.ts"; export const b = a.c;`],
  ["lib/protocol/", plugin, `export const a = () => import("../plan/compile.ts");`],
  ["lib/protocol/", plugin, `export { a } from "../ports/store.ts";`],
  ["lib/ports/", imports, `export type { A } from "../protocol/slot.ts";`],
  ["lib/ports/", plugin, `export { a } from "../errors.ts";`],
  ["lib/tasks/", imports, `export { a } from "../coordinator/run.ts";`],
  ["lib/records/", imports, `export { a } from "../coordinator/run.ts";`],
  ["lib/client/", imports, `export { a } from "../coordinator/run.ts";`],
  ["lib/client/", imports, `export { a } from "../adapters/dynamodb/store.ts";`],
  ["lib/coordinator/", imports, `export { a } from "../adapters/memory/store.ts";`],
  ["lib/coordinator/", imports, `export { a } from "../client/client.ts";`],
  ["lib/testing/", imports, `export { a } from "../adapters/dynamodb/store.ts";`],
  ["lib/adapters/dynamodb/", imports, `export { a } from "@aws-sdk/client-sqs";`],
  ["lib/adapters/dynamodb/", imports, `export { a } from "../sqs/queue.ts";`],
  ["lib/adapters/dynamodb/", plugin, `export { a } from "../../protocol/slot.ts";`],
  ["lib/adapters/sqs/", imports, `export { a } from "@aws-sdk/client-dynamodb";`],
  ["lib/adapters/sqs/", plugin, `export { a } from "../../protocol/slot.ts";`],
  ["lib/adapters/cloudformation/", imports, `export { a } from "@aws-sdk/client-sqs";`],
  ["lib/adapters/lambda/", imports, `export { a } from "@aws-sdk/client-sqs";`],
  ["lib/adapters/memory/", imports, `export { a } from "@aws-sdk/client-dynamodb";`],
  ["lib/adapters/memory/", imports, `export { a } from "../../coordinator/run.ts";`],
  ["lib/adapters/system/", imports, `export { a } from "../../protocol/slot.ts";`],
  ["lib/entry-lambdas.ts", imports, `export { a } from "../lambdas/compose.ts";`],
  ["lib/entry-cli.ts", imports, `export { a } from "../cli/main.ts";`],
  ["lib/entry-local.ts", imports, `export { a } from "../local/engine.ts";`],
  ["lib/entry-infra.ts", imports, `export { a } from "../infra/index.ts";`],
  ["lib/entry-test.ts", imports, `export { a } from "../test/support/builders.ts";`],
  ["lib/entry-sdk.ts", imports, `export { a } from "@aws-sdk/client-sqs";`],
  ["lambdas/control/", imports, `export { a } from "../../lib/adapters/dynamodb/store.ts";`],
  ["lambdas/control/", imports, `export { a } from "../../lib/protocol/slot.ts";`],
  ["lambdas/control/", imports, `export { a } from "../../local/engine.ts";`],
  ["lambdas/control/", imports, `export { a } from "aws-cdk-lib";`],
  ["lambdas/environment.ts", imports, `export { a } from "../lib/adapters/dynamodb/store.ts";`],
  ["lambdas/compose.ts", imports, `export { a } from "@aws-sdk/client-sqs";`],
  ["infra/constructs/", imports, `export { a } from "../../lib/adapters/dynamodb/store.ts";`],
  ["infra/constructs/", imports, `export { a } from "../../lib/protocol/slot.ts";`],
  ["infra/constructs/", imports, `export { a } from "../../lambdas/compose.ts";`],
  ["local/", imports, `export { a } from "../cli/main.ts";`],
  ["local/", imports, `export { a } from "../test/support/builders.ts";`],
  ["local/", imports, `export { a } from "@aws-sdk/client-sqs";`],
  ["cli/commands/", imports, `export { a } from "../../infra/index.ts";`],
  ["cli/commands/", imports, `export { a } from "../../test/support/builders.ts";`],
  ["cli/commands/", imports, `export { a } from "@aws-sdk/client-dynamodb";`],
  ["bench/meter/", imports, `export { a } from "@aws-sdk/client-dynamodb";`],
  ["bench/meter/", imports, `export { a } from "../../cli/output/table.ts";`],
  ["bench/meter/", imports, `export { a } from "../../test/unit/plan/support.ts";`],
  ["examples/01-a/", imports, `export { a } from "../../lib/index.ts";`],
  ["examples/01-a/", imports, `export { a } from "../../local/engine.ts";`],
  ["test/unit/", imports, `export { createServer } from "node:http";`],
  ["test/simulation/", imports, `export { spawn } from "node:child_process";`],
  ["test/property/", globals, `export const a = () => fetch("http://localhost");`],

  // Time, chance, the environment, the end of the process.
  ["lib/coordinator/", plugin, `export const a = Date.now();`],
  ["lib/coordinator/", plugin, `export const a = [1].map(Date.now);`],
  ["lib/coordinator/", plugin, `export const a = new Date();`],
  ["lib/plan/", plugin, `export const a = Math.random();`],
  ["lib/tasks/", plugin, `export const a = AbortSignal.timeout(5);`],
  ["lib/tasks/", plugin, `export const a = globalThis.crypto.randomUUID();`],
  ["lib/adapters/dynamodb/", plugin, `export const a = Date.now();`],
  ["lambdas/worker/", plugin, `export const a = Date.now();`],
  ["lib/tasks/", globals, `export const a = () => setTimeout(() => {}, 5);`],
  ["lib/tasks/", plugin, `export const a = () => globalThis.setInterval(() => {}, 5);`],
  ["lib/model/", globals, `export const a = crypto.getRandomValues(new Uint8Array(4));`],
  ["lib/coordinator/", globals, `export const a = performance.now();`],
  ["lib/coordinator/", imports, `export { setTimeout } from "node:timers/promises";`],
  ["lib/adapters/sqs/", imports, `export { randomUUID } from "node:crypto";`],
  ["lib/adapters/system/", "lint/style/noProcessEnv", `export const a = process.env.A;`],
  ["lambdas/compose-env.ts", "lint/style/noProcessEnv", `export const a = process.env.A;`],
  ["local/", "lint/style/noProcessEnv", `export const a = process.env.A;`],
  ["cli/commands/", "lint/style/noProcessEnv", `export const a = process.env.A;`],
  ["cli/commands/", "lint/nursery/noProcessExit", `export const a = () => process.exit(1);`],
  ["local/", "lint/nursery/noProcessExit", `export const a = () => process.exit(1);`],

  // Promises, switches, cycles, exports.
  [
    "lib/coordinator/",
    "lint/nursery/noFloatingPromises",
    `async function commit(): Promise<void> {}\nexport function a(): void {\n  commit();\n}`,
  ],
  [
    "lib/coordinator/",
    "lint/nursery/noFloatingPromises",
    `interface Store {\n  put(): Promise<void>;\n}\nexport function a(store: Store): void {\n  store.put();\n}`,
  ],
  [
    "lib/coordinator/",
    "lint/nursery/noMisusedPromises",
    `async function won(): Promise<boolean> {\n  return false;\n}\nexport const a = () => (won() ? 1 : 2);`,
  ],
  [
    "lib/protocol/",
    "lint/nursery/useExhaustiveSwitchCases",
    `export function a(state: "open" | "settled"): number {\n  switch (state) {\n    case "open":\n      return 1;\n  }\n  return 2;\n}`,
  ],
  [
    "lib/plan/cycle-a.ts",
    "lint/suspicious/noImportCycles",
    `import { b } from "./cycle-b.ts";\nexport const a = () => b;`,
  ],
  [
    "lib/plan/cycle-b.ts",
    "lint/suspicious/noImportCycles",
    `import { a } from "./cycle-a.ts";\nexport const b = () => a;`,
  ],
  ["lib/reexport.ts", "lint/performance/noReExportAll", `export * from "./plan/compile.ts";`],
  ["lib/plan/", "lint/style/noDefaultExport", `export default 1;`],
];

/** [file, source]: what the same rules leave alone. */
const allowed: readonly (readonly [string, string])[] = [
  ["lib/model/", `export { hash } from "node:crypto";\nexport { z } from "zod";\nexport { a } from "./ids.ts";`],
  ["lib/protocol/", `export type { A } from "../plan/types.ts";\nexport type { B } from "../ports/store.ts";`],
  ["lib/protocol/", `export { a } from "../model/ids.ts";\nexport { b } from "./slot.ts";`],
  ["lib/records/", `export { a } from "../protocol/slot.ts";\nexport { gunzipSync } from "node:zlib";`],
  ["lib/coordinator/", `export { a } from "../records/values.ts";\nexport const b = (atMs: number) => new Date(atMs);`],
  [
    "lib/adapters/dynamodb/",
    `export { a } from "@aws-sdk/client-dynamodb";\nexport { b } from "../../ports/store.ts";`,
  ],
  ["lib/adapters/sqs/", `export { a } from "@aws-sdk/client-sqs";\nexport type { B } from "../../protocol/slot.ts";`],
  [
    "lib/adapters/system/",
    `export { randomUUID } from "node:crypto";\nexport const a = () => setTimeout(() => {}, Date.now() * Math.random());`,
  ],
  ["lib/entry.ts", `export { a } from "./client/client.ts";\nexport { b } from "./adapters/sqs/queue.ts";`],
  ["lambdas/environment.ts", `export { z } from "zod";\nexport const a = process.env.A;`],
  ["lambdas/compose.ts", `export { a } from "../lib/adapters/sqs/queue.ts";\nexport { b } from "./environment.ts";`],
  ["lambdas/worker/", `export { a } from "../../lib/lambda.ts";\nexport { b } from "../compose.ts";`],
  ["infra/app.ts", `export { a } from "./constructs/tutti.ts";\nexport const b = process.env.A;`],
  [
    "infra/constructs/",
    `export { a } from "../../lib/adapters/dynamodb/keys.ts";\nexport { b } from "aws-cdk-lib/aws-sqs";\nexport { join } from "node:path";`,
  ],
  ["local/", `export { a } from "../lib/protocol/slot.ts";\nexport const b = () => setTimeout(() => {}, Date.now());`],
  [
    "cli/main.ts",
    `export { a } from "../local/engine.ts";\nexport const b = () => process.exit(Number(process.env.A));`,
  ],
  [
    "bench/meter/",
    `export { a } from "../../lib/protocol/slot.ts";\nexport { b } from "../../local/worker.ts";\nexport { c } from "../../test/support/builders.ts";`,
  ],
  ["examples/01-a/", `export { a } from "tutti";\nexport { b } from "tutti/testing";\nexport { c } from "./tasks.ts";`],
  ["test/integration/", `export { createServer } from "node:http";\nexport { a } from "@aws-sdk/client-sqs";`],
  ["test/unit/", `export { a } from "../../lib/protocol/slot.ts";\nexport const b = process.env.A;`],
  [
    "lib/protocol/",
    `export function a(state: "open" | "settled"): number {\n  switch (state) {\n    case "open":\n      return 1;\n    case "settled":\n      return 2;\n  }\n}`,
  ],
];

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string };
}

const named = (path: string, name: string): string => (path.endsWith("/") ? `${path}${name}.ts` : path);
const refusedPath = (index: number): string => named(refused[index]?.[0] ?? "", `refused-${index}`);
const allowedPath = (index: number): string => named(allowed[index]?.[0] ?? "", `allowed-${index}`);

/** Two cases may name one file, such as lambdas/compose.ts; so the refused and the allowed have a tree each. */
async function lint(files: readonly (readonly [path: string, source: string])[]): Promise<Map<string, string[]>> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tutti-lint-")));
  folders.push(folder);
  for (const path of ["biome.jsonc", ".gitignore", "package.json", "tsconfig.json", "scripts/lint"]) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  for (const [path, source] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${source}\n`);
  }
  const report = await runBiome(folder);
  const found = new Map<string, string[]>();
  for (const { category, location } of report.diagnostics) {
    found.set(location.path, [...(found.get(location.path) ?? []), category]);
  }
  return found;
}

function runBiome(folder: string): Promise<{ diagnostics: Diagnostic[] }> {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  return new Promise((done, fail) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      try {
        done(JSON.parse(stdout));
      } catch (cause) {
        fail(new Error(`biome gave no report: ${error?.message}\n${stderr}`, { cause }));
      }
    });
  });
}

const folders: string[] = [];
let inRefused = new Map<string, string[]>();
let inAllowed = new Map<string, string[]>();

beforeAll(async () => {
  inRefused = await lint(refused.map(([, , source], index) => [refusedPath(index), source]));
  inAllowed = await lint(allowed.map(([, source], index) => [allowedPath(index), source]));
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("lint refuses", () => {
  it.each(refused.map(([path, rule, source], index) => ({ path, rule, source, index })))(
    "in $path: $source",
    ({ rule, index }) => {
      expect(inRefused.get(refusedPath(index)) ?? []).toContain(rule);
    },
  );
});

describe("lint leaves alone", () => {
  it.each(allowed.map(([path, source], index) => ({ path, source, index })))("in $path: $source", ({ index }) => {
    expect(inAllowed.get(allowedPath(index)) ?? []).toEqual([]);
  });
});
