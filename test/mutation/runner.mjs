// How Stryker runs the unit tests of a room, test/unit/protocol for lib/protocol: bundled once, in its own process, without
// starting anything for a mutant. They are pure and share no state, so a mutant takes milliseconds where a start of vitest takes
// seconds.
//
// A mutant in code that runs while modules are loaded (a constant, or what a table of cases is made of) gets the bundle loaded
// once more.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { INSTRUMENTER_CONSTANTS } from "@stryker-mutator/api/core";
import { commonTokens, declareFactoryPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import { build } from "esbuild";

/** What the instrumented code looks at. */
function namespace() {
  globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {};
  return globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE];
}

/**
 * All tests as one function, which gives them as a list: from the beginning each time it is called, and nothing is left of them
 * afterwards, as there would be of modules.
 */
async function bundled(mutated) {
  const folders = new Set(mutated.map((path) => dirname(path).replace(/^lib/, "test/unit")));
  const files = [...folders].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
  const lines = files
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `beginFile(${JSON.stringify(path)}); require("./${path}");`);
  const { outputFiles } = await build({
    stdin: {
      contents: `const { beginFile, tests } = require("vitest");\n${lines.join("\n")}\nmodule.exports = tests;\n`,
      resolveDir: process.cwd(),
    },
    write: false,
    alias: { vitest: fileURLToPath(new URL("vitest-in-place.mjs", import.meta.url)) },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    conditions: ["source"],
    packages: "external",
    logLevel: "warning",
  });
  const [{ text }] = outputFiles;
  const filename = resolve("mutation-tests.cjs");
  const run = compileFunction(text, ["module", "exports", "require"], { filename });
  return () => {
    const module = { exports: {} };
    run(module, module.exports, createRequire(filename));
    return module.exports;
  };
}

async function resultOf({ id, file, run }) {
  const start = performance.now();
  const about = { id, name: id, fileName: resolve(file) };
  try {
    await run();
    return { ...about, status: TestStatus.Success, timeSpentMs: performance.now() - start };
  } catch (error) {
    const failureMessage = error instanceof Error ? error.message : String(error);
    return { ...about, status: TestStatus.Failed, timeSpentMs: performance.now() - start, failureMessage };
  }
}

function createRunner({ mutate }) {
  let declared;
  let loaded;
  /** Milliseconds that each test takes. */
  const took = new Map();
  /** Those first that are likely to notice: the file's own, and before others those that take little time. */
  const sorted = (tests, mutated) => {
    const own = `/${basename(mutated, ".ts")}.test.ts`;
    const cost = ({ id, file }) => (took.get(id) ?? 0) - (file.endsWith(own) ? 1_000_000 : 0);
    return tests.toSorted((a, b) => cost(a) - cost(b));
  };
  const load = async () => {
    declared ??= await bundled(mutate);
    return declared();
  };
  return {
    capabilities: () => ({ reloadEnvironment: true }),

    async dryRun() {
      const ns = namespace();
      loaded = await load();
      const tests = [];
      for (const test of loaded) {
        ns.currentTestId = test.id;
        const result = await resultOf(test);
        took.set(result.id, result.timeSpentMs);
        tests.push(result);
      }
      ns.currentTestId = undefined;
      return { status: DryRunStatus.Complete, tests, mutantCoverage: ns.mutantCoverage };
    },

    async mutantRun(options) {
      const { activeMutant, mutantActivation, reloadEnvironment, testFilter, hitLimit, disableBail } = options;
      const ns = namespace();
      Object.assign(ns, { activeMutant: undefined, hitCount: 0, hitLimit });
      if (mutantActivation === "static") ns.activeMutant = activeMutant.id;
      const tests = [];
      try {
        if (reloadEnvironment || loaded === undefined) loaded = await load();
      } catch (error) {
        const status = TestStatus.Failed;
        tests.push({ id: "load", name: "load", status, timeSpentMs: 0, failureMessage: String(error) });
        loaded = [];
      }
      ns.activeMutant = activeMutant.id;
      const wanted = testFilter === undefined ? undefined : new Set(testFilter);
      for (const test of sorted(loaded, options.sandboxFileName)) {
        if (wanted !== undefined && !wanted.has(test.id)) continue;
        const result = await resultOf(test);
        tests.push(result);
        if (result.status === TestStatus.Failed && !disableBail) break;
      }
      ns.activeMutant = undefined;
      const tooOften = determineHitLimitReached(ns.hitCount, hitLimit);
      return toMutantRunResult(tooOften ?? { status: DryRunStatus.Complete, tests });
    },
  };
}

createRunner.inject = [commonTokens.options];

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, "in-place", createRunner)];
