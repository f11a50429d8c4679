import { describe, expect, it } from "vitest";
import { jsonLog, silentLog } from "../../../../lib/adapters/system/log.ts";
import { noMetrics } from "../../../../lib/adapters/system/metrics.ts";
import { StoreError } from "../../../../lib/errors.ts";
import type { LogLevel } from "../../../../lib/ports/index.ts";

function rig(minimum?: LogLevel) {
  const lines: string[] = [];
  const stream = { write: (line: string) => lines.push(line) };
  return { lines, log: jsonLog({ stream, ...(minimum === undefined ? {} : { minimum }) }) };
}

describe("JSON log", () => {
  it("writes one object a line, with time, level, message and fields", () => {
    const { log, lines } = rig();
    log.write("warn", "two\nlines", { runId: "r", count: 2 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    const { time, ...record } = JSON.parse(lines[0] ?? "");
    expect(record).toEqual({ level: "warn", message: "two\nlines", runId: "r", count: 2 });
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
  });

  it("leaves out what is below its level", () => {
    const { log, lines } = rig("warn");
    for (const level of ["debug", "info", "warn", "error"] as const) log.write(level, level, {});
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(["warn", "error"]);
    const byDefault = rig();
    for (const level of ["debug", "info"] as const) byDefault.log.write(level, level, {});
    expect(byDefault.lines).toHaveLength(1);
  });

  it("shows errors with their code and cause", () => {
    const { log, lines } = rig();
    log.write("error", "failed", { error: new StoreError("table t: throttled", { cause: new Error("inner") }) });
    expect(JSON.parse(lines[0] ?? "").error).toMatchObject({
      name: "StoreError",
      code: "store-unavailable",
      message: "table t: throttled",
      cause: { message: "inner" },
      stack: expect.stringContaining("log.test.ts"),
    });
  });

  it("writes a line whatever the fields hold", () => {
    const { log, lines } = rig();
    const circular: Record<string, unknown> = { size: 1n };
    log.write("info", "big", { ...circular });
    circular.self = circular;
    log.write("info", "round", { circular });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { message: "big", size: "1" },
      { message: "round", unwritable: expect.any(String) },
    ]);
  });
});

describe("JSON log of odd errors", () => {
  it("shows an error that is its own cause once", () => {
    const { log, lines } = rig();
    const error = new Error("outer");
    error.cause = new Error("inner", { cause: error });
    log.write("error", "failed", { error });
    expect(JSON.parse(lines[0] ?? "").error).toEqual({
      name: "Error",
      message: "outer",
      stack: expect.any(String),
      cause: { name: "Error", message: "inner", stack: expect.any(String), cause: { name: "Error", message: "outer" } },
    });
  });

  it("writes a line though what throws is thrown at it", () => {
    const { log, lines } = rig();
    const hostile = Object.defineProperty(new Error("x"), "message", { get: () => hostile.message });
    log.write("warn", 10n as never, { hostile });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ message: "10", unwritable: expect.any(String) });
  });
});

describe("silence", () => {
  it("takes logs and counts for nothing", () => {
    expect(silentLog.write("error", "m", {})).toBeUndefined();
    expect(noMetrics.count("n", 1)).toBeUndefined();
  });
});
