/**
 * What queues and deployed code say of a message: known, or said to be unknown.
 */
import { describe, expect, it } from "vitest";
import type { PlanNode } from "../../../lib/plan/types.ts";
import type { Facts, QueueFacts } from "../../../lib/ports/facts.ts";
import {
  deployedTask,
  depthText,
  isUnread,
  lettersOf,
  type QueueState,
  queueOf,
  queueState,
} from "../../../lib/protocol/facts.ts";
import { planOf } from "./support.ts";

const node = planOf({ task: "a" }).nodes.task as PlanNode;
const queue = "task:default";
const depth = (visible: number, inFlight = 0, delayed = 0) => ({ visible, inFlight, delayed });
const of = (facts: QueueFacts): Facts => ({ queues: new Map([[queue, facts]]) });

it.each<[string, Partial<PlanNode>, string]>([
  ["a task", {}, "task:default"],
  ["a task of another queue", { queue: "slow" }, "task:slow"],
  ["a map", { map: { each: { task: "a" } } as never }, "request"],
  ["a sleep", { sleep: true }, "request"],
  ["a task that runs elsewhere", { outside: true }, "request"],
])("the message of %s goes to its queue", (_, more, name) => {
  expect(queueOf({ ...node, ...more })).toBe(name);
});

describe("what became of a message", () => {
  it.each<[QueueState, string, Facts]>([
    ["unknown", "the queues cannot be asked", {}],
    ["unknown", "it is not among those that were asked", { queues: new Map() }],
    ["unknown", "it is not among those that were asked, which are not all", { queues: new Map(), allQueues: false }],
    ["missing", "it is not among all queues", { queues: new Map(), allQueues: true }],
    ["missing", "nothing answers", of({ exists: false })],
    ["unknown", "it does not tell how long it is", of({ exists: true })],
    ["unread", "messages wait, and nobody has one", of({ exists: true, depth: depth(2) })],
    ["unread", "messages wait, and others are kept back", of({ exists: true, depth: depth(1, 0, 5) })],
    ["read", "messages wait, and others are in workers' hands", of({ exists: true, depth: depth(1, 1) })],
    ["in-hands", "all are in workers' hands", of({ exists: true, depth: depth(0, 1), dead: depth(3) })],
    ["in-hands", "all are kept back", of({ exists: true, depth: depth(0, 0, 1) })],
    ["gone", "it is empty, and its dead letters are not known", of({ exists: true, depth: depth(0) })],
    ["empty", "it is empty, and so are its dead letters", of({ exists: true, depth: depth(0), dead: depth(0) })],
    ["dead", "it is empty, and there is a dead letter", of({ exists: true, depth: depth(0), dead: depth(1) })],
    ["dead", "somebody looks at the dead letter", of({ exists: true, depth: depth(0), dead: depth(0, 1) })],
  ])("%s: %s", (state, _, facts) => {
    expect(queueState(facts, queue)).toBe(state);
  });
});

it("nobody reads a queue when messages wait and none is in anybody's hands", () => {
  expect([undefined, depth(0), depth(1), depth(1, 1), depth(0, 1)].map(isUnread)).toEqual([
    false,
    false,
    true,
    false,
    false,
  ]);
});

it("dead letters are those that wait, and those that somebody looks at", () => {
  expect(lettersOf({ exists: true })).toBe(0);
  expect(lettersOf({ exists: true, dead: depth(2, 3, 7) })).toBe(5);
});

describe("the deployed task of a node", () => {
  const tasks = new Map([["a", { queue: "default" }]]);
  it.each<[string, Facts, Partial<PlanNode>, unknown]>([
    ["is not known where the code is not", {}, {}, undefined],
    ["is found by name", { tasks }, {}, { queue: "default" }],
    ["is none where the code has none", { tasks }, { task: "b" }, null],
    ["is no matter of a map", { tasks }, { map: {} as never, task: "b" }, undefined],
    ["is no matter of a sleep", { tasks }, { sleep: true, task: "b" }, undefined],
  ])("%s", (_, facts, more, found) => {
    expect(deployedTask(facts, { ...node, ...more })).toEqual(found);
  });
});

it.each<[string, Facts]>([
  ["how long the queue is, is unknown", {}],
  ["how long the queue is, is unknown", { queues: new Map() }],
  ["how long the queue is, is unknown", of({ exists: true })],
  ["about 0 messages waiting, 0 in workers' hands", of({ exists: true, depth: depth(0) })],
  ["about 1 message waiting, 0 in workers' hands", of({ exists: true, depth: depth(1) })],
  ["about 2 messages waiting, 3 in workers' hands, 4 kept back", of({ exists: true, depth: depth(2, 3, 4) })],
])("says: %s", (text, facts) => {
  expect(depthText(facts, queue)).toBe(text);
});
