import { describe, expect, it } from "vitest";
import { z } from "zod";
import { declareTask, defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../unit/client/deployment.ts";
import { exitCodes, json, tutti } from "./fake-io.ts";

const approve = declareTask({
  name: "approve",
  queue: "people",
  args: z.tuple([z.string()]),
  retry: { backoffSeconds: 0 },
});
const echo = defineTask({ name: "echo", args: z.tuple([z.any()]) }, (_ctx, value) => ({ value }));

/** A run whose first task waits for a report. */
async function waiting(): Promise<Deployment> {
  const deployment = createDeployment({ tasks: { approve, echo } });
  const workflow = { chain: [{ task: "approve", args: ["order 7"] }, { task: "echo" }] };
  await deployment.until(deployment.client.submit(workflow, { id: "order-7" }));
  await deployment.advance(0);
  return deployment;
}

const resultOf = async (deployment: Deployment) =>
  json((await tutti(["wait", "order-7", "--json"], { deployment })).stdout);

describe("report", () => {
  it.each<[string[], unknown]>([
    [["--succeeded", '{"approved":true}'], { approved: true }],
    [["--succeeded", "true"], true],
    [["--succeeded", "false"], false],
    [["--succeeded", '"yes"'], "yes"],
    [["--succeeded", "null"], null],
    [["--succeeded"], null],
  ])("%j gives the task its result", async (flags, value) => {
    const deployment = await waiting();
    expect(await tutti(["report", "order-7/[0]", ...flags], { deployment })).toEqual({
      exitCode: exitCodes.fine,
      stdout: "order-7/[0]: succeeded is recorded\n",
      stderr: "",
    });
    expect(await resultOf(deployment)).toMatchObject({ status: "SUCCEEDED", value: { value } });
  });

  it("takes the token that inspect shows", async () => {
    const deployment = await waiting();
    const shown = json((await tutti(["inspect", "order-7", "--verbose", "--json"], { deployment })).stdout);
    const { token } = shown.tasks[0];
    const { stdout } = await tutti(["report", token, "--succeeded", "1", "--json"], { deployment });
    expect(json(stdout)).toEqual({ schemaVersion: 1, taskId: "order-7/[0]", attempt: 1, recorded: true });
  });

  it("says on the screen what a task waits for, and how to answer", async () => {
    const deployment = await waiting();
    const { stdout } = await tutti(["inspect", "order-7", "--verbose"], { deployment });
    expect(stdout).toContain("order-7/[0] waits for a report: tutti report 'order-7/[0]' --succeeded\n");
  });

  it("--failed is a failure like any other: its retries decide", async () => {
    const deployment = await waiting();
    const failed = ["--failed", "Rejected", "--message", "over budget"];
    const first = await tutti(["report", "order-7/[0]", ...failed], { deployment });
    expect(first.stdout).toBe("order-7/[0]: failed is recorded\n");
    await deployment.advance(1);
    const second = await tutti(["report", "order-7/[0]", ...failed, "--no-retry"], { deployment });
    expect(second.stdout).toBe("order-7/[0] (attempt 2): failed is recorded\n");
    expect(await resultOf(deployment)).toMatchObject({
      status: "FAILED",
      error: { name: "Rejected", message: "over budget", taskId: "order-7/[0]" },
    });
  });

  it("--after-seconds puts the next attempt off", async () => {
    const deployment = await waiting();
    await tutti(["report", "order-7/[0]", "--failed", "Busy", "--after-seconds", "600"], { deployment });
    await deployment.advance(590);
    expect(await tutti(["report", "order-7/[0]", "--succeeded"], { deployment })).toMatchObject({
      exitCode: exitCodes.issue,
      stderr: expect.stringContaining("it has not been handed out"),
    });
    await deployment.advance(20);
    expect((await tutti(["report", "order-7/[0]", "--succeeded"], { deployment })).exitCode).toBe(exitCodes.fine);
  });

  it("--heartbeat moves the deadline, and inspect shows what was said", async () => {
    const deployment = await waiting();
    await deployment.advance(60);
    const beat = await tutti(["report", "order-7/[0]", "--heartbeat", '{"asked":"Ann"}'], { deployment });
    expect(beat.stdout).toBe("order-7/[0]: heartbeat is recorded\n");
    const { stdout } = await tutti(["inspect", "order-7", "--verbose", "--json"], { deployment });
    expect(json(stdout).tasks[0].heartbeat.details).toEqual({ asked: "Ann" });
  });

  it("does not wait for the answer when told not to", async () => {
    const deployment = await waiting();
    const { stdout } = await tutti(["report", "order-7/[0]", "--succeeded", "--no-wait"], { deployment });
    expect(stdout).toBe("order-7/[0]: succeeded was sent\n");
  });

  it("says so when nobody handles it", async () => {
    const deployment = await waiting();
    const silent = createDeployment({ tasks: { approve, echo }, control: false });
    for (const { key, image } of deployment.store.dump())
      await silent.store.write(
        { key, set: Object.entries(image).map(([name, value]) => ({ path: [name], value })) },
        "test",
      );
    const { exitCode, stdout, stderr } = await tutti(["report", "order-7/[0]", "--succeeded"], { deployment: silent });
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.fine, stdout: "order-7/[0]: succeeded was sent\n" });
    expect(stderr).toContain("nobody has handled it in 10 s");
  });

  it("a second answer is refused, and says what the first one was", async () => {
    const deployment = await waiting();
    await tutti(["report", "order-7/[0]", "--succeeded"], { deployment });
    const { exitCode, stderr } = await tutti(["report", "order-7/[0]", "--failed", "No", "--json"], { deployment });
    expect(exitCode).toBe(exitCodes.issue);
    expect(json(stderr)).toMatchObject({
      kind: "error",
      code: "invalid-request",
      rule: "must be of a task that waits for a report, not order-7/[0]: it has ended SUCCEEDED",
    });
  });

  it.each<[string[], RegExp]>([
    [[], /a report says one thing/],
    [["--succeeded", "--heartbeat"], /a report says one thing/],
    [["--succeeded", "yes"], /must be JSON: a text stands in double quotes/],
    [["--succeeded", "--message", "x"], /go with --failed/],
    [["--heartbeat", "--no-retry"], /go with --failed/],
    [["--failed", "X", "--after-seconds", "-1"], /must be a number/],
  ])("%j is wrong usage", async (flags, message) => {
    const { exitCode, stderr } = await tutti(["report", "order-7/[0]", ...flags], { deployment: await waiting() });
    expect(exitCode).toBe(exitCodes.usage);
    expect(stderr).toMatch(message);
  });
});
