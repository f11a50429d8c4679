/**
 * How long-lived commands end: once asked they finish, asked twice they end at once.
 */
import { describe, expect, it } from "vitest";
import { type StopSignal, stopOnSignal } from "../../local/stopping.ts";

/** A process that is told to stop by the test. */
function aProcess() {
  const told: string[] = [];
  let signal = (_: StopSignal): void => {};
  let finish = (): void => {};
  const ended = stopOnSignal({
    onSignal: (run) => {
      signal = run;
      return () => told.push("unlistened");
    },
    stop: () => {
      told.push("stop");
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    stopAtOnce: async () => void told.push("stop at once"),
    onStopping: (first) => told.push(`stopping by ${first}`),
  });
  return { told, ended, signal: (name: StopSignal) => signal(name), finish: () => finish() };
}

describe("stopOnSignal", () => {
  it("waits for what runs after one signal", async () => {
    const { told, ended, signal, finish } = aProcess();
    signal("SIGTERM");
    finish();
    expect(await ended).toBe("SIGTERM");
    expect(told).toEqual(["stopping by SIGTERM", "stop", "unlistened"]);
  });

  it("waits no longer after a second one, and answers with the first", async () => {
    const { told, ended, signal } = aProcess();
    signal("SIGINT");
    signal("SIGTERM");
    expect(await ended).toBe("SIGINT");
    expect(told).toEqual(["stopping by SIGINT", "stop", "stop at once", "unlistened"]);
  });

  it("fails with what stopping fails with", async () => {
    const options = {
      onSignal: (run: (signal: StopSignal) => void) => {
        run("SIGTERM");
        return () => {};
      },
      onStopping: () => {},
    };
    await expect(stopOnSignal({ ...options, stop: () => Promise.reject(new Error("stuck")) })).rejects.toThrow("stuck");
  });
});
