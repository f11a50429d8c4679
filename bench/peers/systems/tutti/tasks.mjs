/** The bodies that the other systems run too. */
import { defineTask } from "tutti";
import { z } from "zod";
import * as body from "../lib/bench.mjs";

const limit = body.limiter(body.concurrency(10_000));

export const member = defineTask(
  { name: "member", args: z.tuple([z.string(), z.number(), z.string()]) },
  (_ctx, id, i, kind) => limit(() => body.member(id, i, kind)),
);

export const collect = defineTask(
  { name: "collect", args: z.tuple([z.array(z.number()), z.string()]) },
  (_ctx, results, id) => void body.callback(id, results),
);

export const giveUp = defineTask(
  { name: "giveUp", args: z.tuple([z.unknown(), z.string()]) },
  (_ctx, _why, id) => void body.gaveUp(id),
);

export const step = defineTask(
  { name: "step", args: z.tuple([z.unknown(), z.string(), z.number(), z.number()]) },
  (_ctx, _before, id, k, n) => body.step(id, k, n),
);
