import { defineConfig } from "vitest/config";

/** A tier is a folder: `npx vitest run --project unit` runs one. Budgets: CONTRIBUTING.md. */
const tier = (
  name: string,
  include: string,
  testTimeoutSeconds: number,
  more: { readonly isolate?: boolean } = {},
) => ({
  extends: true as const,
  test: { name, include: [include], testTimeout: testTimeoutSeconds * 1000, hookTimeout: 180_000, ...more },
});

// "tutti" is lib/index.ts here, as for tsc and tsx: one module instance, and no build before a test.
const resolve = { conditions: ["source", "node"] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    // One more than the cores that this is made for: many tests wait for processes that they have started.
    maxWorkers: 3,
    // An empty folder is fine, but a run that finds no test at all (a misspelt name, say) is a mistake.
    passWithNoTests: false,
    // The AWS SDK's note on Node 20 would stand between the results.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    projects: [
      // Three thousand tests that share no state: each module is loaded once a worker, which halves their time.
      tier("unit", "test/unit/**/*.test.ts", 30, { isolate: false }),
      tier("property", "test/property/**/*.test.ts", 30, { isolate: false }),
      tier("contract", "test/contract/**/*.test.ts", 30, { isolate: false }),
      tier("integration", "test/integration/**/*.test.ts", 60, { isolate: false }),
      tier("simulation", "test/simulation/**/*.test.ts", 120, { isolate: false }),
      tier("simulator", "test/simulator/**/*.test.ts", 60, { isolate: false }),
      tier("lint", "test/lint/**/*.test.ts", 60),
      tier("cli", "test/cli/**/*.test.ts", 60, { isolate: false }),
      // Loading the CDK takes seconds: once a worker, not once a file.
      tier("infra", "test/infra/**/*.test.ts", 120, { isolate: false }),
      tier("examples", "examples/**/*.test.ts", 60),
    ],
  },
});
