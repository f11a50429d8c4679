import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { main } from "../../cli/program.ts";
import { FatalError } from "../../lib/errors.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment, type DeploymentOptions } from "../unit/client/deployment.ts";
import { exitCodes, type FakeIoOptions, fakeIo, json, tutti } from "./fake-io.ts";

let deployment: Deployment;

const anything = z.array(z.any());
const tasks = {
  one: defineTask({ name: "one", args: anything }, async (_, value) => value ?? null),
  mended: defineTask({ name: "mended", args: anything }, async (ctx, value) => {
    if (ctx.generation > 1) return value;
    throw new FatalError("broken in generation 1");
  }),
  nap: defineTask({ name: "nap", args: anything, timeoutSeconds: 3600 }, async (_, seconds) => {
    await deployment.sleep(seconds);
    return seconds;
  }),
};
const deploy = (options: DeploymentOptions = {}) => createDeployment({ tasks, ...options });
const one = (value: number) => ({ task: "one", args: [value] });
const nap = { task: "nap", args: [100] };

beforeEach(() => {
  deployment = deploy();
});

const run = (argv: readonly string[], options: FakeIoOptions = {}) => tutti(argv, { deployment, ...options });

/** Submits a run `nightly`, and lets that many seconds pass. */
async function begin(workflow: object, seconds = 1): Promise<void> {
  await run(["submit", "-", "--id", "nightly", "--no-wait"], { stdin: JSON.stringify(workflow) });
  await deployment.advance(seconds);
  deployment.sent.length = 0;
}

const status = async () => (await deployment.until(deployment.client.inspect("nightly"))).run.status;

describe("revoke", () => {
  it("shows what it concerns, asks, and ends the run", async () => {
    await begin({ group: [one(1), nap, nap, nap, nap] });
    const io = fakeIo({ deployment, answer: true });
    expect(await main(["revoke", "night", "--reason", "wrong input"], io)).toBe(exitCodes.fine);
    expect(io.asked).toEqual(["revoke run nightly?"]);
    expect(io.stdout()).toBe("run nightly REVOKED\n");
    expect(io.stderr()).toBe(
      "run nightly (run RUNNING): 4 of 5 tasks would be revoked: nightly/[1], nightly/[2], nightly/[3], …\n" +
        "run again what did not succeed: tutti retry nightly\n",
    );
    const report = await deployment.until(deployment.client.inspect("nightly"));
    expect(report.run).toMatchObject({ status: "REVOKED", error: { message: "wrong input" } });
  });

  it("ends with 130 when the user declines, and changes nothing", async () => {
    await begin(nap);
    const io = fakeIo({ deployment, answer: false });
    expect(await main(["revoke", "nightly"], io)).toBe(exitCodes.interrupted);
    expect(io.stderr()).toMatch(/\nerror: declined: nothing was changed\n {2}look at it: tutti inspect nightly\n$/);
    expect([await status(), deployment.sent.length, io.stdout()]).toEqual(["RUNNING", 0, ""]);
  });

  it("ends with 2 where there is no terminal to ask on, unless --yes says so", async () => {
    await begin(nap);
    const refused = await run(["revoke", "nightly"]);
    expect(refused).toEqual({
      exitCode: exitCodes.usage,
      stdout: "",
      stderr: "error: revoke asks first, and there is no terminal to ask on\n  add --yes, or see --dry-run\n",
    });
    expect(await status()).toBe("RUNNING");
    const done = await run(["revoke", "nightly", "--yes", "--json"]);
    expect(done).toMatchObject({ exitCode: exitCodes.fine, stderr: "" });
    expect(json(done.stdout)).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      status: "REVOKED",
      generation: 1,
      pausedAt: null,
      changed: true,
    });
  });

  it.each([
    ["by its id", ["revoke", "nightly/header[1]"]],
    ["by --task", ["revoke", "nightly", "--task", "header[1]"]],
  ])("settles one task, named %s", async (_, argv) => {
    await begin({ chord: { header: [one(1), nap], callback: nap, when: "all-settled" } });
    const io = fakeIo({ deployment, answer: true });
    expect(await main(argv, io)).toBe(exitCodes.fine);
    expect(io.asked).toEqual(["revoke header[1] of run nightly?"]);
    expect(io.stdout()).toBe("run nightly RUNNING: header[1] revoked\n");
    const again = await run([...argv, "--yes"]);
    expect(again).toEqual({
      exitCode: exitCodes.fine,
      stdout: "run nightly RUNNING: nothing of header[1] to revoke\n",
      stderr: "",
    });
  });

  it("refuses a part that is named twice, and one that the run does not have", async () => {
    await begin(nap);
    const twice = await run(["revoke", "nightly/task", "--task", "task", "--yes"]);
    expect(twice).toMatchObject({ exitCode: exitCodes.usage, stdout: "" });
    const unknown = await run(["revoke", "nightly/header[7]", "--yes"]);
    expect(unknown).toEqual({
      exitCode: exitCodes.issue,
      stdout: "",
      stderr:
        'error: path: must be the path of a task, chord or group of the run, found "header[7]"\n' +
        "  nothing was changed; look at the run: tutti inspect nightly\n",
    });
    expect(json((await run(["revoke", "nightly/header[7]", "--yes", "--json"])).stderr)).toMatchObject({
      kind: "error",
      code: "invalid-request",
      path: "path",
      value: "header[7]",
    });
  });

  it("says with --dry-run what it would do, and does not", async () => {
    await begin({ group: [one(1), nap] });
    const before = deployment.store.dump();
    const told = await run(["revoke", "nightly", "--dry-run"]);
    expect(told).toEqual({
      exitCode: exitCodes.fine,
      stdout: "run nightly (run RUNNING): 1 of 2 tasks would be revoked: nightly/[1]\n",
      stderr: "nothing was changed: leave out --dry-run to do it\n",
    });
    const data = json((await run(["revoke", "nightly/[1]", "--dry-run", "--json"])).stdout);
    expect(data).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      status: "RUNNING",
      generation: 1,
      path: "[1]",
      total: 2,
      tasks: ["nightly/[1]"],
      taskCount: 1,
    });
    expect(deployment.store.dump()).toEqual(before);
    expect(deployment.sent).toEqual([]);
  });

  it("does not ask about a run that has ended", async () => {
    await begin(one(1));
    const io = fakeIo({ deployment, answer: false });
    expect(await main(["revoke", "nightly"], io)).toBe(exitCodes.fine);
    expect([io.asked, io.stdout()]).toEqual([[], "run nightly SUCCEEDED: nothing to revoke\n"]);
  });
});

