/**
 * The tasks of the deployed stack.
 */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { declareTask, defineTask, FatalError } from "tutti";
import { z } from "zod";

/** Lines `<task id> <attempt> <pid>`, one for each start of `mark`. */
export const startsFile = "starts";

export const square = defineTask({ name: "square", args: z.tuple([z.int()]) }, (_ctx, number) => number * number);

export const add = defineTask({ name: "add", args: z.tuple([z.array(z.int())]) }, (_ctx, numbers) =>
  numbers.reduce((sum, number) => sum + number, 0),
);

/** The outcomes, as an all-settled callback is given them. */
export const statuses = defineTask(
  { name: "statuses", args: z.tuple([z.array(z.object({ status: z.string() }))]) },
  (_ctx, outcomes) => outcomes.map(({ status }) => status),
);

export const failIf = defineTask({ name: "fail-if", args: z.tuple([z.boolean()]) }, (_ctx, fails) => {
  if (fails) throw new FatalError("asked to fail");
  return 1;
});

/** Throws an ordinary error in its first attempt. */
export const failOnce = defineTask({ name: "fail-once", args: z.tuple([]) }, (ctx) => {
  if (ctx.attempt === 1) throw new Error("the first attempt fails");
  return ctx.attempt;
});

/** The error callback. */
export const tellFailure = defineTask(
  { name: "tell-failure", args: z.tuple([z.object({ failed: z.int() })]) },
  (_ctx, { failed }) => failed,
);

/** Waits, or until it is told to stop. */
export const hold = defineTask({ name: "hold", args: z.tuple([z.number()]) }, async (ctx, seconds) => {
  await sleep(seconds * 1000, undefined, { signal: ctx.signal });
  return seconds;
});

/** Writes down who runs it, and takes its time. */
export const mark = defineTask(
  { name: "mark", args: z.tuple([z.string(), z.number()]), queue: "marked" },
  async (ctx, folder, seconds) => {
    await appendFile(join(folder, startsFile), `${ctx.taskId} ${ctx.attempt} ${process.pid}\n`);
    await sleep(seconds * 1000);
    return 1;
  },
);

/** Takes its process with it, at every attempt. */
export const poison = defineTask({ name: "poison", args: z.tuple([]), queue: "poison" }, async () => {
  process.kill(process.pid, "SIGKILL");
  await sleep(60_000);
});

/** Takes its process with it at its first attempt, when it is told to. */
export const dieOnce = defineTask(
  { name: "die-once", args: z.tuple([z.boolean()]), queue: "marked" },
  async (ctx, dies) => {
    if (dies && ctx.attempt === 1) {
      process.kill(process.pid, "SIGKILL");
      await sleep(60_000);
    }
    return 1;
  },
);

/** Somebody answers for it with `tutti report`. */
export const approve = declareTask({ name: "approve", args: z.tuple([]), queue: "people" });
