import { z } from "zod";
import { defineTask } from "../../lib/index.ts";

/** What inputs may name. */
export const tasks = {
  echo: defineTask({ name: "echo", args: z.array(z.any()) }, (_ctx, ...args) => args),
  number: defineTask({ name: "number", args: z.tuple([z.number()]) }, (_ctx, value) => value),
  /** Throws what it was given. */
  fail: defineTask({ name: "fail", args: z.array(z.any()), retry: { maxAttempts: 1 } }, (_ctx, text) => {
    throw new Error(`refused: ${JSON.stringify(text)}`);
  }),
};
