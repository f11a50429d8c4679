/**
 * The grammar at its border: what is taken, and the path, value and rule of what is not.
 */
import { describe, expect, it } from "vitest";
import type { StoredRequest } from "../../../lib/model/request.ts";
import {
  parseDocument,
  parseFileDocument,
  parseRequest,
  parseStoredWorkflow,
  parseWorkflowDocument,
} from "../../../lib/plan/parse-request.ts";
import { refusal, takesUnderMs } from "./support.ts";

const a = { task: "a" };

const everything = {
  tutti: 1,
  type: "submit",
  requestId: "r-1",
  id: "nightly-2026-11-21",
  name: "nightly",
  onFailure: "fail-fast",
  deadlineSeconds: 3600,
  headers: { tenant: "t", user: null },
  fairnessKey: "t",
  workflow: {
    dag: {
      nodes: {
        one: {
          task: "resize",
          args: ["a.png", 200, null, [1.5, { deep: [true] }]],
          label: "One",
          queue: "images",
          headers: { user: "u" },
          fairnessKey: `!~${"x".repeat(126)}`,
          immutable: false,
          delaySeconds: 0,
          timeoutSeconds: 43_200,
          softTimeoutSeconds: 10,
          retry: { maxAttempts: 100, maxLost: 1, backoffSeconds: 0, maxBackoffSeconds: 0.5 },
        },
        two: { chain: [a, { group: [] }], after: ["one", "one"] },
        three: {
          chord: {
            header: [a],
            callback: { group: [a] },
            when: "all-settled",
            deadlineSeconds: { auto: { workers: 1, secondsPerTask: 0.5, buffer: 1, floorSeconds: 1 } },
            onError: a,
          },
          after: [],
        },
        four: { dag: { nodes: { x: a } } },
        five: { chord: { header: [], deadlineSeconds: "auto" } },
      },
      output: "two",
    },
  },
};

describe("parseRequest", () => {
  it("takes every key of the grammar, and gives back what was written", () => {
    expect(parseRequest(JSON.stringify(everything))).toEqual(everything);
  });

  it("takes 256 KiB of UTF-8 and not a byte more", () => {
    const around = JSON.stringify({ tutti: 1, type: "submit", workflow: { task: "a", args: [""] } });
    const ofBytes = (bytes: number) => around.replace('""', `"${"é".repeat((bytes - Buffer.byteLength(around)) / 2)}"`);
    const exact = around.length % 2 === 0 ? 262_144 : 262_143;
    expect(() => parseRequest(ofBytes(exact))).not.toThrow();
    expect(refusal(() => parseRequest(ofBytes(exact + 2)))).toEqual({
      path: "",
      value: exact + 2,
      rule: expect.stringMatching(/^must have at most 262144 bytes: /),
    });
  });

  it("looks at the size before anything else", () => {
    expect(refusal(() => parseRequest("{".repeat(262_145))).rule).toContain("must have at most 262144 bytes");
  });

  it("names what is no JSON", () => {
    const found = refusal(() => parseRequest('{"tutti": 1,}'));
    expect(found.path).toBe("");
    expect(found.rule).toMatch(/^must be JSON: /);
  });

  it.each([
    [
      '{"tutti":1,"type":"submit","workflow":{"task":"a","args":[{"x":[{"__proto__":{"y":1}}]}]}}',
      "workflow.args[0].x[0].__proto__",
    ],
    [
      '{"tutti":1,"type":"submit","workflow":{"dag":{"nodes":{"__proto__":{"task":"a"}}}}}',
      "workflow.dag.nodes.__proto__",
    ],
    ['{"tutti":1,"type":"submit","headers":{"__proto__":null},"workflow":{"task":"a"}}', "headers.__proto__"],
    ['{"__proto__":{"tutti":1}}', "__proto__"],
  ])("refuses __proto__ anywhere: %s", (text, path) => {
    expect(refusal(() => parseRequest(text))).toEqual({
      path,
      value: undefined,
      rule: "must not be there: the key __proto__ is refused everywhere",
    });
  });

  it("takes other names of objects as the data they are", () => {
    const text = '{"tutti":1,"type":"submit","workflow":{"task":"a","args":[{"constructor":{"prototype":1}}]}}';
    expect(parseRequest(text)).toMatchObject({ workflow: { task: "a", args: [{ constructor: { prototype: 1 } }] } });
  });

  it("refuses JSON nested deeper than 1,000, without overflowing", () => {
    const around = (inside: string) => `{"tutti":1,"type":"submit","workflow":{"task":"a","args":${inside}}}`;
    // The request, the workflow and the list of arguments are levels too.
    expect(() => parseRequest(around("[".repeat(998) + "]".repeat(998)))).not.toThrow();
    expect(refusal(() => parseRequest(around("[".repeat(999) + "]".repeat(999)))).rule).toBe(
      "must not be nested more than 1000 deep",
    );
    expect(refusal(() => parseRequest(around("[".repeat(130_000) + "]".repeat(130_000)))).value).toBe(undefined);
    expect(refusal(() => parseRequest(around(`${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`))).rule).toBe(
      "must not be nested more than 1000 deep",
    );
  });

  it("takes 32 canvases in each other, not 33; JSON inside arguments does not count", () => {
    const nested = (levels: number) =>
      `{"tutti":1,"type":"submit","workflow":${'{"chain":['.repeat(levels)}{"task":"a","args":[[[[[[1]]]]]]}${"]}".repeat(levels)}}`;
    expect(() => parseRequest(nested(32))).not.toThrow();
    const found = refusal(() => parseRequest(nested(33)));
    expect(found.path).toBe(`workflow${".chain[0]".repeat(32)}`);
    expect(found.rule).toBe("must not be nested more than 32 canvases deep");
    expect(() => parseRequest(nested(20_000))).toThrow("nested");
  });
});

