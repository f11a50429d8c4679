import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { main } from "../../cli/program.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment, type DeploymentOptions } from "../unit/client/deployment.ts";
import { emptyFolder, exitCodes, fakeIo, json, tutti } from "./fake-io.ts";
import * as tasks from "./fixtures/tasks.ts";

const sums = {
  chord: {
    header: [
      { task: "add", args: [1, 2] },
      { task: "add", args: [3, 4] },
    ],
    callback: { task: "sum" },
  },
};
const broken = { group: [{ task: "fail" }, { task: "add", args: [1, 2] }] };
const counts = { failed: 0, timedOut: 0, revoked: 0, skipped: 0, running: 0, waiting: 0 };

const deploy = (options: DeploymentOptions = {}) => createDeployment({ tasks, ...options });

const naps = { group: [1, 2, 3].map((seconds) => ({ task: "nap", args: [seconds] })) };

/** A deployment whose naps take their seconds in virtual time. */
function slow(): Deployment {
  const nap = defineTask({ name: "nap", args: z.tuple([z.number()]) }, async (_ctx, seconds) => {
    await deployment.sleep(seconds);
    return seconds;
  });
  const deployment = createDeployment({ tasks: { nap } });
  return deployment;
}

/** Runs a command line with a document on standard input. */
const send = (deployment: Deployment, argv: readonly string[], document: unknown) =>
  tutti(argv, { deployment, stdin: JSON.stringify(document) });

describe("submit", () => {
  it("prints exactly the shape that scripts rely on", async () => {
    const deployment = deploy();
    const created = await send(deployment, ["submit", "-", "--id", "nightly", "--json"], sums);
    expect(created).toMatchObject({ exitCode: exitCodes.fine, stderr: "" });
    expect(json(created.stdout)).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      callbackTaskId: "nightly/callback",
      created: true,
    });
    const again = await send(deployment, ["submit", "-", "--id", "nightly", "--json"], sums);
    expect(json(again.stdout)).toMatchObject({ runId: "nightly", created: false });
  });

  it("says what became of it, and how to follow it", async () => {
    const { stdout, stderr } = await send(deploy(), ["submit", "-", "--id", "nightly"], sums);
    expect(stdout).toBe("run       nightly (created)\ncallback  nightly/callback\n");
    expect(stderr).toBe("follow it: tutti wait nightly\n");
  });

  it("sends a whole request, with what flags say on top", async () => {
    const deployment = deploy();
    const request = {
      tutti: 1,
      type: "submit",
      id: "from-file",
      name: "from file",
      workflow: { task: "add", args: [1, 2] },
    };
    const argv = [
      "submit",
      "-",
      "--id",
      "from-flag",
      "--deadline-seconds",
      "60",
      "--on-failure",
      "finish",
      "--header",
      "tenant=a",
      "--header",
      "user=b=c",
      "--fairness-key",
      "acme",
      "--json",
    ];
    expect(json((await send(deployment, argv, request)).stdout).runId).toBe("from-flag");
    expect(json(deployment.sent[0]?.message.body ?? "")).toMatchObject({
      name: "from file",
      deadlineSeconds: 60,
      onFailure: "finish",
      headers: { tenant: "a", user: "b=c" },
      fairnessKey: "acme",
    });
  });

  it("reads a file", async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, "workflow.json"), `\uFEFF${JSON.stringify(sums)}`);
    expect((await tutti(["submit", "workflow.json", "--json"], { deployment: deploy(), cwd })).exitCode).toBe(
      exitCodes.fine,
    );
  });

  it("stores a large file, a chord of 10,000, and sends where it is", { timeout: 120_000 }, async () => {
    const deployment = deploy();
    const cwd = emptyFolder();
    const header = Array.from({ length: 10_000 }, (_, i) => ({ task: "add", args: [i, 1] }));
    writeFileSync(join(cwd, "large.json"), JSON.stringify({ chord: { header, callback: { task: "sum" } } }));
    const submitted = await tutti(["run", "large.json", "--id", "large", "--json"], { deployment, cwd });
    expect(submitted.exitCode).toBe(exitCodes.fine);
    expect(json(submitted.stdout)).toMatchObject({
      runId: "large",
      created: true,
      status: "SUCCEEDED",
      value: 50_005_000,
    });
    expect(deployment.sent.map(({ message }) => Object.keys(json(message.body)))).toEqual([
      ["tutti", "type", "id", "requestId", "document"],
    ]);
    const again = await tutti(["submit", "large.json", "--id", "large", "--json"], { deployment, cwd });
    expect(json(again.stdout)).toMatchObject({ runId: "large", created: false });
  });

  it("only sends with --no-wait", async () => {
    const deployment = deploy({ control: false });
    const { exitCode, stdout, stderr } = await send(
      deployment,
      ["submit", "-", "--id", "later", "--no-wait", "--json"],
      sums,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: exitCodes.fine, stderr: "" });
    expect(json(stdout)).toEqual({ schemaVersion: 1, runId: "later", callbackTaskId: null, created: null });
    expect(deployment.sent).toHaveLength(1);
  });

  it("says so when nobody answers in 10 s: the request is on the queue", async () => {
    const { exitCode, stdout, stderr } = await send(deploy({ control: false }), ["submit", "-", "--id", "later"], sums);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toBe("run       later (sent)\n");
    expect(stderr).toMatch(
      /nobody has handled it in 10 s: is the control function, tutti dev or tutti worker running\?/,
    );
  });

  it("ends with 1 when the id belongs to another document", async () => {
    const deployment = deploy();
    await send(deployment, ["submit", "-", "--id", "nightly"], sums);
    const { exitCode, stdout, stderr } = await send(deployment, ["submit", "-", "--id", "nightly"], broken);
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.issue, stdout: "" });
    expect(stderr).toMatch(
      /^error: run nightly exists with another document.*\n {2}nothing was changed; see the run that has the id: tutti inspect nightly\n$/,
    );
  });
});

