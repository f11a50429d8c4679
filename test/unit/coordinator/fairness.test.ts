/**
 * Whose work a message is, as the queues see it; and that nobody's delivery runs another tenant's task.
 */
import { expect, it } from "vitest";
import { z } from "zod";
import { returnedAttribute } from "../../../lib/coordinator/dead-letter.ts";
import type { Task } from "../../../lib/model/workflow.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "../client/deployment.ts";

const step = defineTask({ name: "step", args: z.array(z.unknown()) }, () => null);
const ofTenant = (fairnessKey: string): Task => ({ task: "step", fairnessKey });

/** Calls that claim, by site, of a run of this chain. */
async function claimsOf(chain: Task[]): Promise<readonly string[]> {
  const sites: string[] = [];
  const { client, until } = createDeployment({ tasks: { step }, onCall: (site) => sites.push(site) });
  const run = await until(client.submit({ chain }, { fairnessKey: "acme" }));
  await until(run.result());
  return sites.filter((site) => site === "slot.claim" || site === "slot.carry");
}

it("carries what follows for the same tenant, and sends what follows for another", async () => {
  expect(await claimsOf([{ task: "step" }, ofTenant("acme")])).toEqual(["slot.claim", "slot.carry"]);
  expect(await claimsOf([{ task: "step" }, ofTenant("other"), ofTenant("other")])).toEqual([
    "slot.claim",
    "slot.claim",
    "slot.carry",
  ]);
});

it("sends the request under the key it names", async () => {
  const { client, until, sent } = createDeployment({ tasks: { step } });
  await until(client.submit({ task: "step" }, { fairnessKey: "acme" }));
  await until(client.submit({ task: "step" }));
  expect(sent.map(({ message }) => message.fairnessKey)).toEqual(["acme", undefined]);
  expect(JSON.parse(sent[0]?.message.body ?? "")).toMatchObject({ fairnessKey: "acme" });
});

it("sends the reference to a stored workflow under its key too, and its tasks as those of any other", async () => {
  const { client, until, sent, queue } = createDeployment({ tasks: { step }, workers: false });
  const large = { task: "step", args: ["x".repeat(300_000)] };
  await until(client.submit({ group: [large] }, { id: "large", fairnessKey: "acme" }));
  expect(JSON.parse(sent[0]?.message.body ?? "")).toMatchObject({ fairnessKey: "acme", document: { parts: 1 } });
  const [message] = await queue.receive("task:default", 10);
  expect([sent[0]?.message.fairnessKey, message?.fairnessKey]).toEqual(["acme", "acme"]);
});

it("puts a request that its queue gave up back under the key it came with", async () => {
  const { coordinator, queue } = createDeployment({ control: false });
  const letter = { messageId: "m", body: "{}", receiveCount: 1, sentAtMs: 0, attributes: {}, fairnessKey: "acme" };
  expect(await coordinator.deadLetter({ from: "request" }, letter)).toEqual({ kind: "acknowledge" });
  expect(await queue.receive("request", 10)).toMatchObject([
    { body: "{}", fairnessKey: "acme", attributes: { [returnedAttribute]: "1" } },
  ]);
});

it("shows whose work a task is", async () => {
  const { client, until } = createDeployment({ tasks: { step }, workers: false });
  await until(client.submit({ group: [{ task: "step" }, ofTenant("other")] }, { id: "r", fairnessKey: "acme" }));
  const { tasks = [] } = await client.inspect("r", { verbose: true });
  expect(tasks.map(({ fairnessKey }) => fairnessKey)).toEqual(["acme", "other"]);
});
