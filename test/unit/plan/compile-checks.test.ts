/**
 * What compile fills in, and what it refuses, beside the graph.
 */
import { describe, expect, it } from "vitest";
import { compile } from "../../../lib/plan/compile.ts";
import type { TaskCatalog, TaskInfo } from "../../../lib/plan/types.ts";
import { anyArgs, catalog, compiled, plan, refusal, takesUnderMs } from "./support.ts";

const a = { task: "a" };
const b = { task: "b" };

const known = (more: Readonly<Record<string, Partial<TaskInfo>>>): TaskCatalog =>
  new Map(Object.entries(more).map(([name, info]) => [name, { ...anyArgs, ...info }]));

describe("compile: tasks that programs elsewhere run", () => {
  const tasks = known({
    here: {},
    there: { queue: "python", outside: true },
    other: { queue: "people", outside: true },
  });
  const queueError = (task: object) => {
    const { path, value, rule } = refusal(() => plan(task, tasks));
    return [path, value, rule];
  };

  it("marks them, and lets them wait for up to a year", () => {
    const { nodes } = plan({ group: [{ task: "here" }, { task: "there", timeoutSeconds: 31_536_000 }] }, tasks);
    expect(nodes["[0]"]).not.toHaveProperty("outside");
    expect(nodes["[1]"]).toMatchObject({ outside: true, queue: "python", timeoutSeconds: 31_536_000 });
  });

  it("never packs them", () => {
    const members = Array.from({ length: 3 }, () => ({ task: "there" }));
    expect(
      plan({ group: [...members, { task: "here" }, { task: "here" }] }, tasks, { tasksPerMessage: () => 10 }).releases[
        "."
      ],
    ).toEqual([
      { kind: "node", node: "[0]" },
      { kind: "node", node: "[1]" },
      { kind: "node", node: "[2]" },
      { kind: "pack", join: ".", members: [3, 4] },
    ]);
  });

  it("keeps them and the others on queues of their own", () => {
    expect(plan({ task: "there", queue: "people" }, tasks).nodes.task?.queue).toBe("people");
    expect(queueError({ task: "there", queue: "default" })).toEqual([
      "workflow.queue",
      "default",
      "must be a queue of tasks that programs elsewhere run: python, people",
    ]);
    expect(queueError({ task: "here", queue: "python" })).toEqual([
      "workflow.queue",
      "python",
      "must be a queue that a worker reads: default",
    ]);
  });
});

describe("compile: policies", () => {
  const tasks = known({
    plain: {},
    tuned: {
      queue: "images",
      retry: { maxAttempts: 7, backoffSeconds: 2 },
      timeoutSeconds: 120,
      softTimeoutSeconds: 100,
      label: "Tuned",
    },
  });
  const nodeOf = (task: object) => plan(task, tasks).nodes.task;

  it("takes the defaults", () => {
    expect(nodeOf({ task: "plain" })).toMatchObject({
      queue: "default",
      timeoutSeconds: 300,
      retry: { maxAttempts: 3, maxLost: 3, backoffSeconds: 1, maxBackoffSeconds: 60 },
    });
    expect(nodeOf({ task: "plain" })).not.toHaveProperty("softTimeoutSeconds");
  });

  it("takes the definition over the defaults", () => {
    expect(nodeOf({ task: "tuned" })).toMatchObject({
      queue: "images",
      timeoutSeconds: 120,
      softTimeoutSeconds: 100,
      label: "Tuned",
      retry: { maxAttempts: 7, maxLost: 3, backoffSeconds: 2, maxBackoffSeconds: 60 },
    });
  });

  it("takes the document over the definition, field by field", () => {
    const own = {
      task: "tuned",
      queue: "default",
      timeoutSeconds: 43_200,
      label: "Mine",
      delaySeconds: 5,
      headers: { tenant: "t", user: null },
      retry: { maxLost: 9 },
    };
    expect(nodeOf(own)).toMatchObject({
      queue: "default",
      timeoutSeconds: 43_200,
      softTimeoutSeconds: 100,
      label: "Mine",
      delaySeconds: 5,
      headers: { tenant: "t", user: null },
      retry: { maxAttempts: 7, maxLost: 9, backoffSeconds: 2, maxBackoffSeconds: 60 },
    });
  });

  it("raises the default cap for a first delay above it, but not a cap somebody set", () => {
    const cap = (retry: object) => nodeOf({ task: "plain", retry })?.retry.maxBackoffSeconds;
    expect(cap({ backoffSeconds: 120 })).toBe(120);
    expect(cap({ backoffSeconds: 120, maxBackoffSeconds: 90 })).toBe(90);
  });

  it("puts a task's headers on top of the request's", () => {
    const request = {
      tutti: 1,
      type: "submit",
      headers: { tenant: "t", user: "u" },
      workflow: { chain: [{ task: "plain", headers: { user: null } }, { task: "plain" }] },
    } as const;
    const { nodes } = compile({ ...request, workflow: { chain: [...request.workflow.chain] } }, tasks);
    expect(nodes["[0]"]?.headers).toEqual({ tenant: "t", user: null });
    expect(nodes["[1]"]?.headers).toEqual({ tenant: "t", user: "u" });
  });

  it("gives what starts a callback more time, unless somebody set a limit", () => {
    const limits = (callback: object) => {
      const { nodes } = plan({ chord: { header: [], callback } }, tasks);
      const node = nodes.callback ?? nodes["callback/[0]"];
      return [node?.softTimeoutSeconds, node?.timeoutSeconds];
    };
    expect(limits({ task: "plain" })).toEqual([600, 900]);
    expect(limits({ chain: [{ task: "plain" }] })).toEqual([600, 900]);
    expect(limits({ task: "plain", timeoutSeconds: 30 })).toEqual([undefined, 30]);
    expect(limits({ task: "plain", softTimeoutSeconds: 700 })).toEqual([700, 900]);
    expect(limits({ task: "tuned" })).toEqual([100, 120]);
  });

  it("takes the shape of tallies from its options", () => {
    const { joins } = plan({ group: [] }, tasks, { leafSize: 2, fan: 3 });
    expect(joins["."]).toMatchObject({ leafSize: 2, fan: 3 });
  });
});