describe("a bad document", () => {
  const nested = JSON.stringify({ task: "add", args: [] }).replace("[]", `${"[".repeat(2000)}${"]".repeat(2000)}`);
  it.each([
    ["not JSON", "{ task: add }", "", /must be JSON: /],
    ["empty", "  \n", "", /must be JSON, and it is empty/],
    ["no object", "[1]", "workflow", /must be/],
    ["null", "null", "workflow", /must be/],
    ["a text", '"add"', "workflow", /must be/],
    ["a key toJSON", '{"task":"add","args":[1,2],"toJSON":1}', "workflow.toJSON", /the key is unknown/],
    ["a wrong version", '{"tutti":2,"type":"submit","workflow":{"task":"add"}}', "tutti", /must be 1/],
    ["a wrong type", '{"tutti":1,"type":"begin","workflow":{"task":"add"}}', "type", /must be "submit"/],
    ["a request about a run", '{"tutti":1,"type":"revoke"}', "type", /must be "submit"/],
    ["a request that is none for a run", '{"tutti":1,"type":"report"}', "type", /must be "submit"/],
    ["an unknown key", '{"task":"add","args":[1,2],"colour":"red"}', "workflow.colour", /the key is unknown/],
    [
      "an unknown task",
      '{"task":"ad","args":[1,2]}',
      "workflow.task",
      /must be a task of this deployment: add, sum, nap, fail|must be a task of this deployment: /,
    ],
    [
      "a cycle",
      '{"dag":{"nodes":{"a":{"task":"fail","after":["b"]},"b":{"task":"fail","after":["a"]}}}}',
      "workflow.dag.nodes.a",
      /must not come after itself: a → b → a/,
    ],
    [
      "a key __proto__",
      '{"task":"add","args":[{"__proto__":{"x":1}},2]}',
      "workflow.args[0].__proto__",
      /refused everywhere/,
    ],
    ["a wrong number of arguments", '{"task":"add","args":[1]}', "workflow.args", /takes 2 arguments and would get 1/],
    ["an argument of the wrong type", '{"task":"add","args":[1,"2"]}', "workflow.args[1]", /must be a number/],
    [
      "a bad member",
      '{"group":[{"task":"fail"},{"task":"fail","retry":{"maxAttempts":0}}]}',
      "workflow.group[1].retry.maxAttempts",
      /must be at least 1/,
    ],
    ["arguments nested too deep", nested, undefined, /must/],
    ["a map over nothing", '{"map":{"each":{"task":"fail"}}}', "workflow.map.over", /where no result comes before/],
    ["a bad id", '{"tutti":1,"type":"submit","id":"a b","workflow":{"task":"fail"}}', "id", /must match/],
  ])("%s ends with 1 and names path, value and rule", async (_what, stdin, path, rule) => {
    const deployment = deploy();
    const scripted = await tutti(["submit", "-", "--json"], { deployment, stdin });
    expect(scripted).toMatchObject({ exitCode: exitCodes.issue, stdout: "" });
    const report = json(scripted.stderr);
    expect(report).toMatchObject({
      schemaVersion: 1,
      kind: "error",
      code: "invalid-request",
      rule: expect.stringMatching(rule),
    });
    if (path !== undefined) expect(report.path).toBe(path);
    expect(await deployment.client.status()).toMatchObject({ runs: { RUNNING: 0 } });

    const told = await tutti(["run", "-"], { deployment, stdin });
    expect(told).toMatchObject({ exitCode: exitCodes.issue, stdout: "" });
    expect(told.stderr).toMatch(/^error: .*\n {2}nothing was started: correct the document and send it again\n$/);
    expect(told.stderr).toMatch(rule);
  });

  it("is refused by its rule with a budget on the command line too", async () => {
    const { stderr } = await tutti(["submit", "-", "--max-tasks", "3", "--json"], {
      deployment: deploy(),
      stdin: "null",
    });
    expect(json(stderr)).toMatchObject({ code: "invalid-request", path: "workflow" });
  });

  it("is shown the beginning of a long value", async () => {
    const document = { task: "add", args: [1, "x".repeat(1000)] };
    const report = json((await send(deploy(), ["submit", "-", "--json"], document)).stderr);
    expect(report.path).toBe("workflow.args[1]");
    expect(report.value.length).toBeLessThanOrEqual(200);
  });

  it("larger than 100 MiB is refused before anything is stored or sent", async () => {
    const deployment = deploy();
    const stdin = `{"task":"add","args":["${"x".repeat(104_857_600)}"]}`;
    const { exitCode, stderr } = await tutti(["submit", "-"], { deployment, stdin });
    expect(exitCode).toBe(exitCodes.issue);
    expect(stderr).toMatch(/must have at most 104857600 bytes/);
    expect([deployment.sent.length, deployment.store.dump().length]).toEqual([0, 0]);
  });
});

