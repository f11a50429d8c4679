import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { FatalError, RetryAfterError } from "../../../lib/errors.ts";
import { isRetryable, runBody } from "../../../lib/tasks/run-body.ts";

const endless = () => new Promise(() => {});

describe("runBody", () => {
  it("returns what the body returns, and leaves no timer behind", async () => {
    const clock = createVirtualClock(0);
    const result = await runBody(() => 7, { timeoutSeconds: 10, softTimeoutSeconds: 5 }, clock, new AbortController());
    expect(result).toEqual({ kind: "succeeded", value: 7 });
    expect(clock.nextAt()).toBeUndefined();
  });

  it("aborts the signal at the soft limit and lets the body end by itself", async () => {
    const clock = createVirtualClock(0);
    const abort = new AbortController();
    const body = () => new Promise((resolve) => abort.signal.addEventListener("abort", () => resolve("tidied up")));
    const running = runBody(body, { timeoutSeconds: 10, softTimeoutSeconds: 5 }, clock, abort);
    clock.advanceTo(4_999);
    expect(abort.signal.aborted).toBe(false);
    clock.advanceTo(5_000);
    expect(abort.signal.aborted).toBe(true);
    expect(await running).toEqual({ kind: "succeeded", value: "tidied up" });
  });

  it("ends the attempt at the hard limit whatever the body does", async () => {
    const clock = createVirtualClock(0);
    const abort = new AbortController();
    const running = runBody(endless, { timeoutSeconds: 10 }, clock, abort);
    clock.advanceTo(10_000);
    expect(await running).toMatchObject({ kind: "failed", timedOut: true, retryable: true });
    expect(abort.signal.aborted).toBe(true);
  });

  it("never retries a FatalError, and takes the delay from a RetryAfterError", async () => {
    const run = (error: Error) =>
      runBody(() => Promise.reject(error), { timeoutSeconds: 1 }, createVirtualClock(0), new AbortController());
    expect(await run(new FatalError("no"))).toMatchObject({ kind: "failed", retryable: false });
    expect(await run(new RetryAfterError(30))).toMatchObject({ kind: "failed", retryable: true, afterSeconds: 30 });
  });

  it("falls back to the policy's backoff when the time asked for is none", async () => {
    const error = new RetryAfterError(Number.NaN);
    const result = await runBody(
      () => Promise.reject(error),
      { timeoutSeconds: 1 },
      createVirtualClock(0),
      new AbortController(),
    );
    expect(result).toEqual({ kind: "failed", error, retryable: true, timedOut: false });
  });

  it("knows the errors of a second copy of the package by their brand", async () => {
    const foreign = Object.assign(new Error("no"), { [Symbol.for("tutti.FatalError")]: true });
    expect(isRetryable(foreign)).toBe(false);
  });
});

describe("isRetryable", () => {
  it.each([
    ["a plain error", new Error("x"), true],
    ["a network error", Object.assign(new Error("x"), { code: "ECONNRESET" }), true],
    ["500", { status: 500 }, true],
    ["503 of an SDK", { $metadata: { httpStatusCode: 503 } }, true],
    ["404", { statusCode: 404 }, false],
    ["400 of a response", { response: { status: 400 } }, false],
    ["408", { status: 408 }, true],
    ["425", { status: 425 }, true],
    ["429", { status: 429 }, true],
    ["a thrown string", "x", true],
    ["thrown undefined", undefined, true],
  ])("says of %s: %s → %s", (_name, error, retryable) => {
    expect(isRetryable(error)).toBe(retryable);
  });
});
