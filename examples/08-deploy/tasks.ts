import { defineTask } from "tutti";
import { z } from "zod";

export const measure = defineTask({ name: "measure", args: z.tuple([z.string()]) }, (_ctx, text) => text.length);

export const total = defineTask({ name: "total", args: z.tuple([z.array(z.int())]) }, (_ctx, lengths) =>
  lengths.reduce((sum, length) => sum + length, 0),
);
