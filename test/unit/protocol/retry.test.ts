import { describe, expect, it } from "vitest";
import type { AfterFailure, FailedAttempt } from "../../../lib/protocol/retry.ts";
import { afterFailure, backoffMs, lostError, lostTooOften, resendIntervalMs } from "../../../lib/protocol/retry.ts";
import { retry } from "./support.ts";

const failure: FailedAttempt = { error: { name: "Error", message: "broken" }, retryable: true, timedOut: false };

describe("afterFailure", () => {
  const rows: [name: string, attempt: number, lost: number, failure: FailedAttempt, after: AfterFailure][] = [
    ["first failure → retry within the back-off", 1, 0, failure, { kind: "retry", delayMs: 500 }],
    ["second failure → retry within twice that", 2, 0, failure, { kind: "retry", delayMs: 1000 }],
    ["last attempt → FAILED", 3, 0, failure, { kind: "settle", status: "FAILED" }],
    [
      "last attempt, timed out → TIMED_OUT",
      3,
      0,
      { ...failure, timedOut: true },
      { kind: "settle", status: "TIMED_OUT" },
    ],
    ["timed out, attempts left → retry", 1, 0, { ...failure, timedOut: true }, { kind: "retry", delayMs: 500 }],
    ["not retryable → FAILED at once", 1, 0, { ...failure, retryable: false }, { kind: "settle", status: "FAILED" }],
    [
      "lost attempts are not failures: third attempt, one lost → retry",
      3,
      1,
      failure,
      { kind: "retry", delayMs: 1000 },
    ],
    ["fourth attempt, one lost → FAILED", 4, 1, failure, { kind: "settle", status: "FAILED" }],
    [
      "asks for a time → exactly that, beyond every cap",
      1,
      0,
      { ...failure, afterSeconds: 7200 },
      { kind: "retry", delayMs: 7_200_000 },
    ],
    ["asks for no pause → at once", 1, 0, { ...failure, afterSeconds: 0 }, { kind: "retry", delayMs: 0 }],
    [
      "asks for a time at the last attempt → FAILED",
      3,
      0,
      { ...failure, afterSeconds: 5 },
      { kind: "settle", status: "FAILED" },
    ],
  ];

  it.each(rows)("%s", (_, attempt, lost, found, after) => {
    expect(afterFailure(retry, { attempt, lost }, found, 0.5)).toEqual(after);
  });
});

describe("backoffMs", () => {
  it.each([
    [1, 0, 0],
    [1, 0.5, 500],
    [1, 0.999, 999],
    [2, 0.5, 1000],
    [3, 0.5, 2000],
    [6, 0.5, 16_000],
    [7, 0.5, 30_000],
    [100, 0.5, 30_000],
  ])("1 s doubling to 60 s: after failure %d with chance %d it is %d ms", (failed, fraction, delayMs) => {
    expect(backoffMs(retry, failed, fraction)).toBe(delayMs);
  });
});

describe("lostTooOften", () => {
  it.each([
    [0, false],
    [2, false],
    [3, true],
    [4, true],
  ])("%d of at most 3: %s", (lost, tooOften) => {
    expect(lostTooOften(retry, lost)).toBe(tooOften);
  });
});

it.each([
  [1, "the worker vanished during 1 attempt: it was killed, ran out of memory or lost its lease"],
  [3, "the worker vanished during 3 attempts: it was killed, ran out of memory or lost its lease"],
])("lostError after %d", (lost, message) => {
  expect(lostError(lost)).toEqual({ name: "worker-lost", message });
});

describe("resendIntervalMs", () => {
  it.each([
    [0, 60_000],
    [1, 120_000],
    [5, 1_920_000],
    [6, 3_600_000],
    [1000, 3_600_000],
  ])("S16: a visibility timeout of 60 s, sent again %d times: %d ms", (resends, intervalMs) => {
    expect(resendIntervalMs(60_000, resends)).toBe(intervalMs);
  });
});