describe("pause and resume", () => {
  it("say what they did, what there was to do, and how to go on", async () => {
    await begin({ chain: [nap, one(1)] });
    expect(await run(["resume", "nightly"])).toMatchObject({ stdout: "run nightly RUNNING: it is not paused\n" });
    expect(await run(["pause", "night"])).toEqual({
      exitCode: exitCodes.fine,
      stdout: "run nightly paused\n",
      stderr: "let it go on: tutti resume nightly\n",
    });
    expect(await run(["pause", "nightly"])).toMatchObject({ stdout: "run nightly is paused already\n", stderr: "" });
    expect((await run(["inspect", "nightly"])).stdout).toMatch(
      /\npaused {5}2026-11-21T\d\d:\d\d:\d\d\.\d{3}Z · let it go on: tutti resume nightly\n/,
    );
    expect((await run(["status"])).stdout).toMatch(/\nnightly +RUNNING paused +2 /);
    expect(json((await run(["status", "--json"])).stdout).recent).toMatchObject([
      { id: "nightly", generation: 1, pausedAt: expect.any(String) },
    ]);
    const resumed = await run(["resume", "nightly", "--json"]);
    expect(json(resumed.stdout)).toMatchObject({ runId: "nightly", pausedAt: null, changed: true });
    await deployment.advance(100);
    expect(await run(["pause", "nightly"])).toMatchObject({
      exitCode: exitCodes.fine,
      stdout: "run nightly SUCCEEDED: nothing to pause\n",
    });
  });

  it("say so when nobody answers in 10 s: the request is on the queue", async () => {
    await begin(nap);
    const items = deployment.store.dump();
    deployment = deploy({ control: false });
    deployment.store.restore(items);
    const { exitCode, stdout, stderr } = await run(["pause", "nightly"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.fine, stdout: "run nightly will be paused\n" });
    expect(stderr).toMatch(/nobody has handled it in 10 s/);
    const scripted = await run(["pause", "nightly", "--json"]);
    expect(json(scripted.stdout)).toMatchObject({ changed: null });
  });
});

