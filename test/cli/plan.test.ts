import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { emptyFolder, exitCodes, json, tutti } from "./fake-io.ts";

const fixtures = join(dirname(fileURLToPath(import.meta.url)), "fixtures");
const sums = {
  chord: {
    header: [
      { task: "add", args: [1, 2] },
      { task: "nap", args: [1] },
    ],
    callback: { task: "sum" },
    deadlineSeconds: "auto",
  },
};

const plan = (document: unknown, ...flags: string[]) =>
  tutti(["plan", "-", "--tasks", "tasks.ts", ...flags], { cwd: fixtures, stdin: JSON.stringify(document) });

describe("plan", () => {
  it("prints exactly the shape that scripts rely on, and needs no deployment", async () => {
    const { exitCode, stdout, stderr } = await plan(sums, "--json");
    expect({ exitCode, stderr }).toEqual({ exitCode: exitCodes.fine, stderr: "" });
    expect(json(stdout)).toMatchObject({
      schemaVersion: 1,
      tasks: 3,
      joins: [{ id: ".", expected: 2, deadlineSeconds: 600 }],
      predicted: { writeUnits: expect.any(Number), sqsRequests: expect.any(Number), usd: expect.any(Number) },
    });
  });

  it("says what second copies of slow members add", async () => {
    const header = Array.from({ length: 20 }, () => ({ task: "add", args: [1, 2] }));
    const hedge = { afterPercentile: 90 };
    expect((await plan({ group: header, hedge })).stdout).toMatch(
      /\nsecond copies of slow members: at most 2 more executions, about \d+ write units, 6 SQS requests, \$0\.0000\d+\n/,
    );
  });

  it("lists nodes, joins and the predicted cost", async () => {
    const { stdout } = await plan(sums);
    expect(stdout).toMatch(/^3 tasks, 1 join: the document is valid\n/);
    expect(stdout).toMatch(/\nheader\[1\] +nap +slow +5 min\n/);
    expect(stdout).toMatch(/\n\. +chord +2 +all-succeeded +10 min\n/);
    expect(stdout).toMatch(
      /\npredicted, if nothing is retried: \d+ write units, \d+ SQS requests, \$0\.0000\d+ without Lambda time\n$/,
    );
  });

  it("shows what the plan takes of its budget", async () => {
    const document = {
      tutti: 1,
      type: "submit",
      budget: { maxTasks: 10, maxAttemptsTotal: 20, maxCost: 0.5 },
      workflow: sums,
    };
    expect((await plan(document)).stdout).toMatch(
      /\nbudget: the plan takes 3 of 10 tasks, 3 of 20 attempts, \$0\.0000\d+ of \$0\.50\n$/,
    );
    expect(json((await plan(document, "--json")).stdout).budget).toEqual(document.budget);
    expect((await plan({ ...document, budget: { maxTasks: 2 } })).stderr).toContain(
      "budget.maxTasks: must be at least 3, the tasks of the plan, found 2",
    );
  });

  it("shows labels, whose work a task is, and both its time limits", async () => {
    const document = { chord: { header: [], callback: { task: "sum", label: "Summary", fairnessKey: "acme" } } };
    expect((await plan(document)).stdout).toMatch(/\ncallback +sum Summary +default +acme +15 min, soft 10 min\n/);
    expect(json((await plan(document, "--json")).stdout).nodes).toEqual([
      {
        id: "callback",
        task: "sum",
        label: "Summary",
        queue: "default",
        fairnessKey: "acme",
        softTimeoutSeconds: 600,
        timeoutSeconds: 900,
        if: [],
      },
    ]);
  });

  it("says of a map how many of its members run at once, and in how many rounds", async () => {
    const map = { map: { each: { task: "fail", immutable: true }, over: [1, 2, 3, 4, 5], maxConcurrency: 2 } };
    const { stdout } = await plan({ chord: { header: map, callback: { task: "sum" } } });
    expect(stdout).toMatch(
      /\nJOIN +KIND +EXPECTED +AT ONCE +ROUNDS +WHEN +DEADLINE\n\. +chord +5 +2 +3 +all-succeeded +none\n/,
    );
  });

  it("says of a join that is decided by a count what that is", async () => {
    const header = [1, 2, 3].map(() => ({ task: "fail" }));
    const tolerant = { chord: { header, when: { tolerate: { percent: 67 } } } };
    const document = { chord: { header: [tolerant, ...header], when: { quorum: 3 } } };
    const { stdout } = await plan(document);
    expect(stdout).toMatch(/\n\. +chord +4 +quorum 3 +none\n/);
    expect(stdout).toMatch(/\nheader\[0\] +chord +3 +tolerate 2 +none\n/);
    expect(json((await plan(document, "--json")).stdout).joins).toMatchObject([
      { id: ".", when: "quorum", count: 3 },
      { id: "header[0]", when: "tolerate", count: 2 },
    ]);
  });

  it("says what waits, and how long the run waits at least", async () => {
    const document = {
      chain: [
        { sleep: 7200 },
        { task: "nap", args: [1], delaySeconds: 60 },
        { sleep: { until: "2020-01-01T00:00:00Z" } },
      ],
    };
    const { stdout } = await plan(document);
    expect(stdout).toMatch(/\n\[0\] +sleep +2 h\n/);
    expect(stdout).toMatch(/\n\[1\] +nap +slow +5 min +1 min\n/);
    expect(stdout).toMatch(/\n\[2\] +sleep +until 2020-01-01T00:00:00\.000Z\n/);
    expect(stdout).toMatch(/\nwaits 2 h 1 min at least\n/);
    expect(json((await plan(document, "--json")).stdout)).toMatchObject({ waitSeconds: 7260 });
  });

  it("refuses a deadline that ends the run in its sleep, with the place of the sleep", async () => {
    const request = { tutti: 1, type: "submit", deadlineSeconds: 60, workflow: { chain: [{ sleep: 61 }] } };
    const { exitCode, stderr } = await plan(request);
    expect(exitCode).toBe(exitCodes.issue);
    expect(stderr).toContain("workflow.chain[0].sleep: must be over before the run's deadlineSeconds of 60");
  });

  it("cuts a long list of nodes on the screen, not in JSON", async () => {
    const document = { group: Array.from({ length: 50 }, () => ({ task: "fail" })) };
    expect((await plan(document)).stdout).toMatch(/\n… and 30 more\n/);
    expect(json((await plan(document, "--json")).stdout).nodes).toHaveLength(50);
  });

  it("takes a module whose default export is a workflow", async () => {
    const { stdout } = await tutti(["plan", "workflow.ts", "--tasks", "tasks.ts", "--json"], { cwd: fixtures });
    expect(json(stdout)).toMatchObject({ tasks: 3, joins: [{ id: ".", expected: 2, deadlineSeconds: null }] });
  });

  it.each([
    ["no default export", "export const workflow = {};", /must have a default export: module\.mjs has none/],
    ["a top level that throws", 'throw new Error("not today");', /must be a module that loads: module\.mjs: not today/],
    ["a default export that is no workflow", "export default 7;", /workflow: must be/],
  ])("says so when a module has %s", async (_what, text, rule) => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, "module.mjs"), text);
    const { exitCode, stderr } = await tutti(["plan", "module.mjs", "--tasks", join(fixtures, "tasks.ts")], { cwd });
    expect(exitCode).toBe(exitCodes.issue);
    expect(stderr).toMatch(rule);
  });

  it("finds the tasks module where package.json names it", async () => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, "lib"));
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ tutti: { tasks: join(fixtures, "tasks.ts") } }));
    const { exitCode } = await tutti(["plan", "-"], { cwd, stdin: '{"task":"fail"}' });
    expect(exitCode).toBe(exitCodes.fine);
  });

  it("says so when the tasks module does not exist, or holds no task", async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, "empty.mjs"), "export {};");
    for (const [file, text] of [
      ["missing.ts", /missing\.ts does not exist/],
      ["empty.mjs", /exports no task/],
    ] as const) {
      const { exitCode, stderr } = await tutti(["plan", "-", "--tasks", file, "--json"], {
        cwd,
        stdin: '{"task":"fail"}',
      });
      expect(exitCode).toBe(exitCodes.issue);
      expect(json(stderr)).toMatchObject({
        kind: "error",
        code: "invalid-tasks",
        message: expect.stringMatching(text),
      });
    }
  });

  it("checks the document against the tasks", async () => {
    const { exitCode, stdout, stderr } = await plan({ task: "add", args: [1, "2"] }, "--json");
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.issue, stdout: "" });
    expect(json(stderr)).toMatchObject({
      code: "invalid-request",
      path: "workflow.args[1]",
      value: "2",
      rule: "must be a number",
    });
  });
});
