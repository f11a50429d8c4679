/**
 * Requests as other programs write them: numbers that JavaScript cannot hold, and texts as long as a message.
 */
import { expect, it } from "vitest";
import { z } from "zod";
import { sha256 } from "../../../lib/model/hash.ts";
import { itemBytes } from "../../../lib/model/item-size.ts";
import type { Value } from "../../../lib/ports/store.ts";
import { documentKey } from "../../../lib/protocol/keys.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";

const echo = defineTask({ name: "echo", args: z.array(z.any()) }, (_ctx, ...args) => args);

/** The one item that a raw message leaves, and how often it was received. */
async function leftBy(body: string, prepare: (deployment: Deployment) => Promise<unknown> = async () => {}) {
  const deployment = createDeployment({ tasks: { echo } });
  await prepare(deployment);
  await deployment.queue.send("request", [{ body, delaySeconds: 0 }], "request.send");
  await deployment.advance(1);
  expect(deployment.queue.queues()).toEqual([]);
  const items = deployment.store.dump().filter(({ key }) => !key.pk.startsWith("document#"));
  return { item: items[0]?.image, bytes: items[0] ? itemBytes(items[0]) : 0, count: items.length };
}

const around = (workflow: string) => `{"tutti":1,"type":"submit","requestId":"q","id":"r","workflow":${workflow}}`;

it.each([
  ['{"task":"echo","args":[9007199254740993]}', "workflow.args[0]", "9007199254740993", "9007199254740992"],
  [
    '{"chain":[{"task":"echo","args":[{"id":-12345678901234567890}]}]}',
    "workflow.chain[0].args[0].id",
    "-12345678901234567890",
    "-12345678901234567000",
  ],
])("A13: a number that would become another one is refused: %s", async (workflow, path, written, read) => {
  const { item, count } = await leftBy(around(workflow));
  expect(count).toBe(1);
  expect(item).toMatchObject({
    kind: "request",
    error: {
      path,
      value: JSON.stringify(written),
      rule: `must be a number that JavaScript can hold: it would become ${read}; write it as a string`,
    },
  });
});

it("A13: a number beyond all numbers is refused", async () => {
  const { item } = await leftBy(around('{"task":"echo","args":[1e400]}'));
  expect(item?.error).toMatchObject({ path: "workflow.args[0]", rule: "must be a finite number: JSON has no other" });
});

it("A13: so is a number in a stored workflow", async () => {
  const text = '{"task":"echo","args":[9007199254740993]}';
  const hash = sha256(text);
  const stored = { data: new TextEncoder().encode(text), due: Number.MAX_SAFE_INTEGER, dueShard: "due#0" };
  const set = Object.entries(stored).map(([name, value]) => ({ path: [name] as const, value: value as Value }));
  const body = { tutti: 1, type: "submit", requestId: "q", document: { sha256: hash, bytes: text.length, parts: 1 } };
  const { item } = await leftBy(JSON.stringify(body), ({ store }) =>
    store.write({ key: documentKey("q", hash, 0), set }, "document.write"),
  );
  expect(item?.error).toMatchObject({ path: "document.args[0]", value: '"9007199254740993"' });
});

it.each([
  [
    "key",
    around(`{"task":"echo","args":[{"${"k".repeat(250_000)}":{"__proto__":1}}]}`),
    /^workflow\.args\[0\]\["k{128}…"\]\.__proto__$/,
  ],
  ["unknown key", around(`{"task":"echo","${"k".repeat(250_000)}":1}`), /^workflow\["k{128}…"\]$/],
  ["task", around(`{"task":"${"k".repeat(250_000)}"}`), /^workflow\.task$/],
])("I3 I4: a %s of a quarter of a megabyte is refused at once, and the refusal is small", async (_what, body, path) => {
  const { item, bytes, count } = await leftBy(body);
  expect(count).toBe(1);
  expect(item?.error).toMatchObject({ path: expect.stringMatching(path) });
  expect(bytes).toBeLessThan(16 * 1024);
});

it("I3: a task message that is none leaves a small item, however long its keys are", async () => {
  const deployment = createDeployment({ tasks: { echo } });
  const keys = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`${"k".repeat(100)}${i}`, 1]));
  const body = JSON.stringify({
    tutti: 1,
    type: "task",
    run: "r",
    generation: 1,
    dispatch: 1,
    node: "a",
    plan: { hash: "h", pages: 1 },
    ...keys,
  });
  await deployment.queue.send("task:default", [{ body, delaySeconds: 0 }], "node.send");
  await deployment.advance(1);
  expect(deployment.queue.queues()).toEqual([]);
  expect(deployment.store.dump().map(({ image, key }) => [image.kind, itemBytes({ key, image }) < 16 * 1024])).toEqual([
    ["message", true],
  ]);
});