describe("parseRequest of a workflow stored apart", () => {
  const document = { sha256: "0".repeat(64), bytes: 300_000, parts: 2 };
  const stored = { tutti: 1, type: "submit", requestId: "q1", id: "nightly", headers: { tenant: "t" }, document };

  it("takes the keys of a request, with the document in place of the workflow", () => {
    expect(parseRequest(JSON.stringify(stored))).toEqual(stored);
  });

  const upper = "A".repeat(64);
  it.each<[change: object, path: string, value: unknown, rule: string | RegExp]>([
    [{ requestId: undefined }, "requestId", undefined, "is required"],
    [{ document: { ...document, sha256: upper } }, "document.sha256", upper, /64 lower-case hexadecimal digits/],
    [{ document: { ...document, bytes: 104_857_601 } }, "document.bytes", 104_857_601, "must be at most 104857600"],
    [{ document: { ...document, bytes: 0 } }, "document.bytes", 0, "must be at least 1"],
    [{ document: { ...document, parts: 4097 } }, "document.parts", 4097, "must be at most 4096"],
    [{ document: { ...document, parts: undefined } }, "document.parts", undefined, "is required"],
    [{ document: { ...document, table: "t" } }, "document.table", "t", /^must not be there: the key is unknown/],
    [{ document: "x" }, "document", "x", "must be an object"],
    [{ workflow: a }, "workflow", undefined, "must not be there: a request has a workflow or a document"],
    [{ colour: "red" }, "colour", "red", /^must not be there: the key is unknown/],
    [{ id: "a/b" }, "id", "a/b", /^must match/],
  ])("refuses %o", (change, path, value, rule) => {
    const text = JSON.stringify({ ...stored, ...change });
    expect(refusal(() => parseRequest(text))).toEqual({
      path,
      value,
      rule: typeof rule === "string" ? rule : expect.stringMatching(rule),
    });
  });

  const request = parseRequest(JSON.stringify(stored)) as StoredRequest;

  it("gives the request as it would have been sent if it were small", () => {
    const { document: _, ...around } = stored;
    expect(parseStoredWorkflow(request, '{"task":"a"}')).toEqual({ ...around, workflow: a });
  });

  it("holds the document to the rules of any other", () => {
    const parse = (text: string) => refusal(() => parseStoredWorkflow(request, text));
    expect(parse("{")).toMatchObject({ path: "document", value: "{", rule: expect.stringMatching(/^must be JSON: /) });
    expect(parse('{"task":"a","colour":"red"}').path).toBe("workflow.colour");
    expect(parse('{"task":"a","args":[{"__proto__":1}]}').path).toBe("workflow.args[0].__proto__");
    expect(parse(`{"task":"a","args":${"[".repeat(300_000)}${"]".repeat(300_000)}}`).rule).toBe(
      "must not be nested more than 1000 deep",
    );
    const members = `{"group":[${'{"task":"a"},'.repeat(100_000)}{"task":"a"}]}`;
    expect(parse(members)).toMatchObject({ path: "workflow.group", value: 100_001 });
  });
});

