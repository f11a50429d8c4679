/**
 * Tasks that have lost a worker, in one batch with one that has not: whoever may have killed a process is kept from those that
 * have not, and from the others (docs/protocol.md#packs).
 */
import { beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";

const bodySeconds = 10;
/** Leases and visibility of what a killed worker had are over. */
const forgottenSeconds = 65;
/** For a batch: room for one body after another of two tasks whose hard limit is this. */
const timeoutSeconds = 30;

let deployment: Deployment;
/** `begin name` and `end name`, as they happen. */
let told: string[];

beforeEach(async () => {
  told = [];
  deployment = createDeployment({
    workers: false,
    shape: { tasksPerMessage: () => 1 },
    tasks: {
      slow: defineTask({ name: "slow", args: z.tuple([z.string()]), timeoutSeconds }, async (_ctx, name) => {
        told.push(`begin ${name}`);
        await deployment.sleep(bodySeconds);
        told.push(`end ${name}`);
        return null;
      }),
    },
  });
  const slow = (name: string) => ({ task: "slow", args: [name] });
  await deployment.until(deployment.client.submit({ group: ["a", "b", "c"].map(slow) }, { id: "suspects" }));
  await deployment.advance(1);
});

async function receive() {
  const messages = await deployment.queue.receive("task:default", 10);
  const deliver = (withinSeconds: number) =>
    deployment.coordinator.work({
      messages,
      queue: "default",
      deadlineAtMs: deployment.clock.now() + withinSeconds * 1000,
    });
  return { messages, deliver };
}

/** A worker takes what is there, and is killed when all of it has begun. */
async function loseWorker(): Promise<void> {
  void (await receive()).deliver(600);
  await deployment.advance(bodySeconds / 2);
  deployment.kill();
  await deployment.advance(forgottenSeconds);
  told.length = 0;
}

async function submitOther(): Promise<void> {
  await deployment.until(deployment.client.submit({ group: [{ task: "slow", args: ["new"] }] }, { id: "other" }));
  await deployment.advance(1);
}

it("they run one by one, after those that have lost none", async () => {
  await loseWorker();
  await submitOther();
  const { messages, deliver } = await receive();
  await deployment.until(deliver(600));
  expect(messages).toHaveLength(4);
  expect(told.slice(0, 2)).toEqual(["begin new", "end new"]);
  const rest = told.slice(2).map((line) => line.split(" ")[0]);
  expect(rest).toEqual(["begin", "end", "begin", "end", "begin", "end"]);
  expect((await deployment.client.inspect("suspects")).run.status).toBe("SUCCEEDED");
});

it("one for which the time is too short by then goes back, and loses nothing", async () => {
  await loseWorker();
  await submitOther();
  const { messages, deliver } = await receive();
  const dispositions = await deployment.until(deliver(timeoutSeconds + bodySeconds / 2));
  expect(told).toEqual(["begin new", "end new"]);
  const returned = messages.filter((_, at) => dispositions[at]?.kind === "return");
  expect(returned).toHaveLength(3);
});
