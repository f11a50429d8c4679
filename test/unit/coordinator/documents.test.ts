/**
 * Workflows too large for a message, from any program and from the client, through the driver on table and queue in memory.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sha256 } from "../../../lib/model/hash.ts";
import { rejectedKey } from "../../../lib/protocol/keys.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";

const double = defineTask({ name: "double", args: z.tuple([z.number()]) }, (_ctx, n) => 2 * n);
const sum = defineTask({ name: "sum", args: z.tuple([z.array(z.number())]) }, (_ctx, numbers) =>
  numbers.reduce((total, number) => total + number, 0),
);
const tasks = { double, sum };

const chordOf = (members: number) => ({
  chord: {
    header: Array.from({ length: members }, (_, i) => ({ task: "double", args: [i] })),
    callback: { task: "sum" },
  },
});

/** What a program in any language does: plain text, cut into items, then one message. */
async function sendRaw({ store, queue, clock }: Deployment, requestId: string, workflow: object): Promise<void> {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(workflow)));
  const hash = sha256(bytes);
  const size = 300_000;
  const parts = Math.ceil(bytes.length / size);
  for (let part = 0; part < parts; part++) {
    const set = [
      { path: ["data"] as const, value: bytes.slice(part * size, (part + 1) * size) },
      { path: ["due"] as const, value: clock.now() + 30 * 86_400_000 },
      { path: ["dueShard"] as const, value: "due#0" },
    ];
    const sk = `document#${hash}#${String(part).padStart(4, "0")}`;
    await store.write({ key: { pk: `document#${requestId}`, sk }, set }, "test");
  }
  const document = { sha256: hash, bytes: bytes.length, parts };
  const body = JSON.stringify({ tutti: 1, type: "submit", requestId, id: "large", document });
  await queue.send("request", [{ body, delaySeconds: 0 }], "test");
}

describe("a chord of 10,000 members", () => {
  it("runs when the client submits it: 350 KB stored apart", { timeout: 60_000 }, async () => {
    const deployment = createDeployment({ tasks });
    const run = await deployment.until(deployment.client.submit(chordOf(10_000), { id: "large" }));
    expect(run).toMatchObject({ created: true, callbackTaskId: "large/callback" });
    expect(await deployment.until(run.result({ timeoutSeconds: 86_400 }))).toBe(99_990_000);
    const [{ message } = { message: { body: "" } }] = deployment.sent;
    expect(JSON.parse(message.body).document.bytes).toBeGreaterThan(256 * 1024);
  });
});

describe("a raw message", () => {
  it("with a document of 10,000 members runs, whatever program stored it", { timeout: 60_000 }, async () => {
    const deployment = createDeployment({ tasks });
    const workflow = chordOf(10_000);
    await sendRaw(deployment, "q1", workflow);
    await deployment.advance(60);
    expect(await deployment.client.result("large")).toMatchObject({ status: "SUCCEEDED", value: 99_990_000 });
    const again = await deployment.until(deployment.client.submit(workflow, { id: "large" }));
    expect(again.created).toBe(false);
  });

  it("with a document that is not there is rejected, and its message is not kept", async () => {
    const { store, queue, advance, client } = createDeployment({ tasks });
    const document = { sha256: sha256("x"), bytes: 300_000, parts: 2 };
    const body = JSON.stringify({ tutti: 1, type: "submit", requestId: "q1", id: "large", document });
    await queue.send("request", [{ body, delaySeconds: 0 }], "test");
    await advance(60);
    expect(await store.get(rejectedKey("q1"), "test")).toMatchObject({
      kind: "request",
      runId: "large",
      error: {
        path: "document.parts",
        value: "2",
        rule: `must all be stored before the request is sent: item document#q1 / document#${sha256("x")}#0000 is not there`,
      },
    });
    expect(queue.queues()).toEqual([]);
    expect((await client.status()).runs.RUNNING).toBe(0);
  });

  it("of 257 KiB is rejected, and the rule says what to do", async () => {
    const { store, coordinator } = createDeployment({ tasks });
    const request = {
      tutti: 1,
      type: "submit",
      requestId: "q1",
      workflow: { task: "double", args: ["x".repeat(257 * 1024)] },
    };
    const message = { messageId: "m", body: JSON.stringify(request), receiveCount: 1, sentAtMs: 0, attributes: {} };
    expect(await coordinator.control(message)).toEqual({ kind: "acknowledge" });
    expect(await store.get(rejectedKey("q1"), "test")).toMatchObject({
      error: {
        path: "",
        value: String(message.body.length),
        rule: "must have at most 262144 bytes: store a larger workflow and send where it is, see docs/requests.md",
      },
    });
  });
});

it("removes a document that no queue can refer to any more, sent or not", async () => {
  const deployment = createDeployment({ tasks });
  await sendRaw(deployment, "q1", chordOf(3));
  await deployment.queue.receive("request", 10); // and lost: nobody handles it
  const documents = () => deployment.store.dump().filter(({ key }) => key.pk.startsWith("document#")).length;
  await deployment.coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
  expect(documents()).toBe(1);
  deployment.clock.advanceTo(deployment.clock.now() + 30 * 86_400_000);
  await deployment.coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
  expect(documents()).toBe(0);
});