describe("run", () => {
  it("prints the value on stdout, and everything else on stderr", async () => {
    const { exitCode, stdout, stderr } = await send(deploy(), ["run", "-", "--id", "nightly"], sums);
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.fine, stdout: "10\n" });
    expect(stderr).toMatch(/^run nightly created\n/);
    expect(stderr).toMatch(/\nrun nightly SUCCEEDED: 3 of 3 tasks in \d/);
  });

  it("prints what was submitted, how it ended and its progress with --json", async () => {
    const { exitCode, stdout } = await send(deploy(), ["run", "-", "--id", "nightly", "--json"], sums);
    expect(exitCode).toBe(exitCodes.fine);
    expect(json(stdout)).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      callbackTaskId: "nightly/callback",
      created: true,
      status: "SUCCEEDED",
      value: 10,
      progress: { ...counts, total: 3, succeeded: 3 },
    });
  });

  it("ends with 1 when the run failed, and says why in plain text", async () => {
    const deployment = deploy();
    const { exitCode, stdout, stderr } = await send(deployment, ["run", "-", "--id", "bad"], broken);
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.issue, stdout: "" });
    expect(stderr).toContain(
      "run bad FAILED: FatalError: it is  [31mbroken (task bad/[0])\n  see what happened: tutti inspect bad --verbose\n",
    );
    expect(stderr).not.toContain("\u001b");
    const scripted = await send(deployment, ["run", "-", "--id", "bad", "--json"], broken);
    expect(scripted.exitCode).toBe(exitCodes.issue);
    expect(json(scripted.stdout)).toMatchObject({
      runId: "bad",
      created: false,
      status: "FAILED",
      error: { name: "FatalError", taskId: "bad/[0]" },
    });
  });

  it("shows progress as plain lines in a pipe, at most one a second", async () => {
    const { stderr } = await send(slow(), ["run", "-", "--id", "nightly"], naps);
    expect(stderr).toMatch(
      /^run nightly created\nof 3 tasks (3 waiting|3 running)\nrun nightly SUCCEEDED: 3 of 3 tasks/,
    );
    expect(stderr).not.toContain("\u001b");
  });

  it("draws a bar in place on a terminal, and takes it away at the end", async () => {
    const options = { deployment: slow(), stdin: JSON.stringify(naps), columns: 80 };
    const { stdout, stderr } = await tutti(["run", "-", "--id", "nightly"], options);
    expect(stderr).toContain("\r\u001b[K");
    expect(stderr).toContain("░\u001b[39m 0/3 · 3 running");
    expect(stderr).toContain("\r\u001b[Krun nightly SUCCEEDED");
    expect(stdout).toBe("[\n  1,\n  2,\n  3\n]\n");
  });

  it.each([{ NO_COLOR: "1" }, { CI: "true" }, { TERM: "dumb" }])("keeps to plain lines with %j", async (env) => {
    const options = { deployment: slow(), stdin: JSON.stringify(naps), columns: 80, env };
    expect((await tutti(["run", "-", "--id", "nightly"], options)).stderr).not.toContain("\u001b");
  });

  it("ends with 124 when time is up: the run goes on", async () => {
    const deployment = deploy({ workers: false });
    const { exitCode, stderr } = await send(
      deployment,
      ["run", "-", "--id", "nightly", "--timeout-seconds", "5"],
      sums,
    );
    expect(exitCode).toBe(exitCodes.timedOut);
    expect(stderr).toMatch(
      /warning: run nightly had not ended after 5 s: of 3 tasks 3 waiting\n {2}it goes on; wait again: tutti wait nightly/,
    );
  });

  it("says at Ctrl-C that the run goes on, and how to follow it", async () => {
    const deployment = deploy({ workers: false });
    const io = fakeIo({ deployment, stdin: JSON.stringify(sums) });
    deployment.clock.after(3000, () => io.interrupt());
    expect(await main(["run", "-", "--id", "nightly"], io)).toBe(exitCodes.interrupted);
    expect(io.stderr()).toMatch(/error: interrupted: run nightly goes on\n {2}follow it: tutti wait nightly\n$/);
    expect((await deployment.client.inspect("nightly")).run.status).toBe("RUNNING");
  });

  it("says at Ctrl-C before the answer that the request may have been sent", async () => {
    const deployment = deploy({ control: false });
    const io = fakeIo({ deployment, stdin: JSON.stringify(sums) });
    deployment.clock.after(3000, () => io.interrupt("SIGTERM"));
    expect(await main(["run", "-", "--json"], io)).toBe(exitCodes.interrupted);
    expect(json(io.stderr())).toMatchObject({
      kind: "error",
      code: "interrupted",
      message: "interrupted: the request may have been sent, and its run goes on",
    });
  });
});