describe("parseRequest of a request about a run", () => {
  const about = { tutti: 1, requestId: "q1", id: "nightly", generation: 2 };

  it.each<object>([
    { type: "revoke", ...about },
    { type: "revoke", ...about, path: "header[3]/[1]", reason: "not needed any more" },
    { type: "revoke", ...about, path: "." },
    { type: "pause", ...about },
    { type: "resume", ...about },
    { type: "retry", ...about },
    { type: "retry", ...about, tasks: ["header[3]"], args: { "[1]": [null, { deep: [1] }], callback: [] } },
    { tutti: 1, type: "retry", id: "nightly", generation: 1 },
  ])("takes %j", (request) => {
    expect(parseRequest(JSON.stringify(request))).toEqual(request);
  });

  const known = (keys: string) => `must not be there: the key is unknown; known here are ${keys}`;
  const idRule = "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}";
  const long = (letters: number) => "x".repeat(letters);
  it.each<[type: string, change: object, path: string, value: unknown, rule: string]>([
    ["pause", { tutti: 2 }, "tutti", 2, "must be 1"],
    ["pause", { id: undefined }, "id", undefined, "is required"],
    ["pause", { id: "nightly/task" }, "id", "nightly/task", idRule],
    ["resume", { requestId: "#" }, "requestId", "#", idRule],
    ["resume", { generation: undefined }, "generation", undefined, "is required"],
    ["revoke", { generation: 0 }, "generation", 0, "must be at least 1"],
    ["revoke", { generation: 1.5 }, "generation", 1.5, "must be a whole number"],
    ["retry", { generation: "1" }, "generation", "1", "must be a number"],
    ["revoke", { path: "" }, "path", "", "must have at least 1 character"],
    ["revoke", { path: long(901) }, "path", long(901), "must have at most 900 characters"],
    ["revoke", { path: ["callback"] }, "path", ["callback"], "must be a string"],
    ["revoke", { reason: "" }, "reason", "", "must have at least 1 character"],
    ["revoke", { reason: long(257) }, "reason", long(257), "must have at most 256 characters"],
    ["revoke", { task: "callback" }, "task", "callback", known("tutti, requestId, id, generation, type, path, reason")],
    ["pause", { path: "callback" }, "path", "callback", known("tutti, requestId, id, generation, type")],
    ["resume", { reason: "x" }, "reason", "x", known("tutti, requestId, id, generation, type")],
    [
      "retry",
      { path: "callback" },
      "path",
      "callback",
      known("tutti, requestId, id, generation, type, tasks, args, budget"),
    ],
    ["retry", { tasks: "callback" }, "tasks", "callback", "must be a list"],
    ["retry", { tasks: ["a", 7] }, "tasks[1]", 7, "must be a string"],
    ["retry", { tasks: [""] }, "tasks[0]", "", "must have at least 1 character"],
    ["retry", { tasks: new Array(1001).fill("a") }, "tasks", 1001, "must have at most 1000 elements"],
    ["retry", { args: [1] }, "args", [1], "must be an object"],
    ["retry", { args: { callback: 1 } }, "args.callback", 1, "must be a list"],
    ["retry", { args: { "": [] } }, 'args[""]', "", "must not be a key: it must have at least 1 character"],
  ])("refuses %s with %o", (type, change, path, value, rule) => {
    const text = JSON.stringify({ ...about, type, ...change });
    expect(refusal(() => parseRequest(text))).toEqual({ path, value, rule });
  });

  it("refuses __proto__ and JSON nested too deep, as everywhere", () => {
    const around = (args: string) => `{"tutti":1,"type":"retry","id":"r","generation":1,"args":${args}}`;
    expect(refusal(() => parseRequest(around('{"__proto__":[]}'))).path).toBe("args.__proto__");
    expect(refusal(() => parseRequest(around('{"a":[{"__proto__":1}]}'))).path).toBe("args.a[0].__proto__");
    const deep = `{"a":${"[".repeat(1000)}${"]".repeat(1000)}}`;
    expect(refusal(() => parseRequest(around(deep))).rule).toBe("must not be nested more than 1000 deep");
  });
});

