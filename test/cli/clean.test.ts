import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { main } from "../../cli/program.ts";
import { FatalError } from "../../lib/errors.ts";
import { cleanReportSchema } from "../../lib/model/cleaning-reports.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../unit/client/deployment.ts";
import { exitCodes, type FakeIoOptions, fakeIo, json, tutti } from "./fake-io.ts";

let deployment: Deployment;
let entered: string[];

const anything = z.array(z.any());
const tasks = {
  one: defineTask({ name: "one", args: anything }, async (ctx, value) => {
    if (ctx.taskId === "nightly/onError") entered.push(ctx.taskId);
    return value ?? null;
  }),
  fails: defineTask({ name: "fails", args: anything }, async () => {
    throw new FatalError("broken");
  }),
  nap: defineTask({ name: "nap", args: anything, timeoutSeconds: 7200 }, async (ctx, seconds) => {
    await Promise.race([
      deployment.sleep(seconds),
      new Promise<void>((resolve) => ctx.signal.addEventListener("abort", () => resolve())),
    ]);
    return seconds;
  }),
};
const one = { task: "one", args: [1] };
const nap = { task: "nap", args: [3600] };

beforeEach(() => {
  entered = [];
  deployment = createDeployment({ tasks });
});

const run = (argv: readonly string[], options: FakeIoOptions = {}) => tutti(argv, { deployment, ...options });

async function begin(id: string, workflow: object, seconds = 1): Promise<void> {
  await run(["submit", "-", "--id", id, "--no-wait"], { stdin: JSON.stringify(workflow) });
  await deployment.advance(seconds);
  deployment.sent.length = 0;
}

const sweep = () => deployment.until(deployment.coordinator.sweep({ deadlineAtMs: deployment.clock.now() + 60_000 }));
const stored = (id: string) => deployment.store.dump().filter(({ key }) => key.pk === id);

describe("clean", () => {
  it("removes a run that has ended: the sweeper leaves a tombstone, and the id is refused", async () => {
    await begin("nightly", one);
    const io = fakeIo({ deployment, answer: true });
    expect(await main(["clean", "night", "--reason", "not needed"], io)).toBe(exitCodes.fine);
    expect(io.asked).toEqual(["remove 1 run?"]);
    expect(io.stdout()).toBe("run nightly: the sweeper removes it\n");
    expect(io.stderr()).toBe("remove 1 run: nightly SUCCEEDED\n");
    await sweep();
    expect(stored("nightly").map(({ key }) => key.sk.replace(/#.*/, ""))).toEqual(["head", "plan"]);
    expect((await run(["inspect", "nightly"])).stderr).toMatch(/nightly has finished and was removed/);
  });

  it("starts nothing of a run that is to be removed, and retries it no more", async () => {
    await begin("nightly", one);
    await run(["clean", "nightly", "--yes"]);
    const retried = await run(["retry", "nightly", "--task", "task", "--yes"]);
    expect(retried.exitCode).not.toBe(exitCodes.fine);
    await sweep();
    expect(stored("nightly").map(({ key }) => key.sk)).toContain("head");
  });

  it("does not wait for an error callback that has not begun", async () => {
    const onError = { task: "one", args: [1], delaySeconds: 600 };
    await begin("nightly", { chord: { header: [{ task: "fails" }], callback: one, onError } });
    await run(["clean", "nightly", "--yes"]);
    await deployment.advance(900);
    expect(entered).toEqual([]);
    await sweep();
    expect(stored("nightly").map(({ key }) => key.sk.replace(/#.*/, ""))).toEqual(["head", "plan"]);
  });

  it("leaves what still runs, unless --force: then it is revoked first, and removed when no worker holds it", async () => {
    await begin("going", nap);
    await begin("done", one);
    const told = await run(["clean", "--all", "--yes"]);
    expect(told.exitCode).toBe(exitCodes.fine);
    expect(told.stderr).toContain("leave 1 run (still running: see --force): going RUNNING\n");
    expect(told.stdout).toBe("run done: the sweeper removes it\n");
    const forced = await run(["clean", "going", "--force", "--json"]);
    const report = json(forced.stdout);
    expect(cleanReportSchema.strict().parse(report)).toEqual(report);
    expect(report.runs).toEqual([
      { runId: "going", status: "RUNNING", do: "revoke and remove", done: true, result: "the sweeper removes it" },
    ]);
    await sweep();
    // Its worker learns of the revoke at its next heartbeat.
    expect(stored("going").some(({ key }) => key.sk.startsWith("node#"))).toBe(true);
    await deployment.advance(120);
    await sweep();
    await sweep();
    expect(stored("going").map(({ key }) => key.sk.replace(/#.*/, ""))).toEqual(["head", "plan"]);
  });

  it("can be repeated", async () => {
    await begin("nightly", one);
    await run(["clean", "nightly", "--yes"]);
    const sent = deployment.sent.length;
    expect((await run(["clean", "nightly", "--yes"])).stdout).toBe("run nightly: the sweeper removes it\n");
    expect(deployment.sent).toHaveLength(sent);
    await sweep();
    expect((await run(["clean", "--all", "--yes"])).stderr).toBe("nothing to clean\n");
  });

  it("takes those that have ended long enough ago with --older-than", async () => {
    await begin("old", one, 7200);
    await begin("new", one);
    const { stdout } = await run(["clean", "--older-than", "1h", "--yes"]);
    expect(stdout).toBe("run old: the sweeper removes it\n");
  });

  it("says what it would do with --dry-run, and changes and sends nothing", async () => {
    await begin("going", nap);
    await begin("done", one);
    const before = deployment.store.dump();
    const told = await run(["clean", "--all", "--force", "--dry-run"]);
    expect(told).toEqual({
      exitCode: exitCodes.fine,
      stdout: "",
      stderr:
        "remove 1 run: done SUCCEEDED\n" +
        "revoke and remove 1 run: going RUNNING\n" +
        "nothing was changed: leave out --dry-run to do it\n",
    });
    expect(json((await run(["clean", "--all", "--force", "--dry-run", "--json"])).stdout).runs).toHaveLength(2);
    expect([deployment.store.dump(), deployment.sent]).toEqual([before, []]);
  });

  it("ends with 130 when the user declines, and with 2 where there is nobody to ask", async () => {
    await begin("nightly", one);
    const before = deployment.store.dump();
    const io = fakeIo({ deployment, answer: false });
    expect(await main(["clean", "nightly"], io)).toBe(exitCodes.interrupted);
    expect((await run(["clean", "nightly"])).exitCode).toBe(exitCodes.usage);
    expect([deployment.store.dump(), deployment.sent]).toEqual([before, []]);
  });

  it.each([
    [["clean"], /nothing says what to clean/],
    [["clean", "a", "--all"], /say what to clean, each/],
    [["clean", "a", "--force", "--queues"], /it goes with --all --force/],
    [["clean", "--all", "--queues", "--yes"], /it goes with --all --force/],
  ])("refuses %j", async (argv, text) => {
    const { exitCode, stderr } = await run(argv);
    expect([exitCode, stderr]).toEqual([exitCodes.usage, expect.stringMatching(text)]);
  });

  it("purges no queue that others may share, and then does nothing at all", async () => {
    await begin("nightly", one);
    const before = deployment.store.dump();
    const { exitCode, stderr } = await run(["clean", "--all", "--force", "--queues"]);
    expect(exitCode).toBe(exitCodes.issue);
    expect(stderr).toMatch(/others may share queues that are named one by one/);
    expect([deployment.store.dump(), deployment.sent]).toEqual([before, []]);
  });
});