describe("wait and result", () => {
  it("wait prints as result does, with the progress", async () => {
    const deployment = deploy();
    await send(deployment, ["submit", "-", "--id", "nightly"], sums);
    const waited = await tutti(["wait", "night", "--json"], { deployment });
    expect(waited.exitCode).toBe(exitCodes.fine);
    expect(json(waited.stdout)).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      status: "SUCCEEDED",
      value: 10,
      progress: { ...counts, total: 3, succeeded: 3 },
    });
    const result = await tutti(["result", "n", "--json"], { deployment });
    expect(json(result.stdout)).toEqual({ schemaVersion: 1, runId: "nightly", status: "SUCCEEDED", value: 10 });
    expect(await tutti(["result", "nightly"], { deployment })).toEqual({
      exitCode: exitCodes.fine,
      stdout: "10\n",
      stderr: "",
    });
  });

  it("wait ends with 124 and the progress when time is up", async () => {
    const deployment = deploy({ workers: false });
    await send(deployment, ["submit", "-", "--id", "nightly"], sums);
    const { exitCode, stdout, stderr } = await tutti(["wait", "nightly", "--timeout-seconds", "2.5", "--json"], {
      deployment,
    });
    const progress = { ...counts, total: 3, succeeded: 0, waiting: 3 };
    expect(exitCode).toBe(exitCodes.timedOut);
    expect(json(stdout)).toEqual({ schemaVersion: 1, runId: "nightly", status: "RUNNING", progress });
    expect(json(stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({
      kind: "warning",
      code: "wait-timed-out",
      runId: "nightly",
      progress,
    });
  });

  it("result of a run that is going ends with 1 and the progress", async () => {
    const deployment = deploy({ workers: false });
    await send(deployment, ["submit", "-", "--id", "nightly"], sums);
    const scripted = await tutti(["result", "nightly", "--json"], { deployment });
    expect(scripted.exitCode).toBe(exitCodes.issue);
    expect(json(scripted.stdout)).toMatchObject({
      runId: "nightly",
      status: "RUNNING",
      progress: { total: 3, waiting: 3 },
    });
    expect(json(scripted.stderr)).toMatchObject({
      kind: "error",
      code: "run-unfinished",
      progress: { total: 3, waiting: 3 },
    });
    const told = await tutti(["result", "nightly"], { deployment });
    expect(told).toEqual({
      exitCode: exitCodes.issue,
      stdout: "",
      stderr: "error: run nightly is still going: of 3 tasks 3 waiting\n  follow it: tutti wait nightly\n",
    });
  });

  it("both end with 1 when the run failed", async () => {
    const deployment = deploy();
    await send(deployment, ["run", "-", "--id", "bad"], broken);
    for (const command of ["wait", "result"]) {
      const scripted = await tutti([command, "bad", "--json"], { deployment });
      expect(scripted.exitCode).toBe(exitCodes.issue);
      expect(json(scripted.stdout)).toMatchObject({
        schemaVersion: 1,
        runId: "bad",
        status: "FAILED",
        error: { name: "FatalError" },
      });
      expect(json(scripted.stdout)).not.toHaveProperty("value");
      const told = await tutti([command, "bad"], { deployment });
      expect(told).toMatchObject({ exitCode: exitCodes.issue, stdout: "" });
      expect(told.stderr).toContain("run bad FAILED: FatalError");
    }
  });

  it("say so when no run has the id, or several begin so", async () => {
    const deployment = deploy();
    await send(deployment, ["submit", "-", "--id", "nightly-1"], sums);
    await send(deployment, ["submit", "-", "--id", "nightly-2"], sums);
    const unknown = await tutti(["result", "daily"], { deployment });
    expect(unknown).toMatchObject({
      exitCode: exitCodes.issue,
      stderr: "error: no run has the id daily, or one that begins so\n  see what there is: tutti status\n",
    });
    const several = await tutti(["wait", "nightly"], { deployment });
    expect(several.exitCode).toBe(exitCodes.issue);
    expect(several.stderr).toMatch(/^error: run id: must name one run; 2 begin so: nightly-\d, nightly-\d/);
  });
});