describe("retry", () => {
  it("runs again what did not succeed", async () => {
    await begin({ chain: [one(1), { task: "mended" }, one(2)] });
    expect(await run(["retry", "nightly"])).toEqual({
      exitCode: exitCodes.fine,
      stdout: "run nightly runs again as generation 2\n",
      stderr: "follow it: tutti wait nightly\n",
    });
    await deployment.advance(1);
    expect((await run(["inspect", "nightly"])).stdout).toMatch(/^run {8}nightly SUCCEEDED · generation 2\n/);
    expect((await run(["status"])).stdout).toMatch(/GENERATION[^\n]*\nnightly +SUCCEEDED +2 /);
  });

  it("runs named tasks again, with new arguments", async () => {
    await begin({ chain: [one(1), { task: "one", args: [2] }] });
    const argv = ["retry", "nightly", "--task", "[0]", "--task", "[1]", "--args", "[0]=[7]", "--json"];
    const { exitCode, stdout } = await run(argv);
    expect(exitCode).toBe(exitCodes.fine);
    expect(json(stdout)).toMatchObject({ generation: 2, changed: true });
    expect(json(deployment.sent[0]?.message.body ?? "")).toMatchObject({
      type: "retry",
      generation: 1,
      tasks: ["[0]", "[1]"],
      args: { "[0]": [7] },
    });
    await deployment.advance(1);
    expect(json((await run(["result", "nightly", "--json"])).stdout)).toMatchObject({ value: 7 });
  });

  it("says with --dry-run what would run and what would be kept, and changes nothing", async () => {
    await begin({ chain: [one(1), { task: "mended" }, one(2)] });
    const before = deployment.store.dump();
    expect(await run(["retry", "nightly", "--dry-run"])).toEqual({
      exitCode: exitCodes.fine,
      stdout:
        "generation 2 of run nightly would run 2 tasks\n  nightly/[1]\n  nightly/[2]\n" +
        "and keep 1 task as it is\n  nightly/[0]\n",
      stderr: "nothing was changed: leave out --dry-run to do it\n",
    });
    expect(json((await run(["retry", "nightly", "--dry-run", "--json"])).stdout)).toEqual({
      schemaVersion: 1,
      runId: "nightly",
      generation: 2,
      runs: ["nightly/[1]", "nightly/[2]"],
      runCount: 2,
      kept: ["nightly/[0]"],
      keptCount: 1,
    });
    expect(deployment.store.dump()).toEqual(before);
    expect(deployment.sent).toEqual([]);
  });

  it("counts what it does not name", async () => {
    await begin({ group: Array.from({ length: 103 }, () => ({ task: "mended" })) });
    const { stdout } = await run(["retry", "nightly", "--dry-run"]);
    expect(stdout).toMatch(/^generation 2 of run nightly would run 103 tasks\n/);
    expect(stdout).toMatch(/\n {2}… and 3 more\nand keep 0 tasks as they are\n$/);
  });

  it("ends with 1 when the run cannot be retried so", async () => {
    await begin(nap);
    for (const more of [[], ["--dry-run"]]) {
      const { exitCode, stdout, stderr } = await run(["retry", "nightly", ...more]);
      expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.issue, stdout: "" });
      expect(stderr).toBe(
        'error: id: must have ended: revoke it first, or wait for its end, found "nightly"\n' +
          "  nothing was changed; look at the run: tutti inspect nightly\n",
      );
    }
  });

  it.each(["[0]", "[0]=", "=[1]", "[0]={}", "[0]=[1"])("refuses --args %s", async (args) => {
    const { exitCode, stderr } = await run(["retry", "nightly", "--args", args]);
    expect(exitCode).toBe(exitCodes.usage);
    expect(stderr).toContain("It must be PATH=JSON, and the JSON a list of arguments.");
  });
});

