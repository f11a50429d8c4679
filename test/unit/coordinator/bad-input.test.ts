import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { returnedAttribute } from "../../../lib/coordinator/dead-letter.ts";
import { createCoordinator } from "../../../lib/coordinator/index.ts";
import { defaults } from "../../../lib/model/limits.ts";
import type { HeldMessage } from "../../../lib/ports/queue.ts";
import { protocol } from "../../../lib/protocol/index.ts";
import { rejectedKey } from "../../../lib/protocol/keys.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";

const add = defineTask({ name: "add", args: z.tuple([z.number(), z.number()]) }, async (_ctx, a, b) => a + b);

function deployment() {
  const clock = createVirtualClock(Date.UTC(2026, 0, 1));
  const store = createMemoryStore();
  const queue = createMemoryQueue({ clock, visibilitySeconds: 60, maxReceiveCount: 20 });
  const registry = registryOf({ add });
  const coordinator = createCoordinator({
    store,
    queue,
    clock,
    ids: createSeededIds(7),
    log: { write: () => {} },
    metrics: { count: () => {} },
    settings: defaults,
    registry,
    catalog: catalogOf(registry),
    protocol,
  });
  const control = (body: string, messageId = "m1") =>
    coordinator.control({ messageId, body, receiveCount: 1, sentAtMs: 0, attributes: {} });
  return { store, queue, control, coordinator };
}

const request = (fields: object) => JSON.stringify({ tutti: 1, type: "submit", requestId: "q1", ...fields });
const nested = (levels: number): object =>
  levels === 0 ? { task: "add", args: [1, 2] } : { chain: [nested(levels - 1)] };

const bad: readonly (readonly [name: string, body: string, error: object])[] = [
  ["no JSON", "{", { code: "invalid-request", path: "" }],
  ["another version", JSON.stringify({ tutti: 2, type: "submit", requestId: "q1" }), { path: "tutti" }],
  ["an unknown task", request({ workflow: { task: "nobody" } }), { path: "workflow.task" }],
  ["an unknown key", request({ workflow: { task: "add", args: [1, 2], colour: "red" } }), { path: "workflow.colour" }],
  [
    "a cycle",
    request({
      workflow: {
        dag: {
          nodes: { a: { task: "add", args: [1, 2], after: ["b"] }, b: { task: "add", args: [1, 2], after: ["a"] } },
        },
      },
    }),
    { message: expect.stringMatching(/a → b → a|b → a → b/) },
  ],
  [
    "a raw message of 257 KiB",
    request({ name: "x".repeat(257 * 1024), workflow: {} }),
    { message: expect.stringContaining("262144") },
  ],
  ["33 levels", request({ workflow: nested(33) }), { message: expect.stringContaining("32") }],
  [
    "a __proto__ key",
    '{"tutti":1,"type":"submit","requestId":"q1","workflow":{"task":"add","args":[{"__proto__":{"x":1}},2]}}',
    { path: expect.stringContaining("__proto__") },
  ],
  ["too few arguments", request({ workflow: { task: "add", args: [1] } }), { path: "workflow.args" }],
  [
    "an argument of the wrong type",
    request({ workflow: { task: "add", args: [1, "2"] } }),
    { path: "workflow.args[1]" },
  ],
  [
    "a key of 230,000 letters",
    request({ workflow: { task: "add", args: [1, 2], ["k".repeat(230_000)]: 1 } }),
    { path: expect.stringMatching(/^workflow\["k+…"\]$/) },
  ],
  ["an id that is none", request({ id: "a/b", workflow: { task: "add", args: [1, 2] } }), { path: "id" }],
];

