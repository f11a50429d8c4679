/**
 * Tasks for tests with real worker processes: they tell what they do by files, and wait where a test wants them to.
 */
import { appendFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask } from "../../lib/index.ts";

/** Lines `<task id> <attempt> <pid>`, one for each start of a body. */
export const startsFile = "starts";
/** Bodies wait until it is there. */
export const gateFile = "gate";

async function noteStart(folder: string, ctx: { taskId: string; attempt: number }): Promise<void> {
  await appendFile(join(folder, startsFile), `${ctx.taskId} ${ctx.attempt} ${process.pid}\n`);
}

/** Returns its second argument at once. */
export const tell = defineTask(
  { name: "tell", args: z.tuple([z.string(), z.number()]) },
  async (ctx, folder, value) => {
    await noteStart(folder, ctx);
    return value;
  },
);

/** Returns its second argument when the gate is open. */
export const waitAtGate = defineTask(
  { name: "wait-at-gate", args: z.tuple([z.string(), z.number()]), queue: "gated" },
  async (ctx, folder, value) => {
    await noteStart(folder, ctx);
    while (!(await stat(join(folder, gateFile)).catch(() => undefined))) await sleep(20);
    return value;
  },
);

/** The callback: adds up what the members returned. */
export const addUp = defineTask(
  { name: "add-up", args: z.tuple([z.array(z.number()), z.string()]) },
  async (ctx, numbers, folder) => {
    await noteStart(folder, ctx);
    return numbers.reduce((sum, number) => sum + number, 0);
  },
);