describe("compile: deadlines", () => {
  const deadline = (members: number, deadlineSeconds: unknown) =>
    plan({ chord: { header: Array.from({ length: members }, () => a), deadlineSeconds } }).joins["."]?.deadlineSeconds;

  it.each([
    [10, 5, 5],
    [0, "auto", 600],
    [32, "auto", 600],
    [40, "auto", 675],
    [41, "auto", 810],
    [1000, "auto", 16_875],
    [1000, { auto: {} }, 16_875],
    [10, { auto: { workers: 3, secondsPerTask: 10, buffer: 1.25, floorSeconds: 1 } }, 50],
    [10, { auto: { workers: 3, secondsPerTask: 0.1, buffer: 1, floorSeconds: 30 } }, 30],
  ])("of %d members and %j is %d s", (members, given, expected) => expect(deadline(members, given)).toBe(expected));

  it("must come out within a year", () => {
    expect(refusal(() => deadline(1000, { auto: { workers: 1, secondsPerTask: 40_000 } }))).toEqual({
      path: "workflow.chord.deadlineSeconds",
      value: 60_000_000,
      rule: "must come out at 31536000 s at most",
    });
  });
});

describe("compile: refused", () => {
  const two = (args: readonly unknown[]) => {
    const wrong = args.findIndex((arg) => typeof arg !== "number");
    return wrong < 0 ? null : { path: [wrong, "x"], rule: "must be a number" };
  };
  const tasks = known({
    none: { maxArgs: 0 },
    one: { minArgs: 1, maxArgs: 1 },
    two: { minArgs: 2, maxArgs: 2, check: two },
    some: { minArgs: 1, maxArgs: 3 },
    many: { minArgs: 1, queue: "images" },
    soft: { softTimeoutSeconds: 300 },
  });
  const cases: readonly [name: string, workflow: unknown, path: string, value: unknown, rule: string][] = [
    [
      "an unknown task",
      { group: [{ chain: [{ task: "nope" }] }] },
      "workflow.group[0].chain[0].task",
      "nope",
      "must be a task of this deployment: none, one, two, some, many, soft",
    ],
    [
      "a queue nobody reads (C6)",
      { task: "many", args: [1], queue: "nope" },
      "workflow.queue",
      "nope",
      "must be a queue that a worker reads: default, images",
    ],
    ["too few", { task: "two", args: [1] }, "workflow.args", 1, "task two takes 2 arguments and would get 1"],
    ["too many", { task: "one", args: [1, 2] }, "workflow.args", 2, "task one takes 1 argument and would get 2"],
    ["none at all", { task: "many" }, "workflow.args", 0, "task many takes at least 1 arguments and would get 0"],
    [
      "out of a range",
      { task: "some", args: [1, 2, 3, 4] },
      "workflow.args",
      4,
      "task some takes 1 to 3 arguments and would get 4",
    ],
    [
      "one too many with the result before it",
      { chain: [{ task: "none" }, { task: "one", args: [1] }] },
      "workflow.chain[1].args",
      1,
      "task one takes 1 argument and would get 2: the result before it and 1 bound",
    ],
    [
      "one too few, since it is immutable",
      { chain: [{ task: "none" }, { task: "one", immutable: true }] },
      "workflow.chain[1].args",
      0,
      "task one takes 1 argument and would get 0",
    ],
    [
      "a callback that does not take the list",
      { chord: { header: [], callback: { task: "none" } } },
      "workflow.chord.callback.args",
      0,
      "task none takes 0 arguments and would get 1: the result before it and 0 bound",
    ],
    [
      "an error callback that does not take the summary",
      { chord: { header: [], onError: { task: "none" } } },
      "workflow.chord.onError.args",
      0,
      "task none takes 0 arguments and would get 1: the result before it and 0 bound",
    ],
    [
      "arguments the task refuses",
      { chord: { header: [{ task: "two", args: [1, { x: "y" }] }] } },
      "workflow.chord.header[0].args[1].x",
      "y",
      "must be a number",
    ],
    [
      "a soft limit above the hard one",
      { task: "one", args: [1], timeoutSeconds: 10, softTimeoutSeconds: 10 },
      "workflow.softTimeoutSeconds",
      10,
      "must be below the hard limit of 10 s",
    ],
    [
      "a hard limit over 12 h",
      { task: "one", args: [1], timeoutSeconds: 43_201 },
      "workflow.timeoutSeconds",
      43_201,
      "must be at most 43200",
    ],
    [
      "a definition's soft limit above the default hard one",
      { task: "soft" },
      "workflow.softTimeoutSeconds",
      300,
      "must be below the hard limit of 300 s",
    ],
  ];
  it.each(cases)("%s", (_name, workflow, path, value, rule) => {
    expect(refusal(() => plan(workflow, tasks))).toEqual({ path, value, rule });
  });

  it("does not check arguments that are not all known yet", () => {
    const later = { task: "two", args: [1, { x: "y" }] };
    expect(() =>
      plan(
        { dag: { nodes: { p: a, q: { task: "two", args: [1, { $result: "p" }] } } } },
        new Map([...tasks, ...catalog]),
      ),
    ).not.toThrow();
    expect(() => plan({ chain: [{ task: "none" }, { task: "two", args: ["x"] }] }, tasks)).not.toThrow();
    expect(() => plan({ task: "two", args: [1, { $literal: "x" }] }, tasks)).not.toThrow();
    expect(refusal(() => plan(later, tasks)).path).toBe("workflow.args[1].x");
  });

  it("headers that are too many or too long with those of the request", () => {
    const keys = (prefix: string) => Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${prefix}${i}`, null]));
    const request = (headers: Record<string, string | null>, own: Record<string, string | null>) =>
      ({ tutti: 1, type: "submit", headers, workflow: { task: "a", headers: own } }) as const;
    expect(refusal(() => compile(request(keys("p"), keys("q")), catalog))).toEqual({
      path: "workflow.headers",
      value: 60,
      rule: "must have at most 50 keys with those of the request",
    });
    expect(refusal(() => compile(request({ p: "x".repeat(600) }, { q: "x".repeat(600) }), catalog))).toEqual({
      path: "workflow.headers",
      value: 1202,
      rule: "must have at most 1024 bytes with those of the request",
    });
  });

  it("names of dag nodes that make a path longer than a key may be", () => {
    const name = "n".repeat(120);
    const nested = (levels: number): object => (levels === 0 ? a : { dag: { nodes: { [name]: nested(levels - 1) } } });
    expect(() => plan(nested(7))).not.toThrow();
    expect(refusal(() => plan(nested(8))).rule).toBe(
      "must have a path of at most 900 bytes, not 967: use shorter names of dag nodes",
    );
  });

  it("limits of a workflow that was not parsed", () => {
    let deep: object = a;
    for (let i = 0; i < 33; i++) deep = { chain: [deep] };
    expect(refusal(() => compiled(deep as never)).rule).toBe("must not be nested more than 32 canvases deep");
    expect(refusal(() => compiled({ chain: [] }))).toEqual({
      path: "workflow.chain",
      value: [],
      rule: "must have at least one element",
    });
    const members = Array.from({ length: 100_001 }, () => a);
    expect(refusal(() => compiled({ group: members })).rule).toBe("must have at most 100000 members");
    expect(refusal(() => compiled({ chord: { header: members } }))).toEqual({
      path: "workflow.chord.header",
      value: 100_001,
      rule: "must have at most 100000 members",
    });
  });
});

describe("compile: size", { timeout: 30_000 }, () => {
  it("compiles a chord of 100,000 members in a second, two beside other tests", () => {
    const header = Array.from({ length: 100_000 }, (_, i) => ({ task: "a", args: [i, { page: i }] }));
    expect(takesUnderMs(2000, () => compiled({ chord: { header, callback: b } }))).toBe(true);
  });

  it("compiles a chain of 100,000 links in a second, two beside other tests", () => {
    const chain = Array.from({ length: 100_000 }, () => a);
    expect(takesUnderMs(2000, () => compiled({ chain }))).toBe(true);
  });
});