describe("a bad request", () => {
  it.each(bad)("is rejected and kept where an operator finds it: %s", async (_name, body, error) => {
    const { store, queue, control } = deployment();
    expect(await control(body)).toEqual({ kind: "acknowledge" });
    const [item, ...more] = store.dump();
    expect(more).toEqual([]);
    expect(item?.key.pk).toMatch(/^rejected#(q1|message-m1)$/);
    expect(item?.image).toMatchObject({ kind: "request", listShard: expect.any(String), error });
    expect(queue.queues()).toEqual([]);
  });

  it.each([
    ["a request", request({ name: "x".repeat(900 * 1024), workflow: {} })],
    ["a report", `{"tutti":1,"type":"report","requestId":"q1","x":"${"x".repeat(900 * 1024)}"}`],
    ...["wake", "range", "map", "follow", "hedge"].map((type) => [
      `a ${type} message`,
      `{"tutti":1,"type":"${type}","requestId":"q1","x":"${"x".repeat(1025 * 1024)}"}`,
    ]),
  ])("is not parsed when it is too large: %s", async (_name, body) => {
    const { store, control, coordinator } = deployment();
    const parsing = vi.spyOn(JSON, "parse");
    expect(await control(body as string)).toEqual({ kind: "acknowledge" });
    const letter = { messageId: "m2", body: body as string, receiveCount: 1, sentAtMs: 0, attributes: {} };
    await coordinator.deadLetter({ from: "request" }, { ...letter, attributes: { [returnedAttribute]: "1" } });
    expect(parsing.mock.calls.filter(([text]) => text === body)).toEqual([]);
    parsing.mockRestore();
    expect(new Set(store.dump().map(({ key }) => key.sk))).toEqual(new Set(["rejected"]));
  });

  it("leaves the other records of its batch untouched", async () => {
    const { store, queue, control } = deployment();
    await Promise.all([
      control("{", "m1"),
      control(request({ requestId: "q2", id: "good", workflow: { task: "add", args: [1, 2] } }), "m2"),
      control(request({ requestId: "q3", workflow: { task: "nobody" } }), "m3"),
    ]);
    const keys = store.dump().map(({ key }) => (key.sk.startsWith("plan#") ? `${key.pk} plan` : `${key.pk} ${key.sk}`));
    expect(keys).toEqual(["good head", "good plan", "rejected#message-m1 rejected", "rejected#q3 rejected"]);
    expect(queue.queues()).toEqual(["task:default"]);
  });

  it("is a conflict that changes nothing when the id has another document", async () => {
    const { store, control } = deployment();
    await control(request({ id: "run", workflow: { task: "add", args: [1, 2] } }));
    const before = store.dump();
    await control(request({ requestId: "q2", id: "run", workflow: { task: "add", args: [1, 3] } }));
    const after = store.dump();
    expect(after.filter(({ key }) => key.pk === "run")).toEqual(before);
    expect(after.find(({ key }) => key.pk === "rejected#q2")?.image).toMatchObject({
      runId: "run",
      error: { code: "run-conflict" },
    });
  });

  it("is no conflict when only name, id and requestId differ from what made the run", async () => {
    const { store, queue, control } = deployment();
    await control(request({ id: "run", name: "one", workflow: { task: "add", args: [1, 2] } }));
    const before = store.dump();
    await control(request({ requestId: "q2", id: "run", name: "two", workflow: { task: "add", args: [1, 2] } }));
    expect(store.dump()).toEqual(before);
    expect(queue.depth("task:default").visible).toBe(1);
  });
});

it("keeps a task message that is none, acknowledges it, and runs its neighbour", async () => {
  const { store, queue, control, coordinator } = deployment();
  await control(request({ id: "run", workflow: { task: "add", args: [1, 2] } }));
  const [good] = await queue.receive("task:default", 1);
  const messages = [
    { messageId: "m9", body: '{"tutti":1}', receiveCount: 1, sentAtMs: 0, attributes: {} },
    good as HeldMessage,
  ];
  const dispositions = await coordinator.work({ messages, queue: "default", deadlineAtMs: Number.MAX_SAFE_INTEGER });
  expect(dispositions).toEqual([{ kind: "acknowledge" }, { kind: "acknowledge" }]);
  const heads = store.dump().filter(({ key }) => key.sk === "head");
  expect(heads.map(({ image }) => image.status)).toEqual(["SUCCEEDED"]);
  expect(store.dump().find(({ key }) => key.pk === "rejected#message-m9")?.image.kind).toBe("message");
});

it.each([
  ["wakes a task that does not sleep", "wake", "task", "must be a sleep"],
  ["wakes what is not there", "wake", "nobody", "must be a sleep"],
  ["names a task that runs here", "task", "task", "must be a task that runs elsewhere"],
  ["names no task of its run", "task", "nobody", "must name tasks of its run"],
])("keeps a message of the request queue that %s, and leaves the run alone", async (_what, type, node, rule) => {
  const { store, queue, control } = deployment();
  await control(request({ id: "run", workflow: { task: "add", args: [1, 2] } }));
  const [task] = await queue.receive("task:default", 1);
  const before = store.dump();
  const { fragment: _, ...message } = JSON.parse(task?.body ?? "{}");
  expect(await control(JSON.stringify({ ...message, type, node }), "m2")).toEqual({
    kind: "acknowledge",
  });
  expect(store.dump().filter(({ key }) => key.pk === "run")).toEqual(before);
  expect(await store.get(rejectedKey("message-m2"), "test")).toMatchObject({
    kind: "message",
    error: { message: expect.stringContaining(rule) },
  });
});

it.each([
  ["its requestId, for whoever waits for its answer", request({ workflow: {} }), "q1"],
  ["its message where it names none", "{", "message-m1"],
])("records a request that its queue gave up twice under %s", async (_what, body, recorded) => {
  const { store, coordinator } = deployment();
  const attributes = { [returnedAttribute]: "1" };
  const letter = { messageId: "m1", body, receiveCount: 1, sentAtMs: 0, attributes };
  expect(await coordinator.deadLetter({ from: "request" }, letter)).toEqual({ kind: "acknowledge" });
  expect(await store.get(rejectedKey(recorded), "test")).toMatchObject({ kind: "dead-letter", requestId: recorded });
});