describe("retry --error", () => {
  /** Runs a-1 and a-2 fail alike in generation 1, b fails otherwise, c succeeds. */
  async function fail(): Promise<string> {
    const named = { "a-1": { task: "mended" }, "a-2": { task: "mended" }, b: { task: "absent" }, c: one(1) };
    for (const [id, workflow] of Object.entries(named))
      await run(["submit", "-", "--id", id, "--no-wait"], { stdin: JSON.stringify(workflow) });
    await deployment.advance(1);
    deployment.sent.length = 0;
    const { kinds } = json((await run(["retry", "--error", "--json"])).stdout);
    return kinds.find(({ runs }: { runs: number }) => runs === 2).fingerprint;
  }
  const absent = defineTask({ name: "absent", args: anything }, () => {
    throw new FatalError("file 17 of run b is absent");
  });

  beforeEach(() => {
    deployment = deploy({ tasks: { ...tasks, absent } });
  });

  it("alone lists the kinds of errors, most frequent first, and changes nothing", async () => {
    const fingerprint = await fail();
    const { exitCode, stdout } = await run(["retry", "--error"]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toMatch(
      new RegExp(`^${fingerprint} {2}2 runs {2}.*broken in generation 1.*\\n[0-9a-f]{12} {2}1 run {2}.*absent`),
    );
    expect(deployment.sent).toEqual([]);
  });

  it("retries every run of that kind, and no other", async () => {
    const fingerprint = await fail();
    const io = fakeIo({ deployment, answer: true });
    expect(await main(["retry", "--error", fingerprint], io)).toBe(exitCodes.fine);
    expect(io.asked).toEqual(["retry 2 runs?"]);
    expect(io.stdout().split("\n").sort()).toEqual([
      "",
      "run a-1 runs again as generation 2",
      "run a-2 runs again as generation 2",
    ]);
    expect(deployment.sent).toHaveLength(2);
    await deployment.advance(1);
    expect(json((await run(["status", "--json"])).stdout).runs).toMatchObject({ SUCCEEDED: 3, FAILED: 1 });
    const again = await run(["retry", "--error", fingerprint, "--yes", "--json"]);
    expect(json(again.stdout)).toEqual({ schemaVersion: 1, retried: [], refused: [], partial: false });
  });

  it("goes on beside a run that is refused, says so, and ends with 1", async () => {
    const fingerprint = await fail();
    const workflow = { chord: { header: [{ task: "mended" }], onError: { ...nap, immutable: true } } };
    await run(["submit", "-", "--id", "a-3", "--no-wait"], { stdin: JSON.stringify(workflow) });
    await deployment.advance(1);
    const { exitCode, stdout } = await run(["retry", "--error", fingerprint, "--yes", "--json"]);
    expect(exitCode).toBe(exitCodes.issue);
    const { retried, refused } = json(stdout);
    expect(retried.sort()).toEqual(["a-1", "a-2"]);
    expect(refused).toEqual([{ id: "a-3", message: expect.stringContaining("onError is still running") }]);
  });

  it("says with --dry-run which runs those are, and asks before it does anything", async () => {
    const fingerprint = await fail();
    const dry = await run(["retry", "--error", fingerprint, "--dry-run", "--json"]);
    expect(
      json(dry.stdout)
        .runs.map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual(["a-1", "a-2"]);
    expect(await run(["retry", "--error", fingerprint])).toMatchObject({ exitCode: exitCodes.usage });
    const io = fakeIo({ deployment, answer: false });
    expect(await main(["retry", "--error", fingerprint], io)).toBe(exitCodes.interrupted);
    expect(deployment.sent).toEqual([]);
  });

  it.each([
    ["nothing to retry", []],
    ["a run beside it", ["nightly", "--error", "3f0c9a11b2d4"]],
    ["tasks beside it", ["--error", "3f0c9a11b2d4", "--task", "[0]"]],
  ])("refuses %s", async (_, argv) => {
    expect(await run(["retry", ...argv])).toMatchObject({ exitCode: exitCodes.usage, stdout: "" });
  });
});

it.each(["revoke", "pause", "resume", "retry"])(
  "%s: a run that is not there, and help with an example",
  async (name) => {
    const argv = name === "revoke" ? [name, "daily", "--yes"] : [name, "daily"];
    expect(await run(argv)).toEqual({
      exitCode: exitCodes.issue,
      stdout: "",
      stderr: "error: no run has the id daily, or one that begins so\n  see what there is: tutti status\n",
    });
    const help = await run([name, "--help"]);
    expect(help.exitCode).toBe(exitCodes.fine);
    expect(help.stdout).toMatch(new RegExp(`\\nExamples?:\\n {2}tutti ${name} nightly-2026-11-21`));
  },
);