describe("parseDocument: around the workflow", () => {
  const good = { tutti: 1, type: "submit", workflow: a };
  const cases: readonly [value: unknown, path: string, value: unknown, rule: string][] = [
    [[good], "", [good], "must be a request: a JSON object"],
    [null, "", null, "must be a request: a JSON object"],
    [{ ...good, tutti: 2 }, "tutti", 2, "must be 1"],
    [{ type: "submit", workflow: a }, "tutti", undefined, "is required"],
    [{ ...good, type: "sumbit" }, "type", "sumbit", 'must be "submit"'],
    [{ tutti: 1, type: "revoke", id: "r" }, "type", "revoke", 'must be "submit"'],
    [{ tutti: 1, type: "report" }, "type", "report", 'must be "submit"'],
    [
      { tutti: 1, type: "submit", document: {} },
      "document",
      undefined,
      "must not be there: only a message of the request queue refers to a stored document; write the workflow itself",
    ],
    [{ ...good, onFailure: "never" }, "onFailure", "never", 'must be "fail-fast" or "finish"'],
    [{ tutti: 1, type: "submit" }, "workflow", undefined, "is required"],
    [{ ...good, id: "a/b" }, "id", "a/b", "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}"],
    [{ ...good, id: "x".repeat(129) }, "id", "x".repeat(129), "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}"],
    [{ ...good, requestId: "#" }, "requestId", "#", "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}"],
    [{ ...good, name: "" }, "name", "", "must have at least 1 character"],
    [{ ...good, name: "x".repeat(257) }, "name", "x".repeat(257), "must have at most 256 characters"],
    [{ ...good, deadlineSeconds: 0 }, "deadlineSeconds", 0, "must be at least 1"],
    [{ ...good, deadlineSeconds: 31_536_001 }, "deadlineSeconds", 31_536_001, "must be at most 31536000"],
    [{ ...good, headers: { a: 1 } }, "headers.a", 1, "must be a string"],
    [
      { ...good, worklfow: a },
      "worklfow",
      a,
      "must not be there: the key is unknown; known here are tutti, type, requestId, id, name, onFailure, deadlineSeconds, budget, headers, fairnessKey, workflow",
    ],
    [{ ...good, name: Number.NaN }, "name", "NaN", "must be a finite number: JSON has no other"],
    [{ ...good, name: () => 1 }, "name", "() => 1", "must be JSON: a function is not"],
  ];
  it.each(cases)("%j", (given, path, value, rule) => {
    expect(refusal(() => parseDocument(given))).toEqual({ path, value, rule });
  });
});

