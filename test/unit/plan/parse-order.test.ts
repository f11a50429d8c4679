/**
 * The order of checks: bytes before anything is parsed, depth before anything is walked, and then counts.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { InvalidRequestError } from "../../../lib/errors.ts";
import { limits } from "../../../lib/model/limits.ts";
import { taskMessageSchema } from "../../../lib/model/message.ts";
import { parseMessage } from "../../../lib/plan/parse-message.ts";
import { isReport, parseReport } from "../../../lib/plan/parse-report.ts";
import { parseDocument, parseRequest } from "../../../lib/plan/parse-request.ts";

const around = { tutti: 1, type: "submit", requestId: "q" };

function refusal(take: () => unknown): Pick<InvalidRequestError, "path" | "rule"> {
  try {
    take();
  } catch (error) {
    if (error instanceof InvalidRequestError) return { path: error.path, rule: error.rule };
    throw error;
  }
  throw new Error("it was taken");
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("bytes", () => {
  const large = `{"type": "report", "x": "${"x".repeat(limits.rawMessageBytes)}`;

  it.each([
    ["request", parseRequest],
    ["report", parseReport],
  ])("of a %s are counted before it is parsed", (_kind, parse) => {
    const parsing = vi.spyOn(JSON, "parse");
    expect(refusal(() => parse(large)).rule).toMatch(/^must have at most 262144 bytes/);
    expect(parsing).not.toHaveBeenCalled();
  });

  it("of a message of our own are counted before it is parsed", () => {
    const parsing = vi.spyOn(JSON, "parse");
    const message = `{"tutti":1,"type":"task","x":"${"x".repeat(limits.messageBytes)}"}`;
    expect(refusal(() => parseMessage(taskMessageSchema, message)).rule).toBe("must have at most 1048576 bytes");
    expect(parsing).not.toHaveBeenCalled();
  });

  it("are counted before a text is known for a report", () => {
    const parsing = vi.spyOn(JSON, "parse");
    expect([isReport(large), isReport(large.replace("report", "submit"))]).toEqual([true, false]);
    expect(parsing).not.toHaveBeenCalled();
  });
});

describe("depth", () => {
  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

  it("of what JSON can hold is checked before the grammar", () => {
    const text = JSON.stringify({ ...around, unknown: 0 }).replace("0", deep(50_000));
    expect(refusal(() => parseRequest(text)).rule).toBe("must not be nested more than 1000 deep");
  });

  it("of canvases is checked before what is inside them", () => {
    let workflow: object = { task: "not a name" };
    for (let level = 0; level <= limits.nestingLevels; level++) workflow = { chain: [workflow] };
    expect(refusal(() => parseDocument({ ...around, workflow })).rule).toBe(
      `must not be nested more than ${limits.nestingLevels} canvases deep`,
    );
  });
});

describe("tasks", () => {
  it("are counted without a copy for each: a map of maps of maps ends at once", () => {
    const over = Array.from({ length: 1000 }, () => 0);
    const map = (each: object) => ({ map: { each, over } });
    const workflow = map(map(map({ task: "a" })));
    expect(refusal(() => parseDocument({ ...around, workflow })).rule).toBe(
      `must not be there: a run has at most ${limits.tasksPerRun} tasks`,
    );
  });
});

it.each(["__proto__", "constructor", "prototype"])(
  "the key %s in arguments changes nothing that objects share",
  (key) => {
    const workflow = `{"task":"a","args":[{"${key}":{"polluted":1}}]}`;
    const text = JSON.stringify({ ...around, workflow: 0 }).replace('"workflow":0', `"workflow":${workflow}`);
    if (key === "__proto__") expect(refusal(() => parseRequest(text)).path).toBe("workflow.args[0].__proto__");
    else expect(() => parseRequest(text)).not.toThrow();
    expect("polluted" in {}).toBe(false);
  },
);
