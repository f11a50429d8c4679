/** The task of the recovery bench: notes each start, so that the bench knows who runs it and since when. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../lib/index.ts";

/** One start of a body. */
export interface Start {
  readonly pid: number;
  readonly taskId: string;
  readonly attempt: number;
  readonly atMs: number;
}

/** Its first attempt takes that long, any other no time. */
export const work = defineTask(
  { name: "work", args: z.tuple([z.string(), z.number()]), timeoutSeconds: 600 },
  async (ctx, startsFile, seconds) => {
    const start: Start = { pid: process.pid, taskId: ctx.taskId, attempt: ctx.attempt, atMs: Date.now() };
    appendFileSync(startsFile, `${JSON.stringify(start)}\n`);
    if (ctx.attempt === 1) await sleep(seconds * 1000);
    return ctx.attempt;
  },
);
