import { describe, expect, it } from "vitest";
import { z } from "zod";
import { declareTask, defineTask } from "../../../lib/tasks/define-task.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";

const task = (name: string, args: z.ZodTuple | z.ZodArray = z.tuple([])) => defineTask({ name, args }, () => null);

describe("registryOf", () => {
  it("collects every task once, under its own name, and passes over what is none", () => {
    const one = task("one");
    const two = task("two");
    const registry = registryOf({ one, again: one, default: two, helper: () => 1, text: "x", nothing: null });
    expect([...registry.keys()]).toEqual(["one", "two"]);
    expect(registry.get("one")).toBe(one);
  });

  it("refuses two tasks of one name, with both exports", () => {
    expect(() => registryOf({ first: task("one"), other: task("two"), second: task("one") })).toThrow(
      "two tasks are named one: exports first and second",
    );
  });
});

describe("registryOf: declared tasks", () => {
  const declared = (name: string, queue: string) => declareTask({ name, queue, args: z.tuple([]) });

  it("refuses them on a queue that workers read, whichever comes first", () => {
    const message =
      "queue default has task here, which runs here, and task there, which is only declared: give declared tasks a queue of their own";
    expect(() => registryOf({ a: task("here"), b: declared("there", "default") })).toThrow(message);
    expect(() => registryOf({ b: declared("there", "default"), a: task("here") })).toThrow(message);
  });

  it("takes several on one queue, and tells compile of them", () => {
    const registry = registryOf({ a: task("here"), b: declared("there", "python"), c: declared("too", "python") });
    expect([...catalogOf(registry)].map(([name, info]) => [name, info.outside])).toEqual([
      ["here", undefined],
      ["there", true],
      ["too", true],
    ]);
  });
});

describe("catalogOf", () => {
  const infoOf = (args: z.ZodTuple | z.ZodArray) => catalogOf(registryOf({ t: task("t", args) })).get("t");

  it.each([
    [z.tuple([]), 0, 0],
    [z.tuple([z.string(), z.int()]), 2, 2],
    [z.tuple([z.string(), z.int().optional()]), 1, 2],
    [z.tuple([z.string().optional(), z.int()]), 2, 2],
    [z.tuple([z.string(), z.int().default(5)]), 1, 2],
    [z.tuple([z.string()], z.int()), 1, Number.POSITIVE_INFINITY],
    [z.array(z.any()), 0, Number.POSITIVE_INFINITY],
  ])("counts arguments: case %#", (args, minArgs, maxArgs) => {
    expect(infoOf(args as z.ZodTuple)).toMatchObject({ minArgs, maxArgs });
  });

  it("hands on what the definition says", () => {
    const options = { queue: "images", retry: { maxLost: 2 }, timeoutSeconds: 20, softTimeoutSeconds: 10, label: "T" };
    const definition = defineTask({ name: "t", args: z.tuple([]), ...options }, () => null);
    expect(catalogOf(registryOf({ definition })).get("t")).toMatchObject(options);
  });

  it("checks arguments by the schema", () => {
    const check = infoOf(z.tuple([z.string(), z.object({ a: z.int() })]))?.check;
    expect(check?.(["x", { a: 1 }])).toBe(null);
    expect(check?.([1, { a: 1 }])).toEqual({ path: [0], rule: "must be a string" });
    expect(check?.(["x", { a: 1.5 }])).toEqual({ path: [1, "a"], rule: "must be a whole number" });
    expect(check?.(["x", {}])).toEqual({ path: [1, "a"], rule: "is required" });
  });

  it("takes a schema that throws for one that accepts nothing", () => {
    const throwing = z.tuple([
      z.any().transform(() => {
        throw new Error("broken");
      }),
    ]);
    expect(infoOf(throwing as never)?.check?.([1])).toEqual({
      path: [],
      rule: "cannot be checked: the schema of task t threw Error: broken",
    });
  });
});
