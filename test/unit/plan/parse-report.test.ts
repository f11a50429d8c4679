import { describe, expect, it } from "vitest";
import { decodeToken, encodeToken } from "../../../lib/model/outside.ts";
import { isOutsideMessage, isReport, parseOutsideMessage, parseReport } from "../../../lib/plan/parse-report.ts";
import { refusal } from "./support.ts";

const token = { run: "nightly", generation: 2, dispatch: 3, attempt: 4, lost: 1, node: "header[7]/[1]" };
const text = encodeToken(token);
const good = { tutti: 1, type: "report", token: text, status: "succeeded" } as const;

describe("a token", () => {
  it("stands in a shell, a link or a file name as it is, and comes back as it was", () => {
    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeToken(text)).toEqual(token);
  });

  it.each([
    "",
    "x",
    text.slice(1),
    `${text}A`,
    `${text}=`,
    Buffer.from("nightly#2#3#4#header[7]").toString("base64url"),
    Buffer.from("nightly#2#3#four#1#task").toString("base64url"),
    Buffer.from("nightly#2#3#-4#1#task").toString("base64url"),
    Buffer.from("#2#3#4#1#task").toString("base64url"),
    Buffer.from("../etc#2#3#4#1#task").toString("base64url"),
  ])("is none: %j", (wrong) => {
    expect(decodeToken(wrong)).not.toEqual(token);
    const found = decodeToken(wrong);
    if (found !== undefined) expect(encodeToken(found)).toBe(wrong);
  });
});

describe("isReport", () => {
  it.each([
    [JSON.stringify(good), true],
    ['{ "status": 1, "type" : "report" }', true],
    ['{"tutti":1,"type":"submit","name":"report"}', false],
    ['["report"]', false],
    ['{"type":"report"', false],
    ["", false],
  ])("%s: %s", (body, is) => {
    expect(isReport(body)).toBe(is);
  });
});

describe("parseReport", () => {
  it.each([
    [{ ...good, result: { any: ["thing", null] } }],
    [{ ...good, requestId: "r-1" }],
    [{ ...good, status: "failed", error: { name: "Broken", message: "" } }],
    [{ ...good, status: "failed", error: { name: "B", message: "m" }, retryable: false, afterSeconds: 0.5 }],
    [{ ...good, status: "heartbeat" }],
    [{ ...good, status: "heartbeat", details: "x".repeat(254) }],
  ])("takes %j", (report) => {
    expect(parseReport(JSON.stringify(report))).toEqual({ report, token });
  });

  it.each<[object, string, unknown, string]>([
    [{ ...good, tutti: 2 }, "tutti", 2, "must be 1"],
    [{ ...good, status: undefined }, "status", undefined, "must be one of succeeded, failed, heartbeat"],
    [{ ...good, status: "done" }, "status", "done", "must be one of succeeded, failed, heartbeat"],
    [{ ...good, status: "toString" }, "status", "toString", "must be one of succeeded, failed, heartbeat"],
    [{ ...good, token: undefined }, "token", undefined, "is required"],
    [{ ...good, token: "nonsense" }, "token", "nonsense", "must be the token of a task's message, unchanged"],
    [{ ...good, requestId: "a b" }, "requestId", "a b", "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}"],
    [{ ...good, status: "failed" }, "error", undefined, "is required"],
    [{ ...good, status: "failed", error: "x" }, "error", "x", "must be an object"],
    [{ ...good, status: "failed", error: { name: "x" } }, "error.message", undefined, "is required"],
    [{ ...good, status: "heartbeat", details: "x".repeat(255) }, "details", 257, "must have at most 256 bytes as JSON"],
    [
      { ...good, status: "failed", error: { name: "x", message: "y" }, afterSeconds: -1 },
      "afterSeconds",
      -1,
      "must be at least 0",
    ],
    [
      { ...good, results: 1 },
      "results",
      1,
      "must not be there: the key is unknown; known here are tutti, type, requestId, token, status, result",
    ],
  ])("refuses %j", (report, path, value, rule) => {
    expect(refusal(() => parseReport(JSON.stringify(report)))).toEqual({ path, value, rule });
  });

  it("refuses more than 256 KiB, and keys that are no data", () => {
    const large = JSON.stringify({ ...good, result: "x".repeat(256 * 1024) });
    expect(refusal(() => parseReport(large)).rule).toContain("must have at most 262144 bytes");
    const poisoned = JSON.stringify(good).replace("}", ',"result":{"__proto__":{}}}');
    expect(refusal(() => parseReport(poisoned)).path).toBe("result.__proto__");
  });
});

describe("parseOutsideMessage", () => {
  const message = JSON.stringify({ tutti: 1, type: "outside-task", token: text, taskId: "nightly/x" });

  it("finds the attempt that a message is about", () => {
    expect(isOutsideMessage(message)).toBe(true);
    expect(parseOutsideMessage(message)).toEqual(token);
  });

  it("refuses one without", () => {
    expect(refusal(() => parseOutsideMessage('{"tutti":1,"type":"outside-task"}')).path).toBe("token");
    expect(isOutsideMessage('{"tutti":1,"type":"task"}')).toBe(false);
  });
});
