/**
 * The example of the README: three tasks and a chord.
 */
import { defineTask } from "tutti";
import { z } from "zod";

export const resize = defineTask(
  { name: "resize", args: z.tuple([z.string(), z.int().positive()]) },
  async (_ctx, name, widthPx) => `${name.replace(/\.png$/, "")}-${widthPx}.png`,
);

export const collect = defineTask(
  { name: "collect", args: z.tuple([z.array(z.string()), z.string()]) },
  async (_ctx, files, album) => ({ album, files }),
);
