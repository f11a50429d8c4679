import { defineConfig } from "vitest/config";

/** The tests that a mutant of lib/protocol must not survive (scripts/mutation.mjs): its own, which take seconds. */
const resolve = { conditions: ["source", "node"] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: { include: ["test/unit/protocol/**/*.test.ts"], isolate: false, testTimeout: 30_000 },
});
