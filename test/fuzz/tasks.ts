import { z } from "zod";
import { declareTask, defineTask } from "../../lib/index.ts";

const anything = z.array(z.any());

/** What inputs may name. */
export const tasks = {
  echo: defineTask({ name: "echo", args: anything }, (_ctx, ...args) => args),
  number: defineTask({ name: "number", args: z.tuple([z.number()]) }, (_ctx, value) => value),
  /** Throws what it was given. */
  fail: defineTask({ name: "fail", args: anything, retry: { maxAttempts: 1 } }, (_ctx, text) => {
    throw new Error(`refused: ${JSON.stringify(text)}`);
  }),
  /** Waits for a report. */
  hand: declareTask({ name: "hand", queue: "hands", args: anything }),
};

/** As a tasks module exports them. */
export const { echo, number, fail, hand } = tasks;
