/** Tasks that do nothing, and leave a line in the ledger at their end: what is measured is everything else. */
import { z } from "zod";
import { defineTask } from "../../lib/index.ts";
import { note } from "./ledger.ts";

export const member = defineTask({ name: "member", args: z.tuple([z.number()]) }, (_ctx, index) => index);

/** The callback of a chord: how many different results it was given. */
export const collect = defineTask(
  { name: "collect", args: z.tuple([z.array(z.number()), z.string()]) },
  (_ctx, results, id) => note(id, new Set(results).size),
);

/** A step of a chain; the last one leaves the line. */
export const step = defineTask(
  { name: "step", args: z.tuple([z.number().nullable(), z.string(), z.boolean()]) },
  (_ctx, before, id, last) => {
    const count = (before ?? 0) + 1;
    if (last) note(id, count);
    return count;
  },
);