describe("parseWorkflowDocument", () => {
  const kinds = "task, chain, group, chord, dag, map, sleep";
  const timeRule = "must be an ISO-8601 time with a zone, such as 2026-12-01T08:00:00Z";
  const sleepRule =
    'must be a whole number of seconds from 1 to 31536000, or {"until": …} with an ISO-8601 time and its zone, such as 2026-12-01T08:00:00Z';
  const chord = (more: object) => ({ chord: { header: [a], ...more } });
  const whenForms =
    'must be "all-succeeded", "all-settled", {"tolerate": {"count": n}}, {"tolerate": {"percent": p}} or {"quorum": n}';
  const cases: readonly [given: unknown, path: string, value: unknown, rule: string][] = [
    [5, "workflow", 5, `must be a workflow: an object with one of ${kinds}`],
    [[a], "workflow", [a], `must be a workflow: an object with one of ${kinds}`],
    [{ tsk: "a" }, "workflow", { tsk: "a" }, `must have one of ${kinds}`],
    [
      { task: "a", chain: [a] },
      "workflow",
      { task: "a", chain: [a] },
      `must have exactly one of ${kinds}, and has task and chain`,
    ],
    [{ task: "a b" }, "workflow.task", "a b", "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}"],
    [{ task: 5 }, "workflow.task", 5, "must be a string"],
    [
      { task: "a", arg: [1] },
      "workflow.arg",
      [1],
      "must not be there: the key is unknown; known here are task, args, label, queue, headers, fairnessKey, immutable, delaySeconds, at, timeoutSeconds, softTimeoutSeconds, retry",
    ],
    [{ task: "a", args: {} }, "workflow.args", {}, "must be a list"],
    [{ task: "a", label: "x".repeat(257) }, "workflow.label", "x".repeat(257), "must have at most 256 characters"],
    [{ task: "a", queue: "a.b" }, "workflow.queue", "a.b", "must match [A-Za-z0-9][A-Za-z0-9_-]{0,39}"],
    [{ task: "a", immutable: 1 }, "workflow.immutable", 1, "must be true or false"],
    [{ task: "a", timeoutSeconds: 31_536_001 }, "workflow.timeoutSeconds", 31_536_001, "must be at most 31536000"],
    [{ task: "a", timeoutSeconds: 1.5 }, "workflow.timeoutSeconds", 1.5, "must be a whole number"],
    [{ task: "a", delaySeconds: -1 }, "workflow.delaySeconds", -1, "must be at least 0"],
    [{ task: "a", retry: { maxAttempts: 101 } }, "workflow.retry.maxAttempts", 101, "must be at most 100"],
    [
      { chain: [{ group: [{ task: "a", retry: { attempts: 3 } }] }] },
      "workflow.chain[0].group[0].retry.attempts",
      3,
      "must not be there: the key is unknown; known here are maxAttempts, maxLost, backoffSeconds, maxBackoffSeconds",
    ],
    [{ task: "a", after: [] }, "workflow.after", [], "must not be there: only a node of a dag comes after others"],
    [{ task: "a", delaySeconds: 31_536_001 }, "workflow.delaySeconds", 31_536_001, "must be at most 31536000"],
    [{ task: "a", at: "2026-12-01T08:00:00" }, "workflow.at", "2026-12-01T08:00:00", timeRule],
    [{ task: "a", at: "2026-02-30T08:00:00Z" }, "workflow.at", "2026-02-30T08:00:00Z", timeRule],
    [{ task: "a", at: 5 }, "workflow.at", 5, "must be a string"],
    [{ sleep: 0 }, "workflow.sleep", 0, "must be at least 1"],
    [{ sleep: "60" }, "workflow.sleep", "60", sleepRule],
    [{ sleep: 31_536_001 }, "workflow.sleep", 31_536_001, "must be at most 31536000"],
    [{ chain: [a, { sleep: { until: "tomorrow" } }] }, "workflow.chain[1].sleep.until", "tomorrow", timeRule],
    [
      { sleep: 5, task: "a" },
      "workflow",
      { sleep: 5, task: "a" },
      `must have exactly one of ${kinds}, and has task and sleep`,
    ],
    [
      { sleep: 5, label: "nap" },
      "workflow.label",
      "nap",
      "must not be there: the key is unknown; known here are sleep",
    ],
    [{ chain: [] }, "workflow.chain", [], "must have at least 1 element"],
    [{ chain: a }, "workflow.chain", a, "must be a list"],
    [
      { group: [a, { chain: [a, 7] }] },
      "workflow.group[1].chain[1]",
      7,
      `must be a workflow: an object with one of ${kinds}`,
    ],
    [{ group: new Array(100_001).fill(a) }, "workflow.group", 100_001, "must have at most 100000 elements"],
    [
      { chord: { header: new Array(100_001).fill(a) } },
      "workflow.chord.header",
      100_001,
      "must have at most 100000 elements",
    ],
    [{ chord: [a] }, "workflow.chord", [a], "must be an object"],
    [{ chord: { callback: a } }, "workflow.chord.header", undefined, "is required"],
    [
      chord({ body: a }),
      "workflow.chord.body",
      a,
      "must not be there: the key is unknown; known here are header, callback, when, cancelRest, hedge, deadlineSeconds, onError",
    ],
    [
      chord({ callback: { task: "" } }),
      "workflow.chord.callback.task",
      "",
      "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}",
    ],
    [chord({ callback: null }), "workflow.chord.callback", null, `must be a workflow: an object with one of ${kinds}`],
    [chord({ when: "any" }), "workflow.chord.when", "any", whenForms],
    [chord({ when: { qourum: 3 } }), "workflow.chord.when", { qourum: 3 }, whenForms],
    [chord({ when: { quorum: "3" } }), "workflow.chord.when", { quorum: "3" }, whenForms],
    [chord({ when: { tolerate: {} } }), "workflow.chord.when", { tolerate: {} }, whenForms],
    [
      chord({ when: { tolerate: { count: 1, percent: 2 } } }),
      "workflow.chord.when",
      { tolerate: { count: 1, percent: 2 } },
      whenForms,
    ],
    [chord({ when: { quorum: 0 } }), "workflow.chord.when.quorum", 0, "must be at least 1"],
    [chord({ when: { quorum: 100_001 } }), "workflow.chord.when.quorum", 100_001, "must be at most 100000"],
    [chord({ when: { tolerate: { count: -1 } } }), "workflow.chord.when.tolerate.count", -1, "must be at least 0"],
    [
      chord({ when: { tolerate: { percent: 101 } } }),
      "workflow.chord.when.tolerate.percent",
      101,
      "must be at most 100",
    ],
    [chord({ onError: { chain: [a] } }), "workflow.chord.onError.task", undefined, "is required: onError is one task"],
    [
      chord({ deadlineSeconds: "soon" }),
      "workflow.chord.deadlineSeconds",
      "soon",
      'must be a whole number of seconds, "auto" or {"auto": …}',
    ],
    [chord({ deadlineSeconds: 0 }), "workflow.chord.deadlineSeconds", 0, "must be at least 1"],
    [
      chord({ deadlineSeconds: { auto: { worker: 8 } } }),
      "workflow.chord.deadlineSeconds.auto.worker",
      8,
      "must not be there: the key is unknown",
    ],
    [{ dag: {} }, "workflow.dag.nodes", undefined, "is required"],
    [
      { dag: { nodes: { "a/b": a } } },
      'workflow.dag.nodes["a/b"]',
      "a/b",
      "must not be a key: it must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}",
    ],
    [{ dag: { nodes: { x: { ...a, after: "y" } } } }, "workflow.dag.nodes.x.after", "y", "must be a list"],
    [
      { dag: { nodes: { x: { chain: [{ ...a, after: [] }] } } } },
      "workflow.dag.nodes.x.chain[0].after",
      [],
      "must not be there: only a node of a dag comes after others",
    ],
    [
      { dag: { nodes: { x: { dag: { nodes: { y: { task: true } } } } } } },
      "workflow.dag.nodes.x.dag.nodes.y.task",
      true,
      "must be a string",
    ],
    // Maps.
    [{ group: { map: { each: a, over: [] } } }, "workflow.group", { map: { each: a, over: [] } }, "must be a list"],
    [{ map: { over: [] } }, "workflow.map.each", undefined, "is required"],
    [{ map: { each: { tusk: 1 }, over: [1] } }, "workflow.map.each", { tusk: 1 }, `must have one of ${kinds}`],
    [
      { map: { each: a, over: [1], width: 1 } },
      "workflow.map.width",
      1,
      "must not be there: the key is unknown; known here are each, over, maxConcurrency, hedge",
    ],
    // Second copies.
    [{ group: [a], hedge: { afterPercentile: 49 } }, "workflow.hedge.afterPercentile", 49, "must be at least 50"],
    [{ group: [a], hedge: { afterPercentile: 100 } }, "workflow.hedge.afterPercentile", 100, "must be at most 99"],
    [{ group: [a], hedge: {} }, "workflow.hedge.afterPercentile", undefined, "is required"],
    [
      { group: [a], hedge: { afterPercentile: 95.5 } },
      "workflow.hedge.afterPercentile",
      95.5,
      "must be a whole number",
    ],
    [
      { map: { each: a, over: [1], maxConcurrency: 2, hedge: { afterPercentile: 95 } } },
      "workflow.map.hedge",
      { afterPercentile: 95 },
      "must not be beside maxConcurrency: a second copy would take a place of another member",
    ],
    [
      {
        chain: [
          { chord: { header: { map: { each: a, over: [1], maxConcurrency: 2, hedge: { afterPercentile: 95 } } } } },
        ],
      },
      "workflow.chain[0].chord.header.map.hedge",
      { afterPercentile: 95 },
      "must not be beside maxConcurrency: a second copy would take a place of another member",
    ],
    [
      { chord: { header: { map: { each: a, over: [1], maxConcurrency: 2 } }, hedge: { afterPercentile: 95 } } },
      "workflow.chord.hedge",
      { afterPercentile: 95 },
      "must not be beside maxConcurrency: a second copy would take a place of another member",
    ],
    [
      {
        chord: {
          header: { map: { each: a, over: [1], hedge: { afterPercentile: 90 } } },
          hedge: { afterPercentile: 95 },
        },
      },
      "workflow.chord.hedge",
      { afterPercentile: 95 },
      "must not be there: the map that is the header has one",
    ],
    [{ map: { each: a, over: 3 } }, "workflow.map.over", 3, 'must be a list of items or {"$result": …}'],
    [{ map: { each: a, over: [1], maxConcurrency: 0 } }, "workflow.map.maxConcurrency", 0, "must be at least 1"],
    [{ map: { each: a, over: [1], maxConcurrency: "2" } }, "workflow.map.maxConcurrency", "2", "must be a number"],
    [
      { chord: { header: { map: { each: { task: 1 }, over: [1] } } } },
      "workflow.chord.header.map.each.task",
      1,
      "must be a string",
    ],
    [{ chord: { header: { mop: {} } } }, "workflow.chord.header.map", undefined, "is required"],
    [
      { map: { each: a, over: [1] }, after: [] },
      "workflow.after",
      [],
      "must not be there: only a node of a dag comes after others",
    ],
  ];
  it.each(cases)("%#: refuses at %2$s", (given, path, value, rule) => {
    expect(refusal(() => parseWorkflowDocument(given))).toEqual({ path, value, rule });
  });

  it("refuses headers that are too many or too long", () => {
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, null]));
    expect(refusal(() => parseWorkflowDocument({ ...a, headers: many })).rule).toBe("must have at most 50 keys");
    expect(refusal(() => parseWorkflowDocument({ ...a, headers: { k: "é".repeat(512) } })).rule).toBe(
      "must have at most 1024 bytes in keys and values",
    );
    expect(() => parseWorkflowDocument({ ...a, headers: { k: "x".repeat(1023) } })).not.toThrow();
  });

  it("refuses more than 1,000,000 tasks", { timeout: 60_000 }, () => {
    const member = { group: new Array(100_000).fill(a) };
    const found = refusal(() => parseWorkflowDocument({ group: new Array(11).fill(member) }));
    expect(found.path).toBe("workflow.group[10].group[0]");
    expect(found.rule).toBe("must not be there: a run has at most 1000000 tasks");
  });

  it.each([
    ["100,000 members of no kind", { group: new Array(100_000).fill({ tsk: "a" }) }],
    ["100,000 wrong members", { group: new Array(100_000).fill({ task: 1 }) }],
    ["20,000 wrong members, 31 canvases deep", nested(31, { group: new Array(20_000).fill({ task: 1 }) })],
  ])("refuses %s in well under a second", (_name, workflow) => {
    expect(takesUnderMs(500, () => refusal(() => parseWorkflowDocument(workflow)))).toBe(true);
  });
});

function nested(levels: number, workflow: object): object {
  return levels === 0 ? workflow : { chain: [nested(levels - 1, workflow)] };
}

describe("parseFileDocument", () => {
  it("takes a request, or a bare workflow", () => {
    expect(parseFileDocument(everything)).toEqual(everything);
    expect(parseFileDocument({ group: [a] })).toEqual({ tutti: 1, type: "submit", workflow: { group: [a] } });
  });
});
