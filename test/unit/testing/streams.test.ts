/**
 * Tasks that iterate over a list instead of getting it, through the whole driver.
 */
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord, dag, group } from "../../../lib/canvas/canvas.ts";
import { ref } from "../../../lib/canvas/reference.ts";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createTestEngine, type TestEngine } from "../../../lib/testing/index.ts";

const one = defineTask({ name: "one", args: z.tuple([z.any()]) }, (_ctx, value) => value);
const refuse = defineTask({ name: "refuse", args: z.tuple([]) }, () => {
  throw new FatalError("not today");
});
const collect = defineTask(
  { name: "collect", args: z.tuple([z.array(z.any()), z.string().optional()]), stream: true },
  async (_ctx, results, more) => {
    const all: unknown[] = [];
    for await (const result of results) all.push(result);
    return more === undefined ? all : [more, ...all];
  },
);
const add = defineTask({ name: "add", args: z.tuple([z.array(z.number())]), stream: true }, async (_ctx, numbers) => {
  let total = 0;
  for await (const number of numbers) total += number;
  return total;
});

const engines: TestEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

function run(workflow: Parameters<TestEngine["run"]>[0], tasks: Record<string, unknown> = {}) {
  const engine = createTestEngine({ tasks: { one, refuse, collect, add, ...tasks } });
  engines.push(engine);
  return engine.run(workflow);
}

const ones = (count: number) => Array.from({ length: count }, (_, i) => one.with(i));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("a streaming task", () => {
  it.each([0, 1, 4, 5, 400, 401])("gets the results of %i members in header order", async (members) => {
    expect(await run(chord(ones(members), collect))).toMatchObject({ status: "SUCCEEDED", value: upTo(members) });
  });

  it("gets bound arguments after them", async () => {
    expect(await run(chord(ones(2), collect.with("bound")))).toMatchObject({ value: ["bound", 0, 1] });
  });

  it("gets what became of each member of an all-settled chord", async () => {
    expect(await run(chord([one.with(1), refuse.with()], collect, { when: "all-settled" }))).toMatchObject({
      value: [
        { status: "SUCCEEDED", value: 1, taskId: expect.stringMatching(/\/header\[0\]$/) },
        { status: "FAILED", error: { name: "FatalError", message: "not today" } },
      ],
    });
  });

  it("gets values of any size, and those taken over from inside", async () => {
    const text = "x".repeat(9_000_000);
    const header = [one.with(text), one.with(null), group(ones(3)), one.with(text), chord(ones(2), add), one.with(3)];
    const measure = defineTask(
      { name: "measure", args: z.tuple([z.array(z.any())]), stream: true },
      async (_ctx, results) => {
        const sizes: unknown[] = [];
        for await (const result of results) sizes.push(typeof result === "string" ? result.length : result);
        return sizes;
      },
    );
    expect(await run(chord(header, measure), { measure })).toMatchObject({
      value: [9_000_000, null, [0, 1, 2], 9_000_000, 1, 3],
    });
  });

  it("may go over them more than once, and gets the same at every attempt", async () => {
    const seen: unknown[][] = [];
    const twice = defineTask(
      { name: "twice", args: z.tuple([z.array(z.number())]), stream: true },
      async (ctx, results) => {
        for (let round = 0; round < 2; round++) {
          const all: unknown[] = [];
          for await (const result of results) all.push(result);
          seen.push(all);
        }
        for await (const result of results) {
          if (ctx.attempt < 2) throw new Error("not yet");
          return result;
        }
        return undefined;
      },
    );
    expect(await run(chord(ones(9), twice), { twice })).toMatchObject({ status: "SUCCEEDED", value: 0 });
    expect(seen).toEqual([upTo(9), upTo(9), upTo(9), upTo(9)]);
  });

  it.each([
    ["a result", chain(one.with([1, 2, 3]), add)],
    ["a bound list", add.with([1, 2, 3])],
    [
      "a list of results of dag nodes",
      dag({ nodes: { a: one.with(1), b: add.with([ref("a"), 2, 3] as never) }, output: "b" }),
    ],
    ["the result of a dag node", dag({ nodes: { a: one.with([1, 2, 3]), b: add.with(ref("a")) }, output: "b" })],
    ["a part of it", dag({ nodes: { a: one.with({ x: [1, 2, 3] }), b: add.with(ref("a", "x")) }, output: "b" })],
    ["a group of a dag", dag({ nodes: { a: group([one.with(1), one.with(5)]), b: add.with(ref("a")) }, output: "b" })],
  ])("goes over %s", async (_name, workflow) => {
    expect(await run(workflow)).toMatchObject({ status: "SUCCEEDED", value: 6 });
  });

  it("fails for good at an item that does not fit, which it names", async () => {
    const header = [...ones(4), one.with("five"), one.with(6)];
    expect(await run(chord(header, add))).toMatchObject({
      status: "FAILED",
      error: { name: "FatalError", message: expect.stringMatching(/^invalid argument \[0\]\[4\]: .*expected number/) },
      tasks: expect.arrayContaining([expect.objectContaining({ path: "callback", attempts: 1 })]),
    });
  });

  it("fails for good when there is no list", async () => {
    expect(await run(chain(one.with("text"), add))).toMatchObject({
      status: "FAILED",
      error: { message: "invalid argument [0]: must be a list" },
    });
  });

  it("has its other arguments checked before it starts", async () => {
    expect(await run(chord(ones(1), { task: "collect", args: [5] } as never))).toMatchObject({
      status: "FAILED",
      error: { message: expect.stringMatching(/^invalid argument \[1\]: /) },
    });
  });
});
