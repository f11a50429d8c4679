/**
 * Release 1 of the tasks.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { defineTask } from "tutti";
import { z } from "zod";

export {
  add,
  approve,
  dieOnce,
  failIf,
  failOnce,
  hold,
  mark,
  poison,
  square,
  statuses,
  tellFailure,
} from "./shared-tasks.ts";

/** Which release ran it. */
export const release = defineTask(
  { name: "release", args: z.tuple([z.number()]), queue: "marked" },
  async (_ctx, seconds) => {
    await sleep(seconds * 1000);
    return 1;
  },
);