describe("inspect", () => {
  it("prints exactly the shape that scripts rely on", async () => {
    const deployment = deploy();
    await send(deployment, ["run", "-", "--id", "nightly", "--name", "sums"], sums);
    const { exitCode, stdout, stderr } = await tutti(["inspect", "night", "--verbose", "--json"], { deployment });
    expect({ exitCode, stderr }).toEqual({ exitCode: exitCodes.fine, stderr: "" });
    const report = json(stdout);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(report.run).toEqual({
      id: "nightly",
      name: "sums",
      status: "SUCCEEDED",
      generation: 1,
      submittedAt: time,
      finishedAt: time,
      pausedAt: null,
      progress: { ...counts, total: 3, succeeded: 3 },
      error: null,
      result: 10,
    });
    expect(report.joins).toEqual([
      {
        id: ".",
        kind: "chord",
        when: "all-succeeded",
        count: null,
        expected: 2,
        maxConcurrency: null,
        arrived: 2,
        decision: "callback",
        missing: [],
        missingCount: 0,
        firedAt: time,
        firedBy: expect.any(String),
      },
    ]);
    expect(report.tasks).toHaveLength(3);
    expect(report.tasks[0]).toEqual({
      id: "nightly/header[0]",
      task: "add",
      label: null,
      queue: "default",
      fairnessKey: null,
      status: "SUCCEEDED",
      attempt: 1,
      waitingUntil: null,
      startedAt: time,
      finishedAt: time,
      worker: expect.any(String),
      heartbeat: null,
      token: null,
      error: null,
      skip: null,
      afterQuorum: false,
    });
    expect(json((await tutti(["inspect", "nightly", "--json"], { deployment })).stdout)).not.toHaveProperty("tasks");
  });

  it("shows until when something waits", async () => {
    const deployment = deploy();
    await send(deployment, ["submit", "-", "--id", "late"], { chain: [{ sleep: 86_400 }, { task: "nap", args: [1] }] });
    const { stdout } = await tutti(["inspect", "late", "--verbose"], { deployment });
    expect(stdout).toMatch(/\nID +TASK +STATUS +UNTIL/);
    expect(stdout).toMatch(/\nlate\/\[0\] +sleep +WAITING +2026-11-22T09:00:00\.000Z/);
  });

  it("ends with 0 for a run that failed, and shows errors in plain text", async () => {
    const deployment = deploy();
    await send(deployment, ["run", "-", "--id", "bad"], broken);
    const { exitCode, stdout } = await tutti(["inspect", "bad", "--verbose"], { deployment });
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toMatch(/^run {8}bad FAILED\n/);
    expect(stdout).toContain("error      FatalError: it is  [31mbroken (bad/[0])\n");
    expect(stdout).toMatch(/bad\/\[0\] +fail +FAILED +1 /);
    expect(stdout).not.toContain("\u001b");
  });

  it("names what a join waits for", async () => {
    const deployment = deploy({ workers: false });
    await send(deployment, ["submit", "-", "--id", "nightly"], sums);
    const { stdout } = await tutti(["inspect", "nightly"], { deployment });
    expect(stdout).toContain("\n. waits for 2: nightly/header[0], nightly/header[1]\n");
  });

  it("S2-09: shows labels, queues and whose work a task is", async () => {
    const deployment = deploy({ workers: false });
    const members = { task: "add", args: [1, 2], headers: { user: null } };
    const callback = { task: "sum", label: "Test Execution Summary" };
    await send(deployment, ["submit", "-", "--id", "nightly", "--fairness-key", "acme"], {
      chord: { header: [members], callback },
    });
    const { stdout } = await tutti(["inspect", "nightly", "-v"], { deployment });
    expect(stdout).toMatch(/^nightly\/callback +sum Test Execution Summary +WAITING.* default +acme$/m);
  });

  it("says what a join waits for, and marks members that came after their quorum", async () => {
    const deployment = slow();
    const header = [...naps.group, { chord: { header: naps.group, when: { tolerate: { percent: 67 } } } }];
    await send(deployment, ["submit", "-", "--id", "nightly"], { chord: { header, when: { quorum: 2 } } });
    await deployment.advance(60);
    const { stdout } = await tutti(["inspect", "nightly", "--verbose"], { deployment });
    expect(stdout).toMatch(/\n\. +chord +quorum 2 +4\/4 +callback /);
    expect(stdout).toMatch(/\nheader\[3\] +chord +tolerate 2 +3\/3 +callback /);
    expect(stdout).toMatch(/\nnightly\/header\[1\] +nap +SUCCEEDED +1 /);
    expect(stdout).toMatch(/\nnightly\/header\[2\] +nap +SUCCEEDED late +1 /);
  });

  it("sheds columns on a narrow terminal, and colours states on a lively one", async () => {
    const deployment = deploy();
    await send(deployment, ["run", "-", "--id", "nightly"], sums);
    const wide = await tutti(["inspect", "nightly", "--verbose"], { deployment });
    expect(wide.stdout).toContain("WORKER");
    const narrow = await tutti(["inspect", "nightly", "--verbose"], { deployment, columns: 60 });
    expect(narrow.stdout).toContain("\u001b[32mSUCCEEDED\u001b[39m");
    expect(narrow.stdout).not.toContain("WORKER");
    const lines = narrow.stdout
      .split("\n")
      .slice(5)
      .map((line) => stripVTControlCharacters(line));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it("goes on to the next page", async () => {
    const deployment = deploy({ workers: false });
    await send(deployment, ["submit", "-", "--id", "large"], {
      group: Array.from({ length: 1001 }, () => ({ task: "fail" })),
    });
    const first = await tutti(["inspect", "large", "--verbose"], { deployment });
    expect(first.stderr).toBe("there are more: tutti inspect large --verbose --cursor 1000\n");
    const last = json((await tutti(["inspect", "large", "--cursor", "1000", "--json"], { deployment })).stdout);
    expect(last).toMatchObject({ tasks: [{ id: "large/[1000]" }], cursor: null });
  });
});

describe("status", () => {
  it("says what to try when there are no runs", async () => {
    const { exitCode, stdout, stderr } = await tutti(["status"], { deployment: deploy() });
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toMatch(
      /^runs +none\nactive joins +0\noldest waiting +nothing waits for a worker\nrejected requests +0\n$/,
    );
    expect(stderr).toBe("no runs yet: try tutti run FILE, or npm start for an example\n");
  });

  it("counts and lists runs", async () => {
    const deployment = deploy({ workers: false });
    await send(deployment, ["submit", "-", "--id", "nightly", "--name", "all sums"], sums);
    const { stdout } = await tutti(["status"], { deployment });
    expect(stdout).toMatch(/^runs +1 RUNNING\nactive joins +1\noldest waiting +nightly\/header\[[01]\] QUEUED for /);
    expect(stdout).toMatch(/\nnightly +RUNNING +3 +all sums +/);
    expect(json((await tutti(["status", "--json"], { deployment })).stdout)).toMatchObject({
      schemaVersion: 1,
      runs: { RUNNING: 1 },
      activeJoins: 1,
      recent: [{ id: "nightly" }],
    });
  });

  it("shows queues where they can be asked", async () => {
    const deployment = deploy();
    const queues = [{ queue: "request", visible: 3, inFlight: 1, delayed: 0, dead: 2 }];
    const io = fakeIo();
    const status = async () => ({ ...(await deployment.client.status()), queues });
    expect(await main(["status"], { ...io, openClient: async () => ({ ...deployment.client, status }) })).toBe(0);
    expect(io.stdout()).toMatch(/QUEUE +WAITING +IN FLIGHT +DELAYED +DEAD LETTERS\nrequest +3 +1 +0 +2\n/);
  });
});

describe("an unexpected fault", () => {
  const failing = { openClient: async () => Promise.reject(new TypeError("cannot read properties of undefined")) };

  it("is one line, and a stack trace only when asked for", async () => {
    const io = fakeIo();
    expect(await main(["status"], { ...io, ...failing })).toBe(exitCodes.issue);
    expect(io.stderr()).toBe(
      "error: cannot read properties of undefined\n  this is a fault of tutti: set TUTTI_DEBUG=1 to see where it comes from\n",
    );
    const debugged = fakeIo({ env: { TUTTI_DEBUG: "1" } });
    await main(["status", "--json"], { ...debugged, ...failing });
    expect(debugged.stderr()).toMatch(/"code":"internal-error".*\nTypeError: cannot read.*\n\s+at /);
  });
});
