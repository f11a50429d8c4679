/**
 * Tasks on queues of their own, which tell who ran them and with what headers.
 */
import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { declareTask, defineTask, FatalError, type TaskContext } from "../../lib/index.ts";

const ran = ({ task, taskId, headers, label }: TaskContext) => ({ task, taskId, headers, label, pid: process.pid });

/** A member. */
export const execute = defineTask({ name: "execute", args: z.tuple([z.number()]), queue: "execution" }, (ctx) =>
  ran(ctx),
);

/** A member that fails. */
export const breakDown = defineTask({ name: "break-down", args: z.tuple([]), queue: "execution" }, () => {
  throw new FatalError("broken on purpose");
});

/** A callback on another queue than its header. */
export const summarise = defineTask(
  { name: "summarise", args: z.tuple([z.array(z.any())]), queue: "metrics" },
  (ctx, members) => ({ ...ran(ctx), members }),
);

/** An error callback on a third queue: leaves in a file what it was told, since its value is nobody's. */
export const complain = defineTask(
  { name: "complain", args: z.tuple([z.any(), z.string()]) },
  async (ctx, _summary, file) => writeFile(file, JSON.stringify(ran(ctx))),
);

/** A program in another language runs it. */
export const translate = declareTask({ name: "translate", args: z.tuple([z.string()]), queue: "outside" });
