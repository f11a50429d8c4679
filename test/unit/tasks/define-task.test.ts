import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ArgumentsSchema } from "../../../lib/tasks/arguments-schema.ts";
import { declareTask, defineTask, isTaskDefinition } from "../../../lib/tasks/define-task.ts";
import { InvalidTasksError } from "../../../lib/tasks/invalid-tasks.ts";
import { refusal } from "../plan/support.ts";

const none = z.tuple([]);
const many = defineTask({ name: "many", args: z.array(z.any()) }, () => null);

describe("defineTask", () => {
  it("keeps what it was told, and fills in the queue", () => {
    const args = z.tuple([z.string()]);
    const body = () => 1;
    const task = defineTask({ name: "t", args, retry: { maxAttempts: 4 }, timeoutSeconds: 20, label: "T" }, body);
    expect(task).toMatchObject({
      name: "t",
      queue: "default",
      retry: { maxAttempts: 4 },
      timeoutSeconds: 20,
      label: "T",
    });
    expect(task.args).toBe(args);
    expect(task.body).toBe(body);
    expect(defineTask({ name: "t", args, queue: "images" }, body).queue).toBe("images");
  });

  it.each([
    [{ name: "a b" }, "task a b: name: must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}"],
    [{ queue: "a.b" }, "task t: queue: must match [A-Za-z0-9][A-Za-z0-9_-]{0,39}"],
    [{ args: z.string() }, "task t: args: must be a z.tuple, or a z.array for any number of arguments"],
    [{ args: undefined }, "task t: args: must be a z.tuple, or a z.array for any number of arguments"],
    [{ retry: { maxAttempts: 0 } }, "task t: retry.maxAttempts: Too small: expected number to be >=1"],
    [{ timeoutSeconds: 50_000 }, "task t: timeoutSeconds: Too big: expected number to be <=43200"],
    [{ timeoutSeconds: 5, softTimeoutSeconds: 5 }, "task t: softTimeoutSeconds 5 must be below timeoutSeconds 5"],
    [{ timeOut: 5 }, 'task t: : Unrecognized key: "timeOut"'],
  ])("refuses %o", (options, message) => {
    const define = () => defineTask({ name: "t", args: none, ...options } as never, () => 1);
    expect(define).toThrow(InvalidTasksError);
    expect(define).toThrow(message);
  });

  const notAList = "task t: stream: the first argument must be a z.array in a z.tuple: it is what is iterated over";
  const wholeCheck =
    "task t: stream: a list that is read item by item cannot be checked as a whole: only its items may have checks";
  it.each<[args: ArgumentsSchema, message: string | null]>([
    [z.tuple([z.array(z.number().min(1)), z.string()]), null],
    [z.tuple([z.array(z.any())], z.any()), null],
    [z.tuple([z.string()]), notAList],
    [z.tuple([]), notAList],
    [z.array(z.any()), notAList],
    [z.tuple([z.array(z.any()).optional()]), notAList],
    [z.tuple([z.array(z.any()).min(1)]), wholeCheck],
    [z.tuple([z.array(z.any()), z.number()]).refine(([list, n]) => list.length === n), wholeCheck],
  ])("lets a task stream only over a list that comes first: %#", (args, message) => {
    const define = () => defineTask({ name: "t", args, stream: true }, () => 1);
    if (message === null) expect(define().stream).toBe(true);
    else {
      expect(define).toThrow(InvalidTasksError);
      expect(define).toThrow(message);
    }
  });

  it("lets no task stream that has no body", () => {
    const options = { name: "t", args: z.tuple([z.array(z.any())]), stream: true };
    expect(() => declareTask(options as never)).toThrow("task t: stream: only a task with a body can have it");
  });

  it("refuses a body that is no function", () => {
    expect(() => defineTask({ name: "t", args: none }, undefined as never)).toThrow(
      "task t: the body must be a function",
    );
  });

  it("is known by its brand, whichever copy of the package made it", () => {
    expect(isTaskDefinition(many)).toBe(true);
    expect(isTaskDefinition({ [Symbol.for("tutti.task")]: true })).toBe(true);
    expect(isTaskDefinition({ name: "many" })).toBe(false);
    expect(isTaskDefinition(null)).toBe(false);
  });

  it("lets a declared task be silent for up to a year", () => {
    expect(declareTask({ name: "t", queue: "people", args: none, timeoutSeconds: 31_536_000 }).timeoutSeconds).toBe(
      31_536_000,
    );
    expect(() => declareTask({ name: "t", queue: "people", args: none, timeoutSeconds: 31_536_001 })).toThrow(
      "task t: timeoutSeconds: Too big: expected number to be <=31536000",
    );
  });

  it("declares a task without a body", () => {
    const task = declareTask({ name: "t", queue: "python", args: none });
    expect([task.body, task.queue, isTaskDefinition(task)]).toEqual([null, "python", true]);
  });
});

describe("with", () => {
  it.each([
    [[Number.NaN], "args[0]", "must be a finite number: JSON has no other"],
    [[1, [{ x: () => 1 }]], "args[1][0].x", "must be JSON: a function is not"],
    [[10n], "args[0]", "must be JSON: a bigint is not"],
    [[undefined], "args[0]", "must be JSON: undefined is not; write null"],
    [[{ a: undefined }], "args[0].a", "must be JSON: undefined is not; write null"],
    [[new Date(0)], "args[0]", "must be JSON: an object of class Date is not"],
    [
      [JSON.parse('{"__proto__":1}')],
      "args[0].__proto__",
      "must not be there: the key __proto__ is refused everywhere",
    ],
    [[many.with(1)], "args[0].immutable", "must be JSON: a function is not"],
  ])("refuses %o", (args, path, rule) => {
    expect(refusal(() => many.with(...args))).toMatchObject({ path, rule });
  });

  it("refuses a cycle", () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    expect(refusal(() => many.with(cyclic)).rule).toBe("must not be a value that holds it: a cycle");
  });
});
