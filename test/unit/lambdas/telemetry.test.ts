import { afterEach, expect, it, vi } from "vitest";
import { createTelemetry } from "../../../lambdas/telemetry.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it.each<[string, () => Record<string, unknown>]>([
  [
    "an error that is its own cause",
    () => {
      const error = new Error("round");
      error.cause = error;
      return { error };
    },
  ],
  ["a toJSON that throws", () => ({ odd: { toJSON: () => JSON.parse("{") } })],
  ["a proxy that throws", () => ({ odd: new Proxy({}, { ownKeys: () => JSON.parse("{") }) })],
])("writes a line, and throws nothing at a task that logs %s", (_name, fields) => {
  const lines: string[] = [];
  // Powertools then writes through the console of the test.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.spyOn(console, "warn").mockImplementation((line: string) => void lines.push(line));
  createTelemetry("worker", { logLevel: "info", table: "t" }).log.write("warn", "odd", fields());
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ message: "odd", unwritable: expect.any(String) }]);
});
